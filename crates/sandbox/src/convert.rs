//! Conversion between versions of built-in kinds. Only autoscalers have two.

use serde_json::{Value, json};

use crate::{
    resource::Resource,
    value::{object, put, text},
};

fn old_autoscaler(resource: &Resource) -> bool {
    resource.group == "autoscaling" && resource.version == "v1"
}

/// The stored object in this resource's version, when that is not the stored one.
pub(crate) fn stored_to(resource: &Resource, json: &str) -> Option<Value> {
    if !old_autoscaler(resource) {
        return None;
    }
    let value = serde_json::from_str(json).ok()?;
    value_to(resource, &value)
}

/// Like [`stored_to`].
pub(crate) fn value_to(resource: &Resource, stored: &Value) -> Option<Value> {
    if !old_autoscaler(resource) {
        return None;
    }
    let mut out = stored.clone();
    let spec = object(&mut out, "spec")?;
    let cpu = crate::value::items(spec, "/metrics")
        .iter()
        .find(|metric| text(metric, "/resource/name") == "cpu")
        .and_then(|metric| metric.pointer("/resource/target/averageUtilization").cloned());
    put(spec, "metrics", None);
    put(spec, "behavior", None);
    put(spec, "targetCPUUtilizationPercentage", cpu);
    if let Some(status) = object(&mut out, "status") {
        put(status, "conditions", None);
        put(status, "currentMetrics", None);
    }
    Some(out)
}

/// What a client sent in this resource's version, in the stored one.
pub(crate) fn to_stored(resource: &Resource, sent: &Value) -> Option<Value> {
    if !old_autoscaler(resource) {
        return None;
    }
    let mut out = sent.clone();
    put(&mut out, "apiVersion", Some("autoscaling/v2".into()));
    let spec = object(&mut out, "spec")?;
    let cpu = spec.get("targetCPUUtilizationPercentage").cloned();
    put(spec, "targetCPUUtilizationPercentage", None);
    if let Some(cpu) = cpu {
        let target = json!({"type": "Utilization", "averageUtilization": cpu});
        put(
            spec,
            "metrics",
            Some(json!([{"type": "Resource", "resource": {"name": "cpu", "target": target}}])),
        );
    }
    Some(out)
}
