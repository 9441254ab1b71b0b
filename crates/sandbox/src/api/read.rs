//! How stored objects are shown.

use serde_json::{Map, Value, json};

use crate::{resource::Resource, value::put};

/// In which form the client wants its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Object,
    Metadata,
    Table,
}

/// The stored text with its kind and version in front.
pub(crate) fn with_type(resource: &Resource, json: &str) -> String {
    if let Some(converted) = crate::convert::stored_to(resource, json) {
        return with_type_plain(resource, &converted.to_string());
    }
    with_type_plain(resource, json)
}

fn with_type_plain(resource: &Resource, json: &str) -> String {
    let rest = json.get(1..).unwrap_or("}");
    let comma = if rest == "}" { "" } else { "," };
    format!(
        "{{\"kind\":{:?},\"apiVersion\":{:?}{comma}{rest}",
        resource.kind,
        resource.api_version()
    )
}

/// The object with its kind and version.
pub(crate) fn typed(resource: &Resource, object: &Value) -> Value {
    let mut out = Map::new();
    out.insert("kind".to_owned(), resource.kind.clone().into());
    out.insert("apiVersion".to_owned(), resource.api_version().into());
    let converted = crate::convert::value_to(resource, object);
    for (key, value) in converted.as_ref().unwrap_or(object).as_object().into_iter().flatten() {
        out.insert(key.clone(), value.clone());
    }
    Value::Object(out)
}

/// Only the metadata.
pub(crate) fn metadata_only(object: &Value) -> Value {
    let metadata = object.get("metadata").cloned().unwrap_or_else(|| json!({}));
    json!({"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": metadata})
}

/// One object in the form the client wants.
pub(crate) fn show(resource: &Resource, object: &Value, form: Form, now: jiff::Timestamp) -> Value {
    match form {
        Form::Object => typed(resource, object),
        Form::Metadata => metadata_only(object),
        Form::Table => {
            let mut table = crate::table::table(resource, std::slice::from_ref(object), now);
            put(
                &mut table,
                "metadata",
                Some(
                    json!({"resourceVersion": crate::value::meta_text(object, "resourceVersion")}),
                ),
            );
            table
        }
    }
}
