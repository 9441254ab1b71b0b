//! [`FakeProvider`]: a provider in memory, for the tests of what stands on the port.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use suimon_model::{Body, DeferredRef, Health, HealthStatus, Manifest, ResourceId, TargetIdentity};
use suimon_plan::{Change, LiveObject};

use crate::{
    Delete, DryRun, Error, Membership, Observation, Provider, Result, Scope, Write, Written,
};

/// A provider in memory that answers as scripted and remembers what it was asked to do.
///
/// Everything is healthy at once unless [`health`](Self::script_health) says otherwise; a deleted
/// object is gone at once.
#[derive(Debug, Default)]
pub struct FakeProvider {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    live: BTreeMap<ResourceId, LiveObject>,
    health: BTreeMap<ResourceId, VecDeque<Health>>,
    errors: BTreeMap<(&'static str, ResourceId), VecDeque<Error>>,
    calls: Vec<String>,
    version: u64,
}

impl FakeProvider {
    /// Nothing live.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes an object live without a call.
    pub fn insert(&self, id: &ResourceId, body: &serde_json::Value) {
        let mut state = self.lock();
        state.store(id, Body::new(body));
    }

    /// What [`Provider::health`] answers for an object, one after the other; the last one stays.
    pub fn script_health(&self, id: &ResourceId, healths: impl IntoIterator<Item = Health>) {
        self.lock().health.insert(id.clone(), healths.into_iter().collect());
    }

    /// The next call of `verb` (`write`, `delete`, `forget`, `dry_run`) for this object fails.
    pub fn script_error(&self, verb: &'static str, id: &ResourceId, error: Error) {
        self.lock().errors.entry((verb, id.clone())).or_default().push_back(error);
    }

    /// The calls that changed something, in order: `write ConfigMap/web/a`, `delete …`, `open`, …
    pub fn calls(&self) -> Vec<String> {
        self.lock().calls.clone()
    }

    /// What is live.
    pub fn live(&self) -> Vec<ResourceId> {
        self.lock().live.keys().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn call(&self, verb: &'static str, id: &ResourceId) -> Result<MutexGuard<'_, State>> {
        let mut state = self.lock();
        state.calls.push(format!("{verb} {id}"));
        match state.errors.get_mut(&(verb, id.clone())).and_then(VecDeque::pop_front) {
            Some(error) => Err(error),
            None => Ok(state),
        }
    }
}

impl State {
    fn store(&mut self, id: &ResourceId, body: Body) -> LiveObject {
        self.version += 1;
        let uid =
            self.live.get(id).map_or_else(|| format!("uid-{}", self.version), |l| l.uid.clone());
        let object = LiveObject {
            id: id.clone(),
            api_version: "v1".to_owned(),
            uid,
            resource_version: self.version.to_string(),
            body,
            owned: true,
            foreign_owner: None,
            terminating: false,
            failed: false,
        };
        self.live.insert(id.clone(), object.clone());
        object
    }

    fn next_health(&mut self, id: &ResourceId) -> Health {
        if !self.live.contains_key(id) {
            return Health::new(HealthStatus::NotFound, "not found");
        }
        match self.health.get_mut(id) {
            Some(script) if script.len() > 1 => script.pop_front().unwrap_or_else(Health::current),
            Some(script) => script.front().cloned().unwrap_or_else(Health::current),
            None => Health::current(),
        }
    }
}

#[async_trait]
impl Provider for FakeProvider {
    fn name(&self) -> &'static str {
        "fake"
    }

    fn serves(&self, _id: &ResourceId) -> bool {
        true
    }

    async fn connect(&self) -> Result<TargetIdentity> {
        Ok(TargetIdentity {
            provider: "fake".to_owned(),
            identity: "fake".to_owned(),
            endpoint: "memory".to_owned(),
        })
    }

    fn prepare(&self, manifest: &Manifest) -> Result<Manifest> {
        Ok(manifest.clone())
    }

    fn mask(&self, manifest: &Manifest) -> Body {
        manifest.body.clone()
    }

    async fn observe(
        &self,
        scope: Scope<'_>,
        sink: &mut (dyn FnMut(Observation) + Send),
    ) -> Result<()> {
        let live = self.lock().live.clone();
        for manifest in scope.manifests {
            match live.get(&manifest.id) {
                Some(object) => sink(Observation::Live(Box::new(object.clone()))),
                None => sink(Observation::Absent(manifest.id.clone())),
            }
        }
        if !scope.targeted {
            let declared = |id: &ResourceId| scope.manifests.iter().any(|m| m.id == *id);
            for object in live.values().filter(|object| !declared(&object.id)) {
                sink(Observation::Live(Box::new(object.clone())));
            }
        }
        Ok(())
    }

    async fn dry_run(&self, write: &Write) -> Result<DryRun> {
        let state = self.call("dry_run", &write.id)?;
        let object = state.live.get(&write.id).map_or_else(
            || LiveObject {
                id: write.id.clone(),
                api_version: "v1".to_owned(),
                uid: String::new(),
                resource_version: String::new(),
                body: write.body.clone(),
                owned: true,
                foreign_owner: None,
                terminating: false,
                failed: false,
            },
            |live| LiveObject { body: write.body.clone(), ..live.clone() },
        );
        Ok(DryRun { object, conflicts: Vec::new() })
    }

    async fn open(&self, superset: &Membership) -> Result<()> {
        self.lock().calls.push(format!("open {}", superset.objects.len()));
        Ok(())
    }

    async fn write(&self, write: &Write) -> Result<Written> {
        let mut state = self.call("write", &write.id)?;
        let stale = |live: &LiveObject| {
            write.resource_version.as_ref().is_some_and(|v| *v != live.resource_version)
        };
        if state.live.get(&write.id).is_some_and(stale) {
            return Err(Error::Stale);
        }
        let object = state.store(&write.id, write.body.clone());
        let health = state.next_health(&write.id);
        Ok(Written { object, health, more: false })
    }

    async fn delete(&self, delete: &Delete) -> Result<()> {
        let mut state = self.call("delete", &delete.id)?;
        match state.live.get(&delete.id) {
            Some(live) if live.uid != delete.uid => Err(Error::Stale),
            _ => {
                state.live.remove(&delete.id);
                Ok(())
            }
        }
    }

    async fn forget(&self, change: &Change) -> Result<()> {
        self.call("forget", &change.id).map(drop)
    }

    async fn health(&self, ids: &[(ResourceId, String)]) -> Result<Vec<Health>> {
        let mut state = self.lock();
        Ok(ids.iter().map(|(id, _)| state.next_health(id)).collect())
    }

    fn attribute(&self, object: &LiveObject, reference: &DeferredRef) -> Option<String> {
        let pointer = format!("/{}", reference.attribute.replace('.', "/"));
        object.body.value().pointer(&pointer)?.as_str().map(str::to_owned)
    }

    async fn close(&self, members: &Membership) -> Result<()> {
        self.lock().calls.push(format!("close {}", members.objects.len()));
        Ok(())
    }
}
