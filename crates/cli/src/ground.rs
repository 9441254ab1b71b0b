//! What promotion, gates, approvals and records stand on: the repository of a session, its ledgers, its
//! forge, and who is at work.

mod actor;
mod authors;
mod checks;
mod facts;
mod forge;
mod lease;
mod reviews;
mod sign;
mod trusted;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use suimon_ledger::{
    Actor, Approvals, Basis, GitStore, History, Ledger, Signer, Signing, Store, Trigger,
};
use suimon_model::{Project, Snapshot};
use suimon_source::Repository;

pub(crate) use facts::{Asking, Depth, Gathered};
pub(crate) use lease::{liveness, own as own_lease};
pub(crate) use sign::{SshKey, ssh_sign};

use crate::failure::{CONFLICT, Failure};
use crate::session::Session;

/// What promotion, gates, approvals and records stand on.
///
/// # Caveats
/// Everything that reads or writes the repository blocks; in async code call it in [`blocking`].
pub(crate) struct Ground {
    pub(crate) project: Project,
    pub(crate) snapshot: Arc<dyn Snapshot>,
    /// The project's folder, where it is one.
    pub(crate) folder: Option<PathBuf>,
    pub(crate) actor: Actor,
    pub(crate) trigger: Trigger,
    shared: Option<Shared>,
}

/// A repository, and the ledgers in it.
struct Shared {
    repository: Repository,
    store: Arc<dyn Store>,
    /// The same as this machine saw it last: asks no remote.
    seen: Arc<dyn Store>,
    /// Ledgers by environment: what was read once is not read again.
    ledgers: Mutex<BTreeMap<String, Ledger>>,
}

/// Runs something that blocks inside async code.
pub(crate) fn blocking<T>(work: impl FnOnce() -> T) -> T {
    tokio::task::block_in_place(work)
}

impl Ground {
    /// Opens the repository that a session reads, with the ledgers of its project; it is none where the
    /// project is in no Git repository.
    pub(crate) fn open(session: &Session<'_>) -> Result<Self, Failure> {
        let project = suimon_render::load_project(session.snapshot.as_ref())
            .map_err(|found| Failure::from(found).quoting(&session.snapshot))?;
        let repository = Repository::open(session.request())?;
        let actor = actor::actor(repository.as_ref())?;
        let shared = match repository {
            None => None,
            Some(repository) => Some(Shared::open(&repository, &project)?),
        };
        Ok(Self {
            project,
            snapshot: Arc::clone(&session.snapshot),
            folder: session.folder().map(Path::to_path_buf),
            actor,
            trigger: actor::trigger(),
            shared,
        })
    }

    /// The repository; an error in a folder that is in none.
    pub(crate) fn repository(&self) -> Result<&Repository, Failure> {
        self.shared.as_ref().map(|shared| &shared.repository).ok_or_else(no_repository)
    }

    /// Whether there is a repository to record in.
    pub(crate) fn has_repository(&self) -> bool {
        self.shared.is_some()
    }

    /// Where ledgers are kept.
    pub(crate) fn store(&self) -> Result<Arc<dyn Store>, Failure> {
        self.shared.as_ref().map(|shared| Arc::clone(&shared.store)).ok_or_else(no_repository)
    }

    /// The ledger of an environment.
    pub(crate) fn ledger(&self, environment: &str) -> Result<Ledger, Failure> {
        let shared = self.shared.as_ref().ok_or_else(no_repository)?;
        let mut ledgers = shared.ledgers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(ledger) = ledgers.get(environment) {
            return Ok(ledger.clone());
        }
        let ledger = Ledger::new(Arc::clone(&shared.store), &self.project.name, environment);
        let ledger = ledger.signed(self.signing()?);
        ledgers.insert(environment.to_owned(), ledger.clone());
        Ok(ledger)
    }

    /// Records are signed where the project says by whom.
    fn signing(&self) -> Result<Signing, Failure> {
        let Some(path) = &self.project.ledger.allowed_signers else {
            return Ok(Signing::default());
        };
        let signer: Arc<dyn Signer> = Arc::new(sign::GitSigner::new(self.repository()?));
        let content = self.snapshot.read(path)?;
        let content = content.map(|content| String::from_utf8_lossy(&content).into_owned());
        Ok(Signing { signer: Some(signer), allowed: Some(content.unwrap_or_default()) })
    }

    /// What a plan that is made now will have been made after: a run that begins later has seen nothing else,
    /// or it does not begin. Ends of runs that are kept on this machine are recorded first: they are nothing new.
    pub(crate) fn basis(&self, environment: &str) -> Result<Basis, Failure> {
        if !self.has_repository() {
            return Ok(Basis::Any);
        }
        let ledger = self.ledger(environment)?;
        ledger.settle()?;
        let history = ledger.read()?;
        Ok(Basis::UpTo(history.last().map(|last| last.id.clone())))
    }

    /// The ledger of an environment as this machine saw it last; nobody is asked.
    pub(crate) fn seen_ledger(&self, environment: &str) -> Result<Ledger, Failure> {
        let shared = self.shared.as_ref().ok_or_else(no_repository)?;
        Ok(Ledger::new(Arc::clone(&shared.seen), &self.project.name, environment))
    }

    /// What the ledger of an environment says.
    pub(crate) fn history(&self, environment: &str) -> Result<History, Failure> {
        self.ledger(environment)?.read().map_err(Failure::from)
    }

    /// The approvals of an environment.
    pub(crate) fn approvals(&self, environment: &str) -> Result<Approvals, Failure> {
        Ok(Approvals::new(self.store()?, &self.project.name, environment))
    }
}

impl Shared {
    fn open(repository: &Repository, project: &Project) -> Result<Self, Failure> {
        let here = repository.with_remote(Some("local"));
        let repository = repository.with_remote(project.ledger.remote.as_deref())?;
        // A repository that is read by its URL is nowhere else.
        let seen = here.unwrap_or_else(|_| repository.clone());
        let store: Arc<dyn Store> = Arc::new(GitStore::new(repository.clone()));
        let seen = Arc::new(GitStore::new(seen));
        Ok(Self { repository, store, seen, ledgers: Mutex::default() })
    }
}

fn no_repository() -> Failure {
    Failure::new("the project is in no Git repository, so it has no ledger")
        .hint("make it one: git init && git add -A && git commit -m first")
}

impl From<suimon_ledger::Error> for Failure {
    fn from(error: suimon_ledger::Error) -> Self {
        use suimon_ledger::Error;
        match error {
            Error::Repository(diagnostic) => (*diagnostic).into(),
            Error::Locked { .. } => Self::new(&error).code(CONFLICT).hint(
                "wait until that run has ended; when you know that it is gone: `--take-over`, which is \
                 recorded",
            ),
            Error::TakenOver { .. } | Error::Contention => Self::new(error).code(CONFLICT),
            Error::Moved { .. } => {
                Self::new(error).code(CONFLICT).hint("nothing was written; plan again")
            }
            Error::Unsigned(_) => Self::new(error).hint(
                "suimon.yaml wants signed records: git config gpg.format ssh; git config \
                 user.signingKey FILE",
            ),
            other => Self::new(other),
        }
    }
}
