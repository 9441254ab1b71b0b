//! Comparing with objects that a real API server stored.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use insta::assert_snapshot;
use suimon_plan::{Comparison, compare};
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
    assert_snapshot!(compared("adopt-client-side"), @r#"/metadata/labels/applyset.k8s.io~1part-of: "applyset-x-v1" -> - (nobody)"#);
    assert_snapshot!(compared("managed-fields-cleared"), @"equal");
}

#[test]
fn a_changed_secret_differs_and_its_value_is_nowhere() {
    let text = compared("drift-secret");
    assert!(text.starts_with("/data/url: \"(sensitive value) "), "{text}");
    assert!(!text.contains("canary") && text.contains("kubectl-patch"), "{text}");
}
