//! Types of custom resources, from the structural schema in their definition.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::Value;

use super::{Field, ListKind, Object, Scalar, Schema, TypeRef};

/// The `openAPIV3Schema` of one version of a custom resource.
#[derive(Clone, Debug)]
pub(crate) struct StructuralSchema(pub(crate) Arc<Value>);

/// The structural schema of `version` of a definition's `spec.versions[]` entry.
pub(crate) fn structural(version: &Value) -> StructuralSchema {
    let schema = version.pointer("/schema/openAPIV3Schema");
    StructuralSchema(Arc::new(schema.cloned().unwrap_or(Value::Null)))
}

/// The merge type of a custom resource.
pub(crate) fn custom_schema(structural: &StructuralSchema) -> TypeRef {
    let mut schema = convert(&structural.0, 0);
    if let Schema::Object(object) = &mut schema {
        add_type_meta(object);
    } else {
        let mut object = Object { rest: Some(Arc::new(Schema::Any)), ..Object::default() };
        add_type_meta(&mut object);
        schema = Schema::Object(object);
    }
    Arc::new(schema)
}

fn add_type_meta(object: &mut Object) {
    let string = || Field::plain(Arc::new(Schema::Scalar(Scalar::String)));
    object.fields.insert("apiVersion".to_owned(), string());
    object.fields.insert("kind".to_owned(), string());
    object
        .fields
        .insert("metadata".to_owned(), Field::plain(Arc::new(Schema::Named("ObjectMeta"))));
}

fn flag(schema: &Value, name: &str) -> bool {
    schema.get(name).and_then(Value::as_bool).unwrap_or(false)
}

/// Schemas nested deeper than this are read as "anything": a definition that deep is refused by validation.
const MAX_DEPTH: usize = 64;

fn convert(schema: &Value, depth: usize) -> Schema {
    if depth > MAX_DEPTH {
        return Schema::Any;
    }
    if flag(schema, "x-kubernetes-int-or-string") {
        return Schema::Scalar(Scalar::IntOrString);
    }
    match schema.get("type").and_then(Value::as_str) {
        Some("string") => Schema::Scalar(Scalar::String),
        Some("integer") => Schema::Scalar(Scalar::Int64),
        Some("number") => Schema::Scalar(Scalar::Number),
        Some("boolean") => Schema::Scalar(Scalar::Bool),
        Some("array") => Schema::List {
            item: Arc::new(
                schema.get("items").map_or(Schema::Any, |items| convert(items, depth + 1)),
            ),
            kind: list_kind(schema),
        },
        Some("object") => Schema::Object(object(schema, depth)),
        _ => Schema::Any,
    }
}

fn list_kind(schema: &Value) -> ListKind {
    match schema.get("x-kubernetes-list-type").and_then(Value::as_str) {
        Some("set") => ListKind::Set,
        Some("map") => ListKind::Map(
            schema
                .get("x-kubernetes-list-map-keys")
                .and_then(Value::as_array)
                .map(|keys| keys.iter().filter_map(Value::as_str).map(str::to_owned).collect())
                .unwrap_or_default(),
        ),
        _ => ListKind::Atomic,
    }
}

fn object(schema: &Value, depth: usize) -> Object {
    let mut fields = BTreeMap::new();
    let required: Vec<&str> = schema
        .get("required")
        .and_then(Value::as_array)
        .map(|names| names.iter().filter_map(Value::as_str).collect())
        .unwrap_or_default();
    for (name, property) in
        schema.get("properties").and_then(Value::as_object).into_iter().flatten()
    {
        let mut field = Field::plain(Arc::new(convert(property, depth + 1)));
        field.default = property.get("default").cloned();
        field.required = required.contains(&name.as_str());
        fields.insert(name.clone(), field);
    }
    let rest = match schema.get("additionalProperties") {
        Some(Value::Bool(true)) => Some(Arc::new(Schema::Any)),
        Some(item @ Value::Object(_)) => Some(Arc::new(convert(item, depth + 1))),
        _ if flag(schema, "x-kubernetes-preserve-unknown-fields") => Some(Arc::new(Schema::Any)),
        _ => None,
    };
    let atomic = schema.get("x-kubernetes-map-type").and_then(Value::as_str) == Some("atomic");
    let mut object = Object { fields, rest, atomic };
    if flag(schema, "x-kubernetes-embedded-resource") {
        add_type_meta(&mut object);
    }
    object
}
