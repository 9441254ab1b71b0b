//! Replicas that belong to an autoscaler.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(clippy::needless_pass_by_value)]

mod support;

use serde_json::{Value, json};
use suimon_plan::{
    Comparison, compare, hpa_targets, live_replicas, restore_replicas, yield_replicas,
};
use support::{manifest, sample};

fn scaler(version: &str, kind: &str, target: Value) -> suimon_model::Manifest {
    manifest(&json!({
        "apiVersion": version, "kind": kind, "metadata": {"name": "s", "namespace": "web"},
        "spec": {"scaleTargetRef": target},
    }))
}

#[test]
fn the_targets_of_autoscalers_are_found() {
    let deployment = json!({"apiVersion": "apps/v1", "kind": "Deployment", "name": "api"});
    let manifests = [
        scaler("autoscaling/v2", "HorizontalPodAutoscaler", deployment),
        scaler(
            "autoscaling/v1",
            "HorizontalPodAutoscaler",
            json!({"kind": "ReplicationController", "name": "rc"}),
        ),
        scaler("keda.sh/v1alpha1", "ScaledObject", json!({"name": "worker"})),
        scaler("example.com/v1", "HorizontalPodAutoscaler", json!({"kind": "X", "name": "x"})),
        scaler("autoscaling/v2", "HorizontalPodAutoscaler", json!({"name": "kindless"})),
        scaler("autoscaling/v2", "HorizontalPodAutoscaler", json!(3)),
    ];
    let ids: Vec<String> = hpa_targets(&manifests).iter().map(ToString::to_string).collect();
    assert_eq!(
        ids,
        ["ReplicationController/web/rc", "Deployment.apps/web/api", "Deployment.apps/web/worker"]
    );
}

#[test]
fn replicas_that_another_manager_owns_are_left_out_and_others_are_the_live_ones() {
    for (name, expected) in
        [("hpa-scaled", None), ("replicas-shared", None), ("settled-deployment", Some(json!(3)))]
    {
        let sample = sample(name);
        let mut declared = sample.declared.clone();
        declared["spec"]["replicas"] = json!(1);
        let yielded = yield_replicas(&manifest(&declared), &sample.live);
        assert_eq!(yielded.body.value()["spec"].get("replicas").cloned(), expected, "{name}");
        assert_eq!(compare(&yielded.body.value(), &sample.live), Comparison::Equal, "{name}");
    }
}

#[test]
fn nothing_is_yielded_where_nothing_is_declared_or_live() {
    let sample = sample("hpa-scaled");
    let mut declared = sample.declared.clone();
    declared["spec"].as_object_mut().unwrap().remove("replicas");
    let without = manifest(&declared);
    assert_eq!(yield_replicas(&without, &sample.live), without);
    let config = support::sample("settled-configmap");
    let with = manifest(&sample.declared);
    assert_eq!(yield_replicas(&with, &config.live), with);
}

#[test]
fn what_is_made_again_keeps_the_replicas_that_it_had() {
    let sample = sample("hpa-scaled");
    let there = live_replicas(&sample.live).unwrap();
    let mut declared = sample.declared.clone();
    declared["spec"]["replicas"] = json!(1);
    let mut yielded = yield_replicas(&manifest(&declared), &sample.live);
    assert_eq!(yielded.body.value()["spec"].get("replicas"), None);
    restore_replicas(&mut yielded, &there);
    assert_eq!(yielded.body.value()["spec"]["replicas"], there);
    restore_replicas(&mut yielded, &json!(99));
    assert_eq!(yielded.body.value()["spec"]["replicas"], there);
}
