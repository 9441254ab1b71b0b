//! Custom resources against their structural schema.

use serde_json::Value;

use crate::status::FieldError;

/// What is wrong with a custom object.
pub(crate) fn custom(schema: &Value, object: &Value) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if schema.is_object() {
        check(schema, object, "", &mut errors);
    }
    errors
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

fn shown(path: &str) -> String {
    if path.is_empty() { "<nil>".to_owned() } else { path.to_owned() }
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(n) if n.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn check(schema: &Value, value: &Value, path: &str, errors: &mut Vec<FieldError>) {
    let flag = |name: &str| schema.get(name).and_then(Value::as_bool).unwrap_or(false);
    if value.is_null() && flag("nullable") {
        return;
    }
    let found = kind_of(value);
    if flag("x-kubernetes-int-or-string") {
        if !matches!(found, "integer" | "string") {
            let why = format!("{} in body must be of type int-or-string: {found:?}", shown(path));
            errors.push(FieldError::type_invalid(shown(path), format!("{found:?}"), why));
        }
    } else if let Some(wanted) = schema.get("type").and_then(Value::as_str)
        && wanted != found
        && !(wanted == "number" && found == "integer")
        && !(wanted == "integer" && value.as_f64().is_some_and(|n| n.fract() == 0.0))
    {
        let why = format!("{} in body must be of type {wanted}: {found:?}", shown(path));
        errors.push(FieldError::type_invalid(shown(path), format!("{found:?}"), why));
        return;
    }
    limits(schema, value, path, errors);
    if let Some(allowed) = schema.get("enum").and_then(Value::as_array)
        && !allowed.contains(value)
    {
        let names: Vec<String> = allowed
            .iter()
            .map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_owned))
            .collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        errors.push(FieldError::not_supported(shown(path), value.clone(), &names));
    }
    match value {
        Value::Object(map) => {
            for name in schema
                .get("required")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
            {
                if !map.contains_key(name) {
                    errors.push(FieldError::required(join(path, name), ""));
                }
            }
            for (name, child) in map {
                if path.is_empty() && matches!(name.as_str(), "metadata" | "apiVersion" | "kind") {
                    continue;
                }
                let property = schema.get("properties").and_then(|p| p.get(name));
                let property = property
                    .or_else(|| schema.get("additionalProperties").filter(|p| p.is_object()));
                if let Some(property) = property {
                    check(property, child, &join(path, name), errors);
                }
            }
        }
        Value::Array(items) => {
            if let Some(item_schema) = schema.get("items") {
                for (index, item) in items.iter().enumerate() {
                    check(item_schema, item, &format!("{path}[{index}]"), errors);
                }
            }
        }
        _ => {}
    }
}

fn limits(schema: &Value, value: &Value, path: &str, errors: &mut Vec<FieldError>) {
    let at = shown(path);
    let bound = |name: &str| schema.get(name).and_then(Value::as_f64);
    let mut complain =
        |why: String| errors.push(FieldError::invalid(at.clone(), value.clone(), why));
    if let Some(number) = value.as_f64() {
        if let Some(least) = bound("minimum").filter(|least| number < *least) {
            complain(format!("{at} in body should be greater than or equal to {least}"));
        }
        if let Some(most) = bound("maximum").filter(|most| number > *most) {
            complain(format!("{at} in body should be less than or equal to {most}"));
        }
    }
    #[expect(
        clippy::cast_precision_loss,
        reason = "lengths are far below the exact range of a float"
    )]
    let length = match value {
        Value::String(text) => {
            Some((text.chars().count() as f64, "minLength", "maxLength", "chars long"))
        }
        Value::Array(items) => Some((items.len() as f64, "minItems", "maxItems", "items")),
        _ => None,
    };
    if let Some((length, least, most, unit)) = length {
        if let Some(least) = bound(least).filter(|least| length < *least) {
            complain(match value {
                Value::String(_) => format!("{at} in body should be at least {least} {unit}"),
                _ => format!("{at} in body should have at least {least} {unit}"),
            });
        }
        if let Some(most) = bound(most).filter(|most| length > *most) {
            complain(format!("{at} in body should be at most {most} {unit}"));
        }
    }
}
