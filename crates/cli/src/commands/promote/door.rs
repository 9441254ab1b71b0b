//! [`Door`]: the branches and changes of a repository and its forge.

use std::sync::Arc;

use suimon_forge::{Change, Error as ForgeError, Forge, Proposal};
use suimon_gate::Mode;
use suimon_model::Diagnostic;
use suimon_promote::{
    Decision, Expected, PROMOTION_TRAILER, ROLLBACK_TRAILER, Refusal, Situation, Tip, Turn, decide,
    look, one_line, release_identity,
};
use suimon_source::{Repository, Swap};

use super::base::{Base, release_path};
use super::change::Move;
use super::queue::{Waiting, waiting};
use crate::failure::Failure;
use crate::ground::{Ground, blocking};
use crate::session::Session;

/// Name of the comment that says which releases a promotion has proposed before.
const SUPERSEDED: &str = "superseded";

/// Most lines of it.
const MOST_SUPERSEDED: usize = 30;

/// The branches and changes of a repository.
pub(crate) struct Door {
    pub(crate) repository: Repository,
    pub(crate) forge: Arc<dyn Forge>,
}

/// Which file of which environment a branch of suimon's changes.
pub(crate) struct Place {
    pub(crate) environment: String,
    /// From the top of the repository.
    pub(crate) file: String,
    /// The trailer of its commit.
    pub(crate) trailer: &'static str,
}

impl Place {
    pub(crate) fn new(repository: &Repository, environment: &str, mode: Mode) -> Self {
        let trailer = match mode {
            Mode::Forward => PROMOTION_TRAILER,
            Mode::Rollback => ROLLBACK_TRAILER,
        };
        let file = release_path(repository, environment);
        Self { environment: environment.to_owned(), file, trailer }
    }
}

/// What a change of a release finds.
pub(crate) struct Found {
    /// The commit that its branch is at.
    pub(crate) commit: Option<String>,
    pub(crate) tip: Tip,
    pub(crate) open: Option<Change>,
    pub(crate) waiting: Vec<Waiting>,
}

impl Found {
    pub(crate) fn decide(
        &self,
        base: &Base,
        change: &Move,
        turn: Turn,
    ) -> Result<Decision, Refusal> {
        let waiting: Vec<String> = self.waiting.iter().map(|one| one.release.clone()).collect();
        decide(&Situation {
            base: &base.branch,
            branch: &change.branch,
            held: &change.held,
            wanted: &change.id,
            tip: &self.tip,
            open: self.open.as_ref(),
            waiting: &waiting,
            turn,
        })
    }
}

/// What a forge refused.
#[allow(clippy::needless_pass_by_value)] // What `map_err` gives.
pub(crate) fn refused(error: ForgeError) -> Failure {
    let failure = Failure::new(&error);
    match error {
        ForgeError::Unauthenticated { .. } => {
            failure.hint("set GITHUB_TOKEN, GITLAB_TOKEN or GITEA_TOKEN to a token that is valid")
        }
        ForgeError::Forbidden { .. } => failure.hint(
            "the token needs to write changes (pull requests), comments and commit statuses; a pipeline of a fork \
             has no such token",
        ),
        _ => failure,
    }
}

impl Door {
    /// The repository and the forge of a project.
    pub(crate) fn open(session: &Session<'_>, ground: &Ground) -> Result<Self, Failure> {
        let forge = blocking(|| ground.forge(session.console))?;
        let repository = ground.repository()?.clone();
        // Ledgers may be kept here while the forge is elsewhere.
        let repository = if forge.name() == "local" || repository.is_shared() {
            repository
        } else {
            blocking(|| repository.with_remote(None))?
        };
        Ok(Self { repository, forge })
    }

    /// The branch that changes go into: the project's, or the forge's default.
    pub(crate) async fn base(&self, session: &Session<'_>) -> Result<Base, Failure> {
        let project = suimon_render::load_project(session.snapshot.as_ref())?;
        let branch = match project.branch {
            Some(branch) => branch,
            None => self.forge.default_branch().await.map_err(refused)?,
        };
        blocking(|| {
            let tip = self.repository.shared_ref(&format!("refs/heads/{branch}"))?;
            let tip = tip.ok_or_else(|| {
                Failure::new(format!("there is no branch {branch} in {}", self.repository.place()))
                    .hint("push it, or name the branch that changes go into: `spec.branch` in suimon.yaml")
            })?;
            let snapshot = session.snapshot.at(&tip)?;
            Ok(Base { branch, tip, snapshot })
        })
    }

