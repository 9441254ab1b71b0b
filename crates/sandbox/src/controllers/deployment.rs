//! Deployments: one replica set per template, and a status that tells how far the rollout is.

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::{
    api::write::WriteOptions,
    resource::Resource,
    state::State,
    value::{int, items, meta, meta_text, put, put_meta, text},
};

use super::{
    MANAGER, controller_reference, fails,
    status::{Condition, conditions},
};

const REVISION: &str = "deployment.kubernetes.io/revision";
const HASH: &str = "pod-template-hash";

pub(super) fn reconcile(state: &mut State, resource: &Resource, deployment: &Value) {
    let Some(sets) = state.resource("apps", "replicasets") else { return };
    let hash = hash(deployment.pointer("/spec/template"));
    let name = format!("{}-{hash}", meta_text(deployment, "name"));
    let namespace = meta_text(deployment, "namespace").to_owned();
    let replicas = int(deployment, "/spec/replicas").unwrap_or(1);
    let paused = deployment.pointer("/spec/paused") == Some(&Value::Bool(true));
    let all = owned_sets(state, deployment);
    let current = all.iter().find(|set| meta_text(set, "name") == name).cloned();
    match &current {
        None if !paused => {
            let revision = all.iter().map(revision_of).max().unwrap_or(0) + 1;
            let set = replica_set(resource, deployment, &name, &hash, revision);
            let _ = state.create(&sets, &namespace, &set, &WriteOptions::by(MANAGER));
        }
        Some(set) => scale(state, &sets, set, replicas),
        None => {}
    }
    let ready = |set: &Value| int(set, "/status/readyReplicas").unwrap_or(0);
    let updated_ready = current.as_ref().map_or(0, ready);
    if updated_ready >= replicas && !paused {
        // Old replicas go when the new ones are there.
        for set in all.iter().filter(|set| meta_text(set, "name") != name) {
            scale(state, &sets, set, 0);
        }
    }
    let all = owned_sets(state, deployment);
    let current = all.iter().find(|set| meta_text(set, "name") == name);
    let status = status(state, deployment, &all, current);
    let mut new = deployment.clone();
    put(&mut new, "status", Some(status));
    if let Some(set) = current {
        let mut annotations = meta(deployment, "annotations").cloned().unwrap_or_else(|| json!({}));
        put(&mut annotations, REVISION, Some(revision_of(set).to_string().into()));
        put_meta(&mut new, "annotations", Some(annotations));
    }
    state.set_by(resource, deployment, new, "status");
}

fn owned_sets(state: &State, deployment: &Value) -> Vec<Value> {
    state
        .store
        .owned_by(meta_text(deployment, "uid"))
        .iter()
        .filter(|(table, _)| **table == *"apps/replicasets")
        .filter_map(|(table, key)| state.store.get(table, key))
        .map(crate::store::Entry::value)
        .collect()
}

fn revision_of(set: &Value) -> i64 {
    meta(set, "annotations")
        .and_then(|annotations| annotations.get(REVISION))
        .and_then(Value::as_str)
        .and_then(|text| text.parse().ok())
        .unwrap_or(0)
}

fn hash(template: Option<&Value>) -> String {
    const LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
    let text = template.map(ToString::to_string).unwrap_or_default();
    Sha256::digest(text.as_bytes())
        .iter()
        .take(10)
        .map(|byte| {
            LETTERS.get(usize::from(*byte) % LETTERS.len()).copied().map_or('x', char::from)
        })
        .collect()
}

