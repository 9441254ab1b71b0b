//! OpenAPI documents: as much as kubectl reads before it applies.

use http::HeaderMap;
use serde_json::{Map, Value, json};

use crate::{
    http::{Answer, Route},
    resource::{Registry, Resource},
    schema::{Field, ListKind, Scalar, Schema, builtin},
    status::{ApiError, ApiResult},
};

/// Answers a request for an OpenAPI document.
pub(crate) fn answer(registry: &Registry, route: &Route, headers: &HeaderMap) -> ApiResult<Answer> {
    match route {
        Route::OpenApiV2 => {
            let accept =
                headers.get(http::header::ACCEPT).and_then(|v| v.to_str().ok()).unwrap_or("*/*");
            if !accept.contains("json") && !accept.contains("*/*") {
                let message = "only the following media types are accepted: application/json";
                return Err(ApiError::new(406, "NotAcceptable", message));
            }
            Ok(Answer::ok(v2(registry)))
        }
        Route::OpenApiV3 => Ok(Answer::ok(index(registry))),
        Route::OpenApiV3Group(group) => {
            group_document(registry, group).map(Answer::ok).ok_or_else(ApiError::no_path)
        }
        _ => Err(ApiError::no_path()),
    }
}

fn path_of(resource: &Resource) -> String {
    if resource.group.is_empty() {
        format!("api/{}", resource.version)
    } else {
        format!("apis/{}/{}", resource.group, resource.version)
    }
}

fn index(registry: &Registry) -> Value {
    let mut paths = Map::new();
    for resource in registry.all() {
        let path = path_of(resource);
        paths
            .entry(path.clone())
            .or_insert_with(|| json!({"serverRelativeURL": format!("/openapi/v3/{path}?hash=0")}));
    }
    json!({"paths": paths})
}

fn group_document(registry: &Registry, group: &str) -> Option<Value> {
    let resources: Vec<&Resource> =
        registry.all().iter().map(AsRef::as_ref).filter(|r| path_of(r) == group).collect();
    if resources.is_empty() {
        return None;
    }
    let mut schemas = Schemas { prefix: "#/components/schemas/", out: Map::new() };
    for resource in &resources {
        schemas.resource(resource);
    }
    Some(json!({
        "openapi": "3.0.0",
        "info": {"title": "Kubernetes", "version": "v1.36.2"},
        "paths": paths(&resources),
        "components": {"schemas": schemas.out},
    }))
}

/// The PATCH operations: kubectl looks there whether a server can validate fields and run dry.
fn paths(resources: &[&Resource]) -> Value {
    let parameter = |name: &str| json!({"name": name, "in": "query", "schema": {"type": "string", "uniqueItems": true}});
    let mut out = Map::new();
    for resource in resources {
        let namespaced = if resource.namespaced { "namespaces/{namespace}/" } else { "" };
        let path = format!("/{}/{namespaced}{}/{{name}}", path_of(resource), resource.plural);
        let gvk =
            json!({"group": resource.group, "version": resource.version, "kind": resource.kind});
        out.insert(
            path,
            json!({"patch": {
                "parameters": [parameter("dryRun"), parameter("fieldManager"), parameter("fieldValidation"), parameter("force")],
                "responses": {"200": {"description": "OK"}},
                "x-kubernetes-action": "patch",
                "x-kubernetes-group-version-kind": gvk,
            }}),
        );
    }
    Value::Object(out)
}

fn v2(registry: &Registry) -> Value {
    let mut schemas = Schemas { prefix: "#/definitions/", out: Map::new() };
    for resource in registry.all() {
        schemas.resource(resource);
    }
    let resources: Vec<&Resource> = registry.all().iter().map(AsRef::as_ref).collect();
    json!({
        "swagger": "2.0",
        "info": {"title": "Kubernetes", "version": "v1.36.2"},
        "paths": v2_paths(&resources),
        "definitions": schemas.out,
    })
}

fn v2_paths(resources: &[&Resource]) -> Value {
    let mut paths = paths(resources);
    for path in paths.as_object_mut().into_iter().flat_map(Map::values_mut) {
        let Some(parameters) = path.pointer_mut("/patch/parameters").and_then(Value::as_array_mut)
        else {
            continue;
        };
        for parameter in parameters {
            crate::value::put(parameter, "schema", None);
            crate::value::put(parameter, "type", Some("string".into()));
        }
    }
    paths
}

