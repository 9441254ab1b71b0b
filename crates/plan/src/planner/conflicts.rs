//! Conflicts that a dry run met.

use serde_json::Value;

use super::drift;
use crate::split::split;
use crate::{Conflict, LiveObject};

/// Conflicts in a stable order, with both values, and whether taking the field back is repair.
pub(crate) fn told(conflicts: &[Conflict], live: &LiveObject, declared: &Value) -> Vec<Conflict> {
    let settled = live.owned && drift::is_settled(live, declared);
    let parts = split(live.body.as_str());
    let body = live.body.value();
    let mut told: Vec<Conflict> = conflicts
        .iter()
        .map(|conflict| {
            let updates =
                parts.as_ref().is_some_and(|(_, fields)| fields.only_updates(&conflict.manager));
            let ours = conflict.ours.clone().or_else(|| find(declared, &conflict.field).cloned());
            let theirs = conflict.theirs.clone().or_else(|| find(&body, &conflict.field).cloned());
            Conflict { ours, theirs, repairs_drift: settled && updates, ..conflict.clone() }
        })
        .collect();
    told.sort_by(|a, b| (&a.field, &a.manager).cmp(&(&b.field, &b.manager)));
    told.dedup();
    told
}

/// The value of a field as the API server names it:
/// `.spec.template.spec.containers[name="api"].image`.
///
/// Keys are not quoted there, so a key that holds a dot is found by trying the longest first.
fn find<'a>(value: &'a Value, field: &str) -> Option<&'a Value> {
    if field.is_empty() {
        return Some(value);
    }
    match value {
        Value::Object(map) => {
            let rest = field.strip_prefix('.')?;
            let mut fitting: Vec<(&String, &Value)> =
                map.iter().filter(|(key, _)| rest.starts_with(key.as_str())).collect();
            fitting.sort_by_key(|(key, _)| std::cmp::Reverse(key.len()));
            fitting.into_iter().find_map(|(key, value)| find(value, &rest[key.len()..]))
        }
        Value::Array(items) => {
            let inner = field.strip_prefix('[')?;
            let end = closing(inner)?;
            let (selector, rest) = (&inner[..end], &inner[end + 1..]);
            let item = match selector.parse::<usize>() {
                Ok(index) => items.get(index)?,
                Err(_) => items.iter().find(|item| is_selected(item, selector))?,
            };
            find(item, rest)
        }
        _ => None,
    }
}

/// Where a selector ends: the first `]` that is not in quotes.
fn closing(text: &str) -> Option<usize> {
    let (mut quoted, mut escaped) = (false, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            ']' if !quoted => return Some(at),
            _ => {}
        }
    }
    None
}

/// Whether `name="api",port=80` or `="a"` selects an item.
fn is_selected(item: &Value, selector: &str) -> bool {
    let matches = |(key, value): (&str, &Value)| {
        let found = if key.is_empty() { Some(item) } else { item.get(key) };
        found == Some(value) || (found.is_none() && key == "protocol" && value == "TCP")
    };
    let mut rest = selector;
    while let Some((key, text)) = rest.split_once('=') {
        let mut values = serde_json::Deserializer::from_str(text).into_iter::<Value>();
        let Some(Ok(value)) = values.next() else { return false };
        if !matches((key.trim(), &value)) {
            return false;
        }
        rest = text[values.byte_offset()..].trim_start_matches([',', ' ']);
    }
    rest.is_empty()
}
