//! What we own and no longer declare.

use serde_json::{Map, Value};

use super::{At, Walk};
use crate::fields::{Fields, Node};
use crate::keys::Alignment;
use crate::path::Step;

impl<'a> Walk<'a> {
    /// Keys of a map that we own, that are live and not declared.
    pub(super) fn removed_keys(
        &mut self,
        declared: &Map<String, Value>,
        live: &'a Map<String, Value>,
        at: At<'a>,
    ) {
        let Some(node) = at.node else { return };
        for (element, child) in owned(node, self.fields) {
            let Some(key) = element.strip_prefix("f:") else { continue };
            if declared.contains_key(key) || self.is_skipped(key) || self.is_item_key(key) {
                continue;
            }
            if let Some((key, value)) = live.get_key_value(key) {
                self.path.push(Step::Key(key));
                self.removed(child, value, at.child(element));
                self.path.pop();
            }
        }
    }

    /// Whether a field is part of the key of the list item where the walk is: a key field that is
    /// not declared has its default.
    fn is_item_key(&self, field: &str) -> bool {
        let names = self.path.steps().last().and_then(Step::item_key);
        names.is_some_and(|names| names.iter().any(|name| name == field))
    }

    /// Every leaf below something that we own, that is live and not declared.
    pub(super) fn removed(&mut self, node: &'a Node<'a>, live: &'a Value, at: At<'a>) {
        let others_keep_it = node.within & !self.fields.ours != 0;
        let mut below = owned(node, self.fields).peekable();
        match live {
            _ if below.peek().is_none() => {
                if !live.is_null() && !others_keep_it {
                    self.differs(None, Some(live), at);
                }
            }
            Value::Object(map) => {
                for (element, child) in below {
                    let key = element.strip_prefix("f:");
                    if let Some((key, value)) = key.and_then(|key| map.get_key_value(key)) {
                        self.path.push(Step::Key(key));
                        self.removed(child, value, at.child(element));
                        self.path.pop();
                    }
                }
            }
            Value::Array(items) => {
                let alignment = Alignment::told_by(Some(node));
                let Some(index) = alignment.index(items) else {
                    return self.differs(None, Some(live), at);
                };
                for (element, child) in below {
                    if let Some(found) = index.get(element) {
                        self.path.push(alignment.step(&items[*found], *found));
                        self.removed(child, &items[*found], at.child(element));
                        self.path.pop();
                    }
                }
            }
            _ => self.differs(None, Some(live), at),
        }
    }
}

/// What we own directly below a node.
pub(super) fn owned<'a>(
    node: &'a Node<'a>,
    fields: &Fields<'_>,
) -> impl Iterator<Item = (&'a str, &'a Node<'a>)> + use<'a> {
    let ours = fields.ours;
    let children = node.children.iter().filter(move |(_, child)| child.within & ours != 0);
    children.map(|(element, child)| (element.as_ref(), child))
}
