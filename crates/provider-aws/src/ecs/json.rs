//! Short ways into the JSON of the API, and into its normal forms.

use serde_json::{Map, Value, json};
use suimon_model::DeferredRef;

use crate::failure::{ApiError, Cause};
use crate::marks::Tags;

/// A text member; empty where there is none.
pub(super) fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value.get(member).and_then(Value::as_str).unwrap_or_default()
}

/// A list member; empty where there is none.
pub(super) fn list<'a>(value: &'a Value, member: &str) -> &'a [Value] {
    value.get(member).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The texts of a list member.
pub(super) fn texts<'a>(value: &'a Value, member: &str) -> Vec<&'a str> {
    list(value, member).iter().filter_map(Value::as_str).collect()
}

/// What follows the last slash of an ARN; a name is itself.
pub(super) fn tail(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}

/// Whether a text holds a value that is known only later.
pub(super) fn is_open(text: &str) -> bool {
    !DeferredRef::find_markers(text).is_empty()
}

/// Tags from the API's list.
pub(super) fn read_tags(answer: &Value) -> Tags {
    let pair = |tag: &Value| (text(tag, "key").to_owned(), text(tag, "value").to_owned());
    list(answer, "tags").iter().map(pair).collect()
}

/// Tags as the API takes them.
pub(super) fn tag_list(tags: &Tags) -> Value {
    tags.iter().map(|(key, value)| json!({"key": key, "value": value})).collect()
}

/// Tags as a spec has them; nothing where there are none.
pub(super) fn tag_map(tags: &Tags) -> Option<Value> {
    (!tags.is_empty()).then(|| json!(tags))
}

/// Drops nulls and empty lists and maps, at any depth of maps.
pub(super) fn prune(map: &mut Map<String, Value>) {
    for value in map.values_mut() {
        match value {
            Value::Object(below) => prune(below),
            Value::Array(items) => {
                items.iter_mut().filter_map(Value::as_object_mut).for_each(prune);
            }
            _ => {}
        }
    }
    map.retain(|_, value| match value {
        Value::Null => false,
        Value::Object(below) => !below.is_empty(),
        Value::Array(items) => !items.is_empty(),
        _ => true,
    });
}

/// Drops members that have the value that the service gives them anyway.
pub(super) fn drop_defaults(map: &mut Map<String, Value>, defaults: &[(&str, Value)]) {
    for (member, default) in defaults {
        if map.get(*member) == Some(default) {
            map.remove(*member);
        }
    }
}

/// Sorts a list member whose order says nothing by the JSON of these members of its items.
pub(super) fn sort(map: &mut Map<String, Value>, member: &str, by: &[&str]) {
    if let Some(Value::Array(items)) = map.get_mut(member) {
        items.sort_by_cached_key(|item| {
            let key = |name: &&str| match item.get(*name) {
                Some(Value::Number(number)) => format!("{:>20}", number.to_string()),
                Some(value) => value.to_string(),
                None => String::new(),
            };
            match item {
                Value::Object(_) => by.iter().map(key).collect::<Vec<_>>(),
                other => vec![other.to_string()],
            }
        });
    }
}

/// The items of a list member, to change them.
pub(super) fn items<'a>(
    map: &'a mut Map<String, Value>,
    member: &str,
) -> impl Iterator<Item = &'a mut Map<String, Value>> {
    let items = map.get_mut(member).and_then(Value::as_array_mut);
    items.into_iter().flatten().filter_map(Value::as_object_mut)
}

/// A map member, to change it.
pub(super) fn below<'a>(
    map: &'a mut Map<String, Value>,
    member: &str,
) -> Option<&'a mut Map<String, Value>> {
    map.get_mut(member)?.as_object_mut()
}

/// The JSON with the keys of every map sorted.
pub(super) fn canonical(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let mut keys: Vec<&String> = map.keys().collect();
            keys.sort();
            let of =
                |key: &String| format!("{}:{}", Value::from(key.as_str()), canonical(&map[key]));
            format!("{{{}}}", keys.into_iter().map(of).collect::<Vec<_>>().join(","))
        }
        Value::Array(items) => {
            format!("[{}]", items.iter().map(canonical).collect::<Vec<_>>().join(","))
        }
        other => other.to_string(),
    }
}

/// An answer that does not say what was asked for.
pub(super) fn unusable(operation: &'static str, message: String) -> ApiError {
    let cause = Cause::Malformed;
    ApiError { service: "ecs", operation, cause, message, skew: None, retry_after: None }
}
