//! Whether a value fits its type, with the messages that a typed parser gives.

use std::collections::HashSet;

use serde_json::Value;

use crate::schema::{ListKind, Scalar, Schema};

use super::{fieldset::display_path, item};

/// Why `value` is no value of the type, as the API server words it.
pub(crate) fn validate(
    schema: &Schema,
    value: &Value,
) -> Result<(), String> {
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

fn walk(
    schema: &Schema,
    value: &Value,
    path: &mut Vec<String>,
    errors: &mut Vec<String>,
) {
    let mut complain = |message: String| errors.push(format!("{}: {message}", display_path(path)));
    match (schema.resolve(), value) {
        (_, Value::Null) | (Schema::Any, _) => {}
        (Schema::Scalar(scalar), value) => {
            if let Some(expected) = mismatch(*scalar, value) {
                complain(format!("expected {expected}, got {}", go_value(value)));
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
        (Schema::Object(_), value) => complain(format!("expected map, got {}", go_value(value))),
        (Schema::List { item, kind }, Value::Array(items)) => {
            list(item, kind, items, path, errors)
        }
        (Schema::List { .. }, value) => complain(format!("expected list, got {}", go_value(value))),
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

/// What was expected, when `value` is something else.
fn mismatch(scalar: Scalar, value: &Value) -> Option<&'static str> {
    let (fits, expected) = match scalar {
        Scalar::String | Scalar::Time | Scalar::MicroTime | Scalar::Bytes => {
            (value.is_string(), "string")
        }
        Scalar::Int32 | Scalar::Int64 | Scalar::Number => {
            (value.is_number(), "numeric (int or float)")
        }
        Scalar::Bool => (value.is_boolean(), "boolean"),
        Scalar::Quantity | Scalar::IntOrString => {
            (!value.is_object() && !value.is_array(), "scalar")
        }
    };
    (!fits).then_some(expected)
}

/// A value as Go prints the type that holds it.
fn go_value(value: &Value) -> String {
    match value {
        Value::Object(_) => "map".to_owned(),
        Value::Array(_) => "list".to_owned(),
        Value::String(_) => "string".to_owned(),
        Value::Bool(_) => "boolean".to_owned(),
        Value::Number(n) if n.is_f64() => "float".to_owned(),
        Value::Number(_) => "int".to_owned(),
        Value::Null => "null".to_owned(),
    }
}
