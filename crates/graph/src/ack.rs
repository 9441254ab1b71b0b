//! References between AWS resources in the shape of ACK: `fooRef: {from: {name: …}}`.

use std::collections::HashMap;

use serde_json::Value;
use suimon_model::Manifest;

use crate::EdgeReason;
use crate::links::Links;

/// Declared AWS resources by lower-case kind, namespace and name; several groups may share a kind.
type ByKind<'a> = HashMap<(String, Option<&'a str>, &'a str), Vec<u32>>;

/// One reference as written.
struct Reference<'v> {
    field: &'v str,
    namespace: Option<&'v str>,
    name: &'v str,
}

/// Reads the AWS resources among the manifests and links those that name each other.
pub(crate) fn link(manifests: &[&Manifest], links: &mut Links) {
    let aws = || (0u32..).zip(manifests).filter(|(_, manifest)| manifest.id.is_aws());
    let mut declared = ByKind::new();
    for (node, manifest) in aws() {
        let id = &manifest.id;
        let key = (id.kind.to_lowercase(), id.namespace.as_deref(), id.name.as_str());
        declared.entry(key).or_default().push(node);
    }
    if declared.is_empty() {
        return;
    }
    for (node, manifest) in aws() {
        let body = manifest.body.value();
        for reference in references(&body) {
            let targets = targets(&reference, manifest, &declared, manifests);
            let field = reference.field;
            for target in targets {
                links.one(node, target, EdgeReason::AckRef { field: field.into() });
            }
        }
    }
}

/// Every `fooRef` and every element of a `fooRefs` list, wherever it is.
fn references(body: &Value) -> Vec<Reference<'_>> {
    let mut found = Vec::new();
    let mut unread = vec![body];
    while let Some(value) = unread.pop() {
        match value {
            Value::Array(items) => unread.extend(items),
            Value::Object(fields) => {
                for (field, value) in fields {
                    let one =
                        if field.ends_with("Ref") { std::slice::from_ref(value) } else { &[] };
                    let many = value.as_array().filter(|_| field.ends_with("Refs"));
                    for value in one.iter().chain(many.into_iter().flatten()) {
                        found.extend(reference(field, value));
                    }
                    unread.push(value);
                }
            }
            _ => {}
        }
    }
    found
}

fn reference<'v>(field: &'v str, value: &'v Value) -> Option<Reference<'v>> {
    let from = value.get("from")?;
    let namespace = from.get("namespace").and_then(Value::as_str).filter(|text| !text.is_empty());
    Some(Reference { field, namespace, name: from.get("name")?.as_str()? })
}

/// What a reference names. The field says the kind, sometimes after a role (`executionRoleRef`); a
/// resource of the same group is preferred. What is not declared is taken to exist elsewhere.
fn targets(
    reference: &Reference<'_>,
    manifest: &Manifest,
    declared: &ByKind<'_>,
    manifests: &[&Manifest],
) -> Vec<u32> {
    let stem = reference.field.trim_end_matches('s').trim_end_matches("Ref");
    let words = stem.char_indices().filter(|(at, c)| *at == 0 || c.is_ascii_uppercase());
    let places = match reference.namespace {
        Some(named) => vec![Some(named)],
        None => vec![manifest.id.namespace.as_deref(), None],
    };
    let matching = words
        .map(|(at, _)| stem[at..].to_lowercase())
        .flat_map(|kind| places.iter().map(move |place| (kind.clone(), *place, reference.name)))
        .find_map(|key| declared.get(&key));
    let Some(matching) = matching else { return Vec::new() };
    let group = |node: &&u32| manifests[**node as usize].id.group == manifest.id.group;
    match matching.iter().find(group) {
        Some(same) => vec![*same],
        None => matching.clone(),
    }
}
