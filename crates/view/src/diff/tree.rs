//! [`Tree`]: field changes by the tokens of their paths.

use std::collections::BTreeMap;

use serde_json::Value;
use suimon_plan::FieldChange;

use crate::path;

/// Field changes by the tokens of their paths.
#[derive(Debug, Default)]
pub(crate) struct Tree<'a> {
    pub(crate) leaf: Option<&'a FieldChange>,
    pub(crate) children: BTreeMap<String, Tree<'a>>,
}

impl<'a> Tree<'a> {
    pub(crate) fn new(fields: impl IntoIterator<Item = &'a FieldChange>) -> Self {
        let mut root = Self::default();
        for field in fields {
            let mut node = &mut root;
            for token in path::tokens(&field.path) {
                node = node.children.entry(token).or_default();
            }
            node.leaf = Some(field);
        }
        root
    }

    /// How many leaves there are.
    pub(crate) fn leaves(&self) -> usize {
        usize::from(self.leaf.is_some()) + self.children.values().map(Self::leaves).sum::<usize>()
    }

    /// Whether every leaf is such.
    pub(crate) fn all(&self, such: &impl Fn(&FieldChange) -> bool) -> bool {
        self.leaf.is_none_or(such) && self.children.values().all(|child| child.all(such))
    }

    /// Only the leaves that say something about a value which the value itself does not say.
    pub(crate) fn marks(&self) -> Option<Self> {
        let mark = |field: &&FieldChange| {
            field.unknown_after || field.sensitive || field.forces_replacement
        };
        let children = self.children.iter();
        let children: BTreeMap<_, _> =
            children.filter_map(|(token, sub)| Some((token.clone(), sub.marks()?))).collect();
        let leaf = self.leaf.filter(mark);
        (leaf.is_some() || !children.is_empty()).then_some(Self { leaf, children })
    }
}

/// How many leaves a value has: what is not a map or a list, or is an empty one.
pub(crate) fn leaf_count(value: &Value) -> usize {
    match value {
        Value::Object(map) if !map.is_empty() => map.values().map(leaf_count).sum(),
        Value::Array(items) if !items.is_empty() => items.iter().map(leaf_count).sum(),
        _ => 1,
    }
}
