//! [`Walk`]: goes down a declaration and a live object side by side.

use serde_json::{Map, Value};

use super::defaults::{is_default, is_dropped_when_empty, is_quantity};
use super::scalar::{is_blank, same_scalar};
use super::{At, Difference};
use crate::fields::Fields;
use crate::path::{Path, Step};
use crate::quantity::same_quantity;
use crate::strip::SERVER_METADATA;
use crate::{APPLIED_ANNOTATION, PART_OF_LABEL};

/// Goes down a declaration and a live object side by side, and notes what differs.
pub(crate) struct Walk<'a> {
    pub(super) path: Path<'a>,
    pub(super) fields: &'a Fields<'a>,
    pub(super) element: String,
    built_in: bool,
    found: Vec<Difference>,
}

impl<'a> Walk<'a> {
    /// A walk; `built_in` for kinds that are compiled into the API server.
    pub(crate) fn new(fields: &'a Fields<'a>, built_in: bool) -> Self {
        let (path, element) = (Path::default(), String::new());
        Self { path, fields, element, built_in, found: Vec::new() }
    }

    /// What differs.
    pub(crate) fn into_differences(self) -> Vec<Difference> {
        self.found
    }

    /// Compares two maps.
    pub(crate) fn map(
        &mut self,
        declared: &'a Map<String, Value>,
        live: &'a Map<String, Value>,
        at: At<'a>,
    ) {
        for (key, value) in declared {
            if self.is_skipped(key) {
                continue;
            }
            let below = self.key(at, key);
            self.path.push(Step::Key(key));
            self.value(value, live.get(key), below);
            self.path.pop();
        }
        if at.is_atomic() {
            self.additions(declared, live, at);
        } else {
            self.removed_keys(declared, live, at);
        }
    }

    /// Compares a declared value with what is live.
    pub(super) fn value(&mut self, declared: &'a Value, live: Option<&'a Value>, at: At<'a>) {
        match (declared, live) {
            (Value::Null, None | Some(Value::Null)) => {}
            (Value::Null, Some(live)) => {
                if !at.settled {
                    self.differs(None, Some(live), at);
                }
            }
            (_, None | Some(Value::Null)) => self.missing(declared, at),
            (Value::Object(declared), Some(Value::Object(live))) => self.map(declared, live, at),
            (Value::Array(declared), Some(Value::Array(live))) => self.list(declared, live, at),
            (declared, Some(live)) => {
                let same = same_scalar(declared, live)
                    || (self.built_in && is_quantity(&self.path) && same_quantity(declared, live));
                if !same {
                    self.differs(Some(declared), Some(live), at);
                }
            }
        }
    }

    /// Notes every leaf of something declared that is not live.
    pub(super) fn missing(&mut self, declared: &'a Value, at: At<'a>) {
        match declared {
            Value::Null => {}
            Value::Object(map) if !map.is_empty() => {
                for (key, value) in map {
                    if self.is_skipped(key) {
                        continue;
                    }
                    self.path.push(Step::Key(key));
                    self.missing(value, at);
                    self.path.pop();
                }
            }
            Value::Array(items) if !items.is_empty() => self.missing_items(items, at),
            blank if is_blank(blank) => {
                let dropped = self.built_in && is_dropped_when_empty(&self.path, blank);
                if !dropped && !at.settled {
                    self.differs(Some(blank), None, at);
                }
            }
            leaf => self.differs(Some(leaf), None, at),
        }
    }

    /// Notes a difference at the place where the walk is.
    pub(super) fn differs(&mut self, declared: Option<&Value>, live: Option<&Value>, at: At<'a>) {
        let owner = match live {
            Some(_) => self.fields.latest(at.others()),
            None => self.fields.updated_since_ours(),
        };
        self.found.push(Difference {
            path: self.path.pointer(),
            declared: declared.cloned(),
            live: live.cloned(),
            owner,
            ours: at.is_ours(),
        });
    }

    /// What managed fields say about a key of a map.
    pub(super) fn key(&mut self, at: At<'a>, key: &str) -> At<'a> {
        if at.is_atomic() {
            return at;
        }
        self.element.clear();
        self.element.push_str("f:");
        self.element.push_str(key);
        at.child(&self.element)
    }

    /// What the server and we ourselves put on objects is not compared.
    pub(super) fn is_skipped(&self, key: &str) -> bool {
        match self.path.steps() {
            [] => key == "status",
            [Step::Key("metadata")] => SERVER_METADATA.contains(&key),
            [Step::Key("metadata"), Step::Key("labels")] => key == PART_OF_LABEL,
            [Step::Key("metadata"), Step::Key("annotations")] => key == APPLIED_ANNOTATION,
            _ => false,
        }
    }

    /// What is live inside a value that is replaced as a whole, and is not declared.
    fn additions(
        &mut self,
        declared: &Map<String, Value>,
        live: &'a Map<String, Value>,
        at: At<'a>,
    ) {
        if at.settled {
            return;
        }
        for (key, value) in live {
            let declared_or_nothing = declared.contains_key(key) || is_blank(value);
            let default = self.built_in && is_default(&self.path, key, value);
            if declared_or_nothing || default || self.is_skipped(key) {
                continue;
            }
            self.path.push(Step::Key(key));
            self.differs(None, Some(value), at);
            self.path.pop();
        }
    }
}
