//! Autoscalers keep their target's scale within bounds; there is no load to follow.

use serde_json::{Value, json};

use crate::{
    api::write::WriteOptions,
    resource::Resource,
    state::State,
    value::{int, meta, meta_text, put, text},
};

use super::{
    MANAGER,
    status::{Condition, conditions},
};

pub(super) fn reconcile(state: &mut State, resource: &Resource, autoscaler: &Value) {
    let reference = |key: &str| text(autoscaler, &format!("/spec/scaleTargetRef/{key}"));
    let namespace = meta_text(autoscaler, "namespace").to_owned();
    let target = state.registry.by_kind(reference("apiVersion"), reference("kind")).cloned();
    let found = target.and_then(|target| {
        let object = state.object(&target, &namespace, reference("name")).ok()?;
        Some((target, object))
    });
    let now = state.clock.stamp();
    let Some((target, object)) = found else {
        let message = format!(
            "the HPA controller was unable to get the target's current scale: {} not found",
            reference("name")
        );
        let able = Condition {
            kind: "AbleToScale",
            status: false,
            reason: "FailedGetScale",
            message: &message,
        };
        let status = json!({"currentMetrics": null, "desiredReplicas": 0, "conditions": conditions(autoscaler, &[able], &now, false)});
        state.set_status(resource, autoscaler, status);
        return;
    };
    let replicas = int(&object, "/spec/replicas").unwrap_or(1);
    let least = int(autoscaler, "/spec/minReplicas").unwrap_or(1);
    let most = int(autoscaler, "/spec/maxReplicas").unwrap_or(least);
    // Zero replicas turn an autoscaler off.
    let desired = if replicas == 0 { 0 } else { replicas.clamp(least, most.max(least)) };
    if desired != replicas {
        let scale = |mut scale: Value| {
            if let Some(spec) = scale.get_mut("spec") {
                put(spec, "replicas", Some(desired.into()));
            }
            Ok(scale)
        };
        let options = WriteOptions::by(MANAGER);
        if let Err(error) =
            state.change_scale(&target, &namespace, reference("name"), &options, scale)
        {
            tracing::warn!(body = %error.body(), "an autoscaler could not scale its target");
        }
    }
    let able = Condition {
        kind: "AbleToScale",
        status: true,
        reason: "SucceededGetScale",
        message: "the HPA controller was able to get the target's current scale",
    };
    let mut status = json!({
        "desiredReplicas": desired, "currentMetrics": null,
        "conditions": conditions(autoscaler, &[able], &now, false),
    });
    if let Some(generation) = meta(autoscaler, "generation") {
        put(&mut status, "observedGeneration", Some(generation.clone()));
    }
    let current = int(&object, "/status/replicas").unwrap_or(0);
    if current != 0 {
        put(&mut status, "currentReplicas", Some(current.into()));
    }
    state.set_status(resource, autoscaler, status);
}
