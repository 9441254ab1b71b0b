//! What is wrong with one object, whatever it came from.

use serde_json::Value;
use suimon_model::{Diagnostic, Location, REF_MARKER_PREFIX, ResourceId};

use super::kinds::removed;
use super::strings::not_strings;
use crate::names;

/// Finds places in the text that an object came from.
pub(crate) trait Where {
    /// The value (or, with `key`, the key) at a path.
    fn find(&self, path: &[String], key: bool) -> Found;
}

/// A value in the text that an object came from.
pub(crate) struct Found {
    pub(crate) at: Location,
    /// The text of an unquoted scalar.
    pub(crate) raw: Option<String>,
    /// Whether a template's `{{ … }}` printed it.
    pub(crate) printed: bool,
}

/// Checks an object against what Kubernetes accepts.
pub(crate) fn check_object(
    id: &ResourceId,
    version: &str,
    object: &Value,
    at: &dyn Where,
) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let place = |path: &[&str], key: bool| {
        let path: Vec<String> = path.iter().map(|part| (*part).to_owned()).collect();
        at.find(&path, key).at
    };
    if let Some((replacement, since)) = removed(&id.group, version, &id.kind) {
        let mut diagnostic = Diagnostic::error(
            "removed-api",
            format!("{}/{version} {} was removed in Kubernetes {since}", id.group, id.kind),
        )
        .at(place(&["apiVersion"], false));
        diagnostic = diagnostic.help(if replacement.is_empty() {
            "use Pod Security Admission: labels on the Namespace".to_owned()
        } else {
            format!("write `apiVersion: {replacement}`")
        });
        found.push(diagnostic);
    }
    if let Some(problem) = bad_name(id) {
        let shown = if id.name.contains(REF_MARKER_PREFIX) {
            "the name".to_owned()
        } else {
            format!("the name `{}`", id.name)
        };
        found.push(
            Diagnostic::error("bad-name", format!("{shown} {problem}"))
                .at(place(&["metadata", "name"], false)),
        );
    }
    if let Some(namespace) = &id.namespace
        && let Some(problem) = names::dns_label(namespace)
    {
        found.push(
            Diagnostic::error("bad-name", format!("the namespace `{namespace}` {problem}"))
                .at(place(&["metadata", "namespace"], false)),
        );
    }
    labels(id, object, at, &mut found);
    unquoted(id, object, at, &mut found);
    found
}

fn bad_name(id: &ResourceId) -> Option<String> {
    if id.name.contains(REF_MARKER_PREFIX) {
        return Some("holds a deferred value, but a name must be known".to_owned());
    }
    let longest = if id.kind == "CronJob" && id.group == "batch" { 52 } else { 253 };
    if id.name.chars().count() > longest {
        let length = id.name.chars().count();
        return Some(format!("has {length} characters, at most {longest} are allowed"));
    }
    match (id.group.as_str(), id.kind.as_str()) {
        ("", "Namespace" | "Service") => names::dns_label(&id.name),
        ("rbac.authorization.k8s.io", _) => names::path_segment(&id.name),
        _ if id.is_aws() => names::path_segment(&id.name),
        _ => names::dns_subdomain(&id.name),
    }
}

/// Labels, annotations and selectors of the object and of its pods.
fn labels(id: &ResourceId, object: &Value, at: &dyn Where, found: &mut Vec<Diagnostic>) {
    let mut maps: Vec<&[&str]> = vec![&["metadata", "labels"], &["metadata", "annotations"]];
    match (id.group.as_str(), id.kind.as_str()) {
        ("apps" | "batch", "CronJob") => {
            maps.push(&["spec", "jobTemplate", "spec", "template", "metadata", "labels"]);
            maps.push(&["spec", "jobTemplate", "spec", "template", "metadata", "annotations"]);
        }
        ("apps" | "batch", _) => {
            maps.push(&["spec", "template", "metadata", "labels"]);
            maps.push(&["spec", "template", "metadata", "annotations"]);
            maps.push(&["spec", "selector", "matchLabels"]);
        }
        ("", "Service") => maps.push(&["spec", "selector"]),
        _ => {}
    }
    for path in maps {
        let Some(map) = path.iter().try_fold(object, |value, key| value.get(key)) else { continue };
        let Some(map) = map.as_object() else {
            if !map.is_null() {
                let path: Vec<String> = path.iter().map(|part| (*part).to_owned()).collect();
                found.push(
                    Diagnostic::error(
                        "wrong-type",
                        format!("`{}` must be a mapping", path.join(".")),
                    )
                    .at(at.find(&path, false).at),
                );
            }
            continue;
        };
        let what = if path.last() == Some(&"annotations") { "annotation" } else { "label" };
        for (key, value) in map {
            let path: Vec<String> =
                path.iter().map(|part| (*part).to_owned()).chain([key.clone()]).collect();
            if let Some(problem) = names::qualified_key(key) {
                found.push(
                    Diagnostic::error(bad_code(what), format!("the {what} key `{key}` {problem}"))
                        .at(at.find(&path, true).at),
                );
            }
            let text = value.as_str().filter(|text| !text.contains(REF_MARKER_PREFIX));
            if what == "label"
                && let Some(problem) = text.and_then(names::label_value)
            {
                found.push(
                    Diagnostic::error("bad-label", format!("the value of label `{key}` {problem}"))
                        .at(at.find(&path, false).at),
                );
            }
        }
    }
}

fn bad_code(what: &str) -> &'static str {
    if what == "label" { "bad-label" } else { "bad-annotation" }
}

/// Booleans and numbers where strings belong.
fn unquoted(id: &ResourceId, object: &Value, at: &dyn Where, found: &mut Vec<Diagnostic>) {
    let secret = id.group.is_empty() && id.kind == "Secret";
    for path in not_strings(&id.group, &id.kind, object) {
        let Found { at: location, raw, printed } = at.find(&path, false);
        let value = path.iter().try_fold(object, |value, part| match value {
            Value::Array(items) => items.get(part.parse::<usize>().ok()?),
            value => value.get(part),
        });
        let value = value.unwrap_or(&Value::Null);
        let what = if value.is_boolean() { "boolean" } else { "number" };
        let field = path.join(".");
        let hidden =
            secret && path.first().is_some_and(|part| part.ends_with("ata") && part != "metadata");
        let diagnostic = match raw.filter(|_| !hidden) {
            Some(raw) => Diagnostic::error(
                "unquoted-string",
                format!("`{field}` must be a string, but `{raw}` reads as the {what} {value}"),
            )
            .help(match printed {
                true => "print it as text: `{{ … | quote }}`".to_owned(),
                false => format!("write it in quotes: \"{raw}\""),
            }),
            None => Diagnostic::error(
                "unquoted-string",
                format!("`{field}` must be a string, not a {what}"),
            )
            .help("write it in quotes"),
        };
        found.push(diagnostic.at(location));
    }
}
