//! Who signs: `allowed_signers` and revoked keys, as ssh-keygen(1) describes them.

mod line;
mod pattern;
mod revoked;
mod time;

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::ssh::Key;

pub use revoked::RevokedKeys;

/// A line of a file that is not taken, and why. The other lines still count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineProblem {
    /// 1-based.
    pub line: u32,
    /// What is wrong, in one line.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

/// One line of `allowed_signers`: a key and the principals that sign with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signer {
    /// 1-based line.
    pub line: u32,
    /// Exact principals.
    pub principals: Vec<String>,
    /// The key.
    pub key: Key,
    /// Patterns of the namespaces that it may sign for; `None` is all.
    pub namespaces: Option<String>,
    /// From when on.
    pub valid_after: Option<Timestamp>,
    /// Until when, included.
    pub valid_before: Option<Timestamp>,
}

/// Why a key does not sign for a principal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotAdmitted {
    /// No line has the key.
    #[error("the key {0} is not among the allowed signers")]
    UnknownKey(String),
    /// Lines have the key, with other principals.
    #[error("the key {key} is not the one of {principal}")]
    OtherPrincipal {
        /// The key's fingerprint.
        key: String,
        /// Who was claimed.
        principal: String,
    },
    /// The line's `namespaces` do not have it.
    #[error("the key may not sign for namespace `{0}`")]
    Namespace(String),
    /// Before `valid-after`.
    #[error("the key is valid from {0} on")]
    NotYet(Timestamp),
    /// After `valid-before`.
    #[error("the key was valid until {0}")]
    Expired(Timestamp),
}

/// The content of an `allowed_signers` file.
///
/// # Guarantees
/// A principal is one exact name here: lines with patterns or `cert-authority` name nobody, are left
/// out and are among [`problems`](Self::problems).
///
/// # Caveats
/// A time without `Z` is taken as UTC; OpenSSH takes it in the zone of the machine it runs on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AllowedSigners {
    signers: Vec<Signer>,
    problems: Vec<LineProblem>,
}

impl AllowedSigners {
    /// Reads the file's content.
    pub fn parse(text: &str) -> Self {
        let mut file = Self::default();
        for (number, text) in (1..).zip(text.lines()) {
            match line::parse(number, text) {
                Ok(None) => {}
                Ok(Some(signer)) => file.signers.push(signer),
                Err(line::Bad { message, help }) => {
                    file.problems.push(LineProblem { line: number, message, help });
                }
            }
        }
        file
    }

    /// The lines that count.
    pub fn signers(&self) -> &[Signer] {
        &self.signers
    }

    /// The lines that do not, and why.
    pub fn problems(&self) -> &[LineProblem] {
        &self.problems
    }

    /// The principals that sign with a key, by its fingerprint (`SHA256:…`).
    pub fn principals_of_key(&self, fingerprint: &str) -> BTreeSet<&str> {
        let lines = self.signers.iter().filter(|one| one.key.fingerprint() == fingerprint);
        lines.flat_map(|one| one.principals.iter().map(String::as_str)).collect()
    }

    /// The line by which `key` signs as `principal` in `namespace` at every one of `times`.
    ///
    /// # Errors
    /// There is none, and why.
    pub fn admit(
        &self,
        key: &Key,
        principal: &str,
        namespace: &str,
        times: &[Timestamp],
    ) -> Result<&Signer, NotAdmitted> {
        let fingerprint = || key.fingerprint().to_owned();
        let mut why = NotAdmitted::UnknownKey(fingerprint());
        for signer in self.signers.iter().filter(|one| one.key == *key) {
            if !signer.principals.iter().any(|one| one == principal) {
                if matches!(why, NotAdmitted::UnknownKey(_)) {
                    let (key, principal) = (fingerprint(), principal.to_owned());
                    why = NotAdmitted::OtherPrincipal { key, principal };
                }
                continue;
            }
            match signer.admits(namespace, times) {
                Ok(()) => return Ok(signer),
                Err(refused) => why = refused,
            }
        }
        Err(why)
    }
}

impl Signer {
    fn admits(&self, namespace: &str, times: &[Timestamp]) -> Result<(), NotAdmitted> {
        if self.namespaces.as_ref().is_some_and(|list| !pattern::in_list(list, namespace)) {
            return Err(NotAdmitted::Namespace(namespace.to_owned()));
        }
        for time in times {
            if let Some(after) = self.valid_after.filter(|after| time < after) {
                return Err(NotAdmitted::NotYet(after));
            }
            if let Some(before) = self.valid_before.filter(|before| time > before) {
                return Err(NotAdmitted::Expired(before));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
