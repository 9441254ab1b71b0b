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
    Actor, Approvals, Basis, GitStore, History, LEDGER_REFS, Ledger, Signer, Signing, Store,
    Trigger,
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
    /// Where the ledgers would be if `suimon.yaml` did not say otherwise.
    otherwise: Option<Repository>,
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
        shared.insist_on_place(environment)?;
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
        let named = project.ledger.remote.as_deref();
        let otherwise = named.map(|_| repository.with_remote(None)).transpose()?;
        let repository = repository.with_remote(named)?;
        let otherwise =
            otherwise.filter(|otherwise| otherwise.remote_address() != repository.remote_address());
        // A repository that is read by its URL is nowhere else.
        let seen = here.unwrap_or_else(|_| repository.clone());
        let store: Arc<dyn Store> = Arc::new(GitStore::new(repository.clone()));
        let seen = Arc::new(GitStore::new(seen));
        Ok(Self { repository, store, seen, otherwise, ledgers: Mutex::default() })
    }

    /// A change that is applied does not say that its history is elsewhere: what is recorded where it would be
    /// otherwise counts.
    fn insist_on_place(&self, environment: &str) -> Result<(), Failure> {
        let name = format!("{LEDGER_REFS}{environment}");
        let seen = name.replacen("refs/suimon/", "refs/suimon/shared/", 1);
        if !self.repository.is_shared() && self.repository.local_ref(&seen)?.is_some() {
            let what = format!("the ledger of {environment} was on a remote, which is gone here");
            return Err(Failure::new(what).hint(format!(
                "add the remote again; if the ledger is to stay here: git update-ref -d {seen}"
            )));
        }
        let Some(otherwise) = &self.otherwise else { return Ok(()) };
        if otherwise.shared_ref(&name)?.is_none() {
            return Ok(());
        }
        let place = otherwise.remote_address().unwrap_or_else(|| otherwise.place().to_owned());
        let what = format!(
            "suimon.yaml names another place for the ledgers, and that of {environment} is in {place} already"
        );
        Err(Failure::new(what).hint(format!(
            "take `spec.ledger.remote` back; whoever wants to move a ledger takes {name} away from there"
        )))
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
            Error::Repository(diagnostic) if diagnostic.code.starts_with("push-") => (*diagnostic)
                .detail(
                    "the ledger is on the remote; with `spec.ledger: {remote: local}` in suimon.yaml it is in \
                     this repository",
                )
                .into(),
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
