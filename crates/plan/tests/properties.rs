//! What holds for every object.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Map, Value, json};
use suimon_plan::{Comparison, compare, diff, strip};
use support::{applied, live, marked};

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<bool>().prop_map(Value::from),
        (-5i64..5).prop_map(Value::from),
        "[a-c]{0,3}".prop_map(Value::from),
        (-3i32..3).prop_map(|n| json!(f64::from(n) / 2.0)),
    ]
}

/// A spec: maps, lists of scalars, lists of items with names.
fn tree() -> impl Strategy<Value = Value> {
    scalar().prop_recursive(4, 40, 5, |inner| {
        let map = prop::collection::btree_map("[a-e/~]{1,2}", inner.clone(), 1..5);
        let items = prop::collection::btree_map("[a-e]", inner, 1..4);
        prop_oneof![
            map.prop_map(|map| Value::Object(map.into_iter().collect())),
            prop::collection::vec(scalar(), 1..4).prop_map(Value::from),
            (items, any::<bool>()).prop_map(|(items, reversed)| {
                let item = |(name, value): (String, Value)| json!({"name": name, "value": value});
                let mut items: Vec<Value> = items.into_iter().map(item).collect();
                if reversed {
                    items.reverse();
                }
                Value::from(items)
            }),
        ]
    })
}

fn object() -> impl Strategy<Value = Value> {
    prop::collection::btree_map("[a-d]", tree(), 1..4).prop_map(|spec| {
        let spec: Map<String, Value> = spec.into_iter().collect();
        let object = json!({
            "apiVersion": "example.com/v1", "kind": "Thing",
            "metadata": {"name": "t", "namespace": "web"}, "spec": spec,
        });
        marked(object, "digest")
    })
}

/// Pointers of all leaves below `spec`.
fn leaves(value: &Value, at: &str, into: &mut Vec<String>) {
    let token = |key: &str| key.replace('~', "~0").replace('/', "~1");
    match value {
        Value::Object(map) => {
            map.iter()
                .for_each(|(key, value)| leaves(value, &format!("{at}/{}", token(key)), into));
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(n, v)| leaves(v, &format!("{at}/{n}"), into));
        }
        _ => into.push(at.to_owned()),
    }
}

/// Adds a field to every map that server-side apply merges.
fn add_defaults(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.values_mut().for_each(add_defaults);
            map.insert("zDefault".to_owned(), json!({"added": [1]}));
        }
        Value::Array(items) if items.iter().all(|item| item["name"].is_string()) => {
            items.iter_mut().for_each(add_defaults);
            items.push(json!({"name": "zz-default", "value": 1}));
        }
        _ => {}
    }
}

fn is_equal(declared: &Value, stored: Value) -> bool {
    compare(declared, &live(stored)) == Comparison::Equal
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// What was applied is equal, whatever the server and others add to it.
    #[test]
    fn what_was_applied_is_equal(declared in object()) {
        let mut stored = applied(&declared);
        prop_assert!(is_equal(&declared, stored.clone()));
        add_defaults(&mut stored["spec"]);
        stored["status"] = json!({"ready": true});
        prop_assert!(is_equal(&declared, stored));
    }

    /// Any single leaf that moves is seen, at its place, also where the managed fields do not tell.
    #[test]
    fn any_leaf_that_moves_is_seen(declared in object(), which in any::<Index>(), how in 0..3) {
        let mut stored = applied(&declared);
        let mut pointers = Vec::new();
        leaves(&stored["spec"], "/spec", &mut pointers);
        let pointer = which.get(&pointers);
        let (holder, key) = pointer.rsplit_once('/').unwrap();
        let key = key.replace("~1", "/").replace("~0", "~");
        match (how, stored.pointer_mut(holder).unwrap()) {
            (0, Value::Object(map)) => { map.remove(&key); }
            (0, Value::Array(items)) => { items.remove(key.parse().unwrap()); }
            (1, Value::Object(map)) => { map.insert(key, json!({"of": "another type"})); }
            (_, holder) => {
                let leaf = holder.pointer_mut(&pointer[pointer.rfind('/').unwrap()..]).unwrap();
                *leaf = json!(format!("{leaf} moved"));
            }
        }
        let Comparison::Differs(differences) = compare(&declared, &live(stored)) else {
            return Err(TestCaseError::fail(format!("{pointer} was not seen")));
        };
        prop_assert!(!differences.is_empty());
    }

    /// What we own and no longer declare is seen.
    #[test]
    fn any_key_that_is_no_longer_declared_is_seen(declared in object(), which in any::<Index>()) {
        let stored = applied(&declared);
        let spec = declared["spec"].as_object().unwrap();
        let key = which.get(&spec.keys().cloned().collect::<Vec<_>>()).clone();
        let mut less = declared.clone();
        less["spec"].as_object_mut().unwrap().remove(&key);
        let Comparison::Differs(differences) = compare(&less, &live(stored)) else {
            return Err(TestCaseError::fail(format!("{key} was not seen")));
        };
        prop_assert!(differences.iter().all(|d| d.declared.is_none() && d.ours), "{:?}", differences);
    }

    /// A diff is empty exactly when the two are equal without what the server counts.
    #[test]
    fn a_diff_is_empty_exactly_when_nothing_differs(a in object(), b in object()) {
        prop_assert_eq!(diff(Some(&strip(&a)), Some(&strip(&applied(&a)))), []);
        let (a, b) = (strip(&a), strip(&b));
        let changes = diff(Some(&a), Some(&b));
        prop_assert_eq!(changes.is_empty(), a == b, "{:?}", changes);
        let back = diff(Some(&b), Some(&a));
        prop_assert_eq!(changes.len(), back.len());
        let paths: std::collections::BTreeSet<&str> = changes.iter().map(|c| c.path.as_str()).collect();
        prop_assert_eq!(paths.len(), changes.len());
        prop_assert!(!diff(None, Some(&a)).is_empty() && diff(Some(&a), Some(&a)).is_empty());
    }
}
