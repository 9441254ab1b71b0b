//! Canonical JSON: one text for one value.

use std::fmt::Write;

use serde_json::{Map, Value};

/// Values nested deeper than this are kept as text: parsers stop at some depth.
const DEPTH: usize = 64;

/// A value as RFC 8785 writes it: no spaces, keys in the order of their UTF-16 units.
///
/// # Caveats
/// RFC 8785 knows doubles only. Here integers keep all their digits, and a number with a fraction is
/// written as text, so that no reader rounds it.
pub(crate) fn canonical(value: &Value) -> String {
    let mut text = String::new();
    write(value, 0, &mut text);
    text
}

fn write(value: &Value, depth: usize, to: &mut String) {
    // Writing to a string does not fail; serde_json escapes exactly what RFC 8785 asks for.
    let _ = match value {
        Value::Number(number) if number.is_f64() => write!(to, "\"{number}\""),
        Value::Array(_) | Value::Object(_) if depth >= DEPTH => {
            write!(to, "{}", Value::from(value.to_string()))
        }
        Value::Array(items) => {
            to.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    to.push(',');
                }
                write(item, depth + 1, to);
            }
            write!(to, "]")
        }
        Value::Object(map) => {
            object(map, depth, to);
            Ok(())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            write!(to, "{value}")
        }
    };
}

fn object(map: &Map<String, Value>, depth: usize, to: &mut String) {
    let mut entries: Vec<(&String, &Value)> = map.iter().collect();
    // Bytes and UTF-16 units order alike below U+D800.
    if entries.iter().any(|(key, _)| key.chars().any(|one| one as u32 >= 0xD800)) {
        entries.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
    } else {
        entries.sort_by_key(|(key, _)| *key);
    }
    to.push('{');
    for (at, (key, value)) in entries.into_iter().enumerate() {
        if at > 0 {
            to.push(',');
        }
        let _ = write!(to, "{}:", Value::from(key.as_str()));
        write(value, depth + 1, to);
    }
    to.push('}');
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn one_text_for_one_value() {
        for (value, text) in [
            (json!({"b": 1, "a": [true, null, "x"]}), r#"{"a":[true,null,"x"],"b":1}"#),
            (
                json!({"\u{20ac}": 1, "\u{1f600}": 2, "\u{fb33}": 3, "1": 4, "\r": 5}),
                "{\"\\r\":5,\"1\":4,\"\u{20ac}\":1,\"\u{1f600}\":2,\"\u{fb33}\":3}",
            ),
            (json!([u64::MAX, i64::MIN, 0]), "[18446744073709551615,-9223372036854775808,0]"),
            (json!([0.1, 1.0, 1e300]), r#"["0.1","1.0","1e+300"]"#),
            (json!("\u{7}\n\"\\/\u{7f}é"), "\"\\u0007\\n\\\"\\\\/\u{7f}é\""),
        ] {
            assert_eq!(canonical(&value), text);
        }
    }

    #[test]
    fn what_is_written_can_be_read_however_deep_it_was() {
        let mut deep = json!(1);
        for _ in 0..120 {
            deep = json!([deep]);
        }
        let text = canonical(&deep);
        let read: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(canonical(&read), text);
    }
}
