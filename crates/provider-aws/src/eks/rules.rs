//! [`Rules`]: how a kind's spec becomes comparable, as tables of paths.
//!
//! A path is `a.b.c`; `[]` after a name stands for every item of a list: `selectors[].labels`.

use serde_json::{Map, Value};

use crate::resource::Live;
use crate::shape::is_deferred;

/// A plain value in a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Plain {
    Bool(bool),
    Text(&'static str),
    Number(i64),
}

impl Plain {
    fn is(self, value: &Value) -> bool {
        match self {
            Self::Bool(plain) => value.as_bool() == Some(plain),
            Self::Text(plain) => value.as_str() == Some(plain),
            Self::Number(plain) => value.as_i64() == Some(plain),
        }
    }
}

/// How a kind's spec becomes comparable.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rules {
    /// Lists whose order means nothing.
    pub(super) unordered: &'static [&'static str],
    /// What the service fills in when nothing is declared, always the same.
    pub(super) defaults: &'static [(&'static str, Plain)],
    /// What the service or somebody else decides when nothing is declared, at any depth below.
    pub(super) computed: &'static [&'static str],
    /// The same, but only where something is declared beside it.
    pub(super) completed: &'static [&'static str],
    /// What the service takes at creation and may not tell afterwards.
    pub(super) untold: &'static [&'static str],
    /// What cannot change in place.
    pub(super) fixed: &'static [&'static str],
    /// What can be set once and not be changed then.
    pub(super) once: &'static [&'static str],
}

impl Rules {
    /// Nothing special about any field.
    pub(super) const PLAIN: Self = Self {
        unordered: &[],
        defaults: &[],
        computed: &[],
        completed: &[],
        untold: &[],
        fixed: &[],
        once: &[],
    };

    /// Sorts what has no order, and leaves out what means nothing.
    pub(super) fn normal(&self, spec: &mut Value) {
        clean(spec);
        for (path, default) in self.defaults {
            if get(spec, path).is_some_and(|value| default.is(value)) {
                remove(spec, path);
            }
        }
        clean(spec);
        for path in self.unordered {
            at_each(spec, path, &mut |value| {
                if let Value::Array(items) = value {
                    items.sort_by_cached_key(ToString::to_string);
                    items.dedup();
                }
            });
        }
    }

    /// Takes from what is live whatever is not declared and is not ours to decide.
    pub(super) fn complete(&self, wanted: &mut Value, live: &Live) {
        for path in self.computed {
            if let Some(value) = get(&live.spec, path) {
                overlay(place(wanted, path), value);
            }
        }
        for path in self.completed {
            let parent = path.rsplit_once('.').map_or("", |(parent, _)| parent);
            if let (Some(value), Some(_)) = (get(&live.spec, path), get(wanted, parent)) {
                overlay(place(wanted, path), value);
            }
        }
        for path in self.untold {
            if get(&live.spec, path).is_none() {
                remove(wanted, path);
            }
        }
    }

    /// The fields that differ and cannot change in place: `spec.roleArn`.
    pub(super) fn immutable(&self, live: &Value, wanted: &Value) -> Vec<String> {
        let differs = |path: &&&str| get(live, path) != get(wanted, path);
        let set = |path: &&&str| get(live, path).is_some() && get(wanted, path).is_some();
        let fixed = self.fixed.iter().filter(differs);
        let once = self.once.iter().filter(set).filter(differs);
        fixed.chain(once).map(|path| format!("spec.{path}")).collect()
    }
}

/// Leaves out nulls, empty maps and empty lists of maps; empty texts may mean something.
fn clean(value: &mut Value) {
    if let Value::Object(map) = value {
        map.values_mut().for_each(clean);
        map.retain(|_, value| match value {
            Value::Null => false,
            Value::Object(map) => !map.is_empty(),
            Value::Array(items) => !items.is_empty(),
            _ => true,
        });
    } else if let Value::Array(items) = value {
        items.iter_mut().for_each(clean);
    }
}

/// Fills in what is missing; what is there stays.
fn overlay(under: &mut Value, value: &Value) {
    match (under, value) {
        (under @ Value::Null, value) => *under = value.clone(),
        (Value::Object(under), Value::Object(value)) => {
            for (key, value) in value {
                overlay(under.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        _ => {}
    }
}

/// The value at a path without lists.
pub(super) fn get<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').filter(|name| !name.is_empty()).try_fold(value, |value, name| value.get(name))
}

/// The text at a path; empty where there is none.
pub(super) fn text<'a>(value: &'a Value, path: &str) -> &'a str {
    get(value, path).and_then(Value::as_str).unwrap_or_default()
}

/// The place of a path without lists; what is missing above it is made.
pub(super) fn place<'a>(value: &'a mut Value, path: &str) -> &'a mut Value {
    path.split('.').fold(value, |value, name| {
        if !value.is_object() {
            *value = Value::Object(Map::new());
        }
        match value {
            Value::Object(map) => map.entry(name.to_owned()).or_insert(Value::Null),
            other => other,
        }
    })
}

/// Takes out the value at a path without lists.
pub(super) fn remove(value: &mut Value, path: &str) -> Option<Value> {
    let (parents, last) = path.rsplit_once('.').unwrap_or(("", path));
    let parent = parents
        .split('.')
        .filter(|name| !name.is_empty())
        .try_fold(value, |value, name| value.get_mut(name))?;
    parent.as_object_mut()?.remove(last)
}

fn at_each(value: &mut Value, path: &str, act: &mut dyn FnMut(&mut Value)) {
    let (name, rest) = match path.split_once('.') {
        Some((name, rest)) => (name, Some(rest)),
        None => (path, None),
    };
    let items = name.ends_with("[]");
    let Some(value) = value.get_mut(name.trim_end_matches("[]")) else { return };
    match (value, rest) {
        (Value::Array(list), Some(rest)) if items => {
            list.iter_mut().for_each(|item| at_each(item, rest, act));
        }
        (value, Some(rest)) => at_each(value, rest, act),
        (value, None) => act(value),
    }
}

/// Every value at a path, with where it is: `spec.taints[0].effect`.
pub(super) fn each<'a>(value: &'a Value, path: &str) -> Vec<(String, &'a Value)> {
    let mut found = vec![("spec".to_owned(), value)];
    for name in path.split('.') {
        let items = name.ends_with("[]");
        let name = name.trim_end_matches("[]");
        let below = found
            .into_iter()
            .filter_map(|(at, value)| Some((format!("{at}.{name}"), value.get(name)?)));
        found = if items {
            let list = |(at, value): (String, &'a Value)| {
                let items = value.as_array().map(Vec::as_slice).unwrap_or_default();
                items.iter().enumerate().map(move |(i, item)| (format!("{at}[{i}]"), item))
            };
            below.flat_map(list).collect()
        } else {
            below.collect()
        };
    }
    found
}

/// Whether nothing is declared at a path; a value that is known later counts as declared.
pub(super) fn missing(spec: &Value, path: &str) -> bool {
    match get(spec, path) {
        None | Some(Value::Null) => true,
        Some(value) if is_deferred(value) => false,
        Some(Value::String(text)) => text.is_empty(),
        Some(Value::Array(items)) => items.is_empty(),
        Some(Value::Object(map)) => map.is_empty(),
        Some(_) => false,
    }
}
