//! `replicas` and `disruption-budget`.

use serde_json::Value;

use super::Inspected;
use super::rules::Found;
use super::selector::selects;
use super::settings::Settings;
use super::workload::{is_ecs, is_scaled};

/// Every Deployment, StatefulSet and Amazon ECS service has enough replicas.
///
/// Where an autoscaler is declared for it, the autoscaler's minimum is what counts. An ECS service that
/// runs one task on every instance has no number.
pub(super) fn replicas(settings: &Settings, objects: &[Inspected]) -> Found {
    let mut found = Found::default();
    for object in objects.iter().filter(|object| !settings.excepts(&object.id)) {
        let own = if is_scaled(object) {
            ("spec.replicas".to_owned(), number(object, "/spec/replicas", 1))
        } else if is_ecs(object, "Service")
            && text(object, "/spec/schedulingStrategy") != Some("DAEMON")
        {
            ("spec.desiredCount".to_owned(), number(object, "/spec/desiredCount", 1))
        } else {
            continue;
        };
        let scaled = objects.iter().find_map(|other| autoscaled(other, object));
        let (field, count) = scaled.unwrap_or(own);
        let least = settings.min;
        let wrong = match count {
            Some(count) if count >= least => None,
            Some(count) => Some(format!("has {count} of at least {least} replicas: {field}")),
            None => Some(format!("has no number of replicas: {field}")),
        };
        found.judge(object, wrong);
    }
    found
}

/// A number of an object, the API's default where it is not given; `None` where it is none.
fn number(object: &Inspected, pointer: &str, default: u64) -> Option<u64> {
    match object.body.pointer(pointer) {
        None | Some(Value::Null) => Some(default),
        Some(value) => value.as_u64(),
    }
}

fn text<'a>(object: &'a Inspected, pointer: &str) -> Option<&'a str> {
    object.body.pointer(pointer).and_then(Value::as_str)
}

/// The minimum that an autoscaler sets for an object, and where.
fn autoscaled(scaler: &Inspected, object: &Inspected) -> Option<(String, Option<u64>)> {
    let (kind, minimum, default) = match (scaler.id.group.as_str(), scaler.id.kind.as_str()) {
        ("autoscaling", "HorizontalPodAutoscaler") => {
            (text(scaler, "/spec/scaleTargetRef/kind")?, "minReplicas", 1)
        }
        ("keda.sh", "ScaledObject") => {
            let kind = text(scaler, "/spec/scaleTargetRef/kind").unwrap_or("Deployment");
            (kind, "minReplicaCount", 0)
        }
        ("applicationautoscaling.services.k8s.aws", "ScalableTarget") => {
            if !is_ecs(object, "Service") || !scales_service(scaler, object) {
                return None;
            }
            ("Service", "minCapacity", 0)
        }
        _ => return None,
    };
    let same = scaler.id.is_aws()
        || (object.id.kind == kind
            && object.id.namespace == scaler.id.namespace
            && text(scaler, "/spec/scaleTargetRef/name") == Some(&object.id.name));
    let count = number(scaler, &format!("/spec/{minimum}"), default);
    same.then(|| (format!("spec.{minimum} of {}", scaler.id), count))
}

/// Whether a ScalableTarget is for a service: by reference, or by `service/CLUSTER/NAME`.
fn scales_service(target: &Inspected, service: &Inspected) -> bool {
    if let Some(name) = text(target, "/spec/resourceRef/from/name") {
        return name == service.id.name;
    }
    let id = ["/spec/resourceID", "/spec/resourceId"].iter().find_map(|at| text(target, at));
    let Some(name) = id.and_then(|id| id.strip_prefix("service/")?.rsplit('/').next()) else {
        return false;
    };
    let own = ["/spec/name", "/spec/serviceName"].iter().find_map(|at| text(service, at));
    name == own.unwrap_or(&service.id.name)
}

/// A PodDisruptionBudget selects the pods of every Deployment and StatefulSet.
///
/// One without replicas needs none.
pub(super) fn disruption_budget(settings: &Settings, objects: &[Inspected]) -> Found {
    let mut found = Found::default();
    let budgets: Vec<&Inspected> = objects
        .iter()
        .filter(|object| object.id.group == "policy" && object.id.kind == "PodDisruptionBudget")
        .collect();
    for object in objects.iter().filter(|object| is_scaled(object)) {
        if settings.excepts(&object.id) || number(object, "/spec/replicas", 1) == Some(0) {
            continue;
        }
        let labels = object.body.pointer("/spec/template/metadata/labels").unwrap_or(&Value::Null);
        let covered = budgets.iter().any(|budget| {
            budget.id.namespace == object.id.namespace
                && budget.body.pointer("/spec/selector").is_some_and(|s| selects(s, labels))
        });
        found.judge(object, (!covered).then(|| "has no disruption budget".to_owned()));
    }
    found
}
