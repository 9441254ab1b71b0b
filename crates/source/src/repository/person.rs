//! Who the user is, as git knows it.

use suimon_model::Diagnostic;

use super::Repository;
use super::problem::Problem;
use crate::git::Input;

impl Repository {
    /// The user's name and e-mail address, from git's configuration and environment
    /// (`GIT_AUTHOR_NAME`, `GIT_AUTHOR_EMAIL`, and those of the committer where these are not set).
    ///
    /// # Errors
    /// Git knows none; the diagnostic says how to tell it.
    pub fn identity(&self) -> Result<(String, String), Diagnostic> {
        Ok(self.who()?)
    }

    /// The SSH key that git signs commits with (`user.signingKey` where `gpg.format` is `ssh`): the path
    /// of a file, or a public key's text.
    pub fn signing_key(&self) -> Option<String> {
        let format = self.setting(&["--get", "gpg.format"])?;
        if format != "ssh" {
            return None;
        }
        self.setting(&["--type=path", "--get", "user.signingKey"])
    }

    pub(super) fn who(&self) -> Result<(String, String), Problem> {
        let mut why = String::new();
        for variable in ["GIT_AUTHOR_IDENT", "GIT_COMMITTER_IDENT"] {
            // Otherwise git makes somebody up from the names of the user and the machine.
            let said =
                self.own(&["-c", "user.useConfigOnly=true", "var", variable], Input::Nothing)?;
            if let Some(who) = said.ok.then(|| person(&said.stdout)).flatten() {
                return Ok(who);
            }
            if why.is_empty() {
                why = said.stderr.lines().last().unwrap_or_default().to_owned();
            }
        }
        Err(Problem::NoIdentity { why: why.trim_start_matches("fatal: ").to_owned() })
    }

    /// A setting of the user's or the repository's, where there is one that can be read.
    pub(super) fn setting(&self, arguments: &[&str]) -> Option<String> {
        let said = self.own(&[&["config"], arguments].concat(), Input::Nothing).ok()?;
        let value = said.stdout.trim();
        (said.ok && !value.is_empty()).then(|| value.to_owned())
    }
}

/// `Name <address> seconds zone`, as git writes it.
fn person(text: &str) -> Option<(String, String)> {
    let (name, rest) = text.trim().split_once('<')?;
    let (email, _) = rest.split_once('>')?;
    let (name, email) = (name.trim(), email.trim());
    (!name.is_empty() && !email.is_empty()).then(|| (name.to_owned(), email.to_owned()))
}
