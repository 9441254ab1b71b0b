//! The defaults that the API server fills in.

mod custom;
mod pod;
mod service;
mod workload;

use serde_json::{Value, json};

use crate::{
    resource::Resource,
    value::{default, default_nonzero, list, object, text},
};

pub(crate) use custom::{default_custom, prune};

/// Fills in the defaults of a built-in object.
pub(crate) fn builtin(resource: &Resource, value: &mut Value) {
    match (resource.group.as_str(), resource.kind.as_str()) {
        ("", kind) => core(kind, value),
        ("apps", kind) => workload::apps(kind, value),
        ("batch", kind) => workload::batch(kind, value),
        ("autoscaling", _) => workload::autoscaler(&resource.version, value),
        ("networking.k8s.io", kind) => networking(kind, value),
        ("rbac.authorization.k8s.io", kind) => rbac(kind, value),
        ("storage.k8s.io", kind) => storage(kind, value),
        ("scheduling.k8s.io", _) => default(value, "preemptionPolicy", "PreemptLowerPriority"),
        ("admissionregistration.k8s.io", kind) => admission(kind, value),
        ("apiextensions.k8s.io", _) => definition(value),
        ("discovery.k8s.io", _) => endpoint_slice(value),
        _ => {}
    }
}

fn core(kind: &str, value: &mut Value) {
    match kind {
        "Pod" => {
            if let Some(spec) = object(value, "spec") {
                pod::spec(spec);
                pod::requests(spec);
                default(spec, "enableServiceLinks", true);
            }
            if let Some(status) = object(value, "status") {
                default_nonzero(status, "phase", "Pending");
            }
        }
        "PodTemplate" => {
            if let Some(template) = object(value, "template") {
                pod::template(template);
            }
        }
        "ReplicationController" => workload::replication_controller(value),
        "Service" => service::service(value),
        "Secret" => secret(value),
        "Namespace" => {
            if let Some(status) = object(value, "status") {
                default_nonzero(status, "phase", "Active");
            }
            let name = crate::value::meta_text(value, "name").to_owned();
            if !name.is_empty()
                && let Some(labels) = object(value, "metadata").and_then(|m| object(m, "labels"))
            {
                default(labels, "kubernetes.io/metadata.name", name);
            }
        }
        "PersistentVolume" => {
            if let Some(status) = object(value, "status") {
                default_nonzero(status, "phase", "Pending");
            }
            if let Some(spec) = object(value, "spec") {
                default_nonzero(spec, "persistentVolumeReclaimPolicy", "Retain");
                default(spec, "volumeMode", "Filesystem");
            }
        }
        "PersistentVolumeClaim" => claim(value),
        "LimitRange" => limit_range(value),
        "Endpoints" => {
            for subset in list(value, "subsets") {
                for port in list(subset, "ports") {
                    default_nonzero(port, "protocol", "TCP");
                }
            }
        }
        _ => {}
    }
}

fn secret(value: &mut Value) {
    use base64::Engine as _;
    default_nonzero(value, "type", "Opaque");
    let Some(Value::Object(plain)) = value.as_object_mut().and_then(|map| map.remove("stringData"))
    else {
        return;
    };
    if plain.is_empty() {
        return;
    }
    if let Some(data) = object(value, "data") {
        for (key, text) in plain {
            let text = text.as_str().unwrap_or_default();
            crate::value::put(
                data,
                &key,
                Some(base64::engine::general_purpose::STANDARD.encode(text).into()),
            );
        }
    }
}

/// Also for the claim templates of a stateful set.
pub(crate) fn claim(value: &mut Value) {
    if let Some(status) = object(value, "status") {
        default_nonzero(status, "phase", "Pending");
    }
    if let Some(spec) = object(value, "spec") {
        default(spec, "volumeMode", "Filesystem");
    }
}

fn limit_range(value: &mut Value) {
    let Some(spec) = value.get_mut("spec") else { return };
    for limit in list(spec, "limits") {
        if text(limit, "/type") != "Container" {
            continue;
        }
        for (from, to) in
            [("max", "default"), ("default", "defaultRequest"), ("min", "defaultRequest")]
        {
            let source = limit.get(from).cloned();
            for (name, quantity) in source.as_ref().and_then(Value::as_object).into_iter().flatten()
            {
                if let Some(target) = object(limit, to) {
                    default(target, name, quantity.clone());
                }
            }
        }
    }
}

