//! Reading sources: the environment, files, files that age has encrypted.
//!
//! What goes wrong is told with the name of the source and never with what it holds.

use std::fs::File;
use std::io::Read;
use std::path::PathBuf;
use std::str::FromStr;

use age::armor::ArmoredReader;
use age::x25519::Identity;
use zeroize::Zeroizing;

use super::tracked::is_tracked;
use super::value::{Path, Source};
use crate::Options;

/// The largest value of a secret, in bytes.
pub(super) const MOST: usize = 65_536;

/// The largest encrypted file that is read, in bytes.
const MOST_ENCRYPTED: usize = 1 << 20;

const IDENTITIES: [&str; 2] = ["SUIMON_AGE_KEY", "SOPS_AGE_KEY"];
const IDENTITY_FILES: [&str; 2] = ["SUIMON_AGE_KEY_FILE", "SOPS_AGE_KEY_FILE"];

type Bytes = Zeroizing<Vec<u8>>;

/// What a source holds; `None` for one that is made and not read.
///
/// # Errors
/// Why it cannot be read, or cannot be a value.
pub(super) fn read(source: &Source, options: &Options) -> Result<Option<Bytes>, String> {
    let (bytes, what) = match source {
        Source::Variable(name) => {
            let what = format!("the environment variable `{name}`");
            let bytes = variable(name, options).ok_or_else(|| format!("{what} is not set"))?;
            (bytes, what)
        }
        Source::File(path) => {
            let what = format!("the file `{}`", path.path);
            (trimmed(plain(&path.path, options)?, path), what)
        }
        Source::Age { file, identity } => {
            let what = format!("the file `{}`", file.path);
            let identities = identities(identity.as_deref(), options)?;
            let encrypted = contents(&file.path, MOST_ENCRYPTED, options)?;
            let opened = decrypted(&encrypted, &identities)
                .map_err(|reason| format!("{what} cannot be decrypted with age: {reason}"))?;
            (trimmed(opened, file), what)
        }
        Source::Generate(_) => return Ok(None),
    };
    match bytes.len() {
        0 => Err(format!("{what} is empty, and a secret is not")),
        length if length > MOST => Err(too_long(&what, length)),
        _ => Ok(Some(bytes)),
    }
}

pub(super) fn too_long(what: &str, length: usize) -> String {
    format!("{what} has {length} bytes, and a secret holds at most {MOST}")
}

/// A variable: one of the options', or of the process.
pub(super) fn variable(name: &str, options: &Options) -> Option<Bytes> {
    match options.variables.get(name) {
        Some(value) => Some(Zeroizing::new(value.expose().clone().into_bytes())),
        None => Some(Zeroizing::new(std::env::var_os(name)?.into_encoded_bytes())),
    }
}

/// Without the one newline at the end, where that is asked for.
fn trimmed(mut bytes: Bytes, path: &Path) -> Bytes {
    if path.trim && bytes.last() == Some(&b'\n') {
        bytes.pop();
        if bytes.last() == Some(&b'\r') {
            bytes.pop();
        }
    }
    bytes
}

fn place(path: &str, options: &Options) -> PathBuf {
    match &options.folder {
        Some(folder) => folder.join(path),
        None => PathBuf::from(path),
    }
}

/// A file with a value in the clear.
fn plain(path: &str, options: &Options) -> Result<Bytes, String> {
    // One byte more than two may be cut off at the end.
    let bytes = contents(path, MOST + 2, options)?;
    if is_tracked(&place(path, options)) {
        return Err(format!(
            "the file `{path}` is in Git, where no value belongs: take it out and change the value, or encrypt it \
             and write `age: {path}`"
        ));
    }
    Ok(bytes)
}

fn contents(path: &str, most: usize, options: &Options) -> Result<Bytes, String> {
    let failed = |error: &std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => format!("there is no file `{path}`"),
        kind => format!("the file `{path}` cannot be read: {kind}"),
    };
    let place = place(path, options);
    // Opening a pipe would wait for whoever writes to it.
    let about = std::fs::metadata(&place).map_err(|error| failed(&error))?;
    if !about.is_file() {
        return Err(format!("`{path}` is not a regular file"));
    }
    let length = usize::try_from(about.len()).unwrap_or(usize::MAX);
    if length > most {
        return Err(too_long(&format!("the file `{path}`"), length));
    }
    let file = File::open(&place).map_err(|error| failed(&error))?;
    let mut bytes = Zeroizing::new(Vec::with_capacity(length + 64));
    let limit = u64::try_from(most).unwrap_or(u64::MAX);
    file.take(limit).read_to_end(&mut bytes).map_err(|error| failed(&error))?;
    Ok(bytes)
}

/// The identities that files are decrypted with.
fn identities(file: Option<&str>, options: &Options) -> Result<Vec<Identity>, String> {
    let from_file = |path: &str| {
        let read = plain(path, options)?;
        parsed(&read, &format!("the identity file `{path}`"))
    };
    if let Some(path) = file {
        return from_file(path);
    }
    for name in IDENTITIES {
        if let Some(text) = variable(name, options) {
            return parsed(&text, &format!("the environment variable `{name}`"));
        }
    }
    for name in IDENTITY_FILES {
        if let Some(path) = variable(name, options) {
            return from_file(&String::from_utf8_lossy(&path));
        }
    }
    Err("there is no age identity: set SUIMON_AGE_KEY to one (`AGE-SECRET-KEY-1…`), or SUIMON_AGE_KEY_FILE to the path \
         of a file of them"
        .to_owned())
}

fn parsed(bytes: &[u8], what: &str) -> Result<Vec<Identity>, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| format!("{what} is not text"))?;
    let mut found = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        found.push(Identity::from_str(line).map_err(|_| {
            format!(
                "line {} of {what} is not an X25519 identity of age (`AGE-SECRET-KEY-1…`)",
                at + 1
            )
        })?);
    }
    if found.is_empty() { Err(format!("{what} holds no identity")) } else { Ok(found) }
}

fn decrypted(encrypted: &[u8], identities: &[Identity]) -> Result<Bytes, String> {
    let told = |error: age::DecryptError| match error {
        age::DecryptError::NoMatchingKeys => "it is encrypted to other recipients".to_owned(),
        age::DecryptError::InvalidHeader | age::DecryptError::UnknownFormat => {
            "it is not a file of age".to_owned()
        }
        _ => "it is damaged".to_owned(),
    };
    let decryptor = age::Decryptor::new(ArmoredReader::new(encrypted)).map_err(told)?;
    if decryptor.is_scrypt() {
        return Err("it is encrypted with a passphrase, and not to an identity".to_owned());
    }
    let keys = identities.iter().map(|identity| identity as &dyn age::Identity);
    let reader = decryptor.decrypt(keys).map_err(told)?;
    let mut opened = Zeroizing::new(Vec::with_capacity(MOST + 3));
    let limit = u64::try_from(MOST + 3).unwrap_or(u64::MAX);
    reader.take(limit).read_to_end(&mut opened).map_err(|_| "it is damaged".to_owned())?;
    Ok(opened)
}
