//! Pruning and defaults of custom resources, from their structural schema.

use serde_json::Value;

/// Removes the fields that `schema` does not name and returns their paths.
pub(crate) fn prune(schema: &Value, value: &mut Value) -> Vec<String> {
    let mut gone = Vec::new();
    if let Value::Object(map) = value {
        for (name, child) in map.iter_mut() {
            let Some(property) = schema.get("properties").and_then(|p| p.get(name)) else {
                continue;
            };
            if !matches!(name.as_str(), "metadata" | "apiVersion" | "kind") {
                walk(property, child, name, &mut gone);
            }
        }
        if !preserves(schema) {
            map.retain(|name, _| {
                let known = matches!(name.as_str(), "metadata" | "apiVersion" | "kind")
                    || schema.get("properties").is_some_and(|p| p.get(name).is_some());
                if !known {
                    gone.push(name.clone());
                }
                known
            });
        }
    }
    gone
}

fn preserves(schema: &Value) -> bool {
    schema.get("x-kubernetes-preserve-unknown-fields").and_then(Value::as_bool).unwrap_or(false)
}

fn walk(schema: &Value, value: &mut Value, path: &str, gone: &mut Vec<String>) {
    match value {
        Value::Array(items) => {
            if let Some(item_schema) = schema.get("items") {
                for (index, item) in items.iter_mut().enumerate() {
                    walk(item_schema, item, &format!("{path}[{index}]"), gone);
                }
            }
        }
        Value::Object(map) => {
            let properties = schema.get("properties");
            let additional = schema.get("additionalProperties");
            let embedded = schema
                .get("x-kubernetes-embedded-resource")
                .and_then(Value::as_bool)
                .unwrap_or(false);
            let anything = preserves(schema) || matches!(additional, Some(Value::Bool(true)));
            map.retain(|name, child| {
                let at = format!("{path}.{name}");
                if let Some(property) = properties.and_then(|p| p.get(name)) {
                    walk(property, child, &at, gone);
                    return true;
                }
                if let Some(item @ Value::Object(_)) = additional {
                    walk(item, child, &at, gone);
                    return true;
                }
                if anything
                    || (embedded && matches!(name.as_str(), "apiVersion" | "kind" | "metadata"))
                {
                    return true;
                }
                gone.push(at);
                false
            });
        }
        _ => {}
    }
}

/// Fills in the defaults of `schema`; an explicit null of a field that may not be null counts as unset.
pub(crate) fn default_custom(schema: &Value, value: &mut Value) {
    match value {
        Value::Object(map) => {
            for (name, property) in
                schema.get("properties").and_then(Value::as_object).into_iter().flatten()
            {
                let nullable = property.get("nullable").and_then(Value::as_bool).unwrap_or(false);
                if let Some(default) = property.get("default") {
                    let unset = map.get(name).is_none_or(|v| v.is_null() && !nullable);
                    if unset {
                        map.insert(name.clone(), default.clone());
                    }
                }
                if let Some(child) = map.get_mut(name) {
                    default_custom(property, child);
                }
            }
            if let Some(item @ Value::Object(_)) = schema.get("additionalProperties") {
                let properties = schema.get("properties");
                for (name, child) in map.iter_mut() {
                    if properties.is_none_or(|p| p.get(name).is_none()) {
                        default_custom(item, child);
                    }
                }
            }
        }
        Value::Array(items) => {
            if let Some(schema) = schema.get("items") {
                for item in items {
                    default_custom(schema, item);
                }
            }
        }
        _ => {}
    }
}
