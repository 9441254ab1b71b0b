//! What the API server refuses, with its messages.

mod custom;
mod definition;
mod immutable;
mod meta;
mod workload;

use serde_json::Value;

use crate::{
    resource::Resource,
    schema::{Scalar, Schema},
    status::{ApiError, ApiResult, FieldError, Named},
    value::meta_text,
};

pub(crate) use custom::custom as custom_object;

/// Checks a new object.
pub(crate) fn create(resource: &Resource, object: &Value) -> ApiResult<()> {
    let mut errors = meta::metadata(resource, object);
    errors.extend(contents(resource, object));
    finish(resource, object, &errors)
}

/// Checks an object that replaces `old`.
pub(crate) fn update(resource: &Resource, old: &Value, new: &Value) -> ApiResult<()> {
    let mut errors = meta::metadata(resource, new);
    errors.extend(contents(resource, new));
    errors.extend(immutable::immutable(resource, old, new));
    finish(resource, new, &errors)
}

fn contents(resource: &Resource, object: &Value) -> Vec<FieldError> {
    if let Some(custom) = &resource.custom {
        return custom_object(&custom.structural.0, object);
    }
    let mut errors = workload::workload(resource, object);
    if resource.kind == "CustomResourceDefinition" {
        errors.extend(definition::definition(object));
    }
    for part in ["spec", "roleRef", "subjects", "rules", "webhooks"] {
        if let (Some(field), Some(value)) = (resource.schema.field(part), object.get(part)) {
            enums(&field.ty, value, part, &mut errors);
        }
    }
    errors
}

/// Values that the API lists: anything else is refused.
fn enums(schema: &Schema, value: &Value, path: &str, errors: &mut Vec<FieldError>) {
    match (schema.resolve(), value) {
        (Schema::Object(object), Value::Object(map)) => {
            for (name, child) in map {
                let at = format!("{path}.{name}");
                if let Some(field) = object.fields.get(name) {
                    if !field.allowed.is_empty()
                        && let Value::String(text) = child
                        && !field.allowed.contains(&text.as_str())
                    {
                        errors.push(FieldError::not_supported(
                            at.as_str(),
                            child.clone(),
                            &field.allowed,
                        ));
                    }
                    if !matches!(field.ty.as_ref(), Schema::Scalar(Scalar::String)) {
                        enums(&field.ty, child, &at, errors);
                    }
                }
            }
        }
        (Schema::List { item, .. }, Value::Array(items)) => {
            for (index, child) in items.iter().enumerate() {
                enums(item, child, &format!("{path}[{index}]"), errors);
            }
        }
        _ => {}
    }
}

fn finish(resource: &Resource, object: &Value, errors: &[FieldError]) -> ApiResult<()> {
    if errors.is_empty() {
        return Ok(());
    }
    let named =
        Named { group: &resource.group, resource: &resource.kind, name: meta_text(object, "name") };
    Err(ApiError::invalid(named, errors))
}
