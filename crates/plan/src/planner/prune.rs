//! What is owned and no longer declared.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;
use suimon_graph::order_existing;
use suimon_model::{Body, Manifest, Origin, ResourceId};

use super::case::{is_crd, served_by};
use crate::marks::is_kept;
use crate::strip::strip;
use crate::{Action, Change, Inputs, LiveObject, Presence, Reason, Refusal};

/// Label of the object that records what an environment owns.
const RECORD_LABEL: &str = "applyset.kubernetes.io/id";

/// What is to be let go.
#[derive(Default)]
pub(crate) struct Removals {
    /// Forgets, then deletes; dependents first.
    pub(crate) changes: Vec<Change>,
    /// What is still needed.
    pub(crate) refused: Vec<Refusal>,
}

/// Forgets and deletes.
///
/// What holds something that stays is not deleted, because that would go with it: a namespace or a
/// CRD that holds what is to be kept is kept too, one that holds what is declared is refused.
pub(crate) fn removals(inputs: &Inputs<'_>) -> Removals {
    let declared = Declared::of(inputs);
    let candidates: BTreeMap<&ResourceId, (&LiveObject, Value)> = inputs
        .observed
        .extra
        .iter()
        .map(|(id, live)| (id, (live, live.body.value())))
        .filter(|(id, (live, body))| declared.is_candidate(id, live, body))
        .collect();
    let kept: BTreeSet<&ResourceId> = candidates
        .iter()
        .filter(|(_, (live, body))| is_kept(body) || live.foreign_owner.is_some())
        .map(|(id, _)| *id)
        .collect();
    let stays = Held::by(kept.iter().copied());
    let manifests: Vec<Manifest> = candidates.values().map(|(live, _)| manifest(live)).collect();
    let order = order_existing(&manifests);
    let (mut removals, mut deletes) = (Removals::default(), Vec::new());
    for id in order.nodes().iter().rev() {
        let Some((live, body)) = candidates.get(id) else { continue };
        if kept.contains(id) || stays.needs(id, live) {
            removals.changes.push(change(live, body, Action::Forget, Reason::KeptOnRemoval));
        } else if let Some(user) = declared.held.user(id, live) {
            removals.refused.push(still_needed(id, &user));
        } else {
            deletes.push(change(live, body, Action::Delete, Reason::NoLongerDeclared));
        }
    }
    removals.changes.extend(deletes);
    removals
}

struct Declared<'a> {
    held: Held<'a>,
    ids: BTreeSet<&'a ResourceId>,
    uids: BTreeSet<&'a str>,
}

impl<'a> Declared<'a> {
    fn of(inputs: &Inputs<'a>) -> Self {
        let uids = inputs.observed.declared.values().filter_map(|presence| match presence {
            Presence::Live(live) => Some(live.uid.as_str()),
            Presence::Unchanged { uid } => Some(uid.as_str()),
            _ => None,
        });
        let ids = inputs.order.nodes();
        Self { held: Held::by(ids), ids: ids.iter().collect(), uids: uids.collect() }
    }

    /// Whether an undeclared object is ours to let go: ours, not already going, not the same object
    /// under another API group, not made by a controller, not our record of what is owned.
    fn is_candidate(&self, id: &ResourceId, live: &LiveObject, body: &Value) -> bool {
        live.owned
            && !live.terminating
            && !self.ids.contains(id)
            && !self.uids.contains(live.uid.as_str())
            && !has_controller(body)
            && !self.is_mirror(id)
            && body["metadata"]["labels"].get(RECORD_LABEL).is_none()
    }

    /// `Endpoints` carry the labels of their `Service`, and no owner reference.
    fn is_mirror(&self, id: &ResourceId) -> bool {
        let service = ResourceId { kind: "Service".to_owned(), ..id.clone() };
        id.kind == "Endpoints" && id.group.is_empty() && self.ids.contains(&service)
    }
}

/// Namespaces and kinds that objects are in.
struct Held<'a> {
    namespaces: BTreeMap<&'a str, &'a ResourceId>,
    kinds: BTreeMap<(&'a str, &'a str), &'a ResourceId>,
}

impl<'a> Held<'a> {
    fn by(ids: impl IntoIterator<Item = &'a ResourceId>) -> Self {
        let mut held = Self { namespaces: BTreeMap::new(), kinds: BTreeMap::new() };
        for id in ids {
            if let Some(namespace) = id.namespace.as_deref() {
                held.namespaces.entry(namespace).or_insert(id);
            }
            held.kinds.entry((&id.group, &id.kind)).or_insert(id);
        }
        held
    }

    /// One of the objects that go when this one goes.
    fn user(&self, id: &ResourceId, live: &LiveObject) -> Option<ResourceId> {
        if id.kind == "Namespace" && id.group.is_empty() {
            return self.namespaces.get(id.name.as_str()).map(|id| (*id).clone());
        }
        let (group, kind) = is_crd(id).then(|| served_by(&live.body)).flatten()?;
        self.kinds.get(&(group.as_str(), kind.as_str())).map(|id| (*id).clone())
    }

    fn needs(&self, id: &ResourceId, live: &LiveObject) -> bool {
        self.user(id, live).is_some()
    }
}

fn has_controller(body: &Value) -> bool {
    let owners = body["metadata"]["ownerReferences"].as_array();
    owners.is_some_and(|owners| owners.iter().any(|owner| owner["controller"] == true))
}

fn manifest(live: &LiveObject) -> Manifest {
    Manifest {
        id: live.id.clone(),
        api_version: live.api_version.clone().into(),
        body: live.body.clone(),
        origin: Origin { file: Arc::from(""), line: 0, instance: None },
        refs: Vec::new(),
    }
}

fn change(live: &LiveObject, body: &Value, action: Action, reason: Reason) -> Change {
    Change {
        id: live.id.clone(),
        api_version: live.api_version.clone(),
        action,
        reason,
        location: None,
        before: Some(Body::new(&strip(body))),
        after: None,
        fields: Vec::new(),
        conflicts: Vec::new(),
        uid: Some(live.uid.clone()),
        resource_version: Some(live.resource_version.clone()),
    }
}

fn still_needed(id: &ResourceId, user: &ResourceId) -> Refusal {
    Refusal {
        id: id.clone(),
        code: "still-needed".to_owned(),
        message: format!("it is no longer declared, and deleting it would delete {user}"),
        help: Some(
            "declare it again, or stop declaring what is in it, or keep it with the annotation \
             `suimon.dev/prune: \"false\"` on the live object"
                .to_owned(),
        ),
        location: None,
    }
}
