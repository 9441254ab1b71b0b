//! Small helpers on JSON values.

use serde_json::{Map, Value};

/// The text at a JSON pointer, empty when there is none.
pub(crate) fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// The number at a JSON pointer.
pub(crate) fn int(value: &Value, pointer: &str) -> Option<i64> {
    value.pointer(pointer).and_then(Value::as_i64)
}

/// The items at a JSON pointer.
pub(crate) fn items<'a>(value: &'a Value, pointer: &str) -> &'a [Value] {
    value.pointer(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The map at a JSON pointer.
pub(crate) fn map<'a>(value: &'a Value, pointer: &str) -> Option<&'a Map<String, Value>> {
    value.pointer(pointer).and_then(Value::as_object)
}

/// Sets `key` of an object unless it is set.
pub(crate) fn default(value: &mut Value, key: &str, what: impl Into<Value>) {
    if let Value::Object(map) = value
        && map.get(key).is_none_or(Value::is_null)
    {
        map.insert(key.to_owned(), what.into());
    }
}

/// Sets `key` of an object unless it is set to something other than the empty text or zero.
pub(crate) fn default_nonzero(value: &mut Value, key: &str, what: impl Into<Value>) {
    let empty = |v: &Value| v.is_null() || v.as_str() == Some("") || v.as_i64() == Some(0);
    if let Value::Object(map) = value
        && map.get(key).is_none_or(empty)
    {
        map.insert(key.to_owned(), what.into());
    }
}

/// The object under `key`, made when there is none.
pub(crate) fn object<'a>(value: &'a mut Value, key: &str) -> Option<&'a mut Value> {
    let map = value.as_object_mut()?;
    let entry = map.entry(key.to_owned()).or_insert_with(|| Value::Object(Map::new()));
    if entry.is_null() {
        *entry = Value::Object(Map::new());
    }
    Some(entry)
}

/// The items under `key`, to change them.
pub(crate) fn list<'a>(value: &'a mut Value, key: &str) -> &'a mut [Value] {
    value.get_mut(key).and_then(Value::as_array_mut).map_or(&mut [], Vec::as_mut_slice)
}

/// Sets `key`, or removes it when there is no value.
pub(crate) fn put(value: &mut Value, key: &str, what: Option<Value>) {
    if let Value::Object(map) = value {
        match what {
            Some(what) => map.insert(key.to_owned(), what),
            None => map.remove(key),
        };
    }
}

/// Sets a key of the metadata, or removes it.
pub(crate) fn put_meta(value: &mut Value, key: &str, what: Option<Value>) {
    if let Some(metadata) = object(value, "metadata") {
        put(metadata, key, what);
    }
}

/// A key of the metadata.
pub(crate) fn meta<'a>(value: &'a Value, key: &str) -> Option<&'a Value> {
    value.get("metadata").and_then(|metadata| metadata.get(key))
}

/// A text of the metadata, empty when there is none.
pub(crate) fn meta_text<'a>(value: &'a Value, key: &str) -> &'a str {
    meta(value, key).and_then(Value::as_str).unwrap_or_default()
}
