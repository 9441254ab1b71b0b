//! References between AWS resources in the shape of ACK: `fooRef: {from: {name: …}}`.

use std::collections::HashMap;

use serde_json::Value;
use suimon_model::Manifest;

use crate::EdgeReason;
use crate::links::Links;

/// Declared AWS resources by lower-case kind, namespace and name; several groups may share a kind.
type ByKind<'a> = HashMap<(String, Option<&'a str>, &'a str), Vec<u32>>;

/// Fields that do not say the kind: what an autoscaler scales, and where a container's secret comes from.
const ALIASES: &[(&str, &str)] = &[("resource", "service"), ("valueFrom", "secret")];

/// One reference as written.
struct Reference {
    dependent: u32,
    field: Box<str>,
    namespace: Option<Box<str>>,
    name: Box<str>,
}

/// The references between AWS resources, collected while the manifests are read.
#[derive(Default)]
pub(crate) struct Ack(Vec<Reference>);

impl Ack {
    /// Reads one AWS resource: every `fooRef` and every element of a `fooRefs` list, wherever it is.
    pub(crate) fn read(&mut self, dependent: u32, body: &Value) {
        let mut unread = vec![body];
        while let Some(value) = unread.pop() {
            match value {
                Value::Array(items) => unread.extend(items),
                Value::Object(fields) => {
                    for (field, value) in fields {
                        let one = field.ends_with("Ref").then_some(value);
                        let many = value.as_array().filter(|_| field.ends_with("Refs"));
                        for value in one.into_iter().chain(many.into_iter().flatten()) {
                            self.0.extend(reference(dependent, field, value));
                        }
                        unread.push(value);
                    }
                }
                _ => {}
            }
        }
    }

    /// Links the resources that name each other.
    pub(crate) fn link(self, manifests: &[&Manifest], links: &mut Links) {
        if self.0.is_empty() {
            return;
        }
        let mut declared = ByKind::new();
        for (node, manifest) in (0u32..).zip(manifests).filter(|(_, m)| m.id.is_aws()) {
            let id = &manifest.id;
            let key = (id.kind.to_lowercase(), id.namespace.as_deref(), id.name.as_str());
            declared.entry(key).or_default().push(node);
        }
        for reference in self.0 {
            for target in targets(&reference, &declared, manifests) {
                let field = reference.field.clone();
                links.one(reference.dependent, target, EdgeReason::AckRef { field });
            }
        }
    }
}

fn reference(dependent: u32, field: &str, value: &Value) -> Option<Reference> {
    let from = value.get("from")?;
    let namespace = from.get("namespace").and_then(Value::as_str).filter(|text| !text.is_empty());
    Some(Reference {
        dependent,
        field: field.into(),
        namespace: namespace.map(Into::into),
        name: from.get("name")?.as_str()?.into(),
    })
}

/// What a reference names. The field says the kind, sometimes after a role (`executionRoleRef`); a
/// resource of the same group is preferred. What is not declared is taken to exist elsewhere.
fn targets(reference: &Reference, declared: &ByKind<'_>, manifests: &[&Manifest]) -> Vec<u32> {
    let own = &manifests[reference.dependent as usize].id;
    let stem = reference.field.trim_end_matches('s').trim_end_matches("Ref");
    let stem = ALIASES.iter().find(|(field, _)| *field == stem).map_or(stem, |(_, kind)| kind);
    let words = stem.char_indices().filter(|(at, c)| *at == 0 || c.is_ascii_uppercase());
    let places = match reference.namespace.as_deref() {
        Some(named) => vec![Some(named)],
        None => vec![own.namespace.as_deref(), None],
    };
    let matching = words
        .map(|(at, _)| stem[at..].to_lowercase())
        .flat_map(|kind| places.iter().map(move |place| (kind.clone(), *place, &*reference.name)))
        .find_map(|key| declared.get(&key));
    let Some(matching) = matching else { return Vec::new() };
    match matching.iter().find(|node| manifests[**node as usize].id.group == own.group) {
        Some(same) => vec![*same],
        None => matching.clone(),
    }
}
