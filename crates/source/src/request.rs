//! [`Request`]: what to read, and [`Opened`]: what was found.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use suimon_model::Snapshot;

/// What to read.
#[derive(Debug, Clone)]
pub struct Request {
    /// Where the project is.
    pub place: Place,
    /// A branch, tag or commit; `None` reads HEAD, or the uncommitted files of a working folder.
    pub revision: Option<String>,
    /// The folder that holds the mirrors of remote repositories; `None` is `suimon/git` in
    /// `$XDG_CACHE_HOME` or `~/.cache`.
    pub cache_dir: Option<PathBuf>,
    /// What one run may read.
    pub limits: Limits,
}

/// Where a project is.
#[derive(Debug, Clone)]
pub enum Place {
    /// A folder: the project is at or above it, within its checkout.
    Folder(PathBuf),
    /// A repository, by URL or by path, bare or not: its commits, never its uncommitted files.
    Repository(String),
}

/// What one run may read. Every limit that is passed is an error that names the path and the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Size of one file, in bytes.
    pub max_file_bytes: u64,
    /// How many files may be listed or read.
    pub max_files: usize,
    /// Size of all files read, in bytes.
    pub max_total_bytes: u64,
    /// How many names a path may have.
    pub max_depth: usize,
    /// How long one fetch from a remote repository may take, with the wait for other runs that fetch it.
    pub fetch_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_file_bytes: 8 * 1024 * 1024,
            max_files: 20_000,
            max_total_bytes: 256 * 1024 * 1024,
            max_depth: 32,
            fetch_timeout: Duration::from_secs(600),
        }
    }
}

/// An opened project.
#[derive(Clone)]
pub struct Opened {
    /// Its files.
    pub snapshot: Arc<dyn Snapshot>,
    /// One line that says what is read, for people. Holds no credentials.
    pub description: String,
    /// The project's folder on this machine, for [`Place::Folder`].
    pub root: Option<PathBuf>,
}

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opened")
            .field("description", &self.description)
            .field("root", &self.root)
            .finish_non_exhaustive()
    }
}
