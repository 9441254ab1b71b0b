//! Replica sets, stateful sets and daemon sets.

use serde_json::{Value, json};

use crate::{
    resource::Resource,
    state::State,
    value::{int, meta, meta_text, put},
};

use super::{fails, pods};

fn with_numbers(mut status: Value, numbers: &[(&str, i64)]) -> Value {
    for (key, number) in numbers.iter().filter(|(_, number)| *number != 0) {
        put(&mut status, key, Some((*number).into()));
    }
    status
}

/// Also replication controllers.
pub(super) fn replica_set(state: &mut State, resource: &Resource, set: &Value) {
    let wanted = int(set, "/spec/replicas").unwrap_or(1);
    let base = meta_text(set, "name").to_owned();
    let (count, ready) =
        pods::keep(state, resource, set, wanted, |state, _| format!("{base}-{}", state.suffix()));
    let status = json!({"observedGeneration": meta(set, "generation"), "replicas": count});
    let numbers =
        [("fullyLabeledReplicas", count), ("readyReplicas", ready), ("availableReplicas", ready)];
    state.set_status(resource, set, with_numbers(status, &numbers));
}

pub(super) fn stateful_set(state: &mut State, resource: &Resource, set: &Value) {
    let wanted = int(set, "/spec/replicas").unwrap_or(1);
    let base = meta_text(set, "name").to_owned();
    let (count, ready) =
        pods::keep(state, resource, set, wanted, |_, index| format!("{base}-{index}"));
    let revision = format!("{base}-{}", int(set, "/metadata/generation").unwrap_or(1));
    let status = json!({
        "observedGeneration": meta(set, "generation"), "replicas": count, "availableReplicas": ready,
        "currentRevision": revision, "updateRevision": revision, "collisionCount": 0,
    });
    let numbers =
        [("readyReplicas", ready), ("currentReplicas", count), ("updatedReplicas", count)];
    state.set_status(resource, set, with_numbers(status, &numbers));
}

/// As on a cluster with one node.
pub(super) fn daemon_set(state: &mut State, resource: &Resource, set: &Value) {
    let ready = i64::from(!fails(set));
    let status = json!({
        "observedGeneration": meta(set, "generation"), "currentNumberScheduled": 1, "desiredNumberScheduled": 1,
        "numberMisscheduled": 0, "numberReady": ready,
    });
    let numbers = [
        ("updatedNumberScheduled", 1),
        ("numberAvailable", ready),
        ("numberUnavailable", 1 - ready),
    ];
    state.set_status(resource, set, with_numbers(status, &numbers));
}
