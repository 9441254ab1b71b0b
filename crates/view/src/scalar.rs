//! Values on one line, so that a string is told from a number and from our own remarks.

use serde_json::Value;

use crate::{escape, mask};

/// Whether a value is written as a block of its own.
pub(crate) fn is_block(value: &Value) -> bool {
    match value {
        Value::Object(map) => !map.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::String(text) => is_multiline(text),
        _ => false,
    }
}

/// Whether a string is shown line by line.
pub(crate) fn is_multiline(text: &str) -> bool {
    text.trim_end_matches('\n').contains('\n') && !mask::is_masked(text) && !mask::is_deferred(text)
}

/// A value on one line: YAML for scalars, flow style for the rest.
pub(crate) fn inline(value: &Value) -> String {
    match value {
        Value::String(text) => string(text),
        Value::Array(items) => {
            format!("[{}]", items.iter().map(inline).collect::<Vec<_>>().join(", "))
        }
        Value::Object(map) => {
            let entries: Vec<_> =
                map.iter().map(|(k, v)| format!("{}: {}", key(k), inline(v))).collect();
            format!("{{{}}}", entries.join(", "))
        }
        other => other.to_string(),
    }
}

/// A string: plain where YAML would read it back as the same string, else quoted.
fn string(text: &str) -> String {
    if mask::is_masked(text) {
        mask::SENSITIVE.to_owned()
    } else if mask::is_deferred(text) {
        mask::UNKNOWN.to_owned()
    } else if is_plain(text) {
        text.to_owned()
    } else {
        escape::quoted(text)
    }
}

/// A key of a map.
pub(crate) fn key(text: &str) -> String {
    if is_plain(text) { text.to_owned() } else { escape::quoted(text) }
}

/// Stricter than YAML: letters, digits and a few marks, nothing that reads as another type.
fn is_plain(text: &str) -> bool {
    let marks = |c: char| {
        matches!(c, '.' | '_' | '/' | '@' | '+' | '=' | '-' | ':' | '%' | ',' | ';' | ' ')
    };
    let unsafe_pair = |w: &str| text.contains(w);
    text.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '/' | '.' | '_'))
        && !text.ends_with([':', ' '])
        && text.chars().all(|c| (c.is_alphanumeric() || marks(c)) && !escape::is_unsafe(c))
        && !unsafe_pair(": ")
        && !unsafe_pair("  ")
        && !reads_as_another_type(text)
}

fn reads_as_another_type(text: &str) -> bool {
    const WORDS: [&str; 10] = ["true", "false", "yes", "no", "on", "off", "y", "n", "null", ".nan"];
    let numeric = |c: char| {
        c.is_ascii_hexdigit() || matches!(c, '.' | '+' | '-' | ':' | '_' | 'x' | 'o' | 'T' | 'Z')
    };
    WORDS.iter().any(|word| text.eq_ignore_ascii_case(word))
        || text.to_ascii_lowercase().starts_with(".inf")
        || (text.starts_with(|c: char| c.is_ascii_digit() || c == '.') && text.chars().all(numeric))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_scalar_says_its_type() {
        for (value, expected) in [
            (json!("nginx:1.27"), "nginx:1.27"),
            (json!("1.27"), "\"1.27\""),
            (json!(1.27), "1.27"),
            (json!("100m"), "100m"),
            (json!("0x10"), "\"0x10\""),
            (json!("2026-11-22T10:00:00Z"), "\"2026-11-22T10:00:00Z\""),
            (json!("No"), "\"No\""),
            (json!(false), "false"),
            (json!(null), "null"),
            (json!("null"), "\"null\""),
            (json!(""), "\"\""),
            (json!("a: b"), "\"a: b\""),
            (json!("a -> b"), "\"a -> b\""),
            (json!("(known after apply)"), "\"(known after apply)\""),
            (json!("(sensitive value) 00ff"), "(sensitive value)"),
            (json!("a\u{1b}b"), "\"a\\u{1b}b\""),
            (json!({"a": [1, "x"], "b": {}}), "{a: [1, x], b: {}}"),
        ] {
            assert_eq!(inline(&value), expected);
        }
    }
}
