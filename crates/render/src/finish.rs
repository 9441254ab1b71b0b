//! What can be checked only when all objects are known.

use std::collections::{HashMap, HashSet};

use serde_json::Value;
use suimon_model::{Body, Diagnostic, Diagnostics, ResourceId};

use crate::object::{Read, set_namespace};
use crate::suggest::nearest;

/// Custom kinds follow the scope that their CustomResourceDefinition declares.
pub(crate) fn custom_scopes(read: &mut [Read], problems: &mut Diagnostics) {
    let mut scopes: HashMap<(String, String), bool> = HashMap::new();
    for read in read.iter() {
        let id = &read.manifest.id;
        if id.kind != "CustomResourceDefinition" || id.group != "apiextensions.k8s.io" {
            continue;
        }
        let body = read.manifest.body.value();
        let text = |pointer: &str| body.pointer(pointer).and_then(Value::as_str);
        if let (Some(group), Some(kind), Some(scope)) =
            (text("/spec/group"), text("/spec/names/kind"), text("/spec/scope"))
        {
            scopes.insert((group.to_owned(), kind.to_owned()), scope == "Namespaced");
        }
    }
    if scopes.is_empty() {
        return;
    }
    for read in read {
        let manifest = &mut read.manifest;
        let key = (manifest.id.group.clone(), manifest.id.kind.clone());
        match (scopes.get(&key), &manifest.id.namespace) {
            (Some(true), None) => {
                let mut body = manifest.body.value();
                set_namespace(&mut manifest.id, &mut body, "default");
                manifest.body = Body::new(&body);
            }
            (Some(false), Some(_)) => problems.push(
                Diagnostic::error(
                    "cluster-scoped",
                    format!("{} is cluster-scoped, it has no namespace", manifest.id.kind),
                )
                .at(manifest.origin.location())
                .detail("its CustomResourceDefinition in this environment says so")
                .help("remove `metadata.namespace`"),
            ),
            _ => {}
        }
    }
}

/// No object may be declared twice, through whatever API version.
pub(crate) fn duplicates(read: &[Read], problems: &mut Diagnostics) {
    let mut first: HashMap<&ResourceId, usize> = HashMap::with_capacity(read.len());
    for (index, second) in read.iter().enumerate() {
        let id = &second.manifest.id;
        match first.entry(id) {
            std::collections::hash_map::Entry::Vacant(entry) => {
                entry.insert(index);
            }
            std::collections::hash_map::Entry::Occupied(entry) => {
                let Some(earlier) = read.get(*entry.get()) else { continue };
                let of = |read: &Read| match &read.manifest.origin.instance {
                    Some(instance) => format!(" (instance `{instance}`)"),
                    None => String::new(),
                };
                let mut error = Diagnostic::error(
                    "duplicate-object",
                    format!("{id} is declared twice{}", of(second)),
                )
                .at(second.manifest.origin.location())
                .related(
                    earlier.manifest.origin.location(),
                    format!("first declared here{}", of(earlier)),
                );
                if earlier.manifest.api_version != second.manifest.api_version {
                    error = error.detail(format!(
                        "`{}` and `{}` are two versions of the same object",
                        earlier.manifest.api_version, second.manifest.api_version
                    ));
                }
                problems.push(error);
            }
        }
    }
}

/// For how many errors the nearest id is looked for: each look compares with every object.
const SUGGESTIONS: usize = 20;

/// The same object in another namespace, or else the most similar id.
fn nearest_id(target: &ResourceId, ids: &HashSet<&ResourceId>) -> Option<String> {
    let same = |id: &&&ResourceId| {
        (&id.group, &id.kind, &id.name) == (&target.group, &target.kind, &target.name)
    };
    if let Some(id) = ids.iter().filter(same).min() {
        return Some(id.to_string());
    }
    let mut names: Vec<String> = ids.iter().map(ToString::to_string).collect();
    names.sort();
    nearest(&target.to_string(), names.iter().map(String::as_str)).map(str::to_owned)
}

/// Every deferred value must be of an object that this environment declares.
pub(crate) fn dangling(read: &[Read], problems: &mut Diagnostics) {
    if read.iter().all(|read| read.manifest.refs.is_empty()) {
        return;
    }
    let mut suggestions = SUGGESTIONS;
    let ids: HashSet<&ResourceId> = read.iter().map(|read| &read.manifest.id).collect();
    for read in read {
        for (deferred, at) in read.manifest.refs.iter().zip(&read.refs_at) {
            if deferred.target == read.manifest.id {
                problems.push(
                    Diagnostic::error("ref-self", format!("{} refers to itself", deferred.target))
                        .at(at.clone()),
                );
            }
            if ids.contains(&deferred.target) {
                continue;
            }
            let mut error = Diagnostic::error(
                "ref-target",
                format!("`ref` to {}, which nothing here declares", deferred.target),
            )
            .at(at.clone());
            if suggestions > 0 {
                suggestions -= 1;
                error.help = nearest_id(&deferred.target, &ids)
                    .map(|near| format!("did you mean `{near}`?"));
            }
            problems.push(error);
        }
    }
}
