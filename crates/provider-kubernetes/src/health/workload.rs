//! Deployments, StatefulSets, DaemonSets, ReplicaSets and Pods.

use serde_json::Value;
use suimon_model::Health;

use super::{condition, count, failed, in_progress};

/// What `spec.replicas` is when it is not given.
fn wanted(object: &Value) -> i64 {
    object["spec"]["replicas"].as_i64().unwrap_or(1)
}

pub(super) fn deployment(object: &Value) -> Health {
    let progressing = condition(object, "Progressing");
    if let Some(stuck) = progressing.as_ref().filter(|c| c.reason == "ProgressDeadlineExceeded") {
        return failed(stuck.says("progress deadline exceeded"));
    }
    let wanted = wanted(object);
    let replicas = count(object, "replicas");
    let updated = count(object, "updatedReplicas");
    let available = count(object, "availableReplicas");
    let ready = count(object, "readyReplicas");
    if object["spec"]["paused"] == Value::Bool(true) && wanted > updated {
        return in_progress(format!("{updated} of {wanted} replicas are updated; it is paused"));
    }
    if wanted > replicas {
        return in_progress(format!("{replicas} of {wanted} replicas are created"));
    }
    if wanted > updated {
        return in_progress(format!("{updated} of {wanted} replicas are updated"));
    }
    if replicas > wanted {
        return in_progress(format!("{} old replicas are to end", replicas - wanted));
    }
    if updated > available {
        return in_progress(format!("{available} of {updated} updated replicas are available"));
    }
    if wanted > ready {
        return in_progress(format!("{ready} of {wanted} replicas are ready"));
    }
    let has_deadline = !object["spec"]["progressDeadlineSeconds"].is_null();
    let progressed =
        progressing.is_some_and(|c| c.status == "True" && c.reason == "NewReplicaSetAvailable");
    if has_deadline && !progressed {
        return in_progress("the new ReplicaSet is not available");
    }
    match condition(object, "Available") {
        Some(available) if available.status == "True" => Health::current(),
        Some(available) => in_progress(available.says("not available")),
        None => in_progress("not available"),
    }
}

pub(super) fn stateful_set(object: &Value) -> Health {
    let strategy = &object["spec"]["updateStrategy"];
    if strategy["type"] == "OnDelete" {
        return Health::current();
    }
    let wanted = wanted(object);
    let replicas = count(object, "replicas");
    let ready = count(object, "readyReplicas");
    let updated = count(object, "updatedReplicas");
    let current = count(object, "currentReplicas");
    if wanted > replicas {
        return in_progress(format!("{replicas} of {wanted} replicas are created"));
    }
    if wanted > ready {
        return in_progress(format!("{ready} of {wanted} replicas are ready"));
    }
    if replicas > wanted {
        return in_progress(format!("{} extra replicas are to end", replicas - wanted));
    }
    let partition = strategy["rollingUpdate"]["partition"].as_i64().unwrap_or(0);
    if partition > 0 {
        let due = (wanted - partition).max(0);
        if updated < due {
            return in_progress(format!(
                "{updated} of {due} replicas of the partition are updated"
            ));
        }
        return Health::current();
    }
    let status = &object["status"];
    if wanted > current && status["currentRevision"] == status["updateRevision"] {
        return in_progress(format!("{current} of {wanted} replicas are current"));
    }
    if status["currentRevision"] != status["updateRevision"] {
        return in_progress(format!("{updated} of {wanted} replicas are updated"));
    }
    Health::current()
}

pub(super) fn daemon_set(object: &Value) -> Health {
    let Some(wanted) = object["status"]["desiredNumberScheduled"].as_i64() else {
        return in_progress("not scheduled yet");
    };
    if object["status"]["observedGeneration"].is_null() {
        return in_progress("not observed yet");
    }
    let on_delete = object["spec"]["updateStrategy"]["type"] == "OnDelete";
    for (key, word) in [
        ("currentNumberScheduled", "scheduled"),
        ("updatedNumberScheduled", "updated"),
        ("numberAvailable", "available"),
        ("numberReady", "ready"),
    ] {
        if on_delete && key == "updatedNumberScheduled" {
            continue;
        }
        let now = count(object, key);
        if now < wanted {
            return in_progress(format!("{now} of {wanted} pods are {word}"));
        }
    }
    Health::current()
}

pub(super) fn replica_set(object: &Value) -> Health {
    if let Some(failure) = condition(object, "ReplicaFailure").filter(|c| c.status == "True") {
        return in_progress(failure.says("pods cannot be created"));
    }
    let wanted = wanted(object);
    for (key, word) in [
        ("fullyLabeledReplicas", "labelled"),
        ("availableReplicas", "available"),
        ("readyReplicas", "ready"),
    ] {
        let now = count(object, key);
        if now < wanted {
            return in_progress(format!("{now} of {wanted} replicas are {word}"));
        }
    }
    let replicas = count(object, "replicas");
    if replicas > wanted {
        return in_progress(format!("{} extra replicas are to end", replicas - wanted));
    }
    Health::current()
}

pub(super) fn pod(object: &Value) -> Health {
    let waiting = crash_looping(object);
    match object["status"]["phase"].as_str().unwrap_or_default() {
        "Succeeded" => Health::current(),
        "Failed" => {
            let message = object["status"]["message"].as_str().unwrap_or("the pod failed");
            failed(message)
        }
        "Running" if condition(object, "Ready").is_some_and(|c| c.status == "True") => {
            Health::current()
        }
        "Running" | "Pending" if !waiting.is_empty() => {
            failed(format!("crash loop in {}", waiting.join(", ")))
        }
        "Running" => in_progress("running, not ready"),
        "Pending" => match condition(object, "PodScheduled").filter(|c| c.status == "False") {
            Some(unscheduled) => in_progress(unscheduled.says("not scheduled")),
            None => in_progress("pending"),
        },
        "" => in_progress("not started"),
        other => in_progress(format!("phase {other}")),
    }
}

fn crash_looping(object: &Value) -> Vec<&str> {
    let status = &object["status"];
    ["initContainerStatuses", "containerStatuses"]
        .iter()
        .filter_map(|key| status[*key].as_array())
        .flatten()
        .filter(|container| container["state"]["waiting"]["reason"] == "CrashLoopBackOff")
        .filter_map(|container| container["name"].as_str())
        .collect()
}
