//! Strategic merge patch: lists merge by key, and directives say what to delete, replace or keep.

use serde_json::{Map, Value};

use crate::{
    schema::{PatchStrategy, Schema},
    status::{ApiError, ApiResult},
};

const DIRECTIVE: &str = "$patch";
const RETAIN: &str = "$retainKeys";
const DELETE_PRIMITIVES: &str = "$deleteFromPrimitiveList/";
const ORDER: &str = "$setElementOrder/";

/// Patches `target` in place.
pub(crate) fn strategic(schema: &Schema, target: &mut Value, patch: &Value) -> ApiResult<()> {
    let Value::Object(patch) = patch else {
        return Err(ApiError::bad_request("the patch is not an object"));
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    if let Value::Object(map) = target {
        merge_map(schema, map, patch)?;
    }
    Ok(())
}

fn merge_map(
    schema: &Schema,
    target: &mut Map<String, Value>,
    patch: &Map<String, Value>,
) -> ApiResult<()> {
    match patch.get(DIRECTIVE).and_then(Value::as_str) {
        None | Some("merge") => {}
        Some("replace") => {
            *target = plain(patch);
            return Ok(());
        }
        Some("delete") => {
            target.clear();
            return Ok(());
        }
        Some(other) => return Err(bad_directive(other)),
    }
    if let Some(keep) = patch.get(RETAIN).and_then(Value::as_array) {
        target.retain(|key, _| keep.iter().any(|k| k.as_str() == Some(key)));
    }
    for (key, value) in patch {
        if let Some(list) = key.strip_prefix(DELETE_PRIMITIVES) {
            let gone = value.as_array().map_or(&[][..], Vec::as_slice);
            if let Some(Value::Array(items)) = target.get_mut(list) {
                items.retain(|item| !gone.contains(item));
            }
        } else if !key.starts_with('$') {
            merge_entry(schema, target, key, value)?;
        }
    }
    for (key, order) in patch {
        if let Some(list) = key.strip_prefix(ORDER) {
            let strategy = schema.field(list).map(|field| field.patch.clone()).unwrap_or_default();
            let order = order.as_array().map_or(&[][..], Vec::as_slice);
            if let Some(Value::Array(items)) = target.get_mut(list) {
                reorder(items, order, strategy.key);
            }
        }
    }
    Ok(())
}

fn merge_entry(
    schema: &Schema,
    target: &mut Map<String, Value>,
    key: &str,
    value: &Value,
) -> ApiResult<()> {
    let strategy = schema.field(key).map(|field| &field.patch);
    let child = schema.child(key).unwrap_or(&Schema::Any);
    match value {
        Value::Null => {
            target.remove(key);
        }
        Value::Object(patch) => match target.get_mut(key) {
            Some(Value::Object(existing)) => merge_map(child, existing, patch)?,
            _ => {
                let mut fresh = Map::new();
                merge_map(child, &mut fresh, patch)?;
                target.insert(key.to_owned(), Value::Object(fresh));
            }
        },
        Value::Array(patch) => {
            let merged = match (strategy, target.get(key)) {
                (Some(strategy), Some(Value::Array(existing))) if strategy.merge => {
                    merge_list(child, existing.clone(), patch, strategy)?
                }
                (Some(strategy), _) if strategy.merge => {
                    merge_list(child, Vec::new(), patch, strategy)?
                }
                _ => patch.clone(),
            };
            target.insert(key.to_owned(), Value::Array(merged));
        }
        scalar => {
            target.insert(key.to_owned(), scalar.clone());
        }
    }
    Ok(())
}

fn merge_list(
    schema: &Schema,
    mut existing: Vec<Value>,
    patch: &[Value],
    strategy: &PatchStrategy,
) -> ApiResult<Vec<Value>> {
    let item_schema = match schema.resolve() {
        Schema::List { item, .. } => item.as_ref(),
        _ => &Schema::Any,
    };
    let Some(key) = strategy.key else {
        for item in patch {
            if !existing.contains(item) {
                existing.push(item.clone());
            }
        }
        return Ok(existing);
    };
    if patch.iter().any(|item| item.get(DIRECTIVE).and_then(Value::as_str) == Some("replace")) {
        return Ok(patch
            .iter()
            .filter_map(Value::as_object)
            .filter(|item| !item.contains_key(DIRECTIVE))
            .map(|item| Value::Object(plain(item)))
            .collect());
    }
    for item in patch {
        let Value::Object(map) = item else {
            return Err(ApiError::bad_request(format!(
                "map: {item} does not contain declared merge key: {key}"
            )));
        };
        let Some(id) = map.get(key) else {
            return Err(ApiError::bad_request(format!(
                "map: {item} does not contain declared merge key: {key}"
            )));
        };
        let position = existing.iter().position(|e| e.get(key) == Some(id));
        match (map.get(DIRECTIVE).and_then(Value::as_str), position) {
            (Some("delete"), _) => existing.retain(|e| e.get(key) != Some(id)),
            (None | Some("merge"), Some(position)) => {
                if let Some(Value::Object(found)) = existing.get_mut(position) {
                    merge_map(item_schema, found, map)?;
                }
            }
            (None | Some("merge"), None) => {
                let mut fresh = Map::new();
                merge_map(item_schema, &mut fresh, map)?;
                existing.push(Value::Object(fresh));
            }
            (Some(other), _) => return Err(bad_directive(other)),
        }
    }
    Ok(existing)
}

/// Sorts the items that `order` names into its order; the others keep their places.
fn reorder(items: &mut [Value], order: &[Value], key: Option<&str>) {
    let rank = |item: &Value| {
        order.iter().position(|wanted| match key {
            Some(key) => wanted.get(key).is_some() && wanted.get(key) == item.get(key),
            None => wanted == item,
        })
    };
    let mut named: Vec<Value> = items.iter().filter(|item| rank(item).is_some()).cloned().collect();
    named.sort_by_key(|item| rank(item));
    let mut named = named.into_iter();
    for item in items.iter_mut() {
        if rank(item).is_some()
            && let Some(next) = named.next()
        {
            *item = next;
        }
    }
}

/// A map without directives, at any depth.
fn plain(map: &Map<String, Value>) -> Map<String, Value> {
    map.iter()
        .filter(|(key, value)| !key.starts_with('$') && !value.is_null())
        .map(|(key, value)| {
            let value = match value {
                Value::Object(map) => Value::Object(plain(map)),
                other => other.clone(),
            };
            (key.clone(), value)
        })
        .collect()
}

fn bad_directive(directive: &str) -> ApiError {
    ApiError::bad_request(format!("unknown patch type: {directive}"))
}
