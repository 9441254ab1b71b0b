//! [`Registry`]: which provider serves what.

use std::sync::Arc;

use suimon_model::ResourceId;

use crate::Provider;

/// The providers of one environment.
#[derive(Clone, Default)]
pub struct Registry {
    providers: Vec<Arc<dyn Provider>>,
}

impl Registry {
    /// A registry of these; the first that serves an object is its provider.
    pub fn new(providers: Vec<Arc<dyn Provider>>) -> Self {
        Self { providers }
    }

    /// The provider that serves an object.
    pub fn provider(&self, id: &ResourceId) -> Option<&Arc<dyn Provider>> {
        self.providers.iter().find(|provider| provider.serves(id))
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<dyn Provider>> {
        self.providers.iter()
    }
}
