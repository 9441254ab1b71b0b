//! From a value to the set of the fields it sets.

use std::collections::HashMap;

use serde_json::Value;

use crate::schema::{ListKind, Object, Schema};

use super::{FieldSet, item};

/// The fields that `value` sets.
pub(crate) fn to_field_set(schema: &Schema, value: &Value) -> FieldSet {
    let mut set = FieldSet::default();
    walk(schema, value, &mut Vec::new(), &mut set);
    set
}

fn walk(schema: &Schema, value: &Value, path: &mut Vec<String>, set: &mut FieldSet) {
    match (schema.resolve(), value) {
        (Schema::List { kind: ListKind::Atomic, .. }, _) | (Schema::Scalar(_), _) => {
            set.insert(path);
        }
        (Schema::Object(object), _) if object.atomic => set.insert(path),
        (Schema::Object(object), Value::Object(map)) => {
            for (name, child) in map {
                let declared = object.fields.contains_key(name);
                map_entry(child_schema(object, name), declared, name, child, path, set);
            }
        }
        (Schema::List { item, kind }, Value::Array(items)) => list(item, kind, items, path, set),
        (Schema::Any, Value::Object(map)) => {
            for (name, child) in map {
                map_entry(&Schema::Any, false, name, child, path, set);
            }
        }
        (Schema::Any, _) => set.insert(path),
        _ => {}
    }
}

pub(super) fn child_schema<'a>(object: &'a Object, name: &str) -> &'a Schema {
    object
        .fields
        .get(name)
        .map(|field| field.ty.as_ref())
        .or(object.rest.as_deref())
        .unwrap_or(&Schema::Any)
}

fn map_entry(
    schema: &Schema,
    declared: bool,
    name: &str,
    child: &Value,
    path: &mut Vec<String>,
    set: &mut FieldSet,
) {
    path.push(format!("f:{name}"));
    walk(schema, child, path, set);
    let empty = child.is_null() || child.as_object().is_some_and(serde_json::Map::is_empty);
    if empty || !declared {
        set.insert(path);
    }
    path.pop();
}

fn list(
    item_schema: &Schema,
    kind: &ListKind,
    items: &[Value],
    path: &mut Vec<String>,
    set: &mut FieldSet,
) {
    let elements = item::elements(kind, item_schema, items);
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for (element, _) in &elements {
        *counts.entry(element).or_default() += 1;
    }
    for (element, index) in &elements {
        path.push(element.clone());
        if counts.get(element.as_str()) == Some(&1) {
            walk(item_schema, &items[*index], path, set);
        }
        set.insert(path);
        path.pop();
    }
}
