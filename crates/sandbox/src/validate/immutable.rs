//! Fields that may not change.

use serde_json::Value;

use crate::{resource::Resource, status::FieldError, value::text};

const IMMUTABLE: &str = "field is immutable";

pub(super) fn immutable(resource: &Resource, old: &Value, new: &Value) -> Vec<FieldError> {
    match resource.kind.as_str() {
        _ if resource.custom.is_some() => Vec::new(),
        "Deployment" | "ReplicaSet" | "DaemonSet" => fields(old, new, &["spec.selector"]),
        "StatefulSet" => stateful_set(old, new),
        "Job" => job(old, new),
        "Service" => service(old, new),
        "ConfigMap" | "Secret" => payload(resource, old, new),
        "RoleBinding" | "ClusterRoleBinding" => role(old, new),
        "StorageClass" => storage_class(old, new),
        "PersistentVolumeClaim" => claim(old, new),
        "IngressClass" => fields(old, new, &["spec.controller"]),
        "PriorityClass" => priority(old, new),
        "CustomResourceDefinition" => {
            fields(old, new, &["spec.group", "spec.scope", "spec.names.kind", "spec.names.plural"])
        }
        "Pod" => pod(old, new),
        "ControllerRevision" => fields(old, new, &["data"]),
        _ => Vec::new(),
    }
}

fn at<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    value.pointer(&format!("/{}", path.replace('.', "/")))
}

fn fields(old: &Value, new: &Value, paths: &[&str]) -> Vec<FieldError> {
    paths
        .iter()
        .filter(|path| at(old, path) != at(new, path))
        .map(|path| {
            FieldError::invalid(*path, at(new, path).cloned().unwrap_or_default(), IMMUTABLE)
        })
        .collect()
}

fn stateful_set(old: &Value, new: &Value) -> Vec<FieldError> {
    const FREE: [&str; 8] = [
        "replicas",
        "ordinals",
        "template",
        "updateStrategy",
        "revisionHistoryLimit",
        "persistentVolumeClaimRetentionPolicy",
        "minReadySeconds",
        "podManagementPolicy",
    ];
    let fixed = |value: &Value| {
        let mut spec = value.get("spec").cloned().unwrap_or_default();
        for name in FREE.iter().filter(|name| **name != "podManagementPolicy") {
            crate::value::put(&mut spec, name, None);
        }
        spec
    };
    if fixed(old) == fixed(new) {
        return Vec::new();
    }
    vec![FieldError::forbidden(
        "spec",
        "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
    )]
}

fn job(old: &Value, new: &Value) -> Vec<FieldError> {
    let mut paths = vec![
        "spec.selector",
        "spec.completionMode",
        "spec.podFailurePolicy",
        "spec.backoffLimitPerIndex",
    ];
    let suspended = old.pointer("/spec/suspend") == Some(&Value::Bool(true))
        && old.pointer("/status/startTime").is_none();
    if text(new, "/spec/completionMode") != "Indexed" {
        paths.insert(0, "spec.completions");
    }
    if !suspended {
        paths.insert(2, "spec.template");
    }
    fields(old, new, &paths)
}

fn service(old: &Value, new: &Value) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let (before, after) = (text(old, "/spec/clusterIP"), text(new, "/spec/clusterIP"));
    let external = |value: &Value| text(value, "/spec/type") == "ExternalName";
    if before != after && !before.is_empty() && !external(old) && !external(new) {
        let all = new.pointer("/spec/clusterIPs").cloned().unwrap_or_default();
        errors.push(FieldError::invalid("spec.clusterIPs[0]", all, "may not change once set"));
    }
    errors
}

fn payload(resource: &Resource, old: &Value, new: &Value) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if resource.kind == "Secret" && old.get("type") != new.get("type") {
        errors.extend(fields(old, new, &["type"]));
    }
    if old.get("immutable") == Some(&Value::Bool(true)) {
        const WHEN: &str = "field is immutable when `immutable` is set";
        if new.get("immutable") != Some(&Value::Bool(true)) {
            errors.push(FieldError::forbidden("immutable", WHEN));
        }
        for name in ["data", "binaryData"] {
            if old.get(name) != new.get(name) {
                errors.push(FieldError::forbidden(name, WHEN));
            }
        }
    }
    errors
}

fn role(old: &Value, new: &Value) -> Vec<FieldError> {
    if old.get("roleRef") == new.get("roleRef") {
        return Vec::new();
    }
    let part = |key: &str| text(new, &format!("/roleRef/{key}")).to_owned();
    let value = serde_json::json!({"APIGroup": part("apiGroup"), "Kind": part("kind"), "Name": part("name")});
    vec![FieldError::invalid("roleRef", value, "cannot change roleRef")]
}

fn storage_class(old: &Value, new: &Value) -> Vec<FieldError> {
    fields(old, new, &["parameters", "provisioner", "reclaimPolicy", "volumeBindingMode"])
}

fn claim(old: &Value, new: &Value) -> Vec<FieldError> {
    let fixed = |value: &Value| {
        let mut spec = value.get("spec").cloned().unwrap_or_default();
        crate::value::put(&mut spec, "volumeAttributesClassName", None);
        if let Some(requests) = spec.pointer_mut("/resources/requests") {
            crate::value::put(requests, "storage", None);
        }
        spec
    };
    let (mut before, after) = (fixed(old), fixed(new));
    if before.get("volumeName").is_none() {
        crate::value::put(&mut before, "volumeName", after.get("volumeName").cloned());
    }
    if before == after {
        return Vec::new();
    }
    vec![FieldError::forbidden(
        "spec",
        "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims",
    )]
}

fn priority(old: &Value, new: &Value) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if old.get("value") != new.get("value") {
        errors.push(FieldError::forbidden("value", "may not be changed in an update."));
    }
    errors.extend(fields(old, new, &["preemptionPolicy"]));
    errors
}

fn pod(old: &Value, new: &Value) -> Vec<FieldError> {
    let fixed = |value: &Value| {
        let mut spec = value.get("spec").cloned().unwrap_or_default();
        for name in [
            "activeDeadlineSeconds",
            "terminationGracePeriodSeconds",
            "tolerations",
            "nodeName",
            "schedulingGates",
        ] {
            crate::value::put(&mut spec, name, None);
        }
        for key in ["containers", "initContainers"] {
            for container in crate::value::list(&mut spec, key) {
                crate::value::put(container, "image", None);
            }
        }
        spec
    };
    if fixed(old) == fixed(new) {
        return Vec::new();
    }
    vec![FieldError::forbidden(
        "spec",
        "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)",
    )]
}
