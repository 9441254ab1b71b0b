//! Fields that somebody declared, by managed fields
//! (<https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management>).

use serde_json::{Map, Value};

/// Managers that are part of a cluster: what they write, nobody declared.
const CLUSTER: [&str; 5] = [
    "kube-controller-manager",
    "kube-scheduler",
    "kubelet",
    "kube-apiserver",
    "cloud-controller-manager",
];

/// The fields that managers other than the cluster's own write, together; `None` when nothing is recorded.
pub(super) fn declared(object: &Value) -> Option<Value> {
    let entries = object.pointer("/metadata/managedFields")?.as_array()?;
    let text = |entry: &Value, key: &str| entry.get(key).and_then(Value::as_str).map(str::to_owned);
    let mut all = Value::Object(Map::new());
    for entry in entries {
        let manager = text(entry, "manager").unwrap_or_default();
        let beside = text(entry, "subresource").is_some_and(|name| !name.is_empty());
        if beside || CLUSTER.contains(&manager.as_str()) {
            continue;
        }
        if let Some(fields) = entry.get("fieldsV1") {
            unite(&mut all, fields);
        }
    }
    all.as_object().is_some_and(|map| !map.is_empty()).then_some(all)
}

fn unite(into: &mut Value, from: &Value) {
    if let (Value::Object(into), Value::Object(from)) = (into, from) {
        for (key, below) in from {
            unite(into.entry(key.clone()).or_insert_with(|| Value::Object(Map::new())), below);
        }
    }
}

/// The parts of a value that these fields name. Keys of list items are always part of them.
pub(super) fn project(value: &Value, fields: &Value) -> Value {
    let Some(fields) = fields.as_object().filter(|fields| has_parts(fields)) else {
        return value.clone();
    };
    match value {
        Value::Object(map) => {
            let mut out = Map::new();
            for (field, below) in fields {
                if let Some(key) = field.strip_prefix("f:")
                    && let Some(found) = map.get(key)
                {
                    out.insert(key.to_owned(), project(found, below));
                }
            }
            Value::Object(out)
        }
        Value::Array(items) => {
            Value::Array(items.iter().filter_map(|item| project_item(item, fields)).collect())
        }
        leaf => leaf.clone(),
    }
}

/// Whether the fields name parts; else the value is owned as a whole.
fn has_parts(fields: &Map<String, Value>) -> bool {
    fields.keys().any(|key| key != ".")
}

fn project_item(item: &Value, fields: &Map<String, Value>) -> Option<Value> {
    for (field, below) in fields {
        if let Some(keys) = field.strip_prefix("k:") {
            let Ok(Value::Object(keys)) = serde_json::from_str::<Value>(keys) else { continue };
            if !keys.iter().all(|(key, value)| item.get(key) == Some(value)) {
                continue;
            }
            let mut out = project(item, below);
            if let Value::Object(out) = &mut out {
                out.extend(keys);
            }
            return Some(out);
        }
        if let Some(value) = field.strip_prefix("v:")
            && serde_json::from_str::<Value>(value).is_ok_and(|value| value == *item)
        {
            return Some(item.clone());
        }
    }
    None
}
