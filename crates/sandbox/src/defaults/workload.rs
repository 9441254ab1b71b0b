//! Defaults of workloads and autoscalers.

use serde_json::{Value, json};

use crate::value::{default, default_nonzero, list, meta, object, text};

use super::{claim, pod};

pub(super) fn apps(kind: &str, value: &mut Value) {
    let Some(spec) = object(value, "spec") else { return };
    if kind != "ControllerRevision"
        && let Some(template) = object(spec, "template")
    {
        pod::template(template);
    }
    match kind {
        "Deployment" => {
            default(spec, "replicas", 1);
            rolling_update(
                spec,
                "strategy",
                &[("maxUnavailable", json!("25%")), ("maxSurge", json!("25%"))],
            );
            default(spec, "revisionHistoryLimit", 10);
            default(spec, "progressDeadlineSeconds", 600);
        }
        "ReplicaSet" => default(spec, "replicas", 1),
        "DaemonSet" => {
            rolling_update(
                spec,
                "updateStrategy",
                &[("maxUnavailable", json!(1)), ("maxSurge", json!(0))],
            );
            default(spec, "revisionHistoryLimit", 10);
            template_generation(value);
        }
        "StatefulSet" => {
            default_nonzero(spec, "podManagementPolicy", "OrderedReady");
            rolling_update(spec, "updateStrategy", &[("partition", json!(0))]);
            default(spec, "replicas", 1);
            default(spec, "revisionHistoryLimit", 10);
            if let Some(policy) = object(spec, "persistentVolumeClaimRetentionPolicy") {
                default_nonzero(policy, "whenDeleted", "Retain");
                default_nonzero(policy, "whenScaled", "Retain");
            }
            for template in list(spec, "volumeClaimTemplates") {
                claim(template);
                default_nonzero(template, "apiVersion", "v1");
                default_nonzero(template, "kind", "PersistentVolumeClaim");
            }
        }
        _ => {}
    }
}

/// The annotation in which daemon sets once counted their templates.
fn template_generation(value: &mut Value) {
    if let Some(annotations) = object(value, "metadata").and_then(|m| object(m, "annotations")) {
        default(annotations, "deprecated.daemonset.template.generation", "0");
    }
}

fn rolling_update(spec: &mut Value, key: &str, parameters: &[(&str, Value)]) {
    let Some(strategy) = object(spec, key) else { return };
    default_nonzero(strategy, "type", "RollingUpdate");
    if text(strategy, "/type") == "RollingUpdate"
        && let Some(update) = object(strategy, "rollingUpdate")
    {
        for (name, parameter) in parameters {
            default(update, name, parameter.clone());
        }
    }
}

pub(super) fn replication_controller(value: &mut Value) {
    let labels = value.pointer("/spec/template/metadata/labels").cloned();
    let Some(spec) = object(value, "spec") else { return };
    default(spec, "replicas", 1);
    if let Some(template) = spec.get_mut("template") {
        pod::template(template);
    }
    if let Some(labels) = labels {
        default(spec, "selector", labels.clone());
        if meta(value, "labels").is_none() {
            crate::value::put_meta(value, "labels", Some(labels));
        }
    }
}

pub(super) fn batch(kind: &str, value: &mut Value) {
    match kind {
        "Job" => job(value),
        "CronJob" => {
            let Some(spec) = object(value, "spec") else { return };
            default_nonzero(spec, "concurrencyPolicy", "Allow");
            default(spec, "suspend", false);
            default(spec, "successfulJobsHistoryLimit", 3);
            default(spec, "failedJobsHistoryLimit", 1);
            if let Some(template) = object(spec, "jobTemplate")
                .and_then(|job| object(job, "spec"))
                .and_then(|spec| object(spec, "template"))
            {
                pod::template(template);
            }
        }
        _ => {}
    }
}

fn job(value: &mut Value) {
    let labels = value.pointer("/spec/template/metadata/labels").cloned();
    let Some(spec) = object(value, "spec") else { return };
    if spec.get("completions").is_none() && spec.get("parallelism").is_none() {
        default(spec, "completions", 1);
    }
    default(spec, "parallelism", 1);
    default(
        spec,
        "backoffLimit",
        if spec.get("backoffLimitPerIndex").is_some() { i32::MAX } else { 6 },
    );
    default(spec, "completionMode", "NonIndexed");
    default(spec, "suspend", false);
    if spec.get("podReplacementPolicy").is_none() {
        let policy =
            if spec.get("podFailurePolicy").is_some() { "Failed" } else { "TerminatingOrFailed" };
        default(spec, "podReplacementPolicy", policy);
    }
    default(spec, "manualSelector", false);
    if let Some(rules) = spec.get_mut("podFailurePolicy") {
        for rule in list(rules, "rules") {
            for pattern in list(rule, "onPodConditions") {
                default_nonzero(pattern, "status", "True");
            }
        }
    }
    if let Some(template) = object(spec, "template") {
        pod::template(template);
    }
    if let Some(labels) = labels
        && meta(value, "labels").is_none()
    {
        crate::value::put_meta(value, "labels", Some(labels));
    }
}

pub(super) fn autoscaler(version: &str, value: &mut Value) {
    let Some(spec) = object(value, "spec") else { return };
    default(spec, "minReplicas", 1);
    if version == "v1" {
        return;
    }
    if spec.get("metrics").and_then(Value::as_array).is_none_or(Vec::is_empty) {
        crate::value::put(
            spec,
            "metrics",
            Some(json!([{"type": "Resource", "resource": {
                "name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}}}])),
        );
    }
    let Some(behavior) = spec.get_mut("behavior") else { return };
    if let Some(up) = object(behavior, "scaleUp") {
        default(up, "stabilizationWindowSeconds", 0);
        default(up, "selectPolicy", "Max");
        default(
            up,
            "policies",
            json!([
                {"type": "Pods", "value": 4, "periodSeconds": 15},
                {"type": "Percent", "value": 100, "periodSeconds": 15},
            ]),
        );
    }
    if let Some(down) = object(behavior, "scaleDown") {
        default(down, "selectPolicy", "Max");
        default(down, "policies", json!([{"type": "Percent", "value": 100, "periodSeconds": 15}]));
    }
}
