//! Whether a value fits its type, with the messages that a typed parser gives.

use std::collections::HashSet;

use serde_json::Value;

use crate::schema::{ListKind, Scalar, Schema};

use super::{fieldset::display_path, item};

/// Why `value` is no value of the type, as the API server words it.
pub(crate) fn validate(schema: &Schema, value: &Value) -> Result<(), String> {
    let mut errors = Vec::new();
    walk(schema, value, &mut Vec::new(), &mut errors);
    match errors.as_slice() {
        [] => Ok(()),
        [one] => Err(one.clone()),
        many => Err(format!(
            "errors:\n{}",
            many.iter().map(|e| format!("  {e}")).collect::<Vec<_>>().join("\n")
        )),
    }
}

fn walk(schema: &Schema, value: &Value, path: &mut Vec<String>, errors: &mut Vec<String>) {
    let mut complain = |message: String| errors.push(format!("{}: {message}", display_path(path)));
    match (schema.resolve(), value) {
        (_, Value::Null) | (Schema::Any, _) => {}
        (Schema::Scalar(scalar), value) => {
            if let Some(expected) = mismatch(*scalar, value) {
                complain(format!("expected {expected}"));
            }
        }
        (Schema::Object(object), Value::Object(map)) => {
            // One undeclared field ends the check of its map: the API server reports it alone.
            if let Some(name) =
                map.keys().find(|name| object.rest.is_none() && !object.fields.contains_key(*name))
            {
                path.push(format!("f:{name}"));
                errors.push(format!("{}: field not declared in schema", display_path(path)));
                path.pop();
                return;
            }
            for (name, child) in map {
                path.push(format!("f:{name}"));
                walk(super::walk::child_schema(object, name), child, path, errors);
                path.pop();
            }
        }
        (Schema::Object(_), value) => {
            complain(format!("expected map, got &{{{}}}", go_text(value)));
        }
        (Schema::List { item, kind }, Value::Array(items)) => list(item, kind, items, path, errors),
        (Schema::List { .. }, value) => {
            complain(format!("expected list, got &{{{}}}", go_text(value)));
        }
        (Schema::Named(_), _) => {}
    }
}

fn list(
    schema: &Schema,
    kind: &ListKind,
    items: &[Value],
    path: &mut Vec<String>,
    errors: &mut Vec<String>,
) {
    let mut seen = HashSet::new();
    for (index, value) in items.iter().enumerate() {
        let element = match item::element(kind, schema, index, value) {
            Ok(element) => element,
            Err(why) => {
                errors.push(format!("{}: element {index}: {why}", display_path(path)));
                continue;
            }
        };
        if !seen.insert(element.clone()) {
            errors.push(format!(
                "{}: duplicate entries for key {}",
                display_path(path),
                super::fieldset::display_element(&element)
            ));
            continue;
        }
        path.push(element);
        walk(schema, value, path, errors);
        path.pop();
    }
}

/// What was expected and what came, when `value` is something else.
fn mismatch(scalar: Scalar, value: &Value) -> Option<String> {
    match scalar {
        Scalar::String | Scalar::Time | Scalar::MicroTime | Scalar::Bytes => (!value.is_string())
            .then(|| format!("string, got &value.valueUnstructured{{Value:{}}}", go_syntax(value))),
        Scalar::Int32 | Scalar::Int64 | Scalar::Number => {
            (!value.is_number()).then(|| format!("numeric (int or float), got {}", go_type(value)))
        }
        Scalar::Bool => {
            (!value.is_boolean()).then(|| format!("boolean, got &{{{}}}", go_text(value)))
        }
        Scalar::Quantity | Scalar::IntOrString => (value.is_object() || value.is_array())
            .then(|| format!("any scalar, got &{{{}}}", go_text(value))),
    }
}

/// A value as Go prints it with `%v`.
fn go_text(value: &Value) -> String {
    match value {
        Value::Null => "<nil>".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(items) => {
            format!("[{}]", items.iter().map(go_text).collect::<Vec<_>>().join(" "))
        }
        Value::Object(map) => {
            let entries: Vec<String> =
                map.iter().map(|(key, value)| format!("{key}:{}", go_text(value))).collect();
            format!("map[{}]", entries.join(" "))
        }
        other => other.to_string(),
    }
}

/// A value as Go prints it with `%#v`.
fn go_syntax(value: &Value) -> String {
    match value {
        Value::Null => "interface {}(nil)".to_owned(),
        Value::Array(items) => {
            format!(
                "[]interface {{}}{{{}}}",
                items.iter().map(go_syntax).collect::<Vec<_>>().join(", ")
            )
        }
        Value::Object(map) => {
            let entries: Vec<String> =
                map.iter().map(|(key, value)| format!("{key:?}:{}", go_syntax(value))).collect();
            format!("map[string]interface {{}}{{{}}}", entries.join(", "))
        }
        other => other.to_string(),
    }
}

/// The Go type of a decoded JSON value.
fn go_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "<nil>",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float64",
        Value::Number(_) => "int64",
        Value::String(_) => "string",
        Value::Array(_) => "[]interface {}",
        Value::Object(_) => "map[string]interface {}",
    }
}
