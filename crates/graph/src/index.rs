//! [`Index`]: from names in manifests to numbers.

use std::collections::HashMap;

use suimon_model::{Manifest, ResourceId};

type Key<'a> = (&'a str, &'a str, Option<&'a str>, &'a str);

/// How many ids may be compared with what was mistyped, over a whole run: a file with a thousand
/// typos among a hundred thousand objects must not take minutes to be refused.
const COMPARISONS: usize = 2_000_000;

/// The declared objects by id.
///
/// An object without a namespace may be cluster-scoped or live in `default`; only the API server
/// knows which. So a namespaced look-up takes no namespace and `default` for the same.
pub(crate) struct Index<'a> {
    ids: HashMap<Key<'a>, u32>,
    comparisons: usize,
}

fn key(id: &ResourceId) -> Key<'_> {
    (&id.group, &id.kind, id.namespace.as_deref(), &id.name)
}

impl<'a> Index<'a> {
    /// Numbers the manifests as they come. Of two with one id the first counts.
    pub(crate) fn new(manifests: &[&'a Manifest]) -> Self {
        let mut ids = HashMap::with_capacity(manifests.len());
        for (node, manifest) in (0u32..).zip(manifests) {
            ids.entry(key(&manifest.id)).or_insert(node);
        }
        Self { ids, comparisons: COMPARISONS }
    }

    /// An object of a cluster-scoped kind.
    pub(crate) fn cluster(&self, group: &str, kind: &str, name: &str) -> Option<u32> {
        self.ids.get(&(group, kind, None, name)).copied()
    }

    /// An object of a namespaced kind.
    pub(crate) fn namespaced(
        &self,
        group: &str,
        kind: &str,
        namespace: Option<&str>,
        name: &str,
    ) -> Option<u32> {
        let other = match namespace {
            None => Some(Some("default")),
            Some("default") => Some(None),
            Some(_) => None,
        };
        let exact = self.ids.get(&(group, kind, namespace, name));
        exact.or_else(|| self.ids.get(&(group, kind, other?, name))).copied()
    }

    /// The object that a person means by this id.
    pub(crate) fn lookup(&self, id: &ResourceId) -> Option<u32> {
        self.namespaced(&id.group, &id.kind, id.namespace.as_deref(), &id.name)
    }

    /// The declared id most like this text, where one is like it.
    pub(crate) fn nearest(&mut self, text: &str) -> Option<ResourceId> {
        self.comparisons = self.comparisons.checked_sub(self.ids.len())?;
        let wanted = text.to_lowercase();
        let (kind, name) = kind_and_name(&wanted);
        let limit = (wanted.chars().count() / 4).max(2);
        let candidates =
            self.ids.keys().filter_map(|(group, declared_kind, namespace, declared)| {
                let id = ResourceId::new(*group, *declared_kind, *namespace, *declared);
                let same =
                    declared_kind.eq_ignore_ascii_case(kind) && declared.eq_ignore_ascii_case(name);
                let text = id.to_string();
                if !same && text.len().abs_diff(wanted.len()) > limit {
                    return None;
                }
                let distance = strsim::levenshtein(&text.to_lowercase(), &wanted);
                (same || distance <= limit).then_some((!same, distance, id))
            });
        candidates.min().map(|(_, _, id)| id)
    }
}

fn kind_and_name(id: &str) -> (&str, &str) {
    let group_kind = id.split('/').next().unwrap_or(id);
    let name = id.rsplit('/').next().unwrap_or(id);
    (group_kind.split('.').next().unwrap_or(group_kind), name)
}
