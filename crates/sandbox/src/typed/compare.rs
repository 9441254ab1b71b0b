//! Which fields differ between two values of one type.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::schema::{ListKind, Schema};

use super::{FieldSet, item, walk::child_schema};

/// The difference between two values.
#[derive(Clone, Debug, Default)]
pub(crate) struct Comparison {
    pub(crate) added: FieldSet,
    pub(crate) modified: FieldSet,
    pub(crate) removed: FieldSet,
}

impl Comparison {
    pub(crate) fn is_same(&self) -> bool {
        self.added.is_empty() && self.modified.is_empty() && self.removed.is_empty()
    }
}

/// What changes from `left` to `right`.
pub(crate) fn compare(schema: &Schema, left: &Value, right: &Value) -> Comparison {
    let mut out = Comparison::default();
    walk(schema, Some(left), Some(right), &mut Vec::new(), &mut out);
    out
}

fn walk(
    schema: &Schema,
    left: Option<&Value>,
    right: Option<&Value>,
    path: &mut Vec<String>,
    out: &mut Comparison,
) {
    if left.is_none() && right.is_none() {
        return;
    }
    let leaf = descend(schema, left, right, path, out);
    if leaf {
        match (left, right) {
            (None, _) => out.added.insert(path),
            (_, None) => out.removed.insert(path),
            (Some(l), Some(r)) if !same(l, r) => out.modified.insert(path),
            _ => {}
        }
    } else if left.is_none() {
        out.added.insert(path);
    } else if right.is_none() {
        out.removed.insert(path);
    }
}

/// Whether the value is a leaf; its parts are walked when it is not.
fn descend(
    schema: &Schema,
    left: Option<&Value>,
    right: Option<&Value>,
    path: &mut Vec<String>,
    out: &mut Comparison,
) -> bool {
    let maps = (map_of(left), map_of(right));
    let lists = (list_of(left), list_of(right));
    match schema.resolve() {
        Schema::Object(object) if !object.atomic => {
            if empty_map(maps.0) && empty_map(maps.1) {
                return true;
            }
            walk_maps(|name| child_schema(object, name), maps.0, maps.1, path, out);
            false
        }
        Schema::Any if maps.0.is_some() || maps.1.is_some() => {
            if empty_map(maps.0) && empty_map(maps.1) {
                return true;
            }
            walk_maps(|_| &Schema::Any, maps.0, maps.1, path, out);
            // A map that takes the place of a scalar or list is a change of the field itself.
            left.is_some() && right.is_some() && (maps.0.is_none() || maps.1.is_none())
        }
        Schema::List { item, kind } if *kind != ListKind::Atomic => {
            if lists.0.is_none_or(<[Value]>::is_empty) && lists.1.is_none_or(<[Value]>::is_empty) {
                return true;
            }
            walk_lists(item, kind, lists.0.unwrap_or(&[]), lists.1.unwrap_or(&[]), path, out);
            false
        }
        _ => true,
    }
}

fn map_of(value: Option<&Value>) -> Option<&Map<String, Value>> {
    value.and_then(Value::as_object)
}

fn list_of(value: Option<&Value>) -> Option<&[Value]> {
    value.and_then(Value::as_array).map(Vec::as_slice)
}

fn empty_map(map: Option<&Map<String, Value>>) -> bool {
    map.is_none_or(Map::is_empty)
}

fn walk_maps<'a>(
    child: impl Fn(&str) -> &'a Schema,
    left: Option<&Map<String, Value>>,
    right: Option<&Map<String, Value>>,
    path: &mut Vec<String>,
    out: &mut Comparison,
) {
    let names: BTreeSet<&String> = left.into_iter().chain(right).flat_map(Map::keys).collect();
    for name in names {
        path.push(format!("f:{name}"));
        let (l, r) = (left.and_then(|m| m.get(name)), right.and_then(|m| m.get(name)));
        walk(child(name), l, r, path, out);
        path.pop();
    }
}

fn walk_lists(
    schema: &Schema,
    kind: &ListKind,
    left: &[Value],
    right: &[Value],
    path: &mut Vec<String>,
    out: &mut Comparison,
) {
    let mut all: BTreeMap<String, (Vec<&Value>, Vec<&Value>)> = BTreeMap::new();
    for (element, index) in item::elements(kind, schema, left) {
        all.entry(element).or_default().0.extend(left.get(index));
    }
    for (element, index) in item::elements(kind, schema, right) {
        all.entry(element).or_default().1.extend(right.get(index));
    }
    for (element, (l, r)) in all {
        path.push(element);
        if l.len() <= 1 && r.len() <= 1 {
            walk(schema, l.first().copied(), r.first().copied(), path, out);
        } else if l.is_empty() {
            out.added.insert(path);
        } else if r.is_empty() {
            out.removed.insert(path);
        } else if l.len() != r.len() || l.iter().zip(&r).any(|(l, r)| !same(l, r)) {
            out.modified.insert(path);
        }
        path.pop();
    }
}

/// Equal values: numbers by value, whatever their notation.
pub(crate) fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(l), Value::Number(r)) => l == r || l.as_f64() == r.as_f64(),
        (Value::Array(l), Value::Array(r)) => {
            l.len() == r.len() && l.iter().zip(r).all(|(l, r)| same(l, r))
        }
        (Value::Object(l), Value::Object(r)) => {
            l.len() == r.len() && l.iter().all(|(k, l)| r.get(k).is_some_and(|r| same(l, r)))
        }
        _ => left == right,
    }
}
