//! [`Redaction`]: takes secret values out of what a server says about an object.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

const SHOWN: &str = "(sensitive value)";
/// Shorter values are replaced only where they stand in quotes: they are part of too many words.
const SHORT: usize = 4;

/// The secret values of one object that was sent.
///
/// API servers and webhooks repeat parts of what they refuse.
#[derive(Debug, Default)]
pub(crate) struct Redaction {
    values: Vec<String>,
}

impl Redaction {
    /// The values of a `Secret`; nothing for other kinds.
    pub(crate) fn of(body: &Value) -> Self {
        let mut values = Vec::new();
        if body["kind"] == "Secret" && body["apiVersion"] == "v1" {
            for key in ["data", "stringData"] {
                collect(&body[key], &mut values);
            }
        }
        values.retain(|value| !value.trim().is_empty());
        // The longest first: a value may contain another.
        values.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        values.dedup();
        Self { values }
    }

    /// The text without the values.
    pub(crate) fn clean(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for value in &self.values {
            if value.len() >= SHORT {
                text = text.replace(value, SHOWN);
            } else {
                for quote in ['"', '\'', '`'] {
                    text = text.replace(&format!("{quote}{value}{quote}"), SHOWN);
                }
                text = text.replace(&format!("Value:{value}}}"), &format!("Value:{SHOWN}}}"));
            }
        }
        text
    }
}

fn collect(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::Null => {}
        Value::Array(items) => items.iter().for_each(|item| collect(item, into)),
        Value::Object(map) => map.values().for_each(|item| collect(item, into)),
        Value::String(text) => {
            forms(text, into);
            let decoded = STANDARD.decode(text.trim()).ok();
            if let Some(decoded) = decoded.and_then(|bytes| String::from_utf8(bytes).ok()) {
                forms(&decoded, into);
            }
            into.push(STANDARD.encode(text));
        }
        other => into.push(other.to_string()),
    }
}

/// The text as it is, as a JSON string shows it, and its lines.
fn forms(text: &str, into: &mut Vec<String>) {
    into.push(text.to_owned());
    into.push(text.trim().to_owned());
    let quoted = Value::from(text).to_string();
    into.push(quoted[1..quoted.len() - 1].to_owned());
    into.extend(text.lines().filter(|line| line.trim().len() >= SHORT).map(str::to_owned));
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_form_of_a_value_goes() {
        let redaction = Redaction::of(&json!({
            "apiVersion": "v1", "kind": "Secret",
            "data": {"a": "aHVudGVyMg=="},
            "stringData": {"b": "line one\nline \"two\"\n", "pin": 4711, "c": "x", "n": 7},
        }));
        for (said, shown) in [
            ("bad: aHVudGVyMg==", "bad: (sensitive value)"),
            ("bad: hunter2!", "bad: (sensitive value)!"),
            (r#"got "line one\nline \"two\"\n""#, r#"got "(sensitive value)""#),
            ("only line one here", "only (sensitive value) here"),
            ("got &value{Value:4711}", "got &value{Value:(sensitive value)}"),
            ("got &value{Value:7}", "got &value{Value:(sensitive value)}"),
            (r#"index 7 of "x""#, "index 7 of (sensitive value)"),
        ] {
            assert_eq!(redaction.clean(said), shown);
        }
    }

    #[test]
    fn other_kinds_are_left_as_they_are() {
        let map = json!({"apiVersion": "v1", "kind": "ConfigMap", "data": {"a": "value"}});
        assert_eq!(Redaction::of(&map).clean("a value"), "a value");
    }
}
