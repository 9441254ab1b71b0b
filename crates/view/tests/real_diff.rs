//! What the planner's own diff finds is what is shown.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::{plan, update};
use insta::assert_snapshot;
use proptest::prelude::*;
use serde_json::{Value, json};
use suimon_plan::diff;
use suimon_view::{Style, text};

fn shown(before: Value, after: Value) -> String {
    let fields = diff(Some(&before), Some(&after));
    let text = text::plan(&plan(vec![update(before, after, fields)]), &Style::PLAIN);
    text.split_once("api:\n").unwrap().1.split_once("\nPlan: ").unwrap().0.to_owned()
}

#[test]
fn a_deployment_reads_like_its_manifest() {
    let container = |name: &str, image: &str, port: u16| {
        json!({
            "name": name, "image": image, "args": ["serve", "--verbose"],
            "ports": [{"containerPort": port, "protocol": "TCP"}, {"containerPort": 53, "protocol": "UDP"}],
            "resources": {"limits": {"cpu": "1", "memory": "1Gi"}},
        })
    };
    let body = |containers: Value, replicas: u8| {
        json!({
            "metadata": {"labels": {"app": "api"}},
            "spec": {"replicas": replicas, "template": {"spec": {"containers": containers}}},
        })
    };
    let before = body(
        json!([
            container("api", "api:1", 80),
            container("log", "log:1", 81),
            container("old", "old:1", 82)
        ]),
        2,
    );
    let mut new = container("new", "new:1", 83);
    new["env"] = json!([{"name": "A", "value": "1"}]);
    let mut api = container("api", "api:2", 8080);
    api["args"] = json!(["serve"]);
    let after = body(json!([container("log", "log:1", 81), api, new]), 3);
    assert_snapshot!(shown(before, after), @r#"
        spec:
    ~     replicas: 2 -> 3
          template:
            spec:
    ~         containers: [api, log] -> [log, api]   # the order changes
                - name: api
                  args:
    -               - "--verbose"
                    # (1 unchanged item hidden)
    ~             image: api:1 -> api:2
                  ports:
    -               - containerPort: 80
    -                 protocol: TCP
    +               - containerPort: 8080
    +                 protocol: TCP
                    # (1 unchanged item hidden)
                  # (1 unchanged field hidden)
    +           - name: new
    +             args:
    +               - serve
    +               - "--verbose"
    +             env:
    +               - name: A
    +                 value: "1"
    +             image: new:1
    +             ports:
    +               - containerPort: 83
    +                 protocol: TCP
    +               - containerPort: 53
    +                 protocol: UDP
    +             resources:
    +               limits:
    +                 cpu: "1"
    +                 memory: 1Gi
    -           - name: old
    -             args:
    -               - serve
    -               - "--verbose"
    -             image: old:1
    -             ports:
    -               - containerPort: 82
    -                 protocol: TCP
    -               - containerPort: 53
    -                 protocol: UDP
    -             resources:
    -               limits:
    -                 cpu: "1"
    -                 memory: 1Gi
                # (1 unchanged item hidden)
        # (1 unchanged field hidden)
    "#);
}

#[test]
fn places_of_lists_without_keys_are_counted_right() {
    let list = |items: Value| json!({"l": items});
    assert_snapshot!(shown(list(json!([1, 2])), list(json!([1, 9, 2]))), @r"
        l:
    +     - 9
          # (2 unchanged items hidden)
    ");
    assert_snapshot!(shown(list(json!([[1], [2], [3]])), list(json!([[1], [3]]))), @r"
        l:
    -     -
    -       - 2
          # (2 unchanged items hidden)
    ");
    assert_snapshot!(shown(list(json!([{"a": 1}, {"b": 2}])), list(json!([{"a": 1}, {"b": 2, "c": 3}, {"d": 4}]))), @r"
        l:
          - # [1]
    +       c: 3
            # (1 unchanged field hidden)
    +     - d: 4
          # (1 unchanged item hidden)
    ");
}

/// Values in which every leaf is another number, so that a line can be traced to its field.
fn tree() -> impl Strategy<Value = Value> {
    let leaf = any::<u64>().prop_map(Value::from);
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-d]", inner.clone(), 0..4)
                .prop_map(|m| Value::Object(m.into_iter().collect())),
            prop::collection::btree_map("[pqr]", inner, 0..3).prop_map(|items| {
                items.into_iter().map(|(name, value)| json!({"name": name, "v": value})).collect()
            }),
        ]
    })
}

fn leaf(value: &Value) -> Option<String> {
    match value {
        Value::Object(map) => map.is_empty().then(|| "{}".to_owned()),
        Value::Array(items) => items.is_empty().then(|| "[]".to_owned()),
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn every_leaf_that_differs_has_its_line_and_no_other_has(
        before in prop::collection::btree_map("[a-c]", tree(), 0..3),
        after in prop::collection::btree_map("[a-c]", tree(), 0..3),
        shared in tree(),
    ) {
        let object = |map: std::collections::BTreeMap<String, Value>| {
            let mut map: serde_json::Map<String, Value> = map.into_iter().collect();
            map.insert("shared".into(), shared.clone());
            Value::Object(map)
        };
        let (before, after) = (object(before), object(after));
        let fields = diff(Some(&before), Some(&after));
        let text = shown(before, after);
        for field in &fields {
            let found = match (&field.before, &field.after) {
                (Some(old), Some(new)) => match (leaf(old), leaf(new)) {
                    (Some(old), Some(new)) => text.lines().any(|l| l.starts_with("  ~") && l.ends_with(&format!(" {old} -> {new}"))),
                    _ => true,
                },
                (None, Some(new)) => leaf(new).is_none_or(|new| text.lines().any(|l| l.starts_with("  +") && l.ends_with(&format!(" {new}")))),
                (Some(old), None) => leaf(old).is_none_or(|old| text.lines().any(|l| l.starts_with("  -") && l.ends_with(&format!(" {old}")))),
                (None, None) => false,
            };
            prop_assert!(found, "{} is missing in\n{}", field.path, text);
        }
        prop_assert!(!text.contains("\n    shared:") && !text.contains("  shared"), "{}", text);
    }
}
