//! Custom resource definitions.

use serde_json::Value;

use crate::{
    status::FieldError,
    value::{items, meta_text, text},
};

pub(super) fn definition(object: &Value) -> Vec<FieldError> {
    let mut errors = Vec::new();
    for (pointer, path) in [
        ("/spec/group", "spec.group"),
        ("/spec/scope", "spec.scope"),
        ("/spec/names/plural", "spec.names.plural"),
        ("/spec/names/kind", "spec.names.kind"),
    ] {
        if text(object, pointer).is_empty() {
            errors.push(FieldError::required(path, ""));
        }
    }
    let expected =
        format!("{}.{}", text(object, "/spec/names/plural"), text(object, "/spec/group"));
    let name = meta_text(object, "name");
    if errors.is_empty() && name != expected {
        errors.push(FieldError::invalid(
            "metadata.name",
            name.into(),
            "must be spec.names.plural+\".\"+spec.group",
        ));
    }
    let versions = items(object, "/spec/versions");
    let storage = versions
        .iter()
        .filter(|v| v.get("storage").and_then(Value::as_bool).unwrap_or(false))
        .count();
    if storage != 1 {
        errors.push(FieldError::invalid(
            "spec.versions",
            Value::Array(versions.to_vec()),
            "must have exactly one version marked as storage version",
        ));
    }
    for (index, version) in versions.iter().enumerate() {
        if version.pointer("/schema/openAPIV3Schema").is_none() {
            errors.push(FieldError::required(
                format!("spec.versions[{index}].schema.openAPIV3Schema"),
                "schemas are required",
            ));
        }
    }
    errors
}
