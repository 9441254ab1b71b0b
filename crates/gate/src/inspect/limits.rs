//! `limits-set`.

use serde_json::Value;

use super::Inspected;
use super::rules::Found;
use super::settings::Settings;
use super::workload::{is_ecs, listed, pod_specs};

/// Every container has a limit of each resource, or its pod or task as a whole has.
///
/// Ephemeral containers cannot have any. On Amazon ECS only `cpu` and `memory` are asked for; a container's
/// `memoryReservation` is none.
///
/// # Caveats
/// What a LimitRange of the namespace would give is not seen.
pub(super) fn limits_set(settings: &Settings, objects: &[Inspected]) -> Found {
    let mut found = Found::default();
    for object in objects.iter().filter(|object| !settings.excepts(&object.id)) {
        let mut wrong = Vec::new();
        let mut any = false;
        for pod in pod_specs(object) {
            for list in ["containers", "initContainers"] {
                for container in listed(pod.spec, pod.path, list) {
                    any = true;
                    wrong.extend(settings.resources.iter().filter_map(|resource| {
                        let limit = |body: &Value| {
                            is_limit(body.get("resources")?.get("limits")?.get(resource)?)
                        };
                        let set =
                            limit(container.body) == Some(true) || limit(pod.spec) == Some(true);
                        let path = &container.path;
                        (!set).then(|| format!("has no limit: {path}.resources.limits.{resource}"))
                    }));
                }
            }
        }
        if is_ecs(object, "TaskDefinition")
            && let Some(spec) = object.body.get("spec")
        {
            for container in listed(spec, "spec", "containerDefinitions") {
                any = true;
                wrong.extend(settings.resources.iter().filter_map(|resource| {
                    let limit = |body: &Value| is_limit(body.get(resource)?);
                    let asked = matches!(resource.as_str(), "cpu" | "memory");
                    let set = limit(container.body) == Some(true) || limit(spec) == Some(true);
                    let path = &container.path;
                    (asked && !set).then(|| format!("has no limit: {path}.{resource}"))
                }));
            }
        }
        if any {
            found.judge(object, wrong);
        }
    }
    found
}

/// Whether a value limits anything: a quantity or a number that is not zero.
fn is_limit(value: &Value) -> Option<bool> {
    match value {
        Value::Number(number) => Some(number.as_f64().is_some_and(|number| number > 0.0)),
        Value::String(text) => Some(text.bytes().any(|b| matches!(b, b'1'..=b'9'))),
        _ => None,
    }
}
