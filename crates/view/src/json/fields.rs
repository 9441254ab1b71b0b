//! The parts that plans and reports share: ids, fields, conflicts, drift.

use serde_json::{Map, Value, json};
use suimon_model::{Location, ResourceId};
use suimon_plan::{Conflict, DriftedField, FieldChange};

use super::{optional, text_of};
use crate::mask::{self, Veil};
use crate::path;

/// `id` and its parts, to be extended.
pub(super) fn identity(id: &ResourceId) -> Map<String, Value> {
    let mut map = Map::new();
    map.insert("id".into(), id.to_string().into());
    map.insert("group".into(), id.group.clone().into());
    map.insert("kind".into(), id.kind.clone().into());
    map.insert("namespace".into(), id.namespace.clone().into());
    map.insert("name".into(), id.name.clone().into());
    map
}

pub(super) fn location(location: Option<&Location>) -> Value {
    location.map_or(Value::Null, |l| json!({"file": l.file, "line": l.line, "column": l.column}))
}

pub(super) fn field(field: &FieldChange, veil: Veil) -> Value {
    let hidden = field.sensitive || is_sensitive(veil, &field.path, &field.before, &field.after);
    let before = side(&field.path, field.before.as_ref(), hidden, veil);
    let after = side(&field.path, field.after.as_ref(), hidden, veil);
    json!({
        "path": text_of(&field.path),
        "before": before,
        "after": after,
        "unknown_after": field.unknown_after,
        "sensitive": hidden,
        "forces_replacement": field.forces_replacement,
    })
}

pub(super) fn drifted(field: &DriftedField, veil: Veil) -> Value {
    let hidden = field.sensitive || is_sensitive(veil, &field.path, &field.declared, &field.live);
    let declared = side(&field.path, field.declared.as_ref(), hidden, veil);
    let live = side(&field.path, field.live.as_ref(), hidden, veil);
    json!({
        "path": text_of(&field.path),
        "declared": declared,
        "live": live,
        "manager": optional(field.manager.as_ref()),
        "time": optional(field.time.as_ref()),
        "sensitive": hidden,
    })
}

pub(super) fn conflict(conflict: &Conflict, veil: Veil) -> Value {
    let hidden = veil.hides_field(&conflict.field);
    let ours = side("", conflict.ours.as_ref(), hidden, veil);
    let theirs = side("", conflict.theirs.as_ref(), hidden, veil);
    json!({
        "field": text_of(&conflict.field),
        "manager": text_of(&conflict.manager),
        "ours": ours,
        "theirs": theirs,
        "repairs_drift": conflict.repairs_drift,
    })
}

fn side(pointer: &str, value: Option<&Value>, hidden: bool, veil: Veil) -> Value {
    match value {
        None | Some(Value::Null) => Value::Null,
        Some(_) if hidden => mask::SENSITIVE.into(),
        Some(value) => mask::clean(value, veil, &mut path::tokens(pointer)),
    }
}

/// Whether a leaf is a secret, by its own value or by where it is.
fn is_sensitive(veil: Veil, pointer: &str, before: &Option<Value>, after: &Option<Value>) -> bool {
    let masked =
        |value: &Option<Value>| value.as_ref().and_then(Value::as_str).is_some_and(mask::is_masked);
    let scalar = |value: &Option<Value>| {
        value.as_ref().is_some_and(|v| !v.is_object() && !v.is_array() && !v.is_null())
    };
    masked(before)
        || masked(after)
        || (veil.hides(&path::tokens(pointer)) && (scalar(before) || scalar(after)))
}
