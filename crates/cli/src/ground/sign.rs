//! Signatures by the system's `ssh-keygen`, so that agents, security keys and passphrases work as the
//! user knows them.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use suimon_ledger::Signer;
use suimon_source::Repository;

/// A key of `ssh-keygen`'s: a file, or the text of a public key whose private key an agent holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SshKey {
    /// A private key, or a public one.
    File(PathBuf),
    /// A public key.
    Public(String),
}

impl SshKey {
    /// What Git's `user.signingKey` says: a path, `key::` and a public key, or a public key.
    pub(crate) fn of_git(text: &str) -> Self {
        let text = text.trim();
        if let Some(key) = text.strip_prefix("key::") {
            return Self::Public(key.to_owned());
        }
        if ["ssh-", "ecdsa-", "sk-"].iter().any(|kind| text.starts_with(kind)) && text.contains(' ')
        {
            return Self::Public(text.to_owned());
        }
        match text.strip_prefix("~/").zip(std::env::home_dir()) {
            Some((rest, home)) => Self::File(home.join(rest)),
            None => Self::File(PathBuf::from(text)),
        }
    }

    /// Does something with the key as a file.
    fn with_file<T>(&self, work: impl FnOnce(&Path) -> Result<T, String>) -> Result<T, String> {
        match self {
            Self::File(path) if !path.is_file() => {
                Err(format!("there is no key {}", path.display()))
            }
            Self::File(path) => work(path),
            Self::Public(key) => {
                let cannot =
                    |error: std::io::Error| format!("cannot write the public key: {error}");
                let mut file = tempfile::NamedTempFile::new().map_err(cannot)?;
                writeln!(file, "{key}").and_then(|()| file.flush()).map_err(cannot)?;
                work(file.path())
            }
        }
    }

    /// OpenSSH's fingerprint, `SHA256:…`; needs no passphrase.
    pub(crate) fn fingerprint(&self) -> Result<String, String> {
        self.with_file(|path| {
            let mut command = Command::new("ssh-keygen");
            command.args(["-l", "-E", "sha256", "-f"]).arg(path);
            let output = command.stdin(Stdio::null()).output().map_err(|e| not_started(&e))?;
            let text = String::from_utf8_lossy(&output.stdout);
            let found = text.split_whitespace().find(|word| word.starts_with("SHA256:"));
            found.map(str::to_owned).ok_or_else(|| {
                let why = String::from_utf8_lossy(&output.stderr).trim().to_owned();
                format!("{} is no SSH key: {why}", path.display())
            })
        })
    }
}

fn not_started(error: &std::io::Error) -> String {
    format!("ssh-keygen does not start: {error}")
}

/// OpenSSH's signature of these bytes, in its armor. It may ask for a passphrase or a touch on the
/// terminal.
pub(crate) fn ssh_sign(key: &SshKey, namespace: &str, bytes: &[u8]) -> Result<String, String> {
    key.with_file(|path| {
        let mut command = Command::new("ssh-keygen");
        command.args(["-q", "-Y", "sign", "-n", namespace, "-f"]).arg(path);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit());
        let mut child = command.spawn().map_err(|e| not_started(&e))?;
        if let Some(mut stdin) = child.stdin.take() {
            // When it has ended before reading, its status says why.
            let _ = stdin.write_all(bytes);
        }
        let output = child.wait_with_output().map_err(|e| not_started(&e))?;
        if !output.status.success() {
            return Err(format!("ssh-keygen ended with {}", output.status));
        }
        String::from_utf8(output.stdout).map_err(|_| "ssh-keygen wrote no signature".to_owned())
    })
}

/// Signs records with the key that Git signs with.
pub(crate) struct GitSigner(Option<SshKey>);

impl GitSigner {
    /// With Git's `user.signingKey`.
    pub(crate) fn new(repository: &Repository) -> Self {
        Self(repository.signing_key().map(|key| SshKey::of_git(&key)))
    }
}

impl Signer for GitSigner {
    fn sign(&self, namespace: &str, bytes: &[u8]) -> Result<String, String> {
        match &self.0 {
            Some(key) => ssh_sign(key, namespace, bytes),
            None => Err("Git has no SSH key to sign with".to_owned()),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn keys_as_git_names_them() {
        for (text, expected) in [
            ("/keys/id", SshKey::File("/keys/id".into())),
            ("key::ssh-ed25519 AAAA", SshKey::Public("ssh-ed25519 AAAA".into())),
            ("ssh-ed25519 AAAA aiko", SshKey::Public("ssh-ed25519 AAAA aiko".into())),
            ("ssh-keys/id", SshKey::File("ssh-keys/id".into())),
        ] {
            assert_eq!(SshKey::of_git(text), expected, "{text}");
        }
    }

    #[test]
    fn a_signature_is_of_exactly_these_bytes_for_this_use() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("id");
        let mut command = Command::new("ssh-keygen");
        command.args(["-q", "-t", "ed25519", "-N", "", "-C", "aiko", "-f"]).arg(&path);
        assert!(command.status().unwrap().success());
        let key = SshKey::File(path);
        let armor = ssh_sign(&key, "a@b", b"text\n").unwrap();
        let signer = suimon_gate::ssh::verify(&armor, "a@b", b"text\n").unwrap();
        assert_eq!(signer.fingerprint(), key.fingerprint().unwrap());
        assert!(suimon_gate::ssh::verify(&armor, "a@b", b"text").is_err());
        assert!(suimon_gate::ssh::verify(&armor, "c@b", b"text\n").is_err());
    }

    #[test]
    fn what_is_no_key_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("id");
        assert!(SshKey::File(path.clone()).fingerprint().is_err());
        std::fs::write(&path, "nothing").unwrap();
        assert!(SshKey::File(path).fingerprint().unwrap_err().contains("is no SSH key"));
    }
}
