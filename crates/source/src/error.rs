//! [`Error`]: everything that reading a project can run into.

use std::path::PathBuf;
use std::time::Duration;

use suimon_model::{Diagnostic, Location};

use crate::path::shown;

/// What went wrong. [`Diagnostic::from`] says it to people, with what to do about it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The requested path is no path inside the project.
    #[error("`{}` is not a path in the project", shown(path))]
    BadPath { path: String, why: &'static str },
    /// A symlink is in the way.
    #[error("`{}` is a symlink", shown(path))]
    Symlink { path: String },
    /// Another repository is in the way.
    #[error("`{}` is a submodule or another repository", shown(path))]
    Submodule { path: String },
    /// A Git LFS pointer instead of content.
    #[error("`{}` is a Git LFS pointer, not the file itself", shown(path))]
    LfsPointer { path: String },
    /// Content that a Git filter would have to change.
    #[error("`{}` goes through the Git filter `{}`", shown(path), shown(filter))]
    Filtered { path: String, filter: String },
    /// Neither a file nor a folder.
    #[error("`{}` is neither a file nor a folder", shown(path))]
    Special { path: String },
    /// A name that is not UTF-8.
    #[error("a name in `{}` is not UTF-8: `{}`", folder_shown(folder), shown(name))]
    NotUtf8 { folder: String, name: String },
    /// A tree object that Git itself would not write.
    #[error("the Git tree of `{}` is malformed", folder_shown(folder))]
    BadTree { folder: String, id: String, why: String },
    /// A file over its limit.
    #[error("`{}` is {size} bytes, the limit is {limit} bytes", shown(path))]
    TooLarge { path: String, size: u64, limit: u64 },
    /// Too many files.
    #[error("`{}` is one file too many, the limit is {limit} files", shown(path))]
    TooManyFiles { path: String, limit: usize },
    /// Too many bytes in all files.
    #[error("`{}` makes {total} bytes in all files, the limit is {limit} bytes", shown(path))]
    TooMuch { path: String, total: u64, limit: u64 },
    /// Too many names in a path.
    #[error("`{}` is nested too deep, the limit is {limit} names", shown(path))]
    TooDeep { path: String, limit: usize },
    /// An object that the repository does not have.
    #[error("the Git object {id} of `{}` is missing", folder_shown(path))]
    Missing { path: String, id: String, partial: bool },
    /// An object that cannot be read.
    #[error("the Git object {id} of `{}` cannot be read", folder_shown(path))]
    Broken { path: String, id: String, why: String },
    /// A file that cannot be read.
    #[error("`{}` cannot be read", shown(path))]
    Unreadable { path: String, source: std::io::Error },
    /// A file that changed between two looks at it.
    #[error("`{}` changed while it was read", shown(path))]
    Changed { path: String },
    /// A revision that is refused before anything looks at it.
    #[error("`{}` is not a revision", shown(revision))]
    BadRevision { revision: String, why: &'static str },
    /// A revision that is not there.
    #[error("there is no revision `{}` in {place}", shown(revision))]
    NoRevision { revision: String, place: String, why: String, help: String },
    /// A revision that names something else than a commit.
    #[error("`{}` in {place} is a {kind}, not a commit", shown(revision))]
    NotACommit { revision: String, place: String, kind: String },
    /// An abbreviation that several objects have.
    #[error("`{}` in {place} can mean several objects", shown(revision))]
    Ambiguous { revision: String, place: String },
    /// A repository without any commit.
    #[error("{place} has no commit yet")]
    NoCommit { place: String },
    /// A repository address that is refused before anything is started.
    #[error("the repository address `{}` is refused", shown(address))]
    BadAddress { address: String, why: &'static str, help: &'static str },
    /// A folder that cannot be opened.
    #[error("the folder `{}` cannot be opened", shown(&path.to_string_lossy()))]
    NoFolder { path: PathBuf, source: std::io::Error },
    /// A path that is no repository.
    #[error("`{}` is not a Git repository that can be read", shown(&path.to_string_lossy()))]
    NotARepository { path: PathBuf, why: String },
    /// No `suimon.yaml`.
    #[error("there is no suimon.yaml in {place}")]
    NoProject { place: String, looked: Vec<String>, local: bool },
    /// A project that is not there at another commit.
    #[error("the project's folder `{}` is not in commit {commit}", shown(folder))]
    NoFolderInCommit { folder: String, commit: String },
    /// Another commit of something that is no repository.
    #[error("commit `{}` cannot be read: {place} is not in a Git repository", shown(revision))]
    NoRepository { revision: String, place: String },
    /// A sparse index, which is not read.
    #[error("the checkout {place} has a sparse index")]
    SparseIndex { place: String },
    /// The state of a checkout that cannot be told.
    #[error("the checkout {place} cannot be compared with its last commit")]
    Checkout { place: String, why: String },
    /// A fetch that failed.
    #[error("{address} cannot be fetched")]
    Fetch { address: String, why: String },
    /// A fetch that took too long.
    #[error("fetching {address} took longer than {limit:?}")]
    FetchTimeout { address: String, limit: Duration },
    /// No usable git program.
    #[error("fetching needs the git program, version 2.31 or newer")]
    NoGit { why: String },
    /// The cache that cannot be used.
    #[error("the cache `{}` cannot be used", shown(&path.to_string_lossy()))]
    Cache { path: PathBuf, source: std::io::Error },
    /// No place for the cache.
    #[error("there is no folder for the cache of remote repositories")]
    NoCache,
}

fn folder_shown(folder: &str) -> String {
    if folder.is_empty() { "/".to_owned() } else { shown(folder) }
}

impl Error {
    /// The stable name of the rule.
    fn code(&self) -> &'static str {
        match self {
            Self::BadPath { .. } => "bad-path",
            Self::Symlink { .. } => "symlink",
            Self::Submodule { .. } => "submodule",
            Self::LfsPointer { .. } => "lfs-pointer",
            Self::Filtered { .. } => "git-filter",
            Self::Special { .. } => "not-a-file",
            Self::NotUtf8 { .. } => "name-not-utf8",
            Self::BadTree { .. } => "bad-git-tree",
            Self::TooLarge { .. } => "file-too-large",
            Self::TooManyFiles { .. } => "too-many-files",
            Self::TooMuch { .. } => "files-too-large",
            Self::TooDeep { .. } => "path-too-deep",
            Self::Missing { .. } => "git-object-missing",
            Self::Broken { .. } => "git-object-broken",
            Self::Unreadable { .. } => "file-unreadable",
            Self::Changed { .. } => "file-changed",
            Self::BadRevision { .. } => "bad-revision",
            Self::NoRevision { .. } => "revision-not-found",
            Self::NotACommit { .. } => "revision-not-a-commit",
            Self::Ambiguous { .. } => "revision-ambiguous",
            Self::NoCommit { .. } => "no-commit",
            Self::BadAddress { .. } => "bad-repository-address",
            Self::NoFolder { .. } => "no-folder",
            Self::NotARepository { .. } => "not-a-repository",
            Self::NoProject { .. } => "no-project",
            Self::NoFolderInCommit { .. } => "no-project-in-commit",
            Self::NoRepository { .. } => "no-repository",
            Self::SparseIndex { .. } => "sparse-index",
            Self::Checkout { .. } => "checkout-unreadable",
            Self::Fetch { .. } => "fetch-failed",
            Self::FetchTimeout { .. } => "fetch-timeout",
            Self::NoGit { .. } => "no-git",
            Self::Cache { .. } => "cache-unusable",
            Self::NoCache => "no-cache",
        }
    }

    /// The path in the project that it is about.
    fn path(&self) -> Option<String> {
        match self {
            Self::Symlink { path }
            | Self::Submodule { path }
            | Self::LfsPointer { path }
            | Self::Filtered { path, .. }
            | Self::Special { path }
            | Self::TooLarge { path, .. }
            | Self::TooManyFiles { path, .. }
            | Self::TooMuch { path, .. }
            | Self::TooDeep { path, .. }
            | Self::Unreadable { path, .. }
            | Self::Changed { path } => Some(shown(path)),
            _ => None,
        }
    }

    /// Why, where the summary does not say it.
    fn why(&self) -> Option<String> {
        let text = match self {
            Self::BadPath { why, .. }
            | Self::BadRevision { why, .. }
            | Self::BadAddress { why, .. } => (*why).to_owned(),
            Self::Symlink { .. } => {
                "a symlink could lead out of the project, so none is followed".into()
            }
            Self::Submodule { .. } => {
                "the files of another repository are never read or fetched".into()
            }
            Self::LfsPointer { .. } => "Git LFS objects are never fetched".into(),
            Self::Filtered { .. } => {
                "Git filters are never run, so the file would read differently".into()
            }
            Self::BadTree { id, why, .. } => format!("tree {id}: {why}"),
            Self::Missing { partial: true, .. } => {
                "the repository is a partial clone, and missing objects are never fetched into it"
                    .into()
            }
            Self::Broken { why, .. }
            | Self::NotARepository { why, .. }
            | Self::Checkout { why, .. }
            | Self::Fetch { why, .. }
            | Self::NoGit { why } => why.clone(),
            Self::NoRevision { why, .. } if !why.is_empty() => why.clone(),
            Self::Unreadable { source, .. }
            | Self::NoFolder { source, .. }
            | Self::Cache { source, .. } => source.to_string(),
            Self::NoProject { looked, .. } => format!("looked for {}", looked.join(", ")),
            _ => return None,
        };
        Some(text)
    }

    /// What to do.
    fn help(&self) -> Option<String> {
        let text = match self {
            Self::Symlink { .. } => "replace it by a copy of what it points to",
            Self::Submodule { .. } => {
                "copy the files into this repository, or move it out of the project"
            }
            Self::LfsPointer { .. } => "keep the file in Git itself, without Git LFS",
            Self::Filtered { .. } => {
                "remove the `filter` attribute of this path from .gitattributes"
            }
            Self::Special { .. } | Self::NotUtf8 { .. } => "rename or remove it",
            Self::BadTree { .. } => {
                "find who wrote it with `git fsck`, and commit the folder again"
            }
            Self::TooLarge { .. }
            | Self::TooManyFiles { .. }
            | Self::TooMuch { .. }
            | Self::TooDeep { .. } => "keep in the project only what suimon reads",
            Self::Missing { partial: true, .. } => {
                "run `git fetch --refetch --no-filter` in the repository"
            }
            Self::Missing { .. } | Self::Broken { .. } => "check the repository with `git fsck`",
            Self::Changed { .. } => "run again when nothing writes to the folder",
            Self::Ambiguous { .. } => "give more characters of the commit id",
            Self::BadAddress { help, .. } => help,
            Self::NoProject { local: true, .. } => "`suimon init` makes a first project here",
            Self::NoProject { .. } => "a project has a suimon.yaml at its root",
            Self::SparseIndex { .. } => "run `git sparse-checkout reapply --no-sparse-index`",
            Self::NoCommit { .. } => "commit the project first",
            Self::NoGit { .. } => "install git, or read a local repository by its path",
            Self::NoCache => "set HOME or XDG_CACHE_HOME",
            Self::NoRevision { help, .. } if !help.is_empty() => return Some(help.clone()),
            Self::Fetch { why, .. } => return fetch_help(why).map(str::to_owned),
            Self::FetchTimeout { .. } => "check the network and the repository's server",
            _ => return None,
        };
        Some(text.to_owned())
    }
}

