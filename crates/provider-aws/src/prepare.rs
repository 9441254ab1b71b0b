//! From a manifest to a canonical declaration.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use suimon_model::{Body, DeferredRef, Diagnostic, Manifest, ResourceId};
use suimon_plan::APPLIED_ANNOTATION;

use crate::resource::{Declared, Kind, Reference};
use crate::shape::Problem;

/// A manifest in canonical form, and what is wrong with it.
pub(crate) fn prepare(kind: &dyn Kind, manifest: &Manifest) -> (Manifest, Vec<Diagnostic>) {
    let mut problems = Vec::new();
    let body = manifest.body.value();
    let id = ResourceId { namespace: None, ..manifest.id.clone() };
    let mut spec = body.get("spec").cloned().unwrap_or_else(|| Value::Object(Map::new()));
    refer(kind.references(), &mut spec, "spec", &mut problems);
    let (mut spec, wrong) = kind.shape().canonical(&spec);
    problems.extend(wrong);
    if let Value::Object(spec) = &mut spec {
        kind.complete(&id, spec);
    }
    if problems.is_empty() {
        problems.extend(kind.check(&spec));
    }
    let annotations = annotations(&body);
    let digest = digest(&spec, &annotations);
    let mut marked = annotations;
    marked.insert(APPLIED_ANNOTATION.to_owned(), Value::String(digest));
    let body = json!({
        "apiVersion": &*manifest.api_version,
        "kind": id.kind,
        "metadata": {"name": id.name, "annotations": marked},
        "spec": spec,
    });
    let refs = markers(&body);
    let diagnostics = problems.into_iter().map(|problem| diagnostic(manifest, &problem)).collect();
    (Manifest { id, body: Body::new(&body), refs, ..manifest.clone() }, diagnostics)
}

fn diagnostic(manifest: &Manifest, problem: &Problem) -> Diagnostic {
    let summary = format!("{}: {}: {}", manifest.id, problem.path, problem.message);
    let diagnostic = Diagnostic::error("invalid-resource", summary).at(manifest.origin.location());
    match &problem.help {
        Some(help) => diagnostic.help(help.clone()),
        None => diagnostic,
    }
}

fn annotations(body: &Value) -> Map<String, Value> {
    let annotations = body.pointer("/metadata/annotations").and_then(Value::as_object);
    let mut annotations = annotations.cloned().unwrap_or_default();
    annotations.remove(APPLIED_ANNOTATION);
    annotations
}

/// A prepared manifest, read back.
pub(crate) fn declared(id: &ResourceId, body: &Value) -> Declared {
    let spec = body.get("spec").cloned().unwrap_or(Value::Null);
    let annotations = annotations(body);
    let mark = body.pointer("/metadata/annotations").and_then(|a| a.get(APPLIED_ANNOTATION));
    let with_values = crate::kinds::find(id).is_some_and(Kind::digests_references);
    let digest = match mark.and_then(Value::as_str).filter(|_| !with_values) {
        Some(digest) => digest.to_owned(),
        None => digest(&spec, &annotations),
    };
    let api_version = body.get("apiVersion").and_then(Value::as_str).unwrap_or_default();
    Declared { id: id.clone(), api_version: api_version.to_owned(), spec, annotations, digest }
}

fn digest(spec: &Value, annotations: &Map<String, Value>) -> String {
    hex(&Sha256::digest(json!({"annotations": annotations, "spec": spec}).to_string()))
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Replaces `fooRef: {from: {name: …}}` by a marker in `foo`, at any depth.
fn refer(references: &[Reference], value: &mut Value, path: &str, problems: &mut Vec<Problem>) {
    match value {
        Value::Array(items) => {
            for (at, item) in items.iter_mut().enumerate() {
                refer(references, item, &format!("{path}[{at}]"), problems);
            }
        }
        Value::Object(map) => {
            let keys: Vec<String> = map.keys().cloned().collect();
            for key in keys {
                let below = format!("{path}.{key}");
                let known = references.iter().find(|r| r.field.eq_ignore_ascii_case(&key));
                match (known, map.remove(&key)) {
                    (Some(reference), Some(value)) => match marker(reference, &value) {
                        Some(_) if map.contains_key(reference.into) => {
                            let what = format!("`{}` and `{key}` are both there", reference.into);
                            problems.push(Problem::new(below, what));
                        }
                        Some(marker) => {
                            map.insert(reference.into.to_owned(), Value::String(marker));
                        }
                        None => problems
                            .push(Problem::new(below, "a reference is `{from: {name: NAME}}`")),
                    },
                    (None, Some(mut value)) => {
                        refer(references, &mut value, &below, problems);
                        map.insert(key, value);
                    }
                    (_, None) => {}
                }
            }
        }
        _ => {}
    }
}

/// The marker of a reference; `from.key` picks one key of a secret's JSON.
fn marker(reference: &Reference, value: &Value) -> Option<String> {
    let from = value.get("from")?;
    let name = from.get("name")?.as_str().filter(|name| !name.is_empty())?;
    let (group, kind) = reference.target;
    let target = ResourceId::new(group, kind, None, name);
    let marker = DeferredRef::marker_for(&target, reference.attribute);
    Some(match from.get("key").and_then(Value::as_str) {
        Some(key) => format!("{marker}:{key}::"),
        None => marker,
    })
}

/// Every deferred value in a body.
fn markers(body: &Value) -> Vec<DeferredRef> {
    let mut found = Vec::new();
    let mut unread = vec![(String::new(), body)];
    while let Some((pointer, value)) = unread.pop() {
        match value {
            Value::String(text) => {
                for (_, target, attribute) in DeferredRef::find_markers(text) {
                    found.push(DeferredRef { pointer: pointer.clone(), target, attribute });
                }
            }
            Value::Array(items) => unread.extend(
                items.iter().enumerate().map(|(at, item)| (format!("{pointer}/{at}"), item)),
            ),
            Value::Object(map) => unread.extend(map.iter().map(|(key, value)| {
                (format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1")), value)
            })),
            _ => {}
        }
    }
    found.sort();
    found
}
