//! Merging values: environment < instance.

use serde_json::Value;

/// Lays one layer over another: mappings are merged key by key, everything else is replaced.
///
/// `null` is a value like any other: it replaces what was there, and the module's schema says
/// whether null is allowed.
pub(crate) fn overlay(base: &mut Value, over: Value) {
    match (base, over) {
        (Value::Object(base), Value::Object(over)) => {
            for (key, value) in over {
                match base.get_mut(&key) {
                    Some(existing) => overlay(existing, value),
                    None => {
                        base.insert(key, value);
                    }
                }
            }
        }
        (base, over) => *base = over,
    }
}

/// Roughly how many bytes a value takes.
pub(crate) fn weight(value: &Value) -> usize {
    const NODE: usize = 32;
    match value {
        Value::String(text) => NODE + text.len(),
        Value::Array(items) => items.iter().map(weight).fold(NODE, usize::saturating_add),
        Value::Object(entries) => entries
            .iter()
            .map(|(key, value)| NODE + key.len() + weight(value))
            .fold(NODE, usize::saturating_add),
        _ => NODE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn merged(base: Value, over: Value) -> Value {
        let mut base = base;
        overlay(&mut base, over);
        base
    }

    #[test]
    fn mappings_merge_and_the_rest_is_replaced() {
        for (base, over, expected) in [
            (json!({"a": 1}), json!({"b": 2}), json!({"a": 1, "b": 2})),
            (
                json!({"a": {"b": 1, "c": 2}}),
                json!({"a": {"b": 3}}),
                json!({"a": {"b": 3, "c": 2}}),
            ),
            (json!({"a": [1, 2]}), json!({"a": [3]}), json!({"a": [3]})),
            (json!({"a": {"b": 1}}), json!({"a": null}), json!({"a": null})),
            (json!({"a": 1}), json!({"a": {"b": 1}}), json!({"a": {"b": 1}})),
        ] {
            assert_eq!(merged(base, over), expected);
        }
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(json!(null)),
            any::<bool>().prop_map(Value::from),
            (0..3).prop_map(Value::from)
        ];
        leaf.prop_recursive(3, 16, 3, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
                prop::collection::btree_map("[ab]", inner, 0..3)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn the_upper_layer_wins_and_nothing_else_is_lost(a in value(), b in value()) {
            let both = merged(a.clone(), b.clone());
            prop_assert_eq!(&merged(both.clone(), b.clone()), &both);
            prop_assert_eq!(&merged(a.clone(), a.clone()), &a);
            if let (Value::Object(a), Value::Object(b), Value::Object(both)) = (&a, &b, &both) {
                for (key, value) in both {
                    let expected = match (a.get(key), b.get(key)) {
                        (Some(a), Some(b)) => merged(a.clone(), b.clone()),
                        (a, b) => a.or(b).cloned().unwrap(),
                    };
                    prop_assert_eq!(value, &expected);
                }
                prop_assert!(a.keys().chain(b.keys()).all(|key| both.contains_key(key)));
            } else {
                prop_assert_eq!(&both, &b);
            }
        }
    }
}
