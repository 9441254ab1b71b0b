//! One row per rule: the object, and how it is.

use serde_json::{Value, json};
use suimon_model::HealthStatus::{self, Current, Failed, InProgress, Terminating};

use super::assess;

/// `apiVersion/Kind`, `metadata` beside the generation, `spec`, `status`.
type Row = (&'static str, Value, HealthStatus, &'static str);

fn run(rows: impl IntoIterator<Item = Row>) {
    for (kind, parts, status, message) in rows {
        let (api_version, kind) = kind.rsplit_once('/').unwrap();
        let mut object = json!({"apiVersion": api_version, "kind": kind, "metadata": {}});
        for (key, value) in parts.as_object().unwrap() {
            object[key] = value.clone();
        }
        let health = assess(&object);
        assert_eq!((health.status, health.message.as_str()), (status, message), "{object}");
    }
}

fn condition(kind: &str, status: &str, reason: &str, message: &str) -> Value {
    json!({"type": kind, "status": status, "reason": reason, "message": message})
}

#[test]
fn any_kind() {
    let with = |condition: Value| json!({"status": {"conditions": [condition]}});
    run([
        ("e.io/v1/Thing", json!({}), Current, "current"),
        ("e.io/v1/Thing", json!({"status": {"conditions": []}}), Current, "current"),
        ("e.io/v1/Thing", json!({"status": {"conditions": "x"}}), Current, "current"),
        ("e.io/v1/Thing", with(condition("Ready", "True", "", "")), Current, "current"),
        ("e.io/v1/Thing", with(condition("Ready", "False", "R", "")), InProgress, "R"),
        ("e.io/v1/Thing", with(condition("Ready", "Unknown", "R", "m")), InProgress, "m"),
        ("e.io/v1/Thing", with(condition("Reconciling", "True", "", "m")), InProgress, "m"),
        ("e.io/v1/Thing", with(condition("Reconciling", "False", "", "m")), Current, "current"),
        ("e.io/v1/Thing", with(condition("Stalled", "True", "", "m")), Failed, "m"),
        (
            "e.io/v1/Thing",
            json!({"metadata": {"generation": 2}, "status": {"observedGeneration": 1}}),
            InProgress,
            "generation 2 is not observed yet (observed is 1)",
        ),
        ("e.io/v1/Thing", json!({"metadata": {"generation": 2}, "status": {}}), Current, "current"),
        (
            "v1/ConfigMap",
            json!({"metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"}}),
            Terminating,
            "being deleted",
        ),
        (
            "v1/ConfigMap",
            json!({"metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z",
                "finalizers": ["a/b", "c"]}}),
            Terminating,
            "being deleted, waits for the finalizers a/b, c",
        ),
        ("v1/Secret", json!({}), Current, "current"),
        ("batch/v1/CronJob", json!({}), Current, "current"),
        ("policy/v1/PodDisruptionBudget", json!({}), Current, "current"),
        ("networking.k8s.io/v1/Ingress", json!({}), Current, "current"),
    ]);
}

fn rolled_out() -> Value {
    json!({
        "replicas": 3, "updatedReplicas": 3, "availableReplicas": 3, "readyReplicas": 3,
        "conditions": [
            condition("Progressing", "True", "NewReplicaSetAvailable", ""),
            condition("Available", "True", "", ""),
        ],
    })
}

#[test]
fn deployments() {
    let with = |change: Value| {
        let mut status = rolled_out();
        for (key, value) in change.as_object().unwrap() {
            status[key] = value.clone();
        }
        json!({"spec": {"replicas": 3, "progressDeadlineSeconds": 600}, "status": status})
    };
    let conditions = |progressing: Value, available: Value| {
        with(json!({"conditions": [progressing, available]}))
    };
    let available = || condition("Available", "True", "", "");
    let kind = "apps/v1/Deployment";
    run([
        (kind, with(json!({})), Current, "current"),
        (kind, json!({"spec": {"replicas": 3}}), InProgress, "0 of 3 replicas are created"),
        (kind, json!({}), InProgress, "0 of 1 replicas are created"),
        (kind, with(json!({"replicas": 2})), InProgress, "2 of 3 replicas are created"),
        (kind, with(json!({"updatedReplicas": 1})), InProgress, "1 of 3 replicas are updated"),
        (kind, with(json!({"replicas": 4})), InProgress, "1 old replicas are to end"),
        (
            kind,
            with(json!({"availableReplicas": 0})),
            InProgress,
            "0 of 3 updated replicas are available",
        ),
        (kind, with(json!({"readyReplicas": 2})), InProgress, "2 of 3 replicas are ready"),
        (
            kind,
            conditions(condition("Progressing", "True", "ReplicaSetUpdated", ""), available()),
            InProgress,
            "the new ReplicaSet is not available",
        ),
        (
            kind,
            conditions(
                condition("Progressing", "False", "ProgressDeadlineExceeded", "it timed out"),
                available(),
            ),
            Failed,
            "it timed out",
        ),
        (
            kind,
            conditions(
                condition("Progressing", "True", "NewReplicaSetAvailable", ""),
                condition("Available", "False", "MinimumReplicasUnavailable", ""),
            ),
            InProgress,
            "MinimumReplicasUnavailable",
        ),
        (
            kind,
            json!({"spec": {"replicas": 1, "paused": true}, "status": {"replicas": 1}}),
            InProgress,
            "0 of 1 replicas are updated; it is paused",
        ),
        (
            kind,
            json!({"spec": {"replicas": 0}, "status": {"conditions": [available()]}}),
            Current,
            "current",
        ),
    ]);
}

