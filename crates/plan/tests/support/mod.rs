//! Objects for the tests.
#![allow(dead_code, unreachable_pub, clippy::needless_pass_by_value)]

pub mod world;

use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};
use suimon_model::{Body, Manifest, Origin, ResourceId};
use suimon_plan::{Difference, LiveObject, Mask, PART_OF_LABEL};

pub fn mask() -> Mask {
    Mask::new("3a2f2a0e-6f3b-4f53-9d6e-2f0c1d7a9b11")
}

/// A declaration and a live object that a real API server made of it and of what others did to it;
/// both masked.
pub struct Sample {
    pub declared: Value,
    pub live: LiveObject,
}

pub fn sample(name: &str) -> Sample {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/fixtures/{name}.json"));
    let text = std::fs::read_to_string(&file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    let mut both: Value = serde_json::from_str(&text).unwrap();
    let mut declared = both["declared"].take();
    mask().object(&mut declared);
    Sample { declared, live: live(both["live"].take()) }
}

pub fn samples(prefix: &str) -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
        .filter(|name| name.starts_with(prefix))
        .collect();
    names.sort();
    names
}

pub fn id_of(object: &Value) -> ResourceId {
    let text = |at: &str| object.pointer(at).and_then(Value::as_str).unwrap_or("");
    let group = text("/apiVersion").split_once('/').map_or("", |(group, _)| group);
    let namespace = Some(text("/metadata/namespace")).filter(|ns| !ns.is_empty());
    ResourceId::new(group, text("/kind"), namespace, text("/metadata/name"))
}

/// A live object as a provider hands it over.
pub fn live(mut object: Value) -> LiveObject {
    mask().object(&mut object);
    let text = |at: &str| object.pointer(at).and_then(Value::as_str).unwrap_or("").to_owned();
    LiveObject {
        id: id_of(&object),
        api_version: text("/apiVersion"),
        uid: text("/metadata/uid"),
        resource_version: text("/metadata/resourceVersion"),
        owned: object["metadata"]["labels"].get(PART_OF_LABEL).is_some(),
        foreign_owner: None,
        terminating: object["metadata"].get("deletionTimestamp").is_some(),
        failed: false,
        body: Body::new(&object),
    }
}

pub fn manifest(object: &Value) -> Manifest {
    let id = id_of(object);
    Manifest {
        api_version: object["apiVersion"].as_str().unwrap_or("").into(),
        body: Body::new(object),
        origin: Origin { file: Arc::from(format!("{}.yaml", id.name)), line: 1, instance: None },
        refs: Vec::new(),
        id,
    }
}

/// The marks that a provider puts on declarations and that live objects carry.
pub fn marked(mut object: Value, applied: &str) -> Value {
    object["metadata"]["labels"][PART_OF_LABEL] = json!("applyset-x-v1");
    object["metadata"]["annotations"]["suimon.dev/applied"] = json!(applied);
    object
}

/// What server-side apply by our manager stores: the object, its fields, what the server adds.
pub fn applied(declared: &Value) -> Value {
    let mut live = declared.clone();
    let fields = owned(&without_type(declared));
    live["metadata"]["uid"] = json!(format!("uid-of-{}", id_of(declared)));
    live["metadata"]["resourceVersion"] = json!("7");
    live["metadata"]["creationTimestamp"] = json!("2026-01-01T00:00:00Z");
    live["metadata"]["managedFields"] = json!([{
        "apiVersion": declared["apiVersion"], "fieldsType": "FieldsV1", "fieldsV1": fields,
        "manager": "suimon", "operation": "Apply", "time": "2026-01-01T00:00:00Z",
    }]);
    live
}

fn without_type(declared: &Value) -> Value {
    let mut fields = declared.clone();
    for key in ["apiVersion", "kind"] {
        fields.as_object_mut().unwrap().remove(key);
    }
    for key in ["name", "namespace"] {
        fields["metadata"].as_object_mut().unwrap().remove(key);
    }
    fields
}

/// FieldsV1 of a value, for maps and for lists keyed by `name`; other lists are atomic.
pub fn owned(value: &Value) -> Value {
    let keyed = |items: &[Value]| items.iter().all(|item| item["name"].is_string());
    match value {
        Value::Object(map) => {
            map.iter().map(|(key, value)| (format!("f:{key}"), owned(value))).collect()
        }
        Value::Array(items) if keyed(items) => items
            .iter()
            .map(|item| {
                let mut fields = owned(item);
                fields["."] = json!({});
                (format!("k:{}", json!({"name": item["name"]})), fields)
            })
            .collect(),
        _ => json!({}),
    }
}

/// Differences, one a line.
pub fn lines(differences: &[Difference]) -> String {
    let show = |value: &Option<Value>| value.as_ref().map_or("-".to_owned(), Value::to_string);
    let line = |d: &Difference| {
        let owner = d.owner.as_ref().map_or("nobody".to_owned(), |o| {
            let subresource = o.subresource.as_deref().unwrap_or("");
            format!("{} {} {subresource}", o.manager, o.operation).trim_end().to_owned()
        });
        let ours = if d.ours { ", ours" } else { "" };
        format!("{}: {} -> {} ({owner}{ours})", d.path, show(&d.declared), show(&d.live))
    };
    differences.iter().map(line).collect::<Vec<_>>().join("\n")
}
