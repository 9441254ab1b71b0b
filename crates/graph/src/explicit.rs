//! Dependencies that the author wrote down: `ref()` and the two `depends-on` annotations.

use serde_json::Value;
use suimon_model::{Diagnostic, Diagnostics, Manifest, ResourceId};

use crate::EdgeReason;
use crate::annotations::Annotations;
use crate::index::Index;
use crate::links::Links;

/// Reads one manifest's explicit dependencies.
pub(crate) fn read(
    node: u32,
    manifest: &Manifest,
    annotations: &Annotations,
    index: &mut Index<'_>,
    links: &mut Links,
    problems: &mut Diagnostics,
) {
    for deferred in &manifest.refs {
        match index.lookup(&deferred.target) {
            Some(target) => {
                let attribute = deferred.attribute.as_str().into();
                links.one(node, target, EdgeReason::Ref { attribute });
            }
            None => problems.push(
                undeclared("unknown-reference", &deferred.target, manifest, index)
                    .detail(format!("`{}` reads its `{}`", deferred.pointer, deferred.attribute)),
            ),
        }
    }
    let lists: [(_, _, Parse); 2] = [
        (&annotations.depends_on, EdgeReason::DependsOn, own_syntax),
        (&annotations.cli_utils, EdgeReason::CliUtilsDependsOn, cli_utils_syntax),
    ];
    for (list, reason, parse) in lists {
        let Some(list) = list else { continue };
        let mut targets = Vec::new();
        for entry in entries(list, &reason, manifest, problems) {
            match parse(entry) {
                Err(expected) => {
                    problems.push(malformed(entry, &reason, expected, manifest, index));
                }
                Ok(id) => match index.lookup(&id) {
                    Some(target) => targets.push(target),
                    None => problems.push(
                        undeclared("unknown-dependency", &id, manifest, index)
                            .detail(format!("`{entry}` in {reason}")),
                    ),
                },
            }
        }
        links.several(node, targets, &reason);
    }
}

/// Reads one id, or says what it should look like.
type Parse = fn(&str) -> Result<ResourceId, &'static str>;

fn own_syntax(text: &str) -> Result<ResourceId, &'static str> {
    text.parse().map_err(|_| "Kind[.group]/[namespace/]name")
}

/// `group/namespaces/namespace/Kind/name` or `group/Kind/name`; the core group is empty.
fn cli_utils_syntax(text: &str) -> Result<ResourceId, &'static str> {
    let parts: Vec<&str> = text.split('/').map(str::trim).collect();
    let (group, namespace, kind, name) = match parts.as_slice() {
        // A kind starts with a capital and a group does not: `ConfigMap/web/a` is the other syntax.
        [group, kind, name] if !group.starts_with(char::is_uppercase) => (group, None, kind, name),
        [group, "namespaces", namespace, kind, name] if !namespace.is_empty() => {
            (group, Some(*namespace), kind, name)
        }
        _ => return Err("group/namespaces/namespace/Kind/name or group/Kind/name"),
    };
    if kind.is_empty() || name.is_empty() {
        return Err("group/namespaces/namespace/Kind/name or group/Kind/name");
    }
    Ok(ResourceId::new(*group, *kind, namespace, *name))
}

fn entries<'v>(
    list: &'v Value,
    reason: &EdgeReason,
    manifest: &Manifest,
    problems: &mut Diagnostics,
) -> Vec<&'v str> {
    let Some(text) = list.as_str() else {
        problems.push(
            Diagnostic::error(
                "invalid-dependency",
                format!("annotation `{reason}` of `{}` is not a string", manifest.id),
            )
            .at(manifest.origin.location())
            .help("write the ids in one string, separated by commas"),
        );
        return Vec::new();
    };
    text.split([',', '\n']).map(str::trim).filter(|entry| !entry.is_empty()).collect()
}

fn malformed(
    entry: &str,
    reason: &EdgeReason,
    expected: &str,
    manifest: &Manifest,
    index: &mut Index<'_>,
) -> Diagnostic {
    let summary = format!("`{entry}` in {reason} of `{}` is not an id", manifest.id);
    let mut help = format!("write {expected}");
    if let Some(id) = index.nearest(entry) {
        help.push_str(&format!("; the nearest object is `{id}`"));
    }
    Diagnostic::error("invalid-dependency", summary).at(manifest.origin.location()).help(help)
}

fn undeclared(
    code: &'static str,
    id: &ResourceId,
    manifest: &Manifest,
    index: &mut Index<'_>,
) -> Diagnostic {
    let summary = format!("`{}` waits for `{id}`, which is not declared", manifest.id);
    let help = match index.nearest(&id.to_string()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "declare it in this environment or remove the dependency".to_owned(),
    };
    Diagnostic::error(code, summary).at(manifest.origin.location()).help(help)
}
