//! A store whose appends fail when they are told to.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

use suimon_ledger::{Appended, Draft, Error, MemoryStore, Result, Store, Stored};
use suimon_model::Diagnostic;

/// How an append goes wrong.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Fault {
    /// Nothing is appended.
    Down,
    /// It is appended, and the answer is lost.
    Lost,
    /// It goes well.
    None,
}

#[derive(Clone)]
pub(crate) struct Faulty {
    inner: MemoryStore,
    faults: Arc<Mutex<VecDeque<Fault>>>,
    before: Arc<Mutex<Option<Hook>>>,
}

type Hook = Box<dyn FnOnce() + Send>;

impl Faulty {
    pub(crate) fn new(inner: MemoryStore) -> Self {
        Self { inner, faults: Arc::default(), before: Arc::default() }
    }

    /// What the next appends do.
    pub(crate) fn next(&self, faults: impl IntoIterator<Item = Fault>) {
        self.faults.lock().unwrap().extend(faults);
    }

    /// What happens right before the next append.
    pub(crate) fn before(&self, hook: impl FnOnce() + Send + 'static) {
        *self.before.lock().unwrap() = Some(Box::new(hook));
    }
}

impl Store for Faulty {
    fn append(&self, name: &str, expected: Option<&str>, draft: &Draft) -> Result<Appended> {
        if let Some(hook) = self.before.lock().unwrap().take() {
            hook();
        }
        let down = || Err(Error::from(Diagnostic::error("no-remote", "the remote is down")));
        match self.faults.lock().unwrap().pop_front().unwrap_or(Fault::None) {
            Fault::Down => down(),
            Fault::Lost => {
                self.inner.append(name, expected, draft)?;
                down()
            }
            Fault::None => self.inner.append(name, expected, draft),
        }
    }

    fn tip(&self, name: &str) -> Result<Option<String>> {
        self.inner.tip(name)
    }

    fn chain(&self, tip: &str, after: Option<&str>) -> Result<Vec<Stored>> {
        self.inner.chain(tip, after)
    }

    fn identify(&self, previous: Option<&str>, draft: &Draft) -> Result<String> {
        self.inner.identify(previous, draft)
    }

    fn chains(&self, prefix: &str) -> Result<BTreeMap<String, String>> {
        self.inner.chains(prefix)
    }

    fn seen(&self, prefix: &str) -> Result<BTreeMap<String, String>> {
        self.inner.seen(prefix)
    }

    fn kept(&self, name: &str) -> Result<Option<String>> {
        self.inner.kept(name)
    }

    fn keep(&self, name: &str, expected: Option<&str>, draft: &Draft) -> Result<Appended> {
        self.inner.keep(name, expected, draft)
    }

    fn forget(&self, name: &str, expected: &str) -> Result<bool> {
        self.inner.forget(name, expected)
    }
}
