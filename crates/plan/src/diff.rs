//! [`diff`]: the leaves that differ between two objects.

use serde_json::{Map, Value};
use suimon_model::DeferredRef;

use crate::fields::Node;
use crate::keys::Alignment;
use crate::path::{Path, Step};
use crate::{FieldChange, is_masked};

/// The leaves that differ between two objects, sorted by path.
///
/// Items of keyed lists are aligned by their keys; where only their order differs, the list itself
/// is the field and its values are the keys in order. Other lists are aligned by place, after what
/// they begin and end with alike. A leaf that holds a deferred value is unknown after.
///
/// # Guarantees
/// Empty exactly when the two are equal. Time grows with the size of the two, not its square.
pub fn diff(before: Option<&Value>, after: Option<&Value>) -> Vec<FieldChange> {
    diff_with(before, after, None)
}

/// [`diff`], with lists aligned as managed fields tell where they do.
pub(crate) fn diff_with<'a>(
    before: Option<&'a Value>,
    after: Option<&'a Value>,
    node: Option<&'a Node<'a>>,
) -> Vec<FieldChange> {
    let mut walk = Walk::default();
    walk.value(before, after, node);
    walk.found.sort_by(|a, b| a.path.cmp(&b.path));
    walk.found
}

#[derive(Default)]
struct Walk<'a> {
    path: Path<'a>,
    found: Vec<FieldChange>,
    element: String,
}

impl<'a> Walk<'a> {
    fn value(
        &mut self,
        before: Option<&'a Value>,
        after: Option<&'a Value>,
        node: Option<&'a Node<'a>>,
    ) {
        match (before, after) {
            (Some(Value::Object(before)), Some(Value::Object(after))) => {
                self.map(before, after, node);
            }
            (Some(Value::Array(before)), Some(Value::Array(after))) => {
                self.list(before, after, node);
            }
            (Some(before), Some(after)) => {
                if before != after {
                    self.changed(Some(before), Some(after));
                }
            }
            (None, None) => {}
            (before, after) => {
                self.leaves(before.or(after).unwrap_or(&Value::Null), after.is_some(), node);
            }
        }
    }

    fn map(
        &mut self,
        before: &'a Map<String, Value>,
        after: &'a Map<String, Value>,
        node: Option<&'a Node<'a>>,
    ) {
        for (key, value) in before {
            let below = self.key(node, key);
            self.below(Step::Key(key), Some(value), after.get(key), below);
        }
        for (key, value) in after.iter().filter(|(key, _)| !before.contains_key(*key)) {
            let below = self.key(node, key);
            self.below(Step::Key(key), None, Some(value), below);
        }
    }

    fn list(&mut self, before: &'a [Value], after: &'a [Value], node: Option<&'a Node<'a>>) {
        let alignment = match Alignment::told_by(node) {
            Alignment::Positional => Alignment::guessed(self.path.last_key(), before, after),
            told => told,
        };
        let (Some(old), Some(new)) = (alignment.index(before), alignment.index(after)) else {
            return self.positional(before, after);
        };
        let mut order = Vec::with_capacity(before.len());
        for (place, item) in before.iter().enumerate() {
            let element = alignment.element(item).unwrap_or_default();
            let found = new.get(&element).copied();
            order.extend(found);
            let below = node.and_then(|node| node.children.get(element.as_str()));
            self.below(alignment.step(item, place), Some(item), found.map(|at| &after[at]), below);
        }
        for (place, item) in after.iter().enumerate() {
            let element = alignment.element(item).unwrap_or_default();
            if !old.contains_key(&element) {
                let below = node.and_then(|node| node.children.get(element.as_str()));
                self.below(alignment.step(item, place), None, Some(item), below);
            }
        }
        if !order.is_sorted() {
            let was = order.iter().map(|at| alignment.key_of(&after[*at])).collect();
            order.sort_unstable();
            let is = order.iter().map(|at| alignment.key_of(&after[*at])).collect();
            self.changed(Some(&Value::Array(was)), Some(&Value::Array(is)));
        }
    }

    fn positional(&mut self, before: &'a [Value], after: &'a [Value]) {
        let alike = |(a, b): &(&Value, &Value)| a == b;
        let start = before.iter().zip(after).take_while(alike).count();
        let (before, after) = (&before[start..], &after[start..]);
        let end = before.iter().rev().zip(after.iter().rev()).take_while(alike).count();
        let (before, after) = (&before[..before.len() - end], &after[..after.len() - end]);
        for place in 0..before.len().max(after.len()) {
            self.below(Step::Index(start + place), before.get(place), after.get(place), None);
        }
    }

    /// Every leaf of something that is only before, or only after.
    fn leaves(&mut self, value: &'a Value, is_after: bool, node: Option<&'a Node<'a>>) {
        let sides =
            |value: &'a Value| if is_after { (None, Some(value)) } else { (Some(value), None) };
        match value {
            Value::Object(map) if !map.is_empty() => {
                for (key, value) in map {
                    let (before, after) = sides(value);
                    let below = self.key(node, key);
                    self.below(Step::Key(key), before, after, below);
                }
            }
            Value::Array(items) if !items.is_empty() => {
                if is_after {
                    self.list(&[], items, node);
                } else {
                    self.list(items, &[], node);
                }
            }
            leaf => {
                let (before, after) = sides(leaf);
                self.changed(before, after);
            }
        }
    }

    fn below(
        &mut self,
        step: Step<'a>,
        before: Option<&'a Value>,
        after: Option<&'a Value>,
        node: Option<&'a Node<'a>>,
    ) {
        self.path.push(step);
        self.value(before, after, node);
        self.path.pop();
    }

    fn key(&mut self, node: Option<&'a Node<'a>>, key: &str) -> Option<&'a Node<'a>> {
        self.element.clear();
        self.element.push_str("f:");
        self.element.push_str(key);
        node?.children.get(self.element.as_str())
    }

    fn changed(&mut self, before: Option<&Value>, after: Option<&Value>) {
        let unknown_after = after.is_some_and(|after| any_leaf(after, &is_deferred));
        let sensitive =
            [before, after].into_iter().flatten().any(|value| any_leaf(value, &is_masked));
        self.found.push(FieldChange {
            path: self.path.pointer(),
            before: before.cloned(),
            after: after.filter(|_| !unknown_after).cloned(),
            unknown_after,
            sensitive,
            forces_replacement: false,
        });
    }
}

/// Whether a string holds a value that is known only once something else is live.
pub(crate) fn is_deferred(value: &Value) -> bool {
    value.as_str().is_some_and(|text| !DeferredRef::find_markers(text).is_empty())
}

/// Whether any leaf of a value is such.
pub(crate) fn any_leaf(value: &Value, such: &impl Fn(&Value) -> bool) -> bool {
    match value {
        Value::Object(map) => map.values().any(|value| any_leaf(value, such)),
        Value::Array(items) => items.iter().any(|item| any_leaf(item, such)),
        leaf => such(leaf),
    }
}
