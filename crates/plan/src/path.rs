//! [`Path`]: where in an object a walk is; written down only when something differs there.

use std::fmt::Write;
use std::rc::Rc;

use serde_json::Value;

use crate::keys::key_value;

/// One step down.
#[derive(Debug, Clone)]
pub(crate) enum Step<'a> {
    /// A key of a map.
    Key(&'a str),
    /// An item of a positional list.
    Index(usize),
    /// An item of a keyed list, and which of its fields are the key.
    Item(Rc<[String]>, &'a Value),
    /// An item of a set of scalars.
    Member(&'a Value),
}

/// The steps from an object's root.
#[derive(Debug, Default)]
pub(crate) struct Path<'a>(Vec<Step<'a>>);

impl<'a> Path<'a> {
    /// Goes one step further down.
    pub(crate) fn push(&mut self, step: Step<'a>) {
        self.0.push(step);
    }

    /// Goes one step back up.
    pub(crate) fn pop(&mut self) {
        self.0.pop();
    }

    /// The steps.
    pub(crate) fn steps(&self) -> &[Step<'a>] {
        &self.0
    }

    /// The last key of a map on the way here.
    pub(crate) fn last_key(&self) -> Option<&'a str> {
        self.keys_upwards().next()
    }

    /// The keys of maps on the way here, the nearest first.
    pub(crate) fn keys_upwards(&self) -> impl Iterator<Item = &'a str> + '_ {
        self.0.iter().rev().filter_map(|step| match step {
            Step::Key(key) => Some(*key),
            _ => None,
        })
    }

    /// The pointer, as [`FieldChange::path`](crate::FieldChange::path) is written.
    pub(crate) fn pointer(&self) -> String {
        let mut text = String::new();
        for step in &self.0 {
            text.push('/');
            step.write(&mut text);
        }
        text
    }
}

impl Step<'_> {
    /// The key fields of an item of a keyed list.
    pub(crate) fn item_key(&self) -> Option<&[String]> {
        match self {
            Self::Item(names, _) => Some(names),
            _ => None,
        }
    }

    fn write(&self, to: &mut String) {
        match self {
            Self::Key(key) => escape(key, to),
            Self::Index(index) => {
                // Writing to a string does not fail.
                let _ = write!(to, "{index}");
            }
            Self::Item(names, item) => {
                to.push('[');
                for (at, name) in names.iter().enumerate() {
                    if at > 0 {
                        to.push(',');
                    }
                    escape(name, to);
                    to.push('=');
                    let value = item.as_object().and_then(|item| key_value(item, name));
                    escape(&value.map(plain).unwrap_or_default(), to);
                }
                to.push(']');
            }
            Self::Member(value) => {
                to.push('[');
                escape(&plain(value), to);
                to.push(']');
            }
        }
    }
}

/// A scalar without quotes.
pub(crate) fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn escape(token: &str, to: &mut String) {
    for c in token.chars() {
        match c {
            '~' => to.push_str("~0"),
            '/' => to.push_str("~1"),
            c => to.push(c),
        }
    }
}

/// A pointer with every item of a list written as `*`: the same place of any item.
pub(crate) fn pattern(pointer: &str) -> String {
    let item = |token: &&str| {
        token.starts_with('[') || (!token.is_empty() && token.bytes().all(|b| b.is_ascii_digit()))
    };
    let tokens: Vec<&str> = pointer.split('/').map(|t| if item(&t) { "*" } else { t }).collect();
    tokens.join("/")
}
