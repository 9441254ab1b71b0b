//! Reading live state, and forgetting at once what needs no change.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use suimon_apply::Attributes;
use suimon_model::{DeferredRef, Manifest, ResourceId};
use suimon_plan::{Comparison, LiveObject, Observed, Presence, compare};
use suimon_provider::{Observation, Provider, Registry, Scope};

use crate::adopted::was_adopted;
use crate::{Error, Result};

/// What was observed, and the deferred values that turned out to be known.
pub(crate) struct Reading {
    pub(crate) observed: Observed,
    pub(crate) attributes: Attributes,
    /// Declared objects that are on their way.
    pub(crate) in_progress: Vec<(ResourceId, String)>,
}

/// Folds observations as they come in, so that an object that is as declared costs a few bytes.
struct Fold<'a> {
    provider: &'a dyn Provider,
    declared: HashMap<&'a ResourceId, &'a Manifest>,
    /// Objects whose comparison needs the whole picture (deferred values, an autoscaler).
    later: &'a BTreeSet<ResourceId>,
    wanted: &'a BTreeMap<ResourceId, BTreeSet<DeferredRef>>,
    observed: &'a mut Observed,
    attributes: &'a mut Attributes,
    in_progress: &'a mut Vec<(ResourceId, String)>,
}

impl Fold<'_> {
    fn take(&mut self, observation: Observation) {
        match observation {
            Observation::Live(live) => self.live(*live),
            Observation::Absent(id) => self.set(id, Presence::Absent),
            Observation::KindNotServed(id) => self.set(id, Presence::KindNotServed),
            Observation::Unknown(unknown) => {
                if let Some(id) = &unknown.id
                    && self.declared.contains_key(id)
                {
                    self.observed.declared.insert(id.clone(), Presence::Unknown);
                }
                self.observed.unknown.push(unknown);
            }
        }
    }

    fn set(&mut self, id: ResourceId, presence: Presence) {
        self.observed.declared.entry(id).or_insert(presence);
    }

    fn live(&mut self, live: LiveObject) {
        for reference in self.wanted.get(&live.id).into_iter().flatten() {
            if let Some(value) = self.provider.attribute(&live, reference) {
                self.attributes.insert(reference, value);
            }
        }
        let Some(manifest) = self.declared.get(&live.id) else {
            self.observed.extra.insert(live.id.clone(), live);
            return;
        };
        let id = live.id.clone();
        if self.provider.in_progress(&live) {
            self.in_progress.push((id.clone(), live.api_version.clone()));
        }
        let presence = if self.later.contains(&id) || was_adopted(&live) {
            Presence::Live(Box::new(live))
        } else {
            reduce(self.provider, manifest, live)
        };
        self.observed.declared.insert(id, presence);
    }
}

/// Forgets a live object that is surely as declared.
pub(crate) fn reduce(provider: &dyn Provider, manifest: &Manifest, live: LiveObject) -> Presence {
    let settled = live.owned && !live.terminating && live.foreign_owner.is_none();
    if settled && compare(&provider.mask(manifest).value(), &live) == Comparison::Equal {
        Presence::Unchanged { uid: live.uid }
    } else {
        Presence::Live(Box::new(live))
    }
}

/// Reads everything that is declared or owned.
pub(crate) async fn observe(
    manifests: &[Manifest],
    later: &BTreeSet<ResourceId>,
    registry: &Registry,
    targeted: bool,
) -> Result<Reading> {
    let mut observed = Observed::default();
    let mut attributes = Attributes::default();
    let mut in_progress = Vec::new();
    let mut wanted: BTreeMap<ResourceId, BTreeSet<DeferredRef>> = BTreeMap::new();
    for reference in manifests.iter().flat_map(|manifest| &manifest.refs) {
        wanted.entry(reference.target.clone()).or_default().insert(reference.clone());
    }
    for provider in registry.iter() {
        let served =
            |m: &&Manifest| registry.provider(&m.id).is_some_and(|p| p.name() == provider.name());
        let own: Vec<Manifest>;
        let slice = if manifests.iter().all(|m| served(&m)) {
            manifests
        } else {
            own = manifests.iter().filter(served).cloned().collect();
            &own
        };
        let mut fold = Fold {
            provider: provider.as_ref(),
            declared: slice.iter().map(|manifest| (&manifest.id, manifest)).collect(),
            later,
            wanted: &wanted,
            observed: &mut observed,
            attributes: &mut attributes,
            in_progress: &mut in_progress,
        };
        provider
            .observe(Scope { manifests: slice, targeted }, &mut |seen| fold.take(seen))
            .await
            .map_err(|error| Error::Target { provider: provider.name(), error })?;
    }
    Ok(Reading { observed, attributes, in_progress })
}
