//! Objects whose comparison needs the whole picture.

use std::collections::{BTreeMap, BTreeSet};

use suimon_apply::Attributes;
use suimon_model::{Manifest, ResourceId};
use suimon_plan::{Observed, Presence, yield_replicas};
use suimon_provider::Registry;

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

/// Leaves replicas to their autoscaler, fills in deferred values that are known, and compares.
///
/// The answer holds the declarations with known values filled in. The manifests keep their
/// references, because apply fills them in again: the object referred to may be made anew.
pub(crate) fn settle(
    manifests: &mut [Manifest],
    later: &Later,
    attributes: &Attributes,
    registry: &Registry,
    observed: &mut Observed,
) -> BTreeMap<ResourceId, Manifest> {
    let mut resolved = BTreeMap::new();
    for manifest in manifests.iter_mut().filter(|m| later.ids.contains(&m.id)) {
        let presence = observed.declared.get(&manifest.id);
        let live = match presence {
            Some(Presence::Live(live)) => Some((**live).clone()),
            _ => None,
        };
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
