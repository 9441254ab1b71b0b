//! Pods run at once; budgets count them.

use serde_json::{Value, json};

use crate::{
    api::{delete::DeleteOptions, write::WriteOptions},
    resource::Resource,
    selector::LabelSelector,
    state::State,
    value::{int, items, meta, meta_text, put, put_meta, text},
};

use super::{
    MANAGER, controller_reference, fails,
    status::{Condition, conditions},
};

/// The most pods that are made for one owner; more are counted without being made.
const MOST: i64 = 50;

/// Makes an owner's pods as many as it wants, and says how many there are and how many of them are ready.
pub(super) fn keep(
    state: &mut State,
    resource: &Resource,
    owner: &Value,
    wanted: i64,
    name_of: impl Fn(&mut State, i64) -> String,
) -> (i64, i64) {
    let Some(pods) = state.resource("", "pods") else { return (0, 0) };
    let namespace = meta_text(owner, "namespace").to_owned();
    let mut existing = owned(state, owner);
    let mut count = i64::try_from(existing.len()).unwrap_or(MOST);
    let target = wanted.min(MOST);
    while count < target {
        let name = name_of(state, count);
        let pod = pod(resource, owner, &name);
        if let Err(error) = state.create(&pods, &namespace, &pod, &WriteOptions::by(MANAGER)) {
            tracing::warn!(body = %error.body(), "a pod was refused");
            break;
        }
        count += 1;
    }
    while count > target {
        let Some(last) = existing.pop() else { break };
        let _ =
            state.delete(&pods, &namespace, meta_text(&last, "name"), &DeleteOptions::default());
        count -= 1;
    }
    let ready = owned(state, owner).iter().filter(|pod| is_ready(pod)).count();
    let ready = i64::try_from(ready).unwrap_or(MOST);
    if count == target && ready == target { (wanted, wanted) } else { (count, ready) }
}

fn owned(state: &State, owner: &Value) -> Vec<Value> {
    state
        .store
        .owned_by(meta_text(owner, "uid"))
        .iter()
        .filter(|(table, _)| **table == *"/pods")
        .filter_map(|(table, key)| state.store.get(table, key))
        .map(crate::store::Entry::value)
        .collect()
}

fn pod(resource: &Resource, owner: &Value, name: &str) -> Value {
    let mut pod = owner.pointer("/spec/template").cloned().unwrap_or_default();
    put_meta(&mut pod, "name", Some(name.into()));
    put_meta(&mut pod, "ownerReferences", Some(controller_reference(resource, owner)));
    if fails(owner) {
        let mut annotations = meta(&pod, "annotations").cloned().unwrap_or_else(|| json!({}));
        put(&mut annotations, super::FAIL, Some("true".into()));
        put_meta(&mut pod, "annotations", Some(annotations));
    }
    pod
}

pub(super) fn is_ready(pod: &Value) -> bool {
    items(pod, "/status/conditions")
        .iter()
        .any(|c| text(c, "/type") == "Ready" && text(c, "/status") == "True")
}

/// Brings a pod to its state.
pub(super) fn reconcile(state: &mut State, resource: &Resource, pod: &Value) {
    if !items(pod, "/status/containerStatuses").is_empty() {
        return;
    }
    let failing = fails(pod);
    let now = state.clock.stamp();
    let running = if failing {
        json!({"waiting": {"reason": "CrashLoopBackOff", "message": "back-off restarting failed container"}})
    } else {
        json!({"running": {"startedAt": now}})
    };
    let containers: Vec<Value> = items(pod, "/spec/containers")
        .iter()
        .map(|container| {
            json!({
                "name": text(container, "/name"), "image": text(container, "/image"), "imageID": "",
                "ready": !failing, "started": !failing, "restartCount": 0, "state": running, "lastState": {},
            })
        })
        .collect();
    let wanted = |kind, status| Condition { kind, status, reason: "", message: "" };
    let mut list = conditions(
        pod,
        &[
            wanted("PodScheduled", true),
            wanted("Initialized", true),
            wanted("ContainersReady", !failing),
            wanted("Ready", !failing),
        ],
        &now,
        false,
    );
    for condition in list.as_array_mut().into_iter().flatten() {
        put(condition, "reason", None);
        put(condition, "message", None);
    }
    let mut status = pod.get("status").cloned().unwrap_or_default();
    for (key, value) in [
        ("phase", json!("Running")),
        ("conditions", list),
        ("containerStatuses", containers.into()),
        ("startTime", now.into()),
    ] {
        put(&mut status, key, Some(value));
    }
    state.set_status(resource, pod, status);
}

/// The status of a disruption budget.
pub(super) fn budget(state: &mut State, resource: &Resource, budget: &Value) {
    let selector =
        LabelSelector::from_object(budget.pointer("/spec/selector").unwrap_or(&Value::Null));
    let prefix = format!("{}/", meta_text(budget, "namespace"));
    let pods: Vec<Value> = state
        .store
        .range("/pods", &prefix, None)
        .filter(|(_, entry)| selector.matches(&entry.labels))
        .map(|(_, entry)| entry.value())
        .collect();
    let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    let expected = count(pods.len());
    let healthy = count(pods.iter().filter(|pod| is_ready(pod)).count());
    let share = |value: &Value, up: bool| match value {
        Value::String(text) => {
            let share: i64 = text.trim_end_matches('%').parse().unwrap_or(0);
            if up { (expected * share + 99) / 100 } else { expected * share / 100 }
        }
        number => number.as_i64().unwrap_or(0),
    };
    let desired =
        match (budget.pointer("/spec/minAvailable"), budget.pointer("/spec/maxUnavailable")) {
            (Some(least), _) => share(least, true),
            (None, Some(most)) => (expected - share(most, true)).max(0),
            (None, None) => 0,
        };
    let allowed = if expected > 0 { (healthy - desired).max(0) } else { 0 };
    let now = state.clock.stamp();
    let reason = if allowed > 0 { "SufficientPods" } else { "InsufficientPods" };
    let condition =
        Condition { kind: "DisruptionAllowed", status: allowed > 0, reason, message: "" };
    let mut list = conditions(budget, &[condition], &now, false);
    for condition in list.as_array_mut().into_iter().flatten() {
        put(condition, "observedGeneration", int(budget, "/metadata/generation").map(Value::from));
    }
    state.set_status(
        resource,
        budget,
        json!({
            "observedGeneration": meta(budget, "generation"), "currentHealthy": healthy, "desiredHealthy": desired,
            "expectedPods": expected, "disruptionsAllowed": allowed, "conditions": list,
        }),
    );
}
