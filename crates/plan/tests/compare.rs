//! Comparing with objects that a real API server stored.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use insta::assert_snapshot;
use serde_json::{Value, json};
use suimon_model::Body;
use suimon_plan::{Comparison, LiveObject, compare};
use support::{lines, sample, samples};

fn compared(name: &str) -> String {
    let sample = sample(name);
    match compare(&sample.declared, &sample.live) {
        Comparison::Equal => "equal".to_owned(),
        Comparison::Differs(differences) if differences.is_empty() => "differs".to_owned(),
        Comparison::Differs(differences) => lines(&differences),
    }
}

#[test]
fn what_the_server_stored_is_what_was_declared() {
    let names = samples("settled-");
    assert!(names.len() >= 15, "{names:?}");
    for name in names {
        assert_eq!(compared(&name), "equal", "{name}");
    }
}

#[test]
fn without_knowing_what_was_applied_only_unknown_defaults_are_doubted() {
    let mut doubted = Vec::new();
    for name in samples("settled-") {
        let mut sample = sample(&name);
        sample.declared["metadata"]["annotations"]["suimon.dev/applied"] = "other".into();
        if let Comparison::Differs(differences) = compare(&sample.declared, &sample.live) {
            doubted.push(lines(&differences));
        }
    }
    assert_snapshot!(doubted.join("\n"), @r#"
    /spec/limits/0/defaultRequest: - -> {"cpu":"500m"} (nobody, ours)
    /spec/steps/0/mode: - -> "fast" (nobody, ours)
    /spec/steps/1/mode: - -> "fast" (nobody, ours)
    "#);
}

#[test]
fn what_others_add_beside_our_fields_is_no_difference() {
    for name in samples("others-") {
        assert_eq!(compared(&name), "equal", "{name}");
    }
    assert_eq!(compared("replicas-shared"), "equal");
}

#[test]
fn a_field_that_another_manager_wrote_differs_and_has_its_name() {
    assert_snapshot!(compared("drift-scaled"), @"/spec/replicas: 3 -> 5 (kubectl Update scale)");
    assert_snapshot!(compared("hpa-scaled"), @"/spec/replicas: 3 -> 4 (kube-controller-manager Update scale)");
    assert_snapshot!(compared("drift-image"), @r#"/spec/template/spec/containers/[name=api]/image: "registry.example.com/api:1" -> "registry.example.com/api:evil" (kubectl-set Update)"#);
    assert_snapshot!(compared("drift-netpol-opened"), @"/spec/ingress/0/from/0/namespaceSelector: {} -> - (kubectl-patch Update)");
    assert_snapshot!(compared("drift-widget"), @r#"
    /spec/parts/[id=b]/size: 2 -> 9 (kubectl-patch Update)
    /spec/steps/0/mode: - -> "fast" (kubectl-patch Update)
    /spec/steps/1/mode: - -> "slow" (kubectl-patch Update)
    "#);
}

#[test]
fn what_another_manager_removed_is_missing() {
    assert_snapshot!(compared("drift-port-removed"), @"/spec/template/spec/containers/[name=api]/ports/[containerPort=9090,protocol=TCP]/containerPort: 9090 -> - (nobody)");
    assert_snapshot!(compared("drift-container-removed"), @r#"
    /spec/template/spec/containers/[name=side]/image: "registry.example.com/side:1" -> - (nobody)
    /spec/template/spec/containers/[name=side]/name: "side" -> - (nobody)
    "#);
}

#[test]
fn what_we_own_and_no_longer_declare_is_a_difference() {
    assert_snapshot!(compared("declaration-shrunk"), @r#"
    /spec/template/spec/containers/[name=api]/env/[name=DB]/name: - -> "DB" (nobody, ours)
    /spec/template/spec/containers/[name=api]/env/[name=DB]/valueFrom/secretKeyRef: - -> {"key":"url","name":"db"} (nobody, ours)
    /spec/template/spec/containers/[name=api]/resources/limits/memory: - -> "512Mi" (nobody, ours)
    /spec/template/spec/containers/[name=api]/args: - -> ["--port","8080"] (nobody, ours)
    /spec/template/spec/containers/[name=side]/image: - -> "registry.example.com/side:1" (nobody, ours)
    /spec/template/spec/containers/[name=side]/name: - -> "side" (nobody, ours)
    "#);
}

#[test]
fn the_order_of_a_keyed_list_is_a_difference() {
    assert_snapshot!(compared("declaration-reordered"), @r#"/spec/template/spec/containers/[name=api]/env: ["DB","CPU","POD","A"] -> ["A","POD","CPU","DB"] (nobody)"#);
}

#[test]
fn an_object_without_our_mark_or_without_managed_fields_is_doubted() {
    assert_snapshot!(compared("adopt-client-side"), @"differs");
    assert_snapshot!(compared("managed-fields-cleared"), @"equal");
}

#[test]
fn a_changed_secret_differs_and_its_value_is_nowhere() {
    let text = compared("drift-secret");
    assert!(text.starts_with("/data/url: \"(sensitive value) "), "{text}");
    assert!(!text.contains("canary") && text.contains("kubectl-patch"), "{text}");
}

/// A sample with a value of the declaration set.
fn declaring(name: &str, pointer: &str, value: Value) -> String {
    let mut sample = sample(name);
    *sample.declared.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer}")) = value;
    match compare(&sample.declared, &sample.live) {
        Comparison::Equal => "equal".to_owned(),
        Comparison::Differs(differences) => lines(&differences),
    }
}

#[test]
fn quantities_are_compared_by_value_only_where_the_schema_has_quantities() {
    let api = "/spec/template/spec/containers/0";
    for (name, pointer, value) in [
        ("settled-deployment", format!("{api}/resources/requests/cpu"), json!("500m")),
        ("settled-deployment", format!("{api}/resources/requests/cpu"), json!(0.5)),
        ("settled-deployment", format!("{api}/resources/limits/cpu"), json!(1)),
        ("settled-resourcequota", "/spec/hard/limits.memory".to_owned(), json!("1Gi")),
        ("settled-limitrange", "/spec/limits/0/max/cpu".to_owned(), json!(2)),
        (
            "settled-horizontalpodautoscaler",
            "/spec/metrics/1/resource/target/averageValue".to_owned(),
            json!("512Mi"),
        ),
    ] {
        assert_eq!(declaring(name, &pointer, value), "equal", "{pointer}");
    }
    for (name, pointer, value) in [
        ("settled-deployment", format!("{api}/env/0/value"), json!("1000m")),
        ("settled-deployment", format!("{api}/resources/limits/cpu"), json!("1001m")),
        ("settled-configmap", "/data/value".to_owned(), json!("1")),
        ("settled-widget", "/spec/cpu".to_owned(), json!("1")),
        ("settled-horizontalpodautoscaler", "/spec/maxReplicas".to_owned(), json!("5")),
    ] {
        let text = declaring(name, &pointer, value);
        assert_eq!(text.lines().count(), 1, "{pointer}: {text}");
        assert_ne!(text, "equal", "{pointer}");
    }
}

#[test]
fn nothing_and_empty_values_are_the_same_only_where_that_is_sure() {
    let pod = "/spec/template/spec";
    for (pointer, value) in [
        ("nodeSelector", json!({})),
        ("imagePullSecrets", json!([])),
        ("hostname", json!(null)),
        ("securityContext", json!(null)),
    ] {
        let mut sample = sample("settled-deployment");
        sample.declared.pointer_mut(pod).unwrap()[pointer] = value;
        assert_eq!(compare(&sample.declared, &sample.live), Comparison::Equal, "{pointer}");
    }
    let mut sample = sample("settled-deployment");
    sample.declared.pointer_mut(pod).unwrap()["affinity"] = json!({});
    assert_ne!(compare(&sample.declared, &sample.live), Comparison::Equal);
    assert_snapshot!(declaring("settled-networkpolicy", "/spec/ingress", json!([])), @r#"/spec/ingress: [] -> [{"from":[{"namespaceSelector":{}}],"ports":[{"port":8080,"protocol":"TCP"}]}] (nobody, ours)"#);
    assert_snapshot!(declaring("settled-networkpolicy", "/spec/podSelector", json!({"matchLabels": {"a": "b"}})), @r#"/spec/podSelector/matchLabels/a: "b" -> - (nobody, ours)"#);
}

#[test]
fn what_cannot_be_compared_is_doubted() {
    let sample = sample("settled-configmap");
    for declared in [json!(null), json!([]), json!("text")] {
        assert_eq!(compare(&declared, &sample.live), Comparison::Differs(vec![]));
    }
    for text in ["null", "[]", "{\"metadata\": 1}", "{\"metadata\": {\"managedFields\": 1}}"] {
        let body = Body::new(&serde_json::from_str(text).unwrap());
        let live = LiveObject { body, ..sample.live.clone() };
        assert_eq!(compare(&sample.declared, &live), Comparison::Differs(vec![]), "{text}");
    }
    for live in [
        LiveObject { terminating: true, ..sample.live.clone() },
        LiveObject { owned: false, ..sample.live.clone() },
    ] {
        assert_eq!(compare(&sample.declared, &live), Comparison::Differs(vec![]));
    }
}

#[test]
fn more_managers_than_can_be_told_apart_are_doubted() {
    let sample = sample("settled-configmap");
    let mut object = sample.live.body.value();
    let managers = object["metadata"]["managedFields"].as_array_mut().unwrap();
    for n in 0..200 {
        let fields = json!({"f:data": {"f:LEVEL": {}}});
        managers.insert(
            0,
            json!({"manager": format!("m{n}"), "operation": "Apply", "fieldsV1": fields}),
        );
    }
    let live = LiveObject { body: Body::new(&object), ..sample.live };
    assert_eq!(compare(&sample.declared, &live), Comparison::Differs(vec![]));
}
