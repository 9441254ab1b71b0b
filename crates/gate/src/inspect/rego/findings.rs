//! What a rule's value says about an object.

use serde_json::Value;

/// Findings of one rule about one object that are told one by one.
const MOST: usize = 50;

/// Characters of one finding.
const LONGEST: usize = 1_000;

/// The messages in a rule's value; none where the rule has nothing against the object.
///
/// A set or a list of texts, or of objects with a `msg`. What a rule should not be is read so that nothing
/// is passed over: `true` and a single text are findings, and each key of an object is one unless its value
/// is false.
pub(super) fn findings(value: &Value) -> Vec<String> {
    let mut all: Vec<String> = match value {
        Value::Array(items) => items.iter().filter_map(one).collect(),
        Value::Object(fields) if !fields.contains_key("msg") => {
            let counts = |(_, value): &(&String, &Value)| !is_nothing(value);
            fields.iter().filter(counts).map(|(key, _)| key.clone()).collect()
        }
        other => one(other).into_iter().collect(),
    };
    if all.len() > MOST {
        let more = all.len() - MOST;
        all.truncate(MOST);
        all.push(format!("{more} more"));
    }
    all.iter().map(|text| shortened(text)).collect()
}

fn is_nothing(value: &Value) -> bool {
    matches!(value, Value::Null | Value::Bool(false))
}

fn one(value: &Value) -> Option<String> {
    if is_nothing(value) {
        return None;
    }
    let text = match value {
        Value::Bool(_) => String::new(),
        Value::String(text) => text.clone(),
        Value::Object(fields) => match fields.get("msg") {
            Some(Value::String(text)) => text.clone(),
            _ => value.to_string(),
        },
        other => other.to_string(),
    };
    Some(if text.trim().is_empty() { "(it gives no message)".to_owned() } else { text })
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// The names of rules in the value of `exception`: lists of texts, in a set.
pub(super) fn excepted(value: &Value) -> Vec<&str> {
    match value {
        Value::Array(items) => items.iter().flat_map(excepted).collect(),
        Value::String(text) => vec![text],
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn nothing_is_passed_over() {
        for (value, expected) in [
            (json!([]), vec![]),
            (json!(null), vec![]),
            (json!(false), vec![]),
            (json!({}), vec![]),
            (json!(["a", "b"]), vec!["a", "b"]),
            (json!([{"msg": "a", "details": {"x": 1}}]), vec!["a"]),
            (json!([{"message": "a"}]), vec![r#"{"message":"a"}"#]),
            (json!([{"msg": 5}]), vec![r#"{"msg":5}"#]),
            (
                json!([false, true, "", 5, ["x"]]),
                vec!["(it gives no message)", "(it gives no message)", "5", r#"["x"]"#],
            ),
            (json!(true), vec!["(it gives no message)"]),
            (json!("a"), vec!["a"]),
            (json!({"msg": "a"}), vec!["a"]),
            (json!({"a": true, "b": false}), vec!["a"]),
        ] {
            assert_eq!(findings(&value), expected, "{value}");
        }
    }

    #[test]
    fn many_and_long_findings_are_cut() {
        let many: Vec<String> = (0..60).map(|n| n.to_string()).collect();
        let found = findings(&json!(many));
        assert_eq!((found.len(), found[50].as_str()), (51, "10 more"));
        assert_eq!(findings(&json!("é".repeat(2_000)))[0].chars().count(), 1_001);
    }

    #[test]
    fn exceptions_are_lists_in_a_set() {
        assert_eq!(excepted(&json!([["a", "b"], ["c"]])), ["a", "b", "c"]);
        assert_eq!(excepted(&json!(["a"])), ["a"]);
        assert_eq!(excepted(&json!({"a": 1})), Vec::<&str>::new());
    }
}
