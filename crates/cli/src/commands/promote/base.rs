//! What a change of a release is made on.

use std::sync::Arc;

use suimon_model::Snapshot;
use suimon_source::Repository;

use crate::failure::Failure;
use crate::session::Session;

/// A branch and its last commit.
pub(crate) struct Base {
    pub(crate) branch: String,
    pub(crate) tip: String,
    /// The project at that commit.
    pub(crate) snapshot: Arc<dyn Snapshot>,
}

/// What is checked out.
pub(crate) fn head(session: &Session<'_>, repository: &Repository) -> Result<Base, Failure> {
    if session.folder().is_none() || session.request().revision.is_some() {
        return Err(Failure::new("a commit is made where the project is checked out")
            .hint("leave --repo and --revision out, or --commit"));
    }
    let branch = repository.head_branch()?.ok_or_else(|| {
        Failure::new("HEAD is on no branch").hint("check a branch out: git switch BRANCH")
    })?;
    let tip = repository.resolve("HEAD")?.ok_or_else(|| {
        Failure::new(format!("the branch {branch} has no commit yet"))
            .hint("commit the project first")
    })?;
    let snapshot = session.snapshot.at(&tip)?;
    Ok(Base { branch, tip, snapshot })
}

/// Path of an environment's release from the top of the repository.
pub(crate) fn release_path(repository: &Repository, environment: &str) -> String {
    repository.in_project(&format!("envs/{environment}/release.yaml"))
}
