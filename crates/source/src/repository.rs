//! [`Repository`]: refs and commits, read and written. The only place that writes to Git.

mod here;
mod history;
mod index;
mod objects;
mod open;
mod person;
mod problem;
mod push;
mod refs;
mod remote;
mod shared;
mod trees;
mod types;
mod worktree;

use std::collections::HashMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard};

use gix::ObjectId;
use suimon_model::Diagnostic;

use crate::git::Own;
use crate::store::Store;
use crate::{Limits, Request};
use problem::Problem;
pub use types::{CommitInfo, NewCommit, Swap};

/// A repository whose refs and commits are read and written, beside a remote that shares them where
/// there is one.
///
/// Every call blocks until it is done. Clones share one open repository. Where a method asks the remote,
/// it says so; everything else is of this machine alone.
///
/// # Guarantees
/// No work tree is written but by [`commit_here`](Self::commit_here). Refs move by compare-and-swap
/// only; a ref of a remote moves by a push with a lease, and a lost answer is read back. No hook of this
/// side runs, nobody is asked anything, and no message holds a credential.
#[derive(Clone)]
pub struct Repository {
    inner: Arc<Inner>,
    /// Who shares the refs of a repository of this machine; a mirror has its own.
    remote: Option<Arc<Own>>,
}

/// What all clones share.
struct Inner {
    store: Store,
    /// The folder of the checkout; `None` in a bare repository or a mirror.
    top: Option<PathBuf>,
    /// Where git is run: the checkout's folder, or the repository itself.
    folder: PathBuf,
    prefix: String,
    limits: Limits,
    /// The trees of commits that were read.
    trees: Mutex<HashMap<ObjectId, ObjectId>>,
}

impl fmt::Debug for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Repository")
            .field("place", &self.place())
            .field("prefix", &self.prefix())
            .finish_non_exhaustive()
    }
}

impl Repository {
    /// Opens the repository that a request reads; `None` when its folder is in none.
    ///
    /// One that is on this machine has no remote until [`with_remote`](Self::with_remote) says so; one
    /// that is read by its URL has that URL.
    ///
    /// # Errors
    /// There is one that cannot be read, or none where one was named.
    pub fn open(request: &Request) -> Result<Option<Self>, Diagnostic> {
        Ok(open::open(request)?)
    }

    /// What people call it: its folder, or its address without credentials.
    pub fn place(&self) -> &str {
        self.inner.store.place()
    }

    /// The folder of the repository that the project is in, with `/`; empty for its top.
    pub fn prefix(&self) -> &str {
        &self.inner.prefix
    }

    /// A path of the project, from the repository's top; of the empty path it is what all of them begin with.
    pub fn in_project(&self, path: &str) -> String {
        crate::path::join(self.prefix(), path)
    }

    fn git(&self) -> MutexGuard<'_, gix::Repository> {
        self.inner.store.lock()
    }

    fn broken(&self, error: &gix::Error) -> Problem {
        Problem::Write { place: self.place().to_owned(), why: error.probable_cause().to_string() }
    }
}
