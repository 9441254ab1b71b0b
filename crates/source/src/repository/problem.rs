//! [`Problem`]: what can be wrong with writing to a repository.

use std::path::PathBuf;

use suimon_model::{Diagnostic, Location};

use crate::Error;
use crate::path::shown;

/// What went wrong. [`Diagnostic::from`] says it to people, with what to do about it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Problem {
    /// What reading can run into too.
    #[error(transparent)]
    Read(#[from] Error),
    /// Text that is no commit id.
    #[error("`{}` is not a commit id", shown(id))]
    BadId { id: String },
    /// A commit that the repository does not have.
    #[error("there is no commit {id} in {place}")]
    NoCommit { id: String, place: String, shallow: bool },
    /// A ref's name that Git would not take, or that is not ours to move.
    #[error("`{}` is not the name of a ref", shown(name))]
    BadRef { name: String, why: String },
    /// The object database did not take something.
    #[error("nothing can be written to the Git repository {place}")]
    Write { place: String, why: String },
    /// A name or address that no commit can have.
    #[error("`{}` cannot be who makes a commit", shown(who))]
    BadIdentity { who: String, why: String },
    /// A path that is a folder where a file should be, or the other way around.
    #[error("`{}` cannot be a file of the commit", shown(path))]
    NotAFile { path: String, why: &'static str },
    /// All files of a commit are too much.
    #[error("the files of commit {id} are more than {limit} bytes")]
    TooMuch { id: String, limit: u64 },
    /// A question about history that a shallow clone cannot answer.
    #[error("the history of {place} is cut off: it is a shallow clone")]
    Shallow { place: String },
    /// A ref that another process holds.
    #[error("`{}` is being changed by another process", shown(name))]
    Busy { name: String, why: String },
    /// A branch that is checked out.
    #[error("the branch `{}` is checked out, so it is not moved", shown(branch))]
    CheckedOut { branch: String, folder: PathBuf },
    /// A remote that is not there.
    #[error("{place} has no remote `{}`", shown(name))]
    NoRemote { name: String, place: String, others: Vec<String> },
    /// A remote that cannot be one that is shared.
    #[error("the remote `{}` of {place} cannot be used", shown(name))]
    BadRemote { name: String, place: String, why: String },
    /// A repository whose configuration git does not follow, because somebody else owns it.
    #[error("{place} belongs to another user")]
    NotOwned { place: String },
    /// The other side did not take a ref.
    #[error("{address} does not take `{}`", shown(name))]
    Rejected { address: String, name: String, why: String },
    /// A push that ended without an answer, and with nothing changed.
    #[error("`{}` could not be pushed to {address}", shown(name))]
    Push { address: String, name: String, why: String },
    /// A push that ended without an answer, and nobody can say how.
    #[error("it is not known whether {address} has taken `{}`", shown(name))]
    Unknown { address: String, name: String, why: String },
    /// Nobody said who the user is.
    #[error("git does not know who you are")]
    NoIdentity { why: String },
    /// The checkout is in no state to make a commit in.
    #[error("no commit can be made in {place}")]
    NoCommitHere { place: String, why: String, help: &'static str },
    /// A file with changes that a commit would take along or overwrite.
    #[error("`{}` has uncommitted changes", shown(path))]
    Dirty { path: String, why: &'static str },
}

impl Problem {
    fn code(&self) -> &'static str {
        match self {
            Self::Read(_) => "unreadable",
            Self::BadId { .. } => "bad-commit-id",
            Self::NoCommit { .. } => "commit-missing",
            Self::BadRef { .. } => "bad-ref",
            Self::Write { .. } => "repository-not-writable",
            Self::BadIdentity { .. } => "bad-identity",
            Self::NotAFile { .. } => "bad-path",
            Self::TooMuch { .. } => "too-many-bytes",
            Self::Shallow { .. } => "shallow-clone",
            Self::Busy { .. } => "ref-locked",
            Self::CheckedOut { .. } => "branch-checked-out",
            Self::NoRemote { .. } => "no-remote",
            Self::BadRemote { .. } => "bad-remote",
            Self::NotOwned { .. } => "repository-not-owned",
            Self::Rejected { .. } => "push-rejected",
            Self::Push { .. } => "push-failed",
            Self::Unknown { .. } => "push-unknown",
            Self::NoIdentity { .. } => "no-identity",
            Self::NoCommitHere { .. } => "no-commit-here",
            Self::Dirty { .. } => "uncommitted-changes",
        }
    }

    fn why(&self) -> Option<String> {
        let text = match self {
            Self::BadRef { why, .. }
            | Self::Write { why, .. }
            | Self::BadIdentity { why, .. }
            | Self::Busy { why, .. }
            | Self::BadRemote { why, .. }
            | Self::Rejected { why, .. }
            | Self::Push { why, .. }
            | Self::Unknown { why, .. }
            | Self::NoIdentity { why }
            | Self::NoCommitHere { why, .. } => why.clone(),
            Self::NotAFile { why, .. } | Self::Dirty { why, .. } => (*why).to_owned(),
            Self::CheckedOut { folder, .. } => format!(
                "its files are in {}, and would seem changed",
                shown(&folder.to_string_lossy())
            ),
            Self::NoCommit { shallow: true, .. } => "the repository is a shallow clone".to_owned(),
            Self::NotOwned { .. } => {
                "its configuration could make git run programs, so git does not follow it"
                    .to_owned()
            }
            _ => return None,
        };
        (!text.is_empty()).then_some(text)
    }

    fn help(&self) -> Option<String> {
        let text = match self {
            Self::NoCommit { shallow: true, .. } | Self::Shallow { .. } => {
                "run `git fetch --unshallow`; in CI, check out with the whole history \
                 (`fetch-depth: 0`)"
            }
            Self::NoCommit { .. } => "if only the remote has it, run `git fetch` first",
            Self::Write { .. } => "check who owns the repository, and the space on its disk",
            Self::Busy { .. } => {
                "try again; if no git process runs, remove the lock file that a crash left behind"
            }
            Self::CheckedOut { .. } => "switch to another branch there, and run again",
            Self::NoRemote { others, .. } if !others.is_empty() => {
                return Some(format!("its remotes are {}", others.join(", ")));
            }
            Self::NoRemote { .. } => {
                "add it with `git remote add`, or keep the ledger in this repository alone with \
                 `spec.ledger.remote: local` in suimon.yaml"
            }
            Self::BadRemote { .. } => {
                "give it one https:// or ssh:// URL or a path, name another remote, or keep the ledger in \
                 this repository alone with `spec.ledger.remote: local` in suimon.yaml"
            }
            Self::NotOwned { place } => {
                let trust = "if you trust it, run `git config --global --add safe.directory";
                return Some(format!("{trust} {place}`"));
            }
            Self::Rejected { .. } => {
                "let whoever runs suimon write to this ref, or take the rule that forbids it away"
            }
            Self::Push { why, .. } | Self::Unknown { why, .. } => {
                return crate::error::fetch_help(why).map(str::to_owned);
            }
            Self::NoIdentity { .. } => {
                "run `git config --global user.name \"Your Name\"` and \
                 `git config --global user.email you@example.com`"
            }
            Self::NoCommitHere { help, .. } => help,
            Self::Dirty { .. } => "commit them or put them aside with `git stash` first",
            _ => return None,
        };
        Some(text.to_owned())
    }
}

impl From<Problem> for Diagnostic {
    fn from(problem: Problem) -> Self {
        if let Problem::Read(error) = problem {
            return error.into();
        }
        let mut diagnostic = Self::error(problem.code(), problem.to_string());
        if let Problem::Dirty { path, .. } | Problem::NotAFile { path, .. } = &problem
            && !path.is_empty()
        {
            diagnostic.location = Some(Location::file(shown(path)));
        }
        diagnostic.detail = problem.why();
        diagnostic.help = problem.help();
        diagnostic
    }
}
