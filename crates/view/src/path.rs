//! Field paths: RFC 6901 pointers in which items of keyed lists are `[name=api]` tokens.

use serde_json::Value;

use crate::escape;

/// More tokens than any object has; what is deeper stays one token.
const MAX_TOKENS: usize = 128;

/// The tokens of a pointer, unescaped.
pub(crate) fn tokens(pointer: &str) -> Vec<String> {
    let rest = pointer.strip_prefix('/').unwrap_or(pointer);
    if pointer.is_empty() {
        return Vec::new();
    }
    rest.splitn(MAX_TOKENS, '/').map(|t| t.replace("~1", "/").replace("~0", "~")).collect()
}

/// The keys of a `[name=api]` token; `None` for other tokens.
pub(crate) fn item_keys(token: &str) -> Option<Vec<(String, String)>> {
    let inner = token.strip_prefix('[')?.strip_suffix(']')?;
    let mut keys: Vec<(String, String)> = Vec::new();
    for part in inner.split(',') {
        match (part.split_once('='), keys.last_mut()) {
            (Some((key, value)), _) if is_word(key) => keys.push((key.into(), value.into())),
            (_, Some((_, value))) => {
                value.push(',');
                value.push_str(part);
            }
            _ => return Some(Vec::new()),
        }
    }
    Some(keys)
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}

/// What a token leads to.
pub(crate) fn child<'v>(value: &'v Value, token: &str) -> Option<&'v Value> {
    match value {
        Value::Object(map) => map.get(token),
        Value::Array(items) => match item_keys(token) {
            Some(keys) => items.iter().find(|item| is_item(item, token, &keys)),
            None => items.get(token.parse::<usize>().ok()?),
        },
        _ => None,
    }
}

/// Whether a keyed token means this one item.
pub(crate) fn matches(item: &Value, token: &str) -> bool {
    item_keys(token).is_some_and(|keys| is_item(item, token, &keys))
}

/// By its keys, or, for a member of a set of scalars, by its value: `[value]`.
fn is_item(item: &Value, token: &str, keys: &[(String, String)]) -> bool {
    let member = token.strip_prefix('[').and_then(|t| t.strip_suffix(']'));
    match item {
        Value::Object(_) => has_keys(item, keys),
        scalar => member.is_some_and(|member| plain(scalar) == member),
    }
}

/// Whether an item of a keyed list is the one with these keys; a key with a default may be absent.
fn has_keys(item: &Value, keys: &[(String, String)]) -> bool {
    let present = || keys.iter().filter_map(|(key, wanted)| Some((item.get(key)?, wanted)));
    present().next().is_some() && present().all(|(value, wanted)| plain(value) == *wanted)
}

/// A scalar without quotes.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        scalar => scalar.to_string(),
    }
}

/// The path as people write it: `spec.containers[name=api].image`.
pub(crate) fn dotted(pointer: &str) -> String {
    let mut path = String::new();
    for token in tokens(pointer) {
        if item_keys(&token).is_some() {
            path.push_str(&escape::line(&token));
        } else if !token.is_empty() && token.bytes().all(|b| b.is_ascii_digit()) {
            path.push_str(&format!("[{token}]"));
        } else if is_word(&token) {
            if !path.is_empty() {
                path.push('.');
            }
            path.push_str(&token);
        } else {
            path.push_str(&format!("[{}]", escape::quoted(&token)));
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn pointers_read_as_people_write_paths() {
        for (pointer, expected) in [
            ("/spec/replicas", "spec.replicas"),
            ("/spec/containers/[name=api]/image", "spec.containers[name=api].image"),
            ("/spec/args/0", "spec.args[0]"),
            ("/metadata/annotations/a.b~1c", "metadata.annotations[\"a.b/c\"]"),
            ("/a\u{202e}", "[\"a\\u{202e}\"]"),
            ("", ""),
        ] {
            assert_eq!(dotted(pointer), expected);
        }
    }

    #[test]
    fn items_are_found_by_their_keys_and_absent_defaults_do_not_matter() {
        let ports = json!([{"port": 80}, {"port": 53, "protocol": "UDP"}, {"port": 53}]);
        assert_eq!(child(&ports, "[port=53,protocol=UDP]"), ports.get(1));
        assert_eq!(child(&ports, "[port=53,protocol=TCP]"), ports.get(2));
        assert_eq!(child(&ports, "[port=81]"), None);
        assert_eq!(child(&ports, "1"), ports.get(1));
        let set = json!(["a=b", 7]);
        assert_eq!(child(&set, "[a=b]"), set.get(0));
        assert_eq!(child(&set, "[7]"), set.get(1));
        assert_eq!(child(&json!({"[a=b]": 1}), "[a=b]"), Some(&json!(1)));
        assert_eq!(item_keys("[name=a,b]"), Some(vec![("name".into(), "a,b".into())]));
    }
}