/// What is said when the server wants credentials; how git says it depends on its version.
pub(crate) const NO_CREDENTIALS: &str =
    "the server wants a user and a password, and takes none that git knows";

/// What is said when a server does not stop answering.
pub(crate) const TOO_MUCH: &str = "the server's answer is longer than any should be";

/// What to do about what git says.
pub(crate) fn fetch_help(said: &str) -> Option<&'static str> {
    const KNOWN: [(&str, &str); 5] = [
        ("Host key verification failed", UNKNOWN_HOST),
        (
            "Permission denied (",
            "give ssh a key that may read the repository, for example with ssh-agent",
        ),
        (
            NO_CREDENTIALS,
            "give git a user and password that may read it, for example with a credential helper",
        ),
        ("Could not resolve host", "check the host's name and the network"),
        ("does not appear to be a git repository", "check the path"),
    ];
    const UNKNOWN_HOST: &str = "check the host's key, and add it to ~/.ssh/known_hosts";
    KNOWN.iter().find(|(sign, _)| said.contains(sign)).map(|(_, help)| *help)
}

impl From<Error> for Diagnostic {
    fn from(error: Error) -> Self {
        let mut diagnostic = Diagnostic::error(error.code(), error.to_string());
        diagnostic.location = error.path().map(Location::file);
        diagnostic.detail = error.why();
        diagnostic.help = error.help();
        diagnostic
    }
}