#[test]
fn stateful_sets() {
    let with = |strategy: Value, status: Value| json!({"spec": {"replicas": 3, "updateStrategy": strategy}, "status": status});
    let status = |replicas: i64, ready: i64, updated: i64, current: i64, revisions: [&str; 2]| {
        json!({"replicas": replicas, "readyReplicas": ready, "updatedReplicas": updated,
            "currentReplicas": current, "currentRevision": revisions[0],
            "updateRevision": revisions[1]})
    };
    let rolling = || json!({"type": "RollingUpdate"});
    let partition = |at: i64| json!({"type": "RollingUpdate", "rollingUpdate": {"partition": at}});
    let kind = "apps/v1/StatefulSet";
    run([
        (kind, with(rolling(), status(3, 3, 3, 3, ["a", "a"])), Current, "current"),
        (kind, with(json!({"type": "OnDelete"}), json!({})), Current, "current"),
        (kind, with(rolling(), json!({})), InProgress, "0 of 3 replicas are created"),
        (
            kind,
            with(rolling(), status(3, 2, 3, 3, ["a", "a"])),
            InProgress,
            "2 of 3 replicas are ready",
        ),
        (
            kind,
            with(rolling(), status(4, 4, 3, 3, ["a", "a"])),
            InProgress,
            "1 extra replicas are to end",
        ),
        (
            kind,
            with(rolling(), status(3, 3, 1, 2, ["a", "b"])),
            InProgress,
            "1 of 3 replicas are updated",
        ),
        (
            kind,
            with(rolling(), status(3, 3, 3, 2, ["a", "a"])),
            InProgress,
            "2 of 3 replicas are current",
        ),
        (kind, with(partition(2), status(3, 3, 1, 2, ["a", "b"])), Current, "current"),
        (
            kind,
            with(partition(1), status(3, 3, 1, 2, ["a", "b"])),
            InProgress,
            "1 of 2 replicas of the partition are updated",
        ),
        (kind, with(partition(5), status(3, 3, 0, 3, ["a", "b"])), Current, "current"),
    ]);
}

#[test]
fn daemon_sets_and_replica_sets() {
    let daemon = |scheduled: i64, updated: i64, available: i64, ready: i64| {
        json!({"status": {"observedGeneration": 1, "desiredNumberScheduled": 2,
            "currentNumberScheduled": scheduled, "updatedNumberScheduled": updated,
            "numberAvailable": available, "numberReady": ready}})
    };
    let replicas = |labelled: i64, available: i64, ready: i64, all: i64| {
        json!({"spec": {"replicas": 2}, "status": {"fullyLabeledReplicas": labelled,
            "availableReplicas": available, "readyReplicas": ready, "replicas": all}})
    };
    let on_delete = || {
        let mut object = daemon(2, 0, 2, 2);
        object["spec"] = json!({"updateStrategy": {"type": "OnDelete"}});
        object
    };
    let (daemon_set, replica_set) = ("apps/v1/DaemonSet", "apps/v1/ReplicaSet");
    run([
        (daemon_set, json!({}), InProgress, "not scheduled yet"),
        (
            daemon_set,
            json!({"status": {"desiredNumberScheduled": 0}}),
            InProgress,
            "not observed yet",
        ),
        (daemon_set, daemon(2, 2, 2, 2), Current, "current"),
        (daemon_set, daemon(1, 2, 2, 2), InProgress, "1 of 2 pods are scheduled"),
        (daemon_set, daemon(2, 0, 2, 2), InProgress, "0 of 2 pods are updated"),
        (daemon_set, on_delete(), Current, "current"),
        (daemon_set, daemon(2, 2, 1, 2), InProgress, "1 of 2 pods are available"),
        (daemon_set, daemon(2, 2, 2, 1), InProgress, "1 of 2 pods are ready"),
        (replica_set, replicas(2, 2, 2, 2), Current, "current"),
        (replica_set, replicas(1, 2, 2, 2), InProgress, "1 of 2 replicas are labelled"),
        (replica_set, replicas(2, 1, 2, 2), InProgress, "1 of 2 replicas are available"),
        (replica_set, replicas(2, 2, 1, 2), InProgress, "1 of 2 replicas are ready"),
        (replica_set, replicas(2, 2, 2, 3), InProgress, "1 extra replicas are to end"),
        (
            replica_set,
            json!({"status": {"conditions": [condition("ReplicaFailure", "True", "", "quota")]}}),
            InProgress,
            "quota",
        ),
    ]);
}

