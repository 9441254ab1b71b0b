//! What an environment owns before and after a plan.

use std::collections::{BTreeMap, HashSet};

use suimon_apply::Attributes;
use suimon_model::{InventoryEntry, Manifest, ResourceId};
use suimon_plan::{Action, Observed, Plan, Presence};
use suimon_provider::Membership;

/// The superset to mark before the first write, and what remains when all is done.
///
/// With `--target` the rest of what is declared still counts: it is not looked at, and it is ours.
pub(crate) fn membership(
    plan: &Plan,
    observed: &Observed,
    manifests: &BTreeMap<ResourceId, Manifest>,
) -> (Membership, Membership) {
    let gone: HashSet<&ResourceId> = plan
        .changes
        .iter()
        .filter(|change| matches!(change.action, Action::Delete | Action::Forget))
        .map(|change| &change.id)
        .collect();
    let declared = manifests.iter().map(|(id, m)| (id.clone(), m.api_version.to_string()));
    let extra = observed.extra.iter().map(|(id, live)| (id.clone(), live.api_version.clone()));
    let superset: Vec<_> = declared.chain(extra).collect();
    let members = superset.iter().filter(|(id, _)| !gone.contains(id)).cloned().collect();
    (Membership { objects: superset }, Membership { objects: members })
}

/// What was live of what is declared or owned, and whether it was owned.
pub(crate) type Seen = BTreeMap<ResourceId, (InventoryEntry, bool)>;

/// The identities of what was live.
pub(crate) fn seen(observed: &Observed, manifests: &BTreeMap<ResourceId, Manifest>) -> Seen {
    let entry = |api_version: &str, uid: &str| InventoryEntry {
        api_version: api_version.to_owned(),
        uid: uid.to_owned(),
    };
    let declared = observed.declared.iter().filter_map(|(id, presence)| match presence {
        Presence::Live(live) => {
            Some((id.clone(), (entry(&live.api_version, &live.uid), live.owned)))
        }
        Presence::Unchanged { uid } => {
            let api_version = manifests.get(id).map(|manifest| &*manifest.api_version);
            Some((id.clone(), (entry(api_version.unwrap_or_default(), uid), true)))
        }
        _ => None,
    });
    let extra = observed
        .extra
        .iter()
        .map(|(id, live)| (id.clone(), (entry(&live.api_version, &live.uid), live.owned)));
    declared.chain(extra).collect()
}

/// Values of objects that the plan makes anew are not known before they are made.
pub(crate) fn keep_known(
    attributes: &Attributes,
    plan: &Plan,
    manifests: &BTreeMap<ResourceId, Manifest>,
) -> Attributes {
    let fresh: HashSet<&ResourceId> = plan
        .changes
        .iter()
        .filter(|change| matches!(change.action, Action::Create | Action::Replace))
        .map(|change| &change.id)
        .collect();
    let mut known = Attributes::default();
    for reference in manifests.values().flat_map(|manifest| &manifest.refs) {
        if let Some(value) = attributes.get(&reference.target, &reference.attribute)
            && !fresh.contains(&reference.target)
        {
            known.insert(reference, value);
        }
    }
    known
}
