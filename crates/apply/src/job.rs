//! What apply is given.

use std::collections::BTreeMap;
use std::time::Duration;

use suimon_gate::ApprovedPlan;
use suimon_graph::Order;
use suimon_model::{Manifest, ResourceId};
use suimon_provider::{Membership, Provider, Registry};
use tokio::sync::watch;

use crate::{Attributes, Event};

/// How to work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Wait until objects are healthy, and until deleted ones are gone.
    pub wait: bool,
    /// How long one object may take to become healthy, or to go.
    pub timeout: Duration,
    /// Give objects that are known to be slow (an EKS cluster) as long as they usually take, where that is longer.
    pub patient: bool,
    /// Most writes in flight at once.
    pub parallelism: usize,
    /// Take conflicting fields over from other managers.
    pub force_conflicts: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            wait: true,
            timeout: Duration::from_secs(600),
            patient: false,
            parallelism: 32,
            force_conflicts: false,
        }
    }
}

impl Options {
    /// How long an object may take to become healthy, or to go.
    pub(crate) fn patience(&self, provider: &dyn Provider, id: &ResourceId) -> Duration {
        let usual = provider.usual_time(id).filter(|_| self.patient).unwrap_or_default();
        usual.max(self.timeout)
    }
}

/// What to do, and with what.
pub struct Job<'a> {
    /// The plan, past its gate.
    pub approved: &'a ApprovedPlan,
    /// The order of everything declared.
    pub order: &'a Order,
    /// The declarations behind creates, updates and replaces, as the provider prepared them.
    pub manifests: &'a BTreeMap<ResourceId, Manifest>,
    /// Who serves what.
    pub registry: &'a Registry,
    /// Deferred values that are known already.
    pub attributes: Attributes,
    /// Everything owned now or after; marked before the first write.
    pub superset: Membership,
    /// Everything owned when all is done.
    pub members: Membership,
    /// Where to say what happens.
    pub events: &'a (dyn Fn(Event) + Send + Sync),
}

/// Told when to stop before the next write.
pub type Stop = watch::Receiver<bool>;

/// A [`Stop`] and what pulls it.
pub fn stop_channel() -> (watch::Sender<bool>, Stop) {
    watch::channel(false)
}