#[test]
fn pods() {
    let phase = |phase: &str| json!({"status": {"phase": phase}});
    let waiting = |key: &str, reason: &str| {
        json!({"status": {"phase": "Running", key: [
            {"name": "ok", "state": {"running": {}}},
            {"name": "api", "state": {"waiting": {"reason": reason}}}]}})
    };
    run([
        ("v1/Pod", json!({}), InProgress, "not started"),
        ("v1/Pod", phase("Pending"), InProgress, "pending"),
        ("v1/Pod", phase("Running"), InProgress, "running, not ready"),
        ("v1/Pod", phase("Succeeded"), Current, "current"),
        ("v1/Pod", phase("Failed"), Failed, "the pod failed"),
        ("v1/Pod", phase("Odd"), InProgress, "phase Odd"),
        (
            "v1/Pod",
            json!({"status": {"phase": "Running", "conditions": [condition("Ready", "True", "", "")]}}),
            Current,
            "current",
        ),
        (
            "v1/Pod",
            json!({"status": {"phase": "Pending",
                "conditions": [condition("PodScheduled", "False", "Unschedulable", "no node")]}}),
            InProgress,
            "no node",
        ),
        ("v1/Pod", waiting("containerStatuses", "CrashLoopBackOff"), Failed, "crash loop in api"),
        (
            "v1/Pod",
            waiting("initContainerStatuses", "CrashLoopBackOff"),
            Failed,
            "crash loop in api",
        ),
        (
            "v1/Pod",
            waiting("containerStatuses", "ImagePullBackOff"),
            InProgress,
            "running, not ready",
        ),
    ]);
}

#[test]
fn jobs_are_current_only_when_they_are_complete() {
    let with = |condition: Value| json!({"status": {"startTime": "t", "conditions": [condition]}});
    run([
        ("batch/v1/Job", json!({}), InProgress, "not started"),
        ("batch/v1/Job", json!({"spec": {"suspend": true}}), InProgress, "suspended"),
        (
            "batch/v1/Job",
            json!({"spec": {"completions": 3},
                "status": {"startTime": "t", "active": 1, "succeeded": 2, "failed": 4}}),
            InProgress,
            "2 of 3 completed, 1 active, 4 failed",
        ),
        ("batch/v1/Job", with(condition("Complete", "True", "", "")), Current, "current"),
        (
            "batch/v1/Job",
            with(condition("Complete", "False", "", "")),
            InProgress,
            "0 of 1 completed, 0 active, 0 failed",
        ),
        (
            "batch/v1/Job",
            with(condition("SuccessCriteriaMet", "True", "", "")),
            InProgress,
            "0 of 1 completed, 0 active, 0 failed",
        ),
        (
            "batch/v1/Job",
            with(condition("Failed", "True", "BackoffLimitExceeded", "")),
            Failed,
            "BackoffLimitExceeded",
        ),
        ("batch/v1/Job", with(condition("FailureTarget", "True", "", "m")), Failed, "m"),
    ]);
}

#[test]
fn what_is_bound_served_or_extends_the_api() {
    let phase = |phase: &str| json!({"status": {"phase": phase}});
    let with = |condition: Value| json!({"status": {"conditions": [condition]}});
    let claim = "v1/PersistentVolumeClaim";
    let definition = "apiextensions.k8s.io/v1/CustomResourceDefinition";
    let api_service = "apiregistration.k8s.io/v1/APIService";
    run([
        (claim, phase("Bound"), Current, "current"),
        (claim, phase("Pending"), InProgress, "not bound, phase Pending"),
        (claim, phase("Lost"), Failed, "the bound volume is lost"),
        (claim, json!({}), InProgress, "not bound"),
        ("v1/Service", json!({"spec": {"type": "ClusterIP"}}), Current, "current"),
        (
            "v1/Service",
            json!({"spec": {"type": "LoadBalancer"}}),
            InProgress,
            "it has no cluster IP",
        ),
        (
            "v1/Service",
            json!({"spec": {"type": "LoadBalancer", "clusterIP": "10.0.0.1"}}),
            Current,
            "current",
        ),
        ("v1/Namespace", phase("Active"), Current, "current"),
        ("v1/Namespace", phase("Terminating"), Terminating, "being deleted"),
        (definition, json!({}), InProgress, "being established"),
        (definition, with(condition("Established", "True", "", "")), Current, "current"),
        (definition, with(condition("Established", "False", "Installing", "m")), InProgress, "m"),
        (definition, with(condition("Established", "False", "NotAccepted", "m")), Failed, "m"),
        (definition, with(condition("NamesAccepted", "False", "", "taken")), Failed, "taken"),
        (api_service, with(condition("Available", "True", "", "")), Current, "current"),
        (api_service, with(condition("Available", "False", "", "m")), InProgress, "m"),
        (api_service, json!({}), InProgress, "not available"),
    ]);
}
