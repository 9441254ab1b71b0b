//! [`Attributes`]: deferred values that have become known.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use suimon_model::{DeferredRef, Manifest, ResourceId};
use suimon_provider::{Observation, Provider, Scope};

use crate::Stop;
use crate::wait::sleep_unless_stopped;

/// Values of other resources' attributes, as far as they are known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attributes(BTreeMap<(ResourceId, String), String>);

impl Attributes {
    /// Records a value.
    pub fn insert(&mut self, reference: &DeferredRef, value: String) {
        self.0.insert((reference.target.clone(), reference.attribute.clone()), value);
    }

    /// Forgets a value: another one is to come.
    pub fn remove(&mut self, reference: &DeferredRef) {
        self.0.remove(&(reference.target.clone(), reference.attribute.clone()));
    }

    /// A value, if it is known.
    pub fn get(&self, target: &ResourceId, attribute: &str) -> Option<String> {
        self.0.get(&(target.clone(), attribute.to_owned())).cloned()
    }
}

/// The references that declarations make, by what they refer to.
pub(crate) fn wanted<'a>(
    manifests: impl Iterator<Item = &'a Manifest>,
) -> BTreeMap<ResourceId, BTreeSet<DeferredRef>> {
    let mut wanted: BTreeMap<ResourceId, BTreeSet<DeferredRef>> = BTreeMap::new();
    for reference in manifests.flat_map(|manifest| &manifest.refs) {
        wanted.entry(reference.target.clone()).or_default().insert(reference.clone());
    }
    wanted
}

/// Reads an object until it has the values that others wait for, or until time is up or it is to stop.
pub(crate) async fn collect(
    provider: &dyn Provider,
    manifest: &Manifest,
    references: &BTreeSet<DeferredRef>,
    timeout: Duration,
    stop: &Stop,
) -> Vec<(DeferredRef, String)> {
    let deadline = tokio::time::Instant::now() + timeout;
    let mut pause = Duration::from_millis(100);
    loop {
        let mut found = Vec::new();
        let scope = Scope { manifests: std::slice::from_ref(manifest), targeted: true };
        let read = provider
            .observe(scope, &mut |observation| {
                if let Observation::Live(live) = observation
                    && live.id == manifest.id
                {
                    for reference in references {
                        if let Some(value) = provider.attribute(&live, reference) {
                            found.push((reference.clone(), value));
                        }
                    }
                }
            })
            .await;
        let complete = read.is_ok() && found.len() == references.len();
        if complete || tokio::time::Instant::now() + pause > deadline {
            return found;
        }
        if sleep_unless_stopped(stop, pause).await {
            return found;
        }
        pause = (pause * 2).min(Duration::from_secs(2));
    }
}
