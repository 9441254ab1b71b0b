//! How an item of a list is named in a path.

use serde_json::{Map, Value};

use crate::{
    codec::empty_of,
    schema::{Field, ListKind, Schema},
};

use super::fieldset::sorted_json;

/// The path element of `item`, or why it has none.
pub(super) fn element(
    kind: &ListKind,
    item_schema: &Schema,
    index: usize,
    item: &Value,
) -> Result<String, String> {
    match kind {
        ListKind::Atomic => Ok(format!("i:{index}")),
        ListKind::Set => set_element(item),
        ListKind::Map(keys) => keyed_element(keys, item_schema, item),
    }
}

fn set_element(item: &Value) -> Result<String, String> {
    match item {
        Value::Null => {
            Err("associative list without keys has an element that's an explicit null".to_owned())
        }
        Value::Object(_) => {
            Err("associative list without keys has an element that's a map type".to_owned())
        }
        Value::Array(_) => Err("not supporting associative list without keys of lists".to_owned()),
        scalar => Ok(format!("v:{scalar}")),
    }
}

fn keyed_element(keys: &[String], item_schema: &Schema, item: &Value) -> Result<String, String> {
    let Value::Object(map) = item else {
        return Err(if item.is_null() {
            "associative list with keys may not have a null element".to_owned()
        } else {
            "associative list with keys may not have non-map elements".to_owned()
        });
    };
    let mut key = Map::new();
    for name in keys {
        let value =
            map.get(name).cloned().or_else(|| item_schema.field(name).and_then(key_default));
        match value {
            Some(value) => key.insert(name.clone(), value),
            None => {
                return Err(format!(
                    "associative list with keys has an element that omits key field {name:?} (and doesn't have default value)"
                ));
            }
        };
    }
    Ok(format!("k:{}", sorted_json(&Value::Object(key))))
}

/// The names of all items in order; items that have none (they were refused when the value was validated) are left out.
pub(super) fn elements(
    kind: &ListKind,
    item_schema: &Schema,
    items: &[Value],
) -> Vec<(String, usize)> {
    items
        .iter()
        .enumerate()
        .filter_map(|(index, item)| Some((element(kind, item_schema, index, item).ok()?, index)))
        .collect()
}

/// What stands in for a key that an item leaves out.
fn key_default(field: &Field) -> Option<Value> {
    field.default.clone().or_else(|| field.always.then(|| empty_of(&field.ty)))
}
