//! Objects whose comparison needs the whole picture.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use suimon_apply::Attributes;
use suimon_model::{Manifest, ResourceId};
use suimon_plan::{
    Action, Observed, Plan, Presence, live_replicas, restore_replicas, yield_replicas,
};
use suimon_provider::Registry;

use crate::adopted::record;
use crate::observe::reduce;

/// Objects that cannot be compared as they are read.
pub(crate) struct Later {
    /// Objects that an autoscaler scales.
    pub(crate) scaled: BTreeSet<ResourceId>,
    /// All of them.
    pub(crate) ids: BTreeSet<ResourceId>,
}

impl Later {
    pub(crate) fn of(manifests: &[Manifest]) -> Self {
        let scaled = suimon_plan::hpa_targets(manifests);
        let later = manifests.iter().filter(|m| !m.refs.is_empty() || scaled.contains(&m.id));
        let ids = later.map(|m| m.id.clone()).collect();
        Self { scaled, ids }
    }
}

/// The replicas of objects that an autoscaler scales, as they are live.
pub(crate) fn scaled_to(later: &Later, observed: &Observed) -> BTreeMap<ResourceId, Value> {
    let live = |id: &ResourceId| match observed.declared.get(id) {
        Some(Presence::Live(live)) => live_replicas(live),
        _ => None,
    };
    later.scaled.iter().filter_map(|id| Some((id.clone(), live(id)?))).collect()
}

/// Gives the objects that the plan makes again the replicas that they had.
pub(crate) fn keep_scale(
    manifests: &mut BTreeMap<ResourceId, Manifest>,
    scaled_to: &BTreeMap<ResourceId, Value>,
    plan: &Plan,
) {
    for change in &plan.changes {
        if let (Action::Create | Action::Replace, Some(replicas), Some(manifest)) =
            (change.action, scaled_to.get(&change.id), manifests.get_mut(&change.id))
        {
            restore_replicas(manifest, replicas);
        }
    }
}

/// Keeps the record of adoption, leaves replicas to their autoscaler, fills in deferred values that are known, and compares.
///
/// The answer holds the declarations with known values filled in. The manifests keep their
/// references, because apply fills them in again: the object referred to may be made anew.
pub(crate) fn settle(
    manifests: &mut [Manifest],
    later: &Later,
    attributes: &Attributes,
    registry: &Registry,
    observed: &mut Observed,
    adopt: bool,
) -> BTreeMap<ResourceId, Manifest> {
    let mut resolved = BTreeMap::new();
    for manifest in manifests {
        let presence = observed.declared.get(&manifest.id);
        let live = match presence {
            Some(Presence::Live(live)) => Some((**live).clone()),
            _ => None,
        };
        let recorded = live.as_ref().and_then(|live| record(manifest, live, adopt));
        if recorded.is_none() && !later.ids.contains(&manifest.id) {
            continue;
        }
        if let Some(recorded) = recorded {
            *manifest = recorded;
        }
        if let Some(live) = &live
            && later.scaled.contains(&manifest.id)
        {
            *manifest = yield_replicas(manifest, live);
        }
        let known = manifest.resolve(|target, name| attributes.get(target, name));
        if let (Some(live), Some(provider), true) =
            (live, registry.provider(&manifest.id), known.refs.is_empty())
        {
            let presence = reduce(provider.as_ref(), &known, live);
            observed.declared.insert(manifest.id.clone(), presence);
        }
        if !manifest.refs.is_empty() {
            resolved.insert(manifest.id.clone(), known);
        }
    }
    resolved
}