fn networking(kind: &str, value: &mut Value) {
    let Some(spec) = value.get_mut("spec") else { return };
    match kind {
        "NetworkPolicy" => {
            for (rules, _) in [("ingress", 0), ("egress", 0)] {
                for rule in list(spec, rules) {
                    for port in list(rule, "ports") {
                        default(port, "protocol", "TCP");
                    }
                }
            }
            if spec.get("policyTypes").is_none() {
                let egress = spec
                    .get("egress")
                    .and_then(Value::as_array)
                    .is_some_and(|rules| !rules.is_empty());
                let types = if egress { json!(["Ingress", "Egress"]) } else { json!(["Ingress"]) };
                default(spec, "policyTypes", types);
            }
        }
        "IngressClass" => {
            if let Some(parameters) = spec.get_mut("parameters") {
                default(parameters, "scope", "Cluster");
            }
        }
        _ => {}
    }
}

fn rbac(kind: &str, value: &mut Value) {
    if !kind.ends_with("Binding") {
        return;
    }
    if let Some(role) = object(value, "roleRef") {
        default_nonzero(role, "apiGroup", "rbac.authorization.k8s.io");
    }
    for subject in list(value, "subjects") {
        if matches!(text(subject, "/kind"), "User" | "Group") {
            default_nonzero(subject, "apiGroup", "rbac.authorization.k8s.io");
        }
    }
}

fn storage(kind: &str, value: &mut Value) {
    match kind {
        "StorageClass" => {
            default(value, "reclaimPolicy", "Delete");
            default(value, "volumeBindingMode", "Immediate");
        }
        "CSIDriver" => {
            if let Some(spec) = object(value, "spec") {
                default(spec, "attachRequired", true);
                default(spec, "podInfoOnMount", false);
                default(spec, "storageCapacity", false);
                default(spec, "fsGroupPolicy", "ReadWriteOnceWithFSType");
                default(spec, "requiresRepublish", false);
                default(spec, "seLinuxMount", false);
                if spec
                    .get("volumeLifecycleModes")
                    .is_none_or(|m| m.as_array().is_none_or(Vec::is_empty))
                {
                    crate::value::put(spec, "volumeLifecycleModes", Some(json!(["Persistent"])));
                }
            }
        }
        _ => {}
    }
}

fn admission(kind: &str, value: &mut Value) {
    let mutating = kind == "MutatingWebhookConfiguration";
    for webhook in list(value, "webhooks") {
        default(webhook, "failurePolicy", "Fail");
        default(webhook, "matchPolicy", "Equivalent");
        default(webhook, "namespaceSelector", json!({}));
        default(webhook, "objectSelector", json!({}));
        default(webhook, "timeoutSeconds", 10);
        if mutating {
            default(webhook, "reinvocationPolicy", "Never");
        }
        for rule in list(webhook, "rules") {
            default(rule, "scope", "*");
        }
        if let Some(service) = webhook.get_mut("clientConfig").and_then(|c| c.get_mut("service")) {
            default(service, "port", 443);
        }
    }
    if kind.ends_with("Policy")
        && let Some(spec) = object(value, "spec")
    {
        default(spec, "failurePolicy", "Fail");
        if let Some(constraints) = spec.get_mut("matchConstraints") {
            default(constraints, "matchPolicy", "Equivalent");
            default(constraints, "namespaceSelector", json!({}));
            default(constraints, "objectSelector", json!({}));
            for rule in list(constraints, "resourceRules") {
                default(rule, "scope", "*");
            }
        }
    }
}

fn definition(value: &mut Value) {
    let Some(spec) = object(value, "spec") else { return };
    if let Some(names) = object(spec, "names") {
        let kind = text(names, "/kind").to_owned();
        default_nonzero(names, "singular", kind.to_lowercase());
        default_nonzero(names, "listKind", format!("{kind}List"));
    }
    default(spec, "conversion", json!({"strategy": "None"}));
    if let Some(service) = spec.pointer_mut("/conversion/webhook/clientConfig/service") {
        default(service, "port", 443);
    }
}

fn endpoint_slice(value: &mut Value) {
    for port in list(value, "ports") {
        default(port, "name", "");
        default(port, "protocol", "TCP");
    }
}
