//! Names, labels and annotations.

use serde_json::Value;

use crate::{
    resource::Resource,
    status::FieldError,
    value::{items, map, meta_text, text},
};

const SUBDOMAIN: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const LABEL: &str = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const LABEL_1035: &str = "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";
const QUALIFIED: &str = "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const VALUE: &str = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
const MAX_ANNOTATIONS: usize = 256 * 1024;

pub(super) fn metadata(resource: &Resource, object: &Value) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let name = meta_text(object, "name");
    if name.is_empty() {
        errors.push(FieldError::required("metadata.name", "name or generateName is required"));
    } else if let Some(why) = name_problem(resource, name) {
        errors.push(FieldError::invalid("metadata.name", name.into(), why));
    }
    for owner in items(object, "/metadata/ownerReferences").iter().enumerate() {
        owner_reference(owner, &mut errors);
    }
    for finalizer in items(object, "/metadata/finalizers") {
        let name = finalizer.as_str().unwrap_or_default();
        let standard = matches!(name, "orphan" | "foregroundDeletion" | "kubernetes");
        if let Some(why) = qualified_problem(name) {
            errors.push(FieldError::invalid("metadata.finalizers", name.into(), why));
        } else if !name.contains('/') && !standard && is_core_rule(resource) {
            errors.push(FieldError::invalid(
                "metadata.finalizers",
                name.into(),
                "name is neither a standard finalizer name nor is it fully qualified",
            ));
        }
    }
    errors.extend(labels(map(object, "/metadata/labels"), "metadata.labels"));
    let mut size = 0;
    for (key, value) in map(object, "/metadata/annotations").into_iter().flatten() {
        size += key.len() + value.as_str().map_or(0, str::len);
        if let Some(why) = qualified_problem(&key.to_lowercase()) {
            errors.push(FieldError::invalid("metadata.annotations", key.as_str().into(), why));
        }
    }
    if size > MAX_ANNOTATIONS {
        errors.push(FieldError::too_long("metadata.annotations", MAX_ANNOTATIONS));
    }
    errors
}

/// Kinds outside the API server's own binary, and those about them, take any qualified finalizer.
fn is_core_rule(resource: &Resource) -> bool {
    let elsewhere = ["apiextensions.k8s.io", "apiregistration.k8s.io"];
    !elsewhere.contains(&resource.group.as_str()) && resource.custom.is_none()
}

fn owner_reference((index, owner): (usize, &Value), errors: &mut Vec<FieldError>) {
    for (key, message) in [
        ("apiVersion", "version must not be empty"),
        ("kind", "must not be empty"),
        ("name", "must not be empty"),
        ("uid", "must not be empty"),
    ] {
        if text(owner, &format!("/{key}")).is_empty() {
            errors.push(FieldError::invalid(
                format!("metadata.ownerReferences[{index}].{key}"),
                "".into(),
                message,
            ));
        }
    }
}

/// Labels at `path`.
pub(super) fn labels(
    labels: Option<&serde_json::Map<String, Value>>,
    path: &str,
) -> Vec<FieldError> {
    let mut errors = Vec::new();
    for (key, value) in labels.into_iter().flatten() {
        if let Some(why) = qualified_problem(key) {
            errors.push(FieldError::invalid(path, key.as_str().into(), why));
        }
        let text = value.as_str().unwrap_or_default();
        if let Some(why) = value_problem(text) {
            errors.push(FieldError::invalid(path, text.into(), why));
        }
    }
    errors
}

fn value_problem(text: &str) -> Option<String> {
    if text.len() > 63 {
        return Some("must be no more than 63 bytes".to_owned());
    }
    (!text.is_empty() && !qualified_part(text)).then(|| VALUE.to_owned())
}

fn qualified_part(text: &str) -> bool {
    let ends = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
        && ends(text.chars().next())
        && ends(text.chars().next_back())
}

fn qualified_problem(key: &str) -> Option<String> {
    let name = match key.split_once('/') {
        Some((prefix, name)) => {
            if prefix.is_empty() {
                return Some("prefix part must be non-empty".to_owned());
            }
            if !subdomain(prefix) {
                return Some(format!("prefix part {SUBDOMAIN}"));
            }
            if name.contains('/') {
                return Some("a valid label key must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')".to_owned());
            }
            name
        }
        None => key,
    };
    if name.is_empty() {
        return Some("name part must be non-empty".to_owned());
    }
    if name.len() > 63 {
        return Some("name part must be no more than 63 bytes".to_owned());
    }
    (!qualified_part(name)).then(|| QUALIFIED.to_owned())
}

fn label(text: &str) -> bool {
    let ends = |c: Option<char>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
        && ends(text.chars().next())
        && ends(text.chars().next_back())
}

/// Whether `text` is a DNS subdomain.
pub(super) fn subdomain(text: &str) -> bool {
    text.len() <= 253 && text.split('.').all(label)
}

fn name_problem(resource: &Resource, name: &str) -> Option<String> {
    match resource.kind.as_str() {
        _ if resource.group == "rbac.authorization.k8s.io" => match name {
            "." | ".." => Some(format!("may not be '{name}'")),
            _ => name.contains(['/', '%']).then(|| {
                let bad = if name.contains('/') { '/' } else { '%' };
                format!("may not contain '{bad}'")
            }),
        },
        "Namespace" => limit(name, 63).or_else(|| (!label(name)).then(|| LABEL.to_owned())),
        "Service" => limit(name, 63).or_else(|| {
            let alphabetic = name.starts_with(|c: char| c.is_ascii_lowercase());
            (!label(name) || !alphabetic).then(|| LABEL_1035.to_owned())
        }),
        _ => limit(name, 253).or_else(|| (!subdomain(name)).then(|| SUBDOMAIN.to_owned())),
    }
}

fn limit(name: &str, bytes: usize) -> Option<String> {
    (name.len() > bytes).then(|| format!("must be no more than {bytes} bytes"))
}
