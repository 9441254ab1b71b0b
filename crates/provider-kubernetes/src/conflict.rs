//! Server-side apply conflicts, as the API server reports them.

use serde_json::Value;
use suimon_plan::Conflict;

use crate::status::{Cause, Status};

/// The causes of a 409 that are conflicts with other managers; empty when it is another 409.
pub(crate) fn causes(status: &Status) -> Vec<&Cause> {
    let causes = status.details.causes.iter();
    causes.filter(|cause| cause.reason == "FieldManagerConflict").collect()
}

/// The conflicts, with what is declared and what is live (both masked).
pub(crate) fn conflicts(causes: &[&Cause], ours: &Value, theirs: &Value) -> Vec<Conflict> {
    let mut found: Vec<Conflict> = causes
        .iter()
        .map(|cause| Conflict {
            field: cause.field.clone(),
            manager: manager(&cause.message),
            ours: lookup(ours, &cause.field).cloned(),
            theirs: lookup(theirs, &cause.field).cloned(),
            repairs_drift: false,
        })
        .collect();
    found.sort_by(|a, b| (&a.field, &a.manager).cmp(&(&b.field, &b.manager)));
    found
}

/// The manager in `conflict with "kubectl" using apps/v1`.
fn manager(message: &str) -> String {
    let Some(start) = message.find('"') else { return message.to_owned() };
    let mut stream = serde_json::Deserializer::from_str(&message[start..]).into_iter::<String>();
    match stream.next() {
        Some(Ok(name)) => name,
        _ => message[start..].trim_matches('"').to_owned(),
    }
}

/// The value at a path such as `.spec.containers[name="api"].image`.
///
/// Field names are not escaped in such a path (`.data.a.b` may be the key `a.b`), so at each map
/// the longest key that fits is taken.
pub(crate) fn lookup<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    if path.is_empty() {
        return Some(value);
    }
    if let Some(rest) = path.strip_prefix('.') {
        let map = value.as_object()?;
        let mut fitting: Vec<&String> = map.keys().filter(|key| fits(rest, key)).collect();
        fitting.sort_by_key(|key| std::cmp::Reverse(key.len()));
        return fitting.into_iter().find_map(|key| lookup(&map[key], &rest[key.len()..]));
    }
    let inside = path.strip_prefix('[')?;
    let end = closing(inside)?;
    let (selector, rest) = (&inside[..end], &inside[end + 1..]);
    let items = value.as_array()?;
    let item = match selector.parse::<usize>() {
        Ok(index) => items.get(index),
        // A key that the declaration leaves to its default (`protocol`) is not in it.
        Err(_) => [false, true]
            .into_iter()
            .find_map(|lenient| items.iter().find(|item| selects(selector, item, lenient))),
    };
    lookup(item?, rest)
}

fn fits(path: &str, key: &str) -> bool {
    path.strip_prefix(key).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

/// Where the bracket closes.
fn closing(text: &str) -> Option<usize> {
    find_unquoted(text, ']')
}

/// Where the value of one key ends.
fn value_end(text: &str) -> usize {
    find_unquoted(text, ',').unwrap_or(text.len())
}

/// The first such character outside of quotes.
fn find_unquoted(text: &str, wanted: char) -> Option<usize> {
    let (mut quoted, mut escaped) = (false, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            c if c == wanted && !quoted => return Some(at),
            _ => {}
        }
    }
    None
}

/// Whether `name="api",protocol="TCP"` or (a set's item) `="value"` is this item.
fn selects(selector: &str, item: &Value, lenient: bool) -> bool {
    if let Some(wanted) = selector.strip_prefix('=') {
        return serde_json::from_str::<Value>(wanted).is_ok_and(|wanted| wanted == *item);
    }
    let mut rest = selector;
    loop {
        let Some((key, after)) = rest.split_once('=') else { return false };
        let end = value_end(after);
        let Ok(wanted) = serde_json::from_str::<Value>(&after[..end]) else { return false };
        match item.get(key) {
            Some(found) if *found == wanted => {}
            None if lenient => {}
            _ => return false,
        }
        match after[end..].strip_prefix(',') {
            Some(more) => rest = more,
            None => return true,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn paths_are_looked_up_like_the_server_writes_them() {
        let object = json!({
            "data": {"k.a": "1", "k": {"a": "no", "b": "2"}},
            "metadata": {"labels": {"app.kubernetes.io/name": "x"}, "finalizers": ["a", "b]"]},
            "spec": {"ports": [{"port": 80, "name": "w"}, {"port": 80, "protocol": "UDP"}]},
        });
        for (path, value) in [
            (".data.k.a", json!("1")),
            (".data.k.b", json!("2")),
            (".metadata.labels.app.kubernetes.io/name", json!("x")),
            (".metadata.finalizers[=\"b]\"]", json!("b]")),
            (".metadata.finalizers[0]", json!("a")),
            (".spec.ports[port=80,protocol=\"UDP\"].protocol", json!("UDP")),
            (".spec.ports[port=80,protocol=\"TCP\"].name", json!("w")),
        ] {
            assert_eq!(lookup(&object, path), Some(&value), "{path}");
        }
        for path in
            [".nope", ".spec.ports[9]", ".spec.ports[port=80", ".data.k.a.x", "x", ".spec.ports[=]"]
        {
            assert_eq!(lookup(&object, path), None, "{path}");
        }
    }

    #[test]
    fn managers_are_read_out_of_the_sentence() {
        for (message, name) in [
            (
                r#"conflict with "kubectl-client-side-apply" using apps/v1"#,
                "kubectl-client-side-apply",
            ),
            (r#"conflict with "a \"b\"" with subresource "scale" using v1"#, "a \"b\""),
            ("conflict", "conflict"),
        ] {
            assert_eq!(manager(message), name);
        }
    }
}
