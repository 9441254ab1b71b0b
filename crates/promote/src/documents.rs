//! [`RepositoryDocuments`]: the local forge's files in a Git ref.

use std::collections::BTreeMap;

use jiff::Timestamp;
use suimon_forge::{Documents, Version};
use suimon_model::Diagnostic;
use suimon_source::{NewCommit, Repository, Swap};

/// The ref that the local forge's files are in.
pub const FORGE_REF: &str = "refs/suimon/forge";

/// The most that all files of the local forge may have together, in bytes.
const MOST_BYTES: u64 = 64 * 1024 * 1024;

/// The local forge's files in [`FORGE_REF`]: of the remote where the repository has one, else of the
/// repository itself. Each write is a commit on the one before.
pub struct RepositoryDocuments {
    repository: Repository,
    name: String,
    email: String,
    branch: Option<String>,
}

impl RepositoryDocuments {
    /// The files of a repository, written by this person; `branch` is the one that changes go into, `None` the
    /// repository's default.
    pub fn new(repository: Repository, name: &str, email: &str, branch: Option<String>) -> Self {
        Self { repository, name: name.to_owned(), email: email.to_owned(), branch }
    }
}

impl Documents for RepositoryDocuments {
    fn read(&self) -> Result<Version, String> {
        let Some(id) = self.repository.shared_ref(FORGE_REF).map_err(said)? else {
            return Ok(Version::default());
        };
        let files = self.repository.files(&id, MOST_BYTES).map_err(said)?;
        Ok(Version { id: Some(id), files })
    }

    fn swap(
        &self,
        expected: Option<&str>,
        files: &BTreeMap<String, Vec<u8>>,
        message: &str,
    ) -> Result<bool, String> {
        let commit = NewCommit {
            parent: expected.map(str::to_owned),
            keep_files: false,
            files: files.iter().map(|(path, file)| (path.clone(), Some(file.clone()))).collect(),
            message: format!("{message}\n"),
            name: self.name.clone(),
            email: self.email.clone(),
            time: Timestamp::now().as_second(),
        };
        let commit = self.repository.commit(&commit).map_err(said)?;
        let swap = self.repository.swap_shared(FORGE_REF, expected, Some(&commit)).map_err(said)?;
        Ok(swap == Swap::Done)
    }

    fn default_branch(&self) -> Result<Option<String>, String> {
        match &self.branch {
            Some(branch) => Ok(Some(branch.clone())),
            None => self.repository.default_branch().map_err(said),
        }
    }

    fn tip(&self, branch: &str) -> Result<Option<String>, String> {
        self.repository.shared_ref(&format!("refs/heads/{branch}")).map_err(said)
    }

    fn is_ancestor(&self, commit: &str, of: &str) -> Result<bool, String> {
        for id in [commit, of] {
            if self.repository.info(id).map_err(said)?.is_none() {
                return Ok(false);
            }
        }
        self.repository.is_ancestor(commit, of).map_err(said)
    }

    fn account(&self) -> Result<String, String> {
        Ok(if self.email.is_empty() { self.name.clone() } else { self.email.clone() })
    }
}

fn said(diagnostic: Diagnostic) -> String {
    match (&diagnostic.detail, &diagnostic.help) {
        (None, None) => diagnostic.summary,
        (Some(why), None) | (None, Some(why)) => format!("{}: {why}", diagnostic.summary),
        (Some(why), Some(help)) => format!("{}: {why}; {help}", diagnostic.summary),
    }
}
