//! Resource policies in one form, whoever wrote them.

use serde_json::Value;

/// Lists of the policy language that mean the same in any order, and the same as their only item.
const SETS: [&str; 8] = [
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "AWS",
    "Service",
    "Federated",
    "CanonicalUser",
];

/// A policy as JSON; `None` where a text is none.
pub(super) fn parsed(policy: &Value) -> Option<Value> {
    let mut policy = match policy {
        Value::String(text) => serde_json::from_str(text).ok()?,
        other => other.clone(),
    };
    if !policy.is_object() {
        return None;
    }
    if let Some(statement) = policy.get_mut("Statement")
        && statement.is_object()
    {
        *statement = Value::Array(vec![statement.take()]);
    }
    normalise(&mut policy);
    Some(policy)
}

fn normalise(value: &mut Value) {
    match value {
        Value::Object(map) => {
            for (key, value) in map.iter_mut() {
                normalise(value);
                if SETS.contains(&key.as_str())
                    && let Value::Array(items) = value
                    && items.iter().all(Value::is_string)
                {
                    items.sort_by(|one, other| one.as_str().cmp(&other.as_str()));
                    items.dedup();
                    if let [only] = items.as_mut_slice() {
                        *value = only.take();
                    }
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(normalise),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_policy_is_the_same_in_any_spelling() {
        let one = json!(
            r#"{"Statement": {"Effect": "Deny", "Principal": {"AWS": ["b", "a"]},
            "Action": ["secretsmanager:*"], "Resource": "*"}}"#
        );
        let other = json!({"Statement": [{"Effect": "Deny", "Principal": {"AWS": ["a", "b"]},
            "Action": "secretsmanager:*", "Resource": ["*"]}]});
        assert_eq!(parsed(&one), parsed(&other));
        assert_ne!(parsed(&one), parsed(&json!({"Statement": []})));
        assert_eq!(parsed(&json!("{")), None);
        assert_eq!(parsed(&json!([])), None);
    }
}
