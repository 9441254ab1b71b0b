//! A value without some of its fields.

use serde_json::{Map, Value};

use crate::schema::{ListKind, Schema};

use super::{FieldSet, item, walk::child_schema};

/// `value` without the fields in `gone`; `None` when nothing is left of a list.
pub(crate) fn remove(schema: &Schema, value: &Value, gone: &FieldSet) -> Option<Value> {
    match (schema.resolve(), value) {
        (Schema::List { kind: ListKind::Atomic, .. }, _) => None,
        (Schema::List { item, kind }, Value::Array(items)) => {
            let mut kept = Vec::with_capacity(items.len());
            for (index, value) in items.iter().enumerate() {
                let Ok(element) = item::element(kind, item, index, value) else {
                    kept.push(value.clone());
                    continue;
                };
                if gone.has(&element) {
                    continue;
                }
                kept.push(match gone.below(&element) {
                    Some(below) => remove(item, value, below).unwrap_or(Value::Null),
                    None => value.clone(),
                });
            }
            (!kept.is_empty()).then_some(Value::Array(kept))
        }
        (Schema::Object(object), _) if object.atomic => None,
        (schema @ (Schema::Object(_) | Schema::Any), Value::Object(map)) => {
            let mut kept = Map::new();
            for (name, value) in map {
                let element = format!("f:{name}");
                if gone.has(&element) {
                    continue;
                }
                let child = match schema {
                    Schema::Object(object) => child_schema(object, name),
                    _ => &Schema::Any,
                };
                match gone.below(&element) {
                    Some(below) => {
                        if let Some(value) = remove(child, value, below) {
                            kept.insert(name.clone(), value);
                        }
                    }
                    None => {
                        kept.insert(name.clone(), value.clone());
                    }
                }
            }
            // A map that loses its last entry stays, as at the real server.
            Some(Value::Object(kept))
        }
        _ => Some(value.clone()),
    }
}
