//! [`compare`]: a declaration against a live object, as server-side apply would.

mod at;
mod defaults;
mod list;
mod removed;
mod scalar;
mod walk;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use suimon_model::ResourceId;

use crate::fields::Fields;
use crate::split::split;
use crate::{APPLIED_ANNOTATION, LiveObject};

pub(crate) use at::At;
pub(crate) use walk::Walk;

/// Whether a declaration is what is live.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Comparison {
    /// Surely: applying the declaration would change nothing.
    Equal,
    /// Perhaps not; a dry run decides. The list is empty where only the marks of ownership are
    /// missing, the object is being deleted, or what was applied last failed.
    Differs(Vec<Difference>),
}

/// A field that is not as declared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// As in [`FieldChange::path`](crate::FieldChange::path).
    pub path: String,
    /// What is declared; `None` when the field should not be there.
    pub declared: Option<Value>,
    /// What is live; `None` when it is not there.
    pub live: Option<Value>,
    /// The manager, other than us, that wrote it last. For a field that is gone: who updated the
    /// object since we applied it, where that is one manager.
    pub owner: Option<Owner>,
    /// Whether we own the field.
    pub ours: bool,
}

/// A field manager.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// Its name.
    pub manager: String,
    /// `Apply` or `Update`.
    pub operation: String,
    /// When it last wrote, RFC 3339.
    pub time: Option<String>,
    /// The subresource it wrote through, such as `scale`.
    pub subresource: Option<String>,
}

/// Compares a declaration, prepared and masked, with a live object.
///
/// Every declared leaf must have the live value, and what our manager owns must be declared. Lists
/// are aligned by the keys that managed fields tell, quantities and numbers compare by value, and
/// what the API server fills into an atomic value that we own and that nobody wrote since is no
/// difference. `status`, what the server counts and our own marks are not looked at.
///
/// # Guarantees
/// [`Comparison::Equal`] only when applying changes nothing; any doubt is a difference.
pub fn compare(declared: &Value, live: &LiveObject) -> Comparison {
    let (Some((object, fields)), Value::Object(declared)) = (split(live.body.as_str()), declared)
    else {
        return Comparison::Differs(Vec::new());
    };
    let differences = differences(declared, &object, &fields, &live.id);
    let settled = live.owned && !live.terminating && !live.failed;
    if differences.is_empty() && settled && !fields.overflow {
        Comparison::Equal
    } else {
        Comparison::Differs(differences)
    }
}

/// The fields that are not as declared.
pub(crate) fn differences(
    declared: &Map<String, Value>,
    live: &Map<String, Value>,
    fields: &Fields<'_>,
    id: &ResourceId,
) -> Vec<Difference> {
    let trusted = applied_mark(declared).is_some()
        && applied_mark(declared) == applied_mark(live)
        && owns_applied_mark(fields);
    let mut walk = Walk::new(fields, defaults::is_built_in(&id.group));
    walk.map(declared, live, At::root(&fields.root, fields.ours, trusted));
    walk.into_differences()
}

/// The digest of what was last applied, as an object says it.
pub(crate) fn applied_mark(object: &Map<String, Value>) -> Option<&str> {
    object.get("metadata")?.get("annotations")?.get(APPLIED_ANNOTATION)?.as_str()
}

fn owns_applied_mark(fields: &Fields<'_>) -> bool {
    let mark = format!("f:{APPLIED_ANNOTATION}");
    let annotations =
        fields.root.children.get("f:metadata").and_then(|n| n.children.get("f:annotations"));
    annotations
        .and_then(|n| n.children.get(mark.as_str()))
        .is_some_and(|n| n.own & fields.ours != 0)
}
