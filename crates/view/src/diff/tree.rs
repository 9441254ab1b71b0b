//! [`Tree`]: field changes by the tokens of their paths.

use std::collections::BTreeMap;

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
}
