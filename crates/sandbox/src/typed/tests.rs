use serde_json::{Value, json};

use crate::schema::{Schema, builtin};

use super::{FieldSet, compare, merge, remove, to_field_set, validate};

fn deployment() -> &'static Schema {
    builtin("Deployment").unwrap()
}

fn containers(items: &Value) -> Value {
    json!({"spec": {"template": {"spec": {"containers": items}}}})
}

#[test]
fn a_configuration_owns_what_it_sets() {
    let config = json!({
        "metadata": {"name": "d", "labels": {"a": "b"}, "finalizers": ["x/y"]},
        "spec": {"selector": {"matchLabels": {"a": "b"}}, "template": {"spec": {"containers": [
            {"name": "c", "ports": [{"containerPort": 80}], "args": ["x"], "resources": {}}]}}},
    });
    insta::assert_snapshot!(to_field_set(deployment(), &config).paths().join("\n"), @r#"
    .metadata.name
    .metadata.finalizers[="x/y"]
    .metadata.labels.a
    .spec.selector
    .spec.template.spec.containers[name="c"]
    .spec.template.spec.containers[name="c"].args
    .spec.template.spec.containers[name="c"].name
    .spec.template.spec.containers[name="c"].resources
    .spec.template.spec.containers[name="c"].ports[containerPort=80,protocol="TCP"]
    .spec.template.spec.containers[name="c"].ports[containerPort=80,protocol="TCP"].containerPort
    "#);
}

#[test]
fn field_sets_survive_their_wire_form() {
    let set = to_field_set(deployment(), &containers(&json!([{"name": "c", "image": "x"}])));
    let wire = set.to_json();
    assert_eq!(
        wire,
        json!({"f:spec": {"f:template": {"f:spec": {"f:containers": {"k:{\"name\":\"c\"}": {".": {}, "f:image": {}, "f:name": {}}}}}}})
    );
    assert_eq!(FieldSet::from_json(&wire), Some(set));
    for bad in [json!([]), json!({"x": {}}), json!({"f:a": 1}), json!({"k:{": {}})] {
        assert_eq!(FieldSet::from_json(&bad), None, "{bad}");
    }
}

#[test]
fn lists_merge_by_key_in_the_order_of_the_configuration() {
    let names = |live: &[&str], config: &[&str]| -> String {
        let list =
            |names: &[&str]| containers(&names.iter().map(|name| json!({"name": name})).collect());
        let merged = merge(deployment(), Some(&list(live)), Some(&list(config))).unwrap();
        let items = crate::value::items(&merged, "/spec/template/spec/containers").to_vec();
        items.iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect()
    };
    for (live, config, expected) in [
        (&["a", "b"][..], &["a", "b"][..], "ab"),
        (&["a", "b"], &["b", "a"], "ba"),
        (&["a", "b", "c"], &["b"], "abc"),
        (&["a"], &["b"], "ab"),
        (&["a", "b", "c"], &["c", "x"], "abcx"),
        (&[], &["x"], "x"),
        (&["x", "y"], &[], "xy"),
    ] {
        assert_eq!(names(live, config), expected, "{live:?} {config:?}");
    }
}

#[test]
fn removal_takes_fields_and_items() {
    let value = containers(&json!([{"name": "a", "image": "x"}, {"name": "b"}]));
    let gone = to_field_set(deployment(), &containers(&json!([{"name": "b"}])));
    assert_eq!(
        remove(deployment(), &value, &gone),
        Some(containers(&json!([{"name": "a", "image": "x"}])))
    );
}

#[test]
fn comparison_tells_added_from_modified_from_removed() {
    let left = json!({"metadata": {"labels": {"a": "1", "b": "2"}}, "spec": {"replicas": 1}});
    let right = json!({"metadata": {"labels": {"a": "9", "c": "3"}}, "spec": {"replicas": 1.0}});
    let found = compare(deployment(), &left, &right);
    assert_eq!(found.added.paths(), [".metadata.labels.c"]);
    assert_eq!(found.modified.paths(), [".metadata.labels.a"]);
    assert_eq!(found.removed.paths(), [".metadata.labels.b"]);
    assert!(compare(deployment(), &left, &left).is_same());
}

#[test]
fn values_that_do_not_fit_are_refused_with_their_path() {
    for (value, expected) in [
        (json!({"spec": {"foo": 1}}), ".spec.foo: field not declared in schema"),
        (
            json!({"spec": {"replicas": "x"}}),
            ".spec.replicas: expected numeric (int or float), got string",
        ),
        (json!({"metadata": {"labels": ["a"]}}), ".metadata.labels: expected map, got &{[a]}"),
        (
            json!({"metadata": {"name": 1}}),
            ".metadata.name: expected string, got &value.valueUnstructured{Value:1}",
        ),
        (
            containers(&json!([{"name": "c"}, {"name": "c"}])),
            ".spec.template.spec.containers: duplicate entries for key [name=\"c\"]",
        ),
    ] {
        assert_eq!(validate(deployment(), &value), Err(expected.to_owned()), "{value}");
    }
}
