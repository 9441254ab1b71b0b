//! Objects whose comparison needs the whole picture.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use suimon_apply::Attributes;
use suimon_graph::Order;
use suimon_model::{DeferredRef, Manifest, ResourceId};
use suimon_plan::{
    Action, Comparison, Observed, Plan, Presence, compare, live_replicas, restore_replicas,
    yield_replicas,
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

/// What settling looks at.
pub(crate) struct Settling<'a> {
    pub(crate) order: &'a Order,
    pub(crate) later: &'a Later,
    pub(crate) registry: &'a Registry,
    /// Take over what another engine owns.
    pub(crate) adopt: bool,
}

/// Keeps the record of adoption, leaves replicas to their autoscaler, fills in deferred values that are known, and compares.
///
/// What is referred to comes before what refers to it: an attribute that an update gives another value (the
/// ARN of a task definition's revision) is forgotten when the object is to be updated.
///
/// The answer holds the declarations with known values filled in. The manifests keep their
/// references, because apply fills them in again: the object referred to may be made anew.
pub(crate) fn settle(
    manifests: &mut [Manifest],
    with: &Settling<'_>,
    attributes: &mut Attributes,
    observed: &mut Observed,
) -> BTreeMap<ResourceId, Manifest> {
    let Settling { order, registry, .. } = *with;
    let mut resolved = BTreeMap::new();
    let moving = moving(manifests, registry);
    let mut places: Vec<usize> = (0..manifests.len()).collect();
    places.sort_by_key(|place| order.index_of(&manifests[*place].id));
    for place in places {
        let manifest = &mut manifests[place];
        if let Some(known) = settle_one(manifest, with, attributes, observed) {
            resolved.insert(manifest.id.clone(), known);
        }
        let declared = resolved.get(&manifest.id).unwrap_or(manifest);
        let references = moving.get(&manifest.id).map(Vec::as_slice).unwrap_or_default();
        if !references.is_empty() && is_to_be_updated(declared, registry, observed) {
            references.iter().for_each(|reference| attributes.remove(reference));
        }
    }
    resolved
}

/// The references to attributes that an update gives another value, by what they refer to.
fn moving(manifests: &[Manifest], registry: &Registry) -> BTreeMap<ResourceId, Vec<DeferredRef>> {
    let mut moving: BTreeMap<ResourceId, Vec<DeferredRef>> = BTreeMap::new();
    for reference in manifests.iter().flat_map(|manifest| &manifest.refs) {
        let provider = registry.provider(&reference.target);
        if provider.is_some_and(|provider| provider.moves_with_update(reference)) {
            moving.entry(reference.target.clone()).or_default().push(reference.clone());
        }
    }
    moving
}

fn is_to_be_updated(manifest: &Manifest, registry: &Registry, observed: &Observed) -> bool {
    let Some(Presence::Live(live)) = observed.declared.get(&manifest.id) else { return false };
    let Some(provider) = registry.provider(&manifest.id) else { return false };
    match compare(&provider.mask(manifest).value(), live) {
        Comparison::Equal => false,
        // A resource that only gets our marks keeps its attributes.
        Comparison::Differs(fields) => !fields.is_empty(),
    }
}

/// One declaration; its form with known values filled in, where it has references.
fn settle_one(
    manifest: &mut Manifest,
    with: &Settling<'_>,
    attributes: &Attributes,
    observed: &mut Observed,
) -> Option<Manifest> {
    let Settling { later, registry, adopt, .. } = *with;
    let live = match observed.declared.get(&manifest.id) {
        Some(Presence::Live(live)) => Some(live.as_ref()),
        _ => None,
    };
    let recorded = live.and_then(|live| record(manifest, live, adopt));
    if recorded.is_none() && !later.ids.contains(&manifest.id) {
        return None;
    }
    let live = live.cloned();
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
    (!manifest.refs.is_empty()).then_some(known)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;
    use suimon_model::{Body, Origin};
    use suimon_plan::{Change, Reason};

    use super::*;

    fn plan(id: &ResourceId, action: Action) -> Plan {
        let change = Change {
            id: id.clone(),
            api_version: "apps/v1".into(),
            action,
            reason: Reason::Changed,
            location: None,
            before: None,
            after: None,
            fields: Vec::new(),
            conflicts: Vec::new(),
            uid: None,
            resource_version: None,
        };
        Plan {
            project: "p".into(),
            environment: "dev".into(),
            revision: None,
            release: None,
            release_id: "r".into(),
            targets: Vec::new(),
            changes: vec![change],
            unchanged: 0,
            declared: 1,
            drift: Vec::new(),
            unknown: Vec::new(),
            refused: Vec::new(),
            policy: Value::Null,
            targeted: Vec::new(),
        }
    }

    #[test]
    fn only_what_is_made_again_gets_the_replicas_that_it_had() {
        let id: ResourceId = "Deployment.apps/web/api".parse().unwrap();
        let manifest = Manifest {
            id: id.clone(),
            api_version: "apps/v1".into(),
            body: Body::new(&json!({"spec": {"paused": true}})),
            origin: Origin { file: Arc::from("api.yaml"), line: 1, instance: None },
            refs: Vec::new(),
        };
        let scaled_to = BTreeMap::from([(id.clone(), json!(6))]);
        for (action, expected) in [
            (Action::Replace, Some(json!(6))),
            (Action::Create, Some(json!(6))),
            (Action::Update, None),
        ] {
            let mut manifests = BTreeMap::from([(id.clone(), manifest.clone())]);
            keep_scale(&mut manifests, &scaled_to, &plan(&id, action));
            let spec = &manifests[&id].body.value()["spec"];
            assert_eq!(spec.get("replicas").cloned(), expected, "{action:?}");
        }
    }
}
