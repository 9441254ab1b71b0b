//! [`Ledger`]: the records of one environment, read and appended.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use crate::chain::Chain;
use crate::codec::encode;
use crate::link;
use crate::{
    Actor, Appended, Error, Event, History, RECORD_FORMAT, Record, Result, Signing, Store, Trigger,
};

/// Where the records of an environment are: `refs/suimon/ledger/<env>`.
pub const LEDGER_REFS: &str = "refs/suimon/ledger/";

/// How often an append begins again because another writer was faster.
const ATTEMPTS: usize = 64;

/// The ledger of one environment.
///
/// # Guarantees
/// Records are appended by compare-and-swap; one that cannot follow what is recorded is refused before
/// it is written. Of two runs that want the environment at once, one gets it.
#[derive(Clone)]
pub struct Ledger {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) project: String,
    pub(crate) environment: String,
    signing: Signing,
    /// What was read last: what follows it is all that has to be read next time.
    chain: Arc<Mutex<Chain>>,
}

/// Something to record that is no run.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Who or what.
    pub actor: Actor,
    /// Why.
    pub trigger: Trigger,
    /// When.
    pub time: Timestamp,
    /// What happened.
    pub event: Event,
}

/// What to do after a look at the history.
pub(crate) enum Step {
    Write(Box<Entry>),
    /// It stands there already, in this record.
    Done(String),
}

impl Ledger {
    /// The ledger of an environment. Its records are not signed.
    pub fn new(
        store: Arc<dyn Store>,
        project: impl Into<String>,
        environment: impl Into<String>,
    ) -> Self {
        let (project, environment) = (project.into(), environment.into());
        let chain = Arc::new(Mutex::new(Chain::new(&project, &environment, None)));
        Self { store, project, environment, signing: Signing::default(), chain }
    }

    /// The same ledger, whose records are signed from now on; where it is said by whom, a record that is not
    /// makes the ledger damaged for every reader.
    #[must_use]
    pub fn signed(mut self, signing: Signing) -> Self {
        let chain = Chain::new(&self.project, &self.environment, signing.allowed.as_deref());
        self.chain = Arc::new(Mutex::new(chain));
        self.signing = signing;
        self
    }

    /// The environment.
    pub fn environment(&self) -> &str {
        &self.environment
    }

    /// All records, oldest first. Writes nothing that others see.
    ///
    /// # Errors
    /// The store cannot be asked, a record is not what its place says, or the ledger does not continue
    /// what this machine has seen of it.
    pub fn read(&self) -> Result<History> {
        let tip = self.store.tip(&self.name())?;
        let mut chain = self.chain();
        chain.follow(self.store.as_ref(), tip.as_deref())?;
        Ok(chain.history())
    }

    /// Records something that needs no lock. A run's beginning and end are recorded by
    /// [`open`](Self::open) and [`Run::close`](crate::Run::close).
    ///
    /// # Errors
    /// As [`read`](Self::read); and it cannot follow what is recorded, or cannot be signed or written.
    pub fn append(&self, entry: Entry) -> Result<String> {
        self.settle()?;
        let entry = Box::new(entry);
        self.push(&mut |_| Ok(Step::Write(entry.clone())))
    }

    /// Appends what `decide` says of the history, again when another writer was faster.
    pub(crate) fn push(&self, decide: &mut dyn FnMut(&History) -> Result<Step>) -> Result<String> {
        for _ in 0..ATTEMPTS {
            let history = self.read()?;
            let entry = match decide(&history)? {
                Step::Write(entry) => *entry,
                Step::Done(id) => return Ok(id),
            };
            let record = self.record(&history, entry)?;
            let draft = self.draft(&record)?;
            let tip = history.last().map(|last| last.id.clone());
            match self.store.append(&self.name(), tip.as_deref(), &draft)? {
                Appended::Done(id) => {
                    self.chain().extend(id.clone(), record, tip.as_deref());
                    return Ok(id);
                }
                Appended::Lost { now } => {
                    tracing::debug!(
                        environment = self.environment,
                        ?now,
                        "another writer was faster"
                    );
                }
            }
        }
        Err(Error::Contention)
    }

    /// The record of an entry, after a history.
    fn record(&self, history: &History, entry: Entry) -> Result<Record> {
        let record = Record {
            format: RECORD_FORMAT.to_owned(),
            project: self.project.clone(),
            environment: self.environment.clone(),
            number: history.records.len() as u64 + 1,
            previous: history.last().map(|last| last.id.clone()),
            time: entry.time,
            actor: entry.actor.settled(),
            trigger: entry.trigger,
            event: entry.event,
            witnessed: self.witnessed()?,
        };
        self.chain().check(&record).map_err(|why| self.impossible(why))?;
        Ok(record)
    }

    pub(crate) fn draft(&self, record: &Record) -> Result<crate::Draft> {
        let bytes = encode(record).map_err(Error::TooLarge)?;
        let signature = self.signing.sign(record, &bytes)?;
        Ok(link::draft(record, bytes, signature))
    }

    /// The last records of the other ledgers, as this machine saw them last.
    fn witnessed(&self) -> Result<BTreeMap<String, String>> {
        let own = self.name();
        let seen = self.store.seen(LEDGER_REFS)?;
        Ok(seen
            .into_iter()
            .filter(|(name, _)| *name != own)
            .filter_map(|(name, tip)| Some((name.strip_prefix(LEDGER_REFS)?.to_owned(), tip)))
            .collect())
    }

    pub(crate) fn impossible(&self, why: String) -> Error {
        Error::Impossible { environment: self.environment.clone(), why }
    }

    pub(crate) fn name(&self) -> String {
        format!("{LEDGER_REFS}{}", self.environment)
    }

    fn chain(&self) -> MutexGuard<'_, Chain> {
        self.chain.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Ledger {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ledger")
            .field("project", &self.project)
            .field("environment", &self.environment)
            .finish_non_exhaustive()
    }
}
