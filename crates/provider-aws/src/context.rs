//! [`Context`]: what the verbs of all kinds share in one run.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;
use suimon_model::ResourceId;

use crate::Options;
use crate::resource::{Declared, Live};
use crate::session::Session;

/// What the verbs of all kinds share in one run.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) session: Session,
    pub(crate) options: Options,
    pub(crate) secrets: crate::secrets::State,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    declared: HashMap<ResourceId, Arc<Declared>>,
    live: HashMap<ResourceId, Arc<Live>>,
    keys: HashMap<ResourceId, String>,
    notes: HashMap<String, Value>,
}

impl Context {
    pub(crate) fn new(session: Session, options: Options) -> Self {
        Self { session, options, secrets: Default::default(), known: Mutex::default() }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Remembers a declaration.
    pub(crate) fn declare(&self, declared: Arc<Declared>) {
        self.known().declared.insert(declared.id.clone(), declared);
    }

    /// A declaration of this environment.
    pub(crate) fn declared(&self, id: &ResourceId) -> Option<Arc<Declared>> {
        self.known().declared.get(id).cloned()
    }

    /// The declarations of one kind.
    pub(crate) fn declared_of(&self, group: &str, kind: &str) -> Vec<Arc<Declared>> {
        let known = self.known();
        let such = known.declared.values().filter(|d| d.id.group == group && d.id.kind == kind);
        let mut found: Vec<_> = such.cloned().collect();
        found.sort_by(|a, b| a.id.cmp(&b.id));
        found
    }

    /// Remembers what is live under an id; `None` when nothing is.
    pub(crate) fn saw(&self, id: &ResourceId, live: Option<Arc<Live>>) {
        let mut known = self.known();
        match live {
            Some(live) => {
                known.keys.insert(id.clone(), live.key.clone());
                known.live.insert(id.clone(), live);
            }
            None => drop(known.live.remove(id)),
        }
    }

    /// What was last seen live under an id.
    pub(crate) fn live(&self, id: &ResourceId) -> Option<Arc<Live>> {
        self.known().live.get(id).cloned()
    }

    /// The key that an id was last seen or written with.
    pub(crate) fn key(&self, id: &ResourceId) -> Option<String> {
        self.known().keys.get(id).cloned()
    }

    /// Remembers the key that an id is written with.
    pub(crate) fn set_key(&self, id: &ResourceId, key: String) {
        self.known().keys.insert(id.clone(), key);
    }

    /// Keeps a note of a kind for later verbs of the same run, such as the update that was begun.
    pub(crate) fn note(&self, key: impl Into<String>, value: Value) {
        self.known().notes.insert(key.into(), value);
    }

    /// A note that was kept.
    pub(crate) fn noted(&self, key: &str) -> Option<Value> {
        self.known().notes.get(key).cloned()
    }
}