fn replica_set(
    resource: &Resource,
    deployment: &Value,
    name: &str,
    hash: &str,
    revision: i64,
) -> Value {
    let with_hash = |labels: Option<&Value>| {
        let mut labels = labels.and_then(Value::as_object).cloned().unwrap_or_default();
        labels.insert(HASH.to_owned(), hash.into());
        Value::Object(labels)
    };
    let mut template = deployment.pointer("/spec/template").cloned().unwrap_or_default();
    let labels = with_hash(template.pointer("/metadata/labels"));
    put_meta(&mut template, "labels", Some(labels.clone()));
    let mut selector = deployment.pointer("/spec/selector").cloned().unwrap_or_default();
    let matched = with_hash(selector.get("matchLabels"));
    put(&mut selector, "matchLabels", Some(matched));
    let mut annotations: Map<String, Value> =
        meta(deployment, "annotations").and_then(Value::as_object).cloned().unwrap_or_default();
    annotations.retain(|key, _| {
        key != "kubectl.kubernetes.io/last-applied-configuration" && key != REVISION
    });
    annotations.insert(REVISION.to_owned(), revision.to_string().into());
    json!({
        "metadata": {"name": name, "labels": labels, "annotations": annotations,
            "ownerReferences": controller_reference(resource, deployment)},
        "spec": {"replicas": int(deployment, "/spec/replicas").unwrap_or(1), "selector": selector, "template": template},
    })
}

fn scale(state: &mut State, sets: &Resource, set: &Value, replicas: i64) {
    if int(set, "/spec/replicas") == Some(replicas) {
        return;
    }
    let mut new = set.clone();
    if let Some(spec) = new.get_mut("spec") {
        put(spec, "replicas", Some(replicas.into()));
    }
    state.set_by(sets, set, new, "");
}

fn status(state: &State, deployment: &Value, all: &[Value], current: Option<&Value>) -> Value {
    let sum = |field: &str| -> i64 {
        all.iter().filter_map(|set| int(set, &format!("/status/{field}"))).sum()
    };
    let replicas = int(deployment, "/spec/replicas").unwrap_or(1);
    let updated = current.and_then(|set| int(set, "/status/replicas")).unwrap_or(0);
    let updated_ready = current.and_then(|set| int(set, "/status/readyReplicas")).unwrap_or(0);
    let (total, ready, available) =
        (sum("replicas"), sum("readyReplicas"), sum("availableReplicas"));
    let name = current.map_or("", |set| meta_text(set, "name"));
    let enough = available >= replicas - unavailable_allowed(deployment, replicas);
    let available_condition = if enough {
        Condition {
            kind: "Available",
            status: true,
            reason: "MinimumReplicasAvailable",
            message: "Deployment has minimum availability.",
        }
    } else {
        Condition {
            kind: "Available",
            status: false,
            reason: "MinimumReplicasUnavailable",
            message: "Deployment does not have minimum availability.",
        }
    };
    let done = updated_ready >= replicas && total == replicas && updated == replicas;
    let failed = fails(deployment) && replicas > 0;
    let message = if done {
        format!("ReplicaSet {name:?} has successfully progressed.")
    } else if failed {
        format!("ReplicaSet {name:?} has timed out progressing.")
    } else {
        format!("ReplicaSet {name:?} is progressing.")
    };
    let reason = match (done, failed) {
        (true, _) => "NewReplicaSetAvailable",
        (_, true) => "ProgressDeadlineExceeded",
        _ => "ReplicaSetUpdated",
    };
    let progressing =
        Condition { kind: "Progressing", status: done || !failed, reason, message: &message };
    let now = state.clock.stamp();
    let mut status = json!({
        "observedGeneration": meta(deployment, "generation"),
        "conditions": conditions(deployment, &[available_condition, progressing], &now, true),
    });
    let numbers = [
        ("replicas", total),
        ("updatedReplicas", updated),
        ("readyReplicas", ready),
        ("availableReplicas", available),
        ("unavailableReplicas", (replicas.max(total) - available).max(0)),
    ];
    for (key, number) in numbers.into_iter().filter(|(_, number)| *number != 0) {
        put(&mut status, key, Some(number.into()));
    }
    status
}

/// How many replicas may be missing; percentages round down.
fn unavailable_allowed(deployment: &Value, replicas: i64) -> i64 {
    if text(deployment, "/spec/strategy/type") == "Recreate"
        || items(deployment, "/spec/template/spec/containers").is_empty()
    {
        return 0;
    }
    match deployment.pointer("/spec/strategy/rollingUpdate/maxUnavailable") {
        Some(Value::String(share)) => {
            share.trim_end_matches('%').parse::<i64>().map_or(0, |share| replicas * share / 100)
        }
        Some(number) => number.as_i64().unwrap_or(0),
        None => 0,
    }
}
