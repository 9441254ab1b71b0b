//! [`RevokedKeys`]: keys that are not trusted any more.

use std::collections::BTreeSet;

use crate::ssh::{Key, KeyError};

use super::LineProblem;

/// The content of a file of revoked keys: one public key a line (with or without options and comment,
/// as in `allowed_signers` or `authorized_keys`), or its fingerprint `SHA256:…`.
///
/// # Caveats
/// While a line cannot be read, nobody knows which key it takes back: check
/// [`problems`](Self::problems) and trust no key. OpenSSH's binary lists (KRL) are not read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RevokedKeys {
    fingerprints: BTreeSet<String>,
    problems: Vec<LineProblem>,
}

impl RevokedKeys {
    /// Reads the file's content.
    pub fn parse(text: &str) -> Self {
        let mut file = Self::default();
        for (line, text) in (1..).zip(text.lines()) {
            let text = text.trim();
            if text.is_empty() || text.starts_with('#') {
                continue;
            }
            match fingerprint(text) {
                Ok(fingerprint) => file.fingerprints.extend(fingerprint),
                Err(message) => file.problems.push(LineProblem {
                    line,
                    message,
                    help: Some(
                        "one public key (`ssh-ed25519 AAAA…`) or fingerprint (`SHA256:…`) a line"
                            .to_owned(),
                    ),
                }),
            }
        }
        file
    }

    /// Whether the key is taken back.
    pub fn has(&self, fingerprint: &str) -> bool {
        self.fingerprints.contains(fingerprint)
    }

    /// The lines that could not be read.
    pub fn problems(&self) -> &[LineProblem] {
        &self.problems
    }
}

/// The fingerprint that a line takes back; `None` for a key that is never taken anyway.
fn fingerprint(text: &str) -> Result<Option<String>, String> {
    let first = text.split_whitespace().next().unwrap_or_default();
    if first.starts_with("SHA256:") {
        let parsed = first.parse::<ssh_key::Fingerprint>();
        return parsed
            .map(|one| Some(one.to_string()))
            .map_err(|_| "this is no fingerprint".to_owned());
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    let at = words.iter().position(|word| super::line::is_key_type(word)).unwrap_or(0);
    match Key::parse(&words[at..].join(" ")) {
        Ok(key) => Ok(Some(key.fingerprint().to_owned())),
        Err(KeyError::TooShort(_) | KeyError::TooLong(_) | KeyError::Algorithm(_)) => Ok(None),
        Err(why) => Err(why.to_string()),
    }
}
