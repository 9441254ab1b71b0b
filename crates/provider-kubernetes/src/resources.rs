//! [`Resources`]: which kinds the API server serves.

use std::collections::{BTreeSet, HashMap};

use crate::resource::Resource;

/// What a look for a kind found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Lookup {
    /// Served there.
    Served(Resource),
    /// Not served, in this version.
    NotServed,
    /// The server could not say: an aggregated API does not answer.
    Unknown,
}

/// Which kinds the API server serves.
#[derive(Debug, Clone, Default)]
pub(crate) struct Resources {
    /// By group and kind; preferred version first.
    kinds: HashMap<(String, String), Vec<Resource>>,
    /// Groups of which a version could not be read.
    stale: BTreeSet<String>,
}

impl Resources {
    pub(crate) fn add(&mut self, resource: Resource) {
        let key = (resource.group.clone(), resource.kind.clone());
        let versions = self.kinds.entry(key).or_default();
        // A second resource of the same kind (`deployments/scale`-like aliases) never wins.
        if !versions.iter().any(|known| known.version == resource.version) {
            versions.push(resource);
        }
    }

    pub(crate) fn add_stale(&mut self, group: &str) {
        self.stale.insert(group.to_owned());
    }

    /// Takes in what another part of discovery found.
    pub(crate) fn merge(&mut self, other: Self) {
        other.kinds.into_values().flatten().for_each(|resource| self.add(resource));
        self.stale.extend(other.stale);
    }

    /// The resource of a kind in one version.
    pub(crate) fn find(&self, group: &str, version: &str, kind: &str) -> Lookup {
        let versions = self.versions(group, kind);
        match versions.iter().find(|resource| resource.version == version) {
            Some(resource) => Lookup::Served(resource.clone()),
            None if self.stale.contains(group) => Lookup::Unknown,
            None => Lookup::NotServed,
        }
    }

    /// The resource of a kind in the version that the server prefers.
    pub(crate) fn preferred(&self, group: &str, kind: &str) -> Lookup {
        match self.versions(group, kind).first() {
            Some(resource) => Lookup::Served(resource.clone()),
            None if self.stale.contains(group) => Lookup::Unknown,
            None => Lookup::NotServed,
        }
    }

    /// All served versions of a kind.
    pub(crate) fn versions(&self, group: &str, kind: &str) -> &[Resource] {
        self.kinds.get(&(group.to_owned(), kind.to_owned())).map_or(&[], Vec::as_slice)
    }

    /// Every kind, in the version that the server prefers.
    pub(crate) fn all_preferred(&self) -> impl Iterator<Item = &Resource> {
        self.kinds.values().filter_map(|versions| versions.first())
    }

    /// Whether objects of a kind live in namespaces; `None` for a kind that is not served.
    pub(crate) fn is_namespaced(&self, group: &str, kind: &str) -> Option<bool> {
        self.versions(group, kind).first().map(|resource| resource.namespaced)
    }
}
