//! `patches`: changes to rendered objects.

use std::collections::HashMap;

use serde_json::Value;
use suimon_model::{Body, Diagnostic, Diagnostics, ResourceId};

use crate::config::Patch;
use crate::object::{Found, Read, Where, check_object, deferred};
use crate::suggest;
use crate::text::Places;
use crate::yaml::Node;

mod operation;

use operation::Operation;

/// For how many targets that match nothing the near objects are listed.
const SUGGESTIONS: usize = 20;

/// Applies the patches in their order. With `complete` false some objects are missing because of
/// other errors, and a target that matches nothing is not reported.
pub(crate) fn apply(
    patches: &[Patch],
    places: &Places,
    read: &mut [Read],
    complete: bool,
    problems: &mut Diagnostics,
) {
    if patches.is_empty() {
        return;
    }
    let mut suggested = usize::MAX;
    let mut by_kind: HashMap<String, Vec<usize>> = HashMap::new();
    for (index, read) in read.iter().enumerate() {
        by_kind.entry(read.manifest.id.kind.clone()).or_default().push(index);
    }
    for patch in patches {
        let candidates = by_kind.get(&patch.kind).map_or(&[][..], Vec::as_slice);
        let mut matched = false;
        for &index in candidates {
            let Some(read) = read.get_mut(index) else { continue };
            if matches(patch, &read.manifest.id) {
                matched = true;
                one(patch, places, read, problems);
            }
        }
        if !matched && complete {
            let ids = read.iter().map(|read| &read.manifest.id);
            problems.push(no_match(patch, places, ids.take(suggested)));
            // Each look for near objects goes through all of them.
            suggested = if problems.len() > SUGGESTIONS { 0 } else { suggested };
        }
    }
}

fn matches(patch: &Patch, id: &ResourceId) -> bool {
    let fits = |wanted: &Option<String>, has: Option<&str>| {
        wanted.as_deref().is_none_or(|wanted| Some(wanted) == has)
    };
    patch.kind == id.kind
        && fits(&patch.group, Some(&id.group))
        && fits(&patch.name, Some(&id.name))
        && fits(&patch.namespace, id.namespace.as_deref())
}

fn no_match<'a>(
    patch: &Patch,
    places: &Places,
    ids: impl Iterator<Item = &'a ResourceId>,
) -> Diagnostic {
    let mut target = patch.kind.clone();
    if let Some(group) = patch.group.as_ref().filter(|group| !group.is_empty()) {
        target.push_str(&format!(".{group}"));
    }
    for part in [&patch.namespace, &patch.name].into_iter().flatten() {
        target.push_str(&format!("/{part}"));
    }
    let mut error =
        Diagnostic::error("patch-target", format!("no object matches the target `{target}`"))
            .at(places.at(patch.pos));
    let ids: Vec<&ResourceId> = ids.collect();
    let same_kind: Vec<String> =
        ids.iter().filter(|id| id.kind == patch.kind).map(ToString::to_string).collect();
    error.help = if same_kind.is_empty() {
        let kinds: std::collections::BTreeSet<&str> =
            ids.iter().map(|id| id.kind.as_str()).collect();
        let kinds: Vec<&str> = kinds.into_iter().collect();
        suggest::did_you_mean(&patch.kind, &kinds)
    } else {
        let shown: Vec<&str> = same_kind.iter().map(String::as_str).collect();
        Some(format!("objects of this kind: {}", suggest::list(&shown)))
    };
    error
}

/// Where a patched value was written.
struct InPatch<'a> {
    patch: &'a Patch,
    places: &'a Places,
}

impl Where for InPatch<'_> {
    fn find(&self, path: &[String], key: bool) -> Found {
        let node = &self.patch.patch;
        if let Some(operations) = node.items() {
            // The last operation that wrote at or above the path.
            let pointer: String = path.iter().map(|part| format!("/{part}")).collect();
            let wrote = |operation: &&Node| {
                let at = operation.get("path").and_then(Node::as_str).unwrap_or_default();
                let at = at.replace("~1", "/").replace("~0", "~");
                pointer == at || pointer.strip_prefix(&at).is_some_and(|rest| rest.starts_with('/'))
            };
            let operation = operations.iter().rev().find(wrote);
            let value = operation.and_then(|operation| operation.get("value")).or(operation);
            let found = value.unwrap_or(node);
            let raw = found.raw().map(str::to_owned);
            return Found { at: self.places.at(found.pos), raw, printed: false };
        }
        let (found, used) = node.follow(path);
        let key = if key { node.key_pos(path) } else { None };
        let raw = found.raw().filter(|_| used == path.len()).map(str::to_owned);
        Found { at: self.places.at(key.unwrap_or(found.pos)), raw, printed: false }
    }
}

fn one(patch: &Patch, places: &Places, read: &mut Read, problems: &mut Diagnostics) {
    let manifest = &mut read.manifest;
    let before = manifest.body.value();
    let mut after = before.clone();
    if let Some(operations) = patch.patch.items() {
        let mut copied = 0;
        for operation in operations {
            let operation = Operation { node: operation, places, id: &manifest.id };
            if let Err(error) = operation.apply(&mut after, &mut copied) {
                problems.push(*error);
                return;
            }
        }
    } else {
        json_patch::merge(&mut after, &patch.patch.value());
    }
    if !identity_kept(patch, places, &manifest.id, &before, &after, problems) {
        return;
    }
    let version = manifest.api_version.rsplit('/').next().unwrap_or_default();
    let wrong = check_object(&manifest.id, version, &after, &InPatch { patch, places });
    if !wrong.is_empty() {
        // The object stays as it was, so that a later patch does not repeat these.
        problems.extend(wrong);
        return;
    }
    if let Some(object) = after.as_object_mut() {
        object.remove("status");
        let refs = deferred(object);
        read.refs_at = refs
            .iter()
            .map(|new| {
                let old = manifest.refs.iter().position(|old| old == new);
                let at = old.and_then(|index| read.refs_at.get(index).cloned());
                at.unwrap_or_else(|| places.at(patch.pos))
            })
            .collect();
        manifest.refs = refs;
    }
    manifest.body = Body::new(&after);
}

/// A patch must not turn an object into another one.
fn identity_kept(
    patch: &Patch,
    places: &Places,
    id: &ResourceId,
    before: &Value,
    after: &Value,
    problems: &mut Diagnostics,
) -> bool {
    let mut kept = true;
    for pointer in ["/apiVersion", "/kind", "/metadata/name", "/metadata/namespace"] {
        if before.pointer(pointer) == after.pointer(pointer) {
            continue;
        }
        kept = false;
        let path: Vec<String> = pointer.split('/').skip(1).map(str::to_owned).collect();
        let at = InPatch { patch, places }.find(&path, false).at;
        let field = path.join(".");
        problems.push(
            Diagnostic::error(
                "patch-identity",
                format!("a patch may not change `{field}` of {id}"),
            )
            .at(at)
            .detail("it would be another object, and this one would be deleted")
            .help("change the template or the values instead"),
        );
    }
    kept
}
