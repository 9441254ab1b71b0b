//! What was observed of the live objects.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use suimon_model::{Body, ResourceId, TargetIdentity, UnknownRead};

/// One live object, its secret values masked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveObject {
    /// Its address; the namespace is always filled in for namespaced kinds.
    pub id: ResourceId,
    /// `apiVersion` it was read as.
    pub api_version: String,
    /// UID.
    pub uid: String,
    /// Version for optimistic locking.
    pub resource_version: String,
    /// The object, with `metadata.managedFields` and `status`, masked.
    pub body: Body,
    /// Whether it carries this environment's mark.
    pub owned: bool,
    /// Another engine's mark, in words: `Argo CD (tracking-id app:…)`, `Helm release web/api`.
    pub foreign_owner: Option<String>,
    /// Whether it is being deleted.
    pub terminating: bool,
    /// What was applied last failed: as declared or not, a dry run has to say what is to become of it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub failed: bool,
}

/// What is known about one declared object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Presence {
    /// Read, and not there.
    Absent,
    /// The API server does not know its kind.
    KindNotServed,
    /// Read.
    Live(Box<LiveObject>),
    /// Read, and equal to what is declared: nothing but its identity is kept.
    Unchanged {
        /// UID.
        uid: String,
    },
    /// Could not be read; the reason is in [`Observed::unknown`].
    Unknown,
}

/// Everything observed in one run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Observed {
    /// Which clusters and accounts answered.
    pub targets: Vec<TargetIdentity>,
    /// Every declared object; one that is missing here counts as [`Presence::Unknown`].
    pub declared: BTreeMap<ResourceId, Presence>,
    /// Live objects with our mark that are not declared: the candidates for prune.
    pub extra: BTreeMap<ResourceId, LiveObject>,
    /// What could not be read. While this is not empty, nothing is deleted.
    pub unknown: Vec<UnknownRead>,
}
