//! [`Change`]: one object's part of a plan, and [`Drift`].

use serde::{Deserialize, Serialize};
use serde_json::Value;
use suimon_model::{Body, Location, ResourceId};

use crate::{Action, Reason};

/// One leaf that differs between before and after.
///
/// `path` is an RFC 6901 pointer in which items of keyed lists are written as `[name=api]` tokens
/// (`/spec/template/spec/containers/[name=api]/image`), so that it reads well and does not move when
/// the list is reordered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldChange {
    /// Where.
    pub path: String,
    /// Before; `None` when the field appears.
    pub before: Option<Value>,
    /// After; `None` when the field disappears, or when it is unknown.
    pub after: Option<Value>,
    /// After is known only once something else is live.
    pub unknown_after: bool,
    /// The values are keyed digests of secrets and must be shown as `(sensitive value)`.
    pub sensitive: bool,
    /// This field cannot change in place.
    pub forces_replacement: bool,
}

/// A field that our declaration and another manager both want, with different values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conflict {
    /// The field, as the API server writes it: `.spec.replicas`.
    pub field: String,
    /// The other manager.
    pub manager: String,
    /// What we declare; masked.
    pub ours: Option<Value>,
    /// What is live; masked.
    pub theirs: Option<Value>,
    /// The plan repairs drift here, or the field is a mark of ours: apply takes it back without
    /// `--force-conflicts`.
    pub repairs_drift: bool,
}

/// One object's part of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The object.
    pub id: ResourceId,
    /// `apiVersion` to write.
    pub api_version: String,
    /// What to do.
    pub action: Action,
    /// Why, for people.
    pub reason: Reason,
    /// Where it is declared; `None` for deletes.
    pub location: Option<Location>,
    /// The live object, masked, without `status`, `managedFields` and what the server counts.
    pub before: Option<Body>,
    /// What will be stored: the dry run's answer where there is one, else the declaration; masked.
    pub after: Option<Body>,
    /// The leaves that differ, sorted by path; empty for deletes.
    pub fields: Vec<FieldChange>,
    /// Conflicts that the API server reported in the dry run.
    pub conflicts: Vec<Conflict>,
    /// UID of the live object: a delete or a replace is for this one and no other.
    pub uid: Option<String>,
    /// The version that was looked at.
    pub resource_version: Option<String>,
}

impl Change {
    /// Pointers (RFC 6901, into `after`) of values not known before apply.
    pub fn unknown_after(&self) -> Vec<&str> {
        self.fields.iter().filter(|f| f.unknown_after).map(|f| f.path.as_str()).collect()
    }

    /// Whether apply needs `--force-conflicts` for this object.
    pub fn needs_force(&self) -> bool {
        self.conflicts.iter().any(|c| !c.repairs_drift)
    }
}

/// A field of ours that something else wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DriftedField {
    /// As in [`FieldChange::path`].
    pub path: String,
    /// What we declare; masked; `None` when the field should not be there.
    pub declared: Option<Value>,
    /// What is live; masked; `None` when it was removed.
    pub live: Option<Value>,
    /// Who wrote it, where managed fields tell.
    pub manager: Option<String>,
    /// When, RFC 3339, where managed fields tell.
    pub time: Option<String>,
    /// The values are keyed digests of secrets.
    pub sensitive: bool,
}

/// One object that something else wrote to, or deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drift {
    /// The object.
    pub id: ResourceId,
    /// The fields.
    pub fields: Vec<DriftedField>,
}
