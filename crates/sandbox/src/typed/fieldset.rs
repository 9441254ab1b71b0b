//! Sets of field paths in the form in which `managedFields` holds them (FieldsV1).

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::schema::Schema;

/// A set of field paths. Each path element is kept as FieldsV1 writes it: `f:name`, `k:{…}`, `v:…`, `i:n`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct FieldSet {
    nodes: BTreeMap<String, Node>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Node {
    /// The path that ends here is in the set.
    member: bool,
    below: FieldSet,
}

impl FieldSet {
    pub(crate) fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// Adds `path`; the empty path (the object itself) is no member.
    pub(crate) fn insert(&mut self, path: &[String]) {
        let Some((first, rest)) = path.split_first() else {
            return;
        };
        let node = self.nodes.entry(first.clone()).or_default();
        if rest.is_empty() {
            node.member = true;
        } else {
            node.below.insert(rest);
        }
    }

    pub(crate) fn has(&self, element: &str) -> bool {
        self.nodes.get(element).is_some_and(|node| node.member)
    }

    /// The paths below `element`, unless there are none.
    pub(crate) fn below(&self, element: &str) -> Option<&Self> {
        self.nodes.get(element).map(|node| &node.below).filter(|below| !below.is_empty())
    }

    pub(crate) fn union(mut self, other: &Self) -> Self {
        self.add_all(other);
        self
    }

    fn add_all(&mut self, other: &Self) {
        for (element, node) in &other.nodes {
            let mine = self.nodes.entry(element.clone()).or_default();
            mine.member |= node.member;
            mine.below.add_all(&node.below);
        }
    }

    pub(crate) fn difference(&self, other: &Self) -> Self {
        self.combine(other, |mine, theirs| mine && !theirs)
    }

    pub(crate) fn intersection(&self, other: &Self) -> Self {
        self.combine(other, |mine, theirs| mine && theirs)
    }

    fn combine(&self, other: &Self, keep: fn(bool, bool) -> bool) -> Self {
        let nothing = Node::default();
        let mut nodes = BTreeMap::new();
        for (element, mine) in &self.nodes {
            let theirs = other.nodes.get(element).unwrap_or(&nothing);
            let node = Node {
                member: keep(mine.member, theirs.member),
                below: mine.below.combine(&theirs.below, keep),
            };
            if node.member || !node.below.is_empty() {
                nodes.insert(element.clone(), node);
            }
        }
        Self { nodes }
    }

    /// Removes `prefix` and everything below it.
    pub(crate) fn remove_tree(&mut self, prefix: &[&str]) {
        match prefix {
            [] => {}
            [last] => {
                self.nodes.remove(*last);
            }
            [first, rest @ ..] => {
                if let Some(node) = self.nodes.get_mut(*first) {
                    node.below.remove_tree(rest);
                    if !node.member && node.below.is_empty() {
                        self.nodes.remove(*first);
                    }
                }
            }
        }
    }

    /// Removes the path itself and keeps what is below it.
    pub(crate) fn remove_member(&mut self, path: &[&str]) {
        match path {
            [] => {}
            [first, rest @ ..] => {
                if let Some(node) = self.nodes.get_mut(*first) {
                    if rest.is_empty() {
                        node.member = false;
                    } else {
                        node.below.remove_member(rest);
                    }
                    if !node.member && node.below.is_empty() {
                        self.nodes.remove(*first);
                    }
                }
            }
        }
    }

    /// Makes every struct field that has paths below it a member too.
    pub(crate) fn with_named_fields(&self, schema: Option<&Schema>) -> Self {
        let nodes = self.nodes.iter().map(|(element, node)| {
            let name = element.strip_prefix("f:");
            let struct_field =
                name.is_some_and(|name| schema.is_some_and(|s| s.field(name).is_some()));
            let child = schema.and_then(|schema| match name {
                Some(name) => schema.child(name),
                None => match schema.resolve() {
                    Schema::List { item, .. } => Some(item.as_ref()),
                    _ => None,
                },
            });
            let node = Node {
                member: node.member || (struct_field && !node.below.is_empty()),
                below: node.below.with_named_fields(child),
            };
            (element.clone(), node)
        });
        Self { nodes: nodes.collect() }
    }

    /// Every path in the set, as conflicts print them: `.spec.containers[name="a"].image`.
    pub(crate) fn paths(&self) -> Vec<String> {
        let mut out = Vec::new();
        self.collect_paths("", &mut out);
        out
    }

    fn collect_paths(&self, prefix: &str, out: &mut Vec<String>) {
        for (element, node) in &self.nodes {
            if node.member {
                out.push(format!("{prefix}{}", display_element(element)));
            }
        }
        for (element, node) in &self.nodes {
            node.below.collect_paths(&format!("{prefix}{}", display_element(element)), out);
        }
    }

    /// The FieldsV1 form.
    pub(crate) fn to_json(&self) -> Value {
        let mut map = Map::new();
        for (element, node) in &self.nodes {
            let mut below = node.below.to_json();
            if let Value::Object(below) = &mut below
                && node.member
                && !below.is_empty()
            {
                below.insert(".".to_owned(), Value::Object(Map::new()));
            }
            map.insert(element.clone(), below);
        }
        Value::Object(map)
    }

    /// Reads FieldsV1; `None` when it is no such thing.
    pub(crate) fn from_json(value: &Value) -> Option<Self> {
        let mut nodes = BTreeMap::new();
        for (element, below) in value.as_object()? {
            if element == "." {
                continue;
            }
            let known = matches!(element.get(..2), Some("f:" | "k:" | "v:" | "i:"));
            let entries = below.as_object()?;
            if !known {
                return None;
            }
            let node = Node {
                member: entries.is_empty() || entries.contains_key("."),
                below: Self::from_json(below)?,
            };
            nodes.insert(canonical_element(element)?, node);
        }
        Some(Self { nodes })
    }
}

/// Keys and values with sorted keys and no blanks, so that equal elements are equal texts.
fn canonical_element(element: &str) -> Option<String> {
    match element.get(..2) {
        Some(mark @ ("k:" | "v:")) => {
            let value: Value = serde_json::from_str(element.get(2..)?).ok()?;
            Some(format!("{mark}{}", sorted_json(&value)))
        }
        _ => Some(element.to_owned()),
    }
}

/// JSON with the keys of the outermost object in order.
pub(super) fn sorted_json(value: &Value) -> String {
    match value.as_object() {
        Some(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by(|a, b| a.0.cmp(b.0));
            let parts: Vec<String> = entries
                .into_iter()
                .map(|(key, value)| format!("{}:{value}", Value::from(key.as_str())))
                .collect();
            format!("{{{}}}", parts.join(","))
        }
        None => value.to_string(),
    }
}

/// One path element as error messages print it.
pub(super) fn display_element(element: &str) -> String {
    match (element.get(..2), element.get(2..)) {
        (Some("f:"), Some(name)) => format!(".{name}"),
        (Some("i:"), Some(index)) => format!("[{index}]"),
        (Some("v:"), Some(value)) => format!("[={value}]"),
        (Some("k:"), Some(key)) => match serde_json::from_str::<Value>(key) {
            Ok(Value::Object(map)) => {
                let mut parts: Vec<String> =
                    map.iter().map(|(name, value)| format!("{name}={value}")).collect();
                parts.sort();
                format!("[{}]", parts.join(","))
            }
            _ => format!("[{key}]"),
        },
        _ => element.to_owned(),
    }
}

/// A whole path as error messages print it.
pub(super) fn display_path(path: &[String]) -> String {
    path.iter().map(|element| display_element(element)).collect()
}
