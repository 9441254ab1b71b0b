use serde_json::json;

use super::*;

/// Five policies of the usual kind.
const POLICIES: [(&str, &str); 5] = [
    (
        "a.rego",
        "package main\ndeny contains msg if { some c in input.spec.template.spec.containers; not contains(c.image, \"@sha256:\"); msg := sprintf(\"%s: %s\", [c.name, c.image]) }\n",
    ),
    (
        "b.rego",
        "package main\ndeny_labels contains msg if { some l in {\"app\", \"team\"}; not input.metadata.labels[l]; msg := sprintf(\"no label %s\", [l]) }\n",
    ),
    (
        "c.rego",
        "package net\nwarn contains \"a load balancer\" if { input.kind == \"Service\"; input.spec.type == \"LoadBalancer\" }\n",
    ),
    (
        "d.rego",
        "package limits\nviolation contains msg if { some c in input.spec.template.spec.containers; not c.resources.limits.memory; msg := c.name }\n",
    ),
    (
        "e.rego",
        "package names\ndeny contains msg if { not regex.match(\"^[a-z0-9-]+$\", input.metadata.name); msg := \"name\" }\n",
    ),
];

/// Whoever wants the time runs this with `--release --nocapture`.
#[test]
fn a_thousand_objects_and_five_policies() {
    let objects: Vec<Inspected> = (0..1_000)
        .map(|n| {
            object(json!({
                "apiVersion": "apps/v1", "kind": "Deployment",
                "metadata": {"name": format!("api-{n}"), "namespace": "web", "labels": {"app": "api", "team": "sre"}},
                "spec": {"template": {"spec": {"containers": [{"name": "c", "image": "r/api@sha256:1", "resources": {"limits": {"memory": "1Gi"}}}]}}},
            }))
        })
        .collect();
    let conditions = inspect(&Gate::default(), &files(&POLICIES), &objects);
    assert_eq!(conditions.len(), 5);
    assert!(conditions.iter().all(|condition| condition.state == State::Passed));
}
