//! [`Documents`]: what the local forge asks of a repository.

use std::collections::BTreeMap;

/// Files in a ref of a repository, and what its branches are. Calls block; the local forge makes them
/// where that is allowed.
///
/// # Errors
/// Every method fails with a message for people when the repository cannot be read or written.
pub trait Documents: Send + Sync {
    /// All files of the ref, and the version that they are; an empty ref has version `None` and no file.
    fn read(&self) -> Result<Version, String>;

    /// Replaces all files, when the version is still this one: `false`, and nothing written, when it is not.
    /// The message says in one line what was done.
    fn swap(
        &self,
        expected: Option<&str>,
        files: &BTreeMap<String, Vec<u8>>,
        message: &str,
    ) -> Result<bool, String>;

    /// The branch that changes are merged into unless they say otherwise.
    fn default_branch(&self) -> Result<Option<String>, String>;

    /// The last commit of a branch; `None` when there is no such branch.
    fn tip(&self, branch: &str) -> Result<Option<String>, String>;

    /// Whether a commit is the other one or one of its ancestors; `false` when either does not exist.
    fn is_ancestor(&self, commit: &str, of: &str) -> Result<bool, String>;

    /// Who works here: an e-mail address, or another name.
    fn account(&self) -> Result<String, String>;
}

/// Files at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Version {
    /// Which version: the ref's commit.
    pub id: Option<String>,
    /// Content by path.
    pub files: BTreeMap<String, Vec<u8>>,
}
