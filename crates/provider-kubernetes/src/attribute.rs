//! Values of live objects for `ref()`.

use serde_json::Value;

/// The value at a dotted path such as `status.loadBalancer.ingress.0.hostname` or
/// `spec.ports.[name=web].nodePort`, as text; `None` while it is not there, and for maps and lists.
///
/// Values of a `Secret` are never given out.
pub(crate) fn attribute(object: &Value, path: &str) -> Option<String> {
    let path = path.trim_start_matches('.');
    let is_secret = object["kind"] == "Secret" && object["apiVersion"] == "v1";
    let root = path.split(['.', '[']).next().unwrap_or_default();
    if is_secret && matches!(root, "data" | "stringData") {
        return None;
    }
    let found = resolve(object, path)?;
    if suimon_plan::is_masked(found) {
        return None;
    }
    match found {
        Value::String(text) => Some(text.clone()).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(bool) => Some(bool.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// At each map the longest key that fits is taken: keys may hold dots (`metadata.labels.a.b/c`).
fn resolve<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    let path = path.strip_prefix('.').unwrap_or(path);
    if path.is_empty() {
        return Some(value);
    }
    match value {
        Value::Object(map) => {
            let fits = |key: &&String| {
                path.strip_prefix(key.as_str())
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
            };
            let mut keys: Vec<&String> = map.keys().filter(fits).collect();
            keys.sort_by_key(|key| std::cmp::Reverse(key.len()));
            keys.into_iter().find_map(|key| resolve(&map[key.as_str()], &path[key.len()..]))
        }
        Value::Array(items) => {
            let (selector, rest) = match path.strip_prefix('[') {
                Some(inside) => inside.split_once(']')?,
                None => path.split_at(path.find(['.', '[']).unwrap_or(path.len())),
            };
            let item = match (selector.parse::<usize>(), selector.split_once('=')) {
                (Ok(index), _) => items.get(index),
                (Err(_), Some((key, wanted))) => {
                    let wanted = wanted.trim_matches('"');
                    items.iter().find(|item| text(&item[key]).as_deref() == Some(wanted))
                }
                (Err(_), None) => None,
            };
            resolve(item?, rest)
        }
        _ => None,
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn paths_reach_leaves_as_text() {
        let service = json!({
            "apiVersion": "v1", "kind": "Service",
            "metadata": {"uid": "u", "labels": {"app.kubernetes.io/name": "x"}},
            "spec": {"clusterIP": "10.0.0.1", "ports": [
                {"name": "web", "port": 80, "nodePort": 30080}, {"name": "tls", "port": 443}]},
            "status": {"ok": true, "empty": "", "loadBalancer": {"ingress": [{"hostname": "h"}]}},
        });
        for (path, value) in [
            ("metadata.uid", Some("u")),
            ("metadata.labels.app.kubernetes.io/name", Some("x")),
            ("spec.clusterIP", Some("10.0.0.1")),
            ("spec.ports.0.port", Some("80")),
            ("spec.ports[1].port", Some("443")),
            ("spec.ports[name=web].nodePort", Some("30080")),
            ("spec.ports.[port=443].name", Some("tls")),
            ("status.loadBalancer.ingress.0.hostname", Some("h")),
            ("status.ok", Some("true")),
            ("status.empty", None),
            ("status.loadBalancer.ingress.1.hostname", None),
            ("spec.ports", None),
            ("spec.ports.[name", None),
            ("nope.x", None),
        ] {
            assert_eq!(attribute(&service, path).as_deref(), value, "{path}");
        }
    }

    #[test]
    fn secret_values_are_never_given_out() {
        let secret = json!({"apiVersion": "v1", "kind": "Secret",
            "metadata": {"uid": "u"}, "data": {"password": "aHVudGVyMg=="}});
        for path in ["data.password", ".data.password", "data[password]"] {
            assert_eq!(attribute(&secret, path), None);
        }
        assert_eq!(attribute(&secret, "metadata.uid").as_deref(), Some("u"));
    }
}