struct Schemas {
    prefix: &'static str,
    out: Map<String, Value>,
}

impl Schemas {
    fn resource(&mut self, resource: &Resource) {
        let name = definition_name(resource);
        let mut schema = self.schema(&resource.schema);
        let gvk =
            json!([{"group": resource.group, "version": resource.version, "kind": resource.kind}]);
        crate::value::put(&mut schema, "x-kubernetes-group-version-kind", Some(gvk));
        self.out.insert(name, schema);
    }

    fn named(&mut self, name: &str) {
        if self.out.contains_key(name) {
            return;
        }
        self.out.insert(name.to_owned(), Value::Null);
        let schema = builtin(name).map_or_else(|| json!({}), |schema| self.schema(schema));
        self.out.insert(name.to_owned(), schema);
    }

    fn schema(&mut self, schema: &Schema) -> Value {
        match schema {
            Schema::Named(name) => {
                self.named(name);
                json!({"$ref": format!("{}{name}", self.prefix)})
            }
            Schema::Any => json!({"type": "object"}),
            Schema::Scalar(scalar) => scalar_schema(*scalar),
            Schema::List { item, kind } => {
                let mut out = json!({"type": "array", "items": self.schema(item)});
                let (kind, keys) = match kind {
                    ListKind::Atomic => ("atomic", None),
                    ListKind::Set => ("set", None),
                    ListKind::Map(keys) => ("map", Some(json!(keys))),
                };
                crate::value::put(&mut out, "x-kubernetes-list-type", Some(kind.into()));
                crate::value::put(&mut out, "x-kubernetes-list-map-keys", keys);
                out
            }
            Schema::Object(object) => {
                let mut out = json!({"type": "object"});
                if let Some(rest) = &object.rest {
                    let rest = self.schema(rest);
                    crate::value::put(&mut out, "additionalProperties", Some(rest));
                }
                if !object.fields.is_empty() {
                    let properties: Map<String, Value> = object
                        .fields
                        .iter()
                        .map(|(name, field)| (name.clone(), self.field(field)))
                        .collect();
                    crate::value::put(&mut out, "properties", Some(properties.into()));
                }
                if object.atomic {
                    crate::value::put(&mut out, "x-kubernetes-map-type", Some("atomic".into()));
                }
                out
            }
        }
    }

    fn field(&mut self, field: &Field) -> Value {
        let mut out = self.schema(&field.ty);
        let mut strategies = Vec::new();
        if field.patch.merge {
            strategies.push("merge");
        }
        if field.patch.retain_keys {
            strategies.push("retainKeys");
        }
        if !strategies.is_empty() {
            crate::value::put(
                &mut out,
                "x-kubernetes-patch-strategy",
                Some(strategies.join(",").into()),
            );
        }
        if let Some(key) = field.patch.key {
            crate::value::put(&mut out, "x-kubernetes-patch-merge-key", Some(key.into()));
        }
        out
    }
}

/// Custom resources of several groups may share a kind.
fn definition_name(resource: &Resource) -> String {
    let group = if resource.group.is_empty() { "core".to_owned() } else { resource.group.clone() };
    let mut parts: Vec<&str> = group.split('.').collect();
    parts.reverse();
    format!("{}.{}.{}", parts.join("."), resource.version, resource.kind)
}

fn scalar_schema(scalar: Scalar) -> Value {
    match scalar {
        Scalar::String | Scalar::Quantity => json!({"type": "string"}),
        Scalar::Int32 => json!({"type": "integer", "format": "int32"}),
        Scalar::Int64 => json!({"type": "integer", "format": "int64"}),
        Scalar::Number => json!({"type": "number", "format": "double"}),
        Scalar::Bool => json!({"type": "boolean"}),
        Scalar::IntOrString => json!({"type": "string", "format": "int-or-string"}),
        Scalar::Time | Scalar::MicroTime => json!({"type": "string", "format": "date-time"}),
        Scalar::Bytes => json!({"type": "string", "format": "byte"}),
    }
}
