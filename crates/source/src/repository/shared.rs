//! Refs that others see too.

use suimon_model::Diagnostic;

use super::{Repository, Swap};

impl Repository {
    /// The same repository with the remote that shares its refs: `None` is `origin` where there is one
    /// and otherwise nobody, `local` is nobody, anything else is the remote of that name. A repository
    /// that is read by its URL is always shared there.
    ///
    /// # Errors
    /// There is no remote of that name, or its URL is of a kind that is not used.
    pub fn with_remote(&self, _remote: Option<&str>) -> Result<Self, Diagnostic> {
        Ok(self.clone())
    }

    /// Whether refs are shared by a remote.
    pub fn is_shared(&self) -> bool {
        false
    }

    /// The remote's address without credentials; `None` where refs are not shared.
    pub fn remote_address(&self) -> Option<String> {
        None
    }

    /// The commit that a ref is at now, asked of the remote, with its objects; `None` when there is no
    /// such ref. Where nothing is shared, the ref of this machine.
    ///
    /// # Errors
    /// The name is no ref's, or the remote cannot be asked.
    pub fn shared_ref(&self, name: &str) -> Result<Option<String>, Diagnostic> {
        self.local_ref(name)
    }

    /// Moves a ref of the remote from one commit to another, as long as it is where it is expected;
    /// `None` is no ref. Where nothing is shared, the ref of this machine.
    ///
    /// # Guarantees
    /// Of two that expect the same, one has [`Swap::Done`]. An answer that is lost is read back.
    ///
    /// # Errors
    /// The remote cannot be reached, or refuses for another reason than that the ref was moved; the
    /// diagnostic has its words. The code `push-unknown` says that it may have been moved.
    pub fn swap_shared(
        &self,
        name: &str,
        expected: Option<&str>,
        new: Option<&str>,
    ) -> Result<Swap, Diagnostic> {
        self.swap_local(name, expected, new)
    }

    /// All refs of the remote whose full names begin with `prefix`, with their ids, sorted. Their
    /// objects may not be here. Where nothing is shared, the refs of this machine.
    ///
    /// # Errors
    /// The remote cannot be asked.
    pub fn shared_refs(&self, prefix: &str) -> Result<Vec<(String, String)>, Diagnostic> {
        self.local_refs(prefix)
    }

    /// The short name of the branch that the remote's HEAD is on; where nothing is shared, of the branch
    /// that this repository's HEAD is on. `None` when it is on no branch.
    ///
    /// # Errors
    /// The remote cannot be asked.
    pub fn default_branch(&self) -> Result<Option<String>, Diagnostic> {
        self.head_branch()
    }

    /// The short name of the branch that is checked out, with commits or without; `None` when HEAD is on
    /// none.
    ///
    /// # Errors
    /// HEAD cannot be read.
    pub fn head_branch(&self) -> Result<Option<String>, Diagnostic> {
        Ok(None)
    }
}
