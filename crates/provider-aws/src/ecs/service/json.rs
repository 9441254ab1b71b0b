//! Short ways into the JSON of the API.

use serde_json::{Map, Value};

/// A text member; empty where there is none.
pub(super) fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value.get(member).and_then(Value::as_str).unwrap_or_default()
}

/// A list member; empty where there is none.
pub(super) fn list<'a>(value: &'a Value, member: &str) -> &'a [Value] {
    value.get(member).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// A whole number; 0 where there is none.
pub(super) fn count(value: &Value, member: &str) -> i64 {
    value.get(member).and_then(Value::as_i64).unwrap_or_default()
}

/// A time, in seconds since 1970; 0 where there is none.
pub(super) fn time(value: &Value, member: &str) -> f64 {
    value.get(member).and_then(Value::as_f64).unwrap_or_default()
}

/// A time as people read it.
pub(super) fn moment(seconds: f64) -> String {
    #[allow(clippy::cast_possible_truncation)] // a time of this millennium fits
    let whole = seconds as i64;
    jiff::Timestamp::from_second(whole).map(|time| time.to_string()).unwrap_or_default()
}

/// What follows the last slash or, of a task definition, `family:revision`.
pub(super) fn tail(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}

/// The items of a list member, to change them.
pub(super) fn items_of<'a>(
    map: &'a mut Map<String, Value>,
    member: &str,
) -> impl Iterator<Item = &'a mut Map<String, Value>> {
    let items = map.get_mut(member).and_then(Value::as_array_mut);
    items.into_iter().flatten().filter_map(Value::as_object_mut)
}

/// A map member, to change it.
pub(super) fn map_of<'a>(
    map: &'a mut Map<String, Value>,
    member: &str,
) -> Option<&'a mut Map<String, Value>> {
    map.get_mut(member)?.as_object_mut()
}
