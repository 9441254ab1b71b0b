//! What is owned, where it lives, and what could not be read.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ResourceId;

/// Which cluster or account a provider talks to, by an identity that does not move with a name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TargetIdentity {
    /// The provider: `kubernetes`, `ecs`, …
    pub provider: String,
    /// Cluster UID (the UID of the `kube-system` namespace) or AWS account id and region.
    pub identity: String,
    /// The endpoint as a person knows it, for messages only.
    pub endpoint: String,
}

/// One object that this environment owns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InventoryEntry {
    /// The object's `apiVersion` when last seen.
    pub api_version: String,
    /// The object's UID: a deleted and re-created object of the same name is another one.
    pub uid: String,
}

/// What this environment owns, by the marks on the live objects.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inventory {
    /// The owned objects.
    pub entries: BTreeMap<ResourceId, InventoryEntry>,
}

/// Something that could not be read: unknown is not absent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnknownRead {
    /// One object, or `None` where a whole kind could not be listed.
    pub id: Option<ResourceId>,
    /// `Kind[.group]` of what could not be read.
    pub group_kind: String,
    /// Why, without secrets: `forbidden: …`, `timed out after 30 s`, …
    pub reason: String,
}