    /// What is there already.
    pub(crate) async fn look(
        &self,
        session: &Session<'_>,
        base: &Base,
        change: &Move,
    ) -> Result<Found, Failure> {
        let open = self.forge.open_change(&change.branch).await.map_err(refused)?;
        blocking(|| {
            let place = Place::new(&self.repository, &change.environment, change.mode);
            let (commit, tip) = self.tip(session, base, &place, &change.branch)?;
            let waiting = match change.mode {
                Mode::Forward => waiting(self, session, base, &change.environment)?,
                Mode::Rollback => Vec::new(),
            };
            Ok(Found { commit, tip, open, waiting })
        })
    }

    /// Where a branch of suimon's is, and what is in it.
    pub(crate) fn tip(
        &self,
        session: &Session<'_>,
        base: &Base,
        place: &Place,
        branch: &str,
    ) -> Result<(Option<String>, Tip), Diagnostic> {
        let commit = self.repository.shared_ref(&format!("refs/heads/{branch}"))?;
        let expected = Expected { base: &base.tip, file: &place.file, trailer: place.trailer };
        let identity = |commit: &str| {
            let snapshot = session.snapshot.at(commit)?;
            let release = suimon_render::load_release(snapshot.as_ref(), &place.environment)
                .map_err(|found| {
                    let first = found.into_iter().next();
                    first.unwrap_or_else(|| {
                        Diagnostic::error("release", "its release cannot be read")
                    })
                })?;
            let release = release.map(|(release, _)| release).unwrap_or_default();
            release_identity(snapshot.as_ref(), &release)
        };
        let tip = look(&self.repository, commit.as_deref(), &expected, &identity)?;
        Ok((commit, tip))
    }

    /// Moves a branch; `false` when somebody else moved it meanwhile.
    pub(crate) fn push(
        &self,
        branch: &str,
        expected: Option<&str>,
        new: Option<&str>,
    ) -> Result<bool, Failure> {
        let swap = self.repository.swap_shared(&format!("refs/heads/{branch}"), expected, new)?;
        Ok(swap == Swap::Done)
    }

    /// Opens the change of a branch, or updates the open one.
    pub(crate) async fn put(
        &self,
        change: &Move,
        base: &Base,
        body: String,
    ) -> Result<Change, Failure> {
        let proposal = Proposal {
            head: change.branch.clone(),
            base: base.branch.clone(),
            title: change.title.clone(),
            body,
        };
        self.forge.put_change(&proposal).await.map_err(refused)
    }

    /// Says in a comment which release was proposed before.
    pub(crate) async fn say_superseded(
        &self,
        opened: &Change,
        found: &Found,
        change: &Move,
    ) -> Result<(), Failure> {
        let before = match &found.tip {
            Tip::Ours { release, .. } => release.as_str(),
            _ => return Ok(()),
        };
        let comments = self.forge.own_comments(opened.number).await.map_err(refused)?;
        let said = comments.into_iter().find(|(name, _)| name == SUPERSEDED);
        let said = said.map(|(_, body)| body).unwrap_or_default();
        let mut lines: Vec<&str> = said.lines().filter(|line| line.starts_with("- ")).collect();
        let title = found.open.as_ref().map_or("", |open| open.title.as_str());
        let code = |text: &str| format!("`{}`", one_line(text).replace('`', "'"));
        let line = format!(
            "- {} ({}) was superseded by {} ({})",
            code(title),
            code(suimon_promote::short_id(before)),
            code(change.name()),
            code(suimon_promote::short_id(&change.id)),
        );
        lines.push(&line);
        let first = lines.len().saturating_sub(MOST_SUPERSEDED);
        let body = format!(
            "This change proposes the newest release. What it proposed before:\n\n{}\n",
            lines.get(first..).unwrap_or_default().join("\n")
        );
        self.forge.put_comment(opened.number, SUPERSEDED, &body).await.map_err(refused)
    }
}
