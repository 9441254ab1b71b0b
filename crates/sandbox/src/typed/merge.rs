//! Merges an applied configuration into a live value: the configuration wins, and nothing else changes.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use crate::schema::{ListKind, Schema};

use super::{item, walk::child_schema};

/// `left` with everything that `right` sets.
pub(crate) fn merge(schema: &Schema, left: Option<&Value>, right: Option<&Value>) -> Option<Value> {
    let (Some(left), Some(right)) = (left, right) else {
        return right.or(left).cloned();
    };
    match (schema.resolve(), left, right) {
        (Schema::Object(object), Value::Object(l), Value::Object(r)) if !object.atomic => {
            Some(Value::Object(merge_maps(|name| child_schema(object, name), l, r)))
        }
        (Schema::Any, Value::Object(l), Value::Object(r)) => {
            Some(Value::Object(merge_maps(|_| &Schema::Any, l, r)))
        }
        (Schema::List { item, kind }, Value::Array(l), Value::Array(r))
            if *kind != ListKind::Atomic =>
        {
            Some(Value::Array(merge_lists(item, kind, l, r)))
        }
        (Schema::Object(object), _, Value::Null) if !object.atomic => Some(left.clone()),
        (Schema::List { kind, .. }, _, Value::Null) if *kind != ListKind::Atomic => {
            Some(left.clone())
        }
        _ => Some(right.clone()),
    }
}

fn merge_maps<'a>(
    child: impl Fn(&str) -> &'a Schema,
    left: &Map<String, Value>,
    right: &Map<String, Value>,
) -> Map<String, Value> {
    let mut out = Map::new();
    for (name, value) in left {
        if let Some(merged) = merge(child(name), Some(value), right.get(name)) {
            out.insert(name.clone(), merged);
        }
    }
    for (name, value) in right {
        if !left.contains_key(name) {
            out.insert(name.clone(), value.clone());
        }
    }
    out
}

/// Items of both lists: the order of `right`, with the items only `left` has kept near their neighbours.
fn merge_lists(schema: &Schema, kind: &ListKind, left: &[Value], right: &[Value]) -> Vec<Value> {
    let l = item::elements(kind, schema, left);
    let r = item::elements(kind, schema, right);
    let in_left = unique(&l);
    let in_right: HashMap<&str, usize> = r.iter().map(|(e, i)| (e.as_str(), *i)).collect();
    let mut shared =
        r.iter().map(|(e, _)| e.as_str()).filter(|e| in_left.contains_key(e)).peekable();
    let mut done: HashSet<&str> = HashSet::new();
    let mut out = Vec::with_capacity(l.len().max(r.len()));
    let (mut li, mut ri) = (0, 0);
    while li < l.len() || ri < r.len() {
        if let (Some((le, lx)), Some((re, rx))) = (l.get(li), r.get(ri)) {
            if le == re {
                done.insert(re);
                out.extend(merge(schema, left.get(*lx), right.get(*rx)));
                li += 1;
                ri += 1;
                shared.next();
                continue;
            }
            if in_right.contains_key(le.as_str()) && shared.peek().is_some_and(|next| next != le) {
                li += 1;
                continue;
            }
        }
        if let Some((le, lx)) = l.get(li) {
            if !in_right.contains_key(le.as_str()) {
                out.extend(left.get(*lx).cloned());
                li += 1;
                continue;
            }
            if done.contains(le.as_str()) {
                li += 1;
            }
        }
        if let Some((re, rx)) = r.get(ri) {
            done.insert(re);
            let mine = in_left.get(re.as_str()).and_then(|index| left.get(*index));
            out.extend(merge(schema, mine, right.get(*rx)));
            ri += 1;
            if shared.peek().is_some_and(|next| next == re) {
                shared.next();
            }
        }
    }
    out
}

/// Where each item is, first occurrence first.
fn unique(elements: &[(String, usize)]) -> HashMap<&str, usize> {
    let mut map = HashMap::new();
    for (element, index) in elements {
        map.entry(element.as_str()).or_insert(*index);
    }
    map
}
