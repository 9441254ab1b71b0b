//! Replicas that belong to an autoscaler.

use std::collections::BTreeSet;

use serde_json::Value;
use suimon_model::{Body, Manifest, ResourceId};

use crate::LiveObject;
use crate::split::split;

/// Autoscalers: group, kind, what they scale where they do not say.
const AUTOSCALERS: &[(&str, &str)] =
    &[("autoscaling", "HorizontalPodAutoscaler"), ("keda.sh", "ScaledObject")];

/// The objects whose replicas belong to an autoscaler among these manifests.
pub fn hpa_targets<'a>(manifests: impl IntoIterator<Item = &'a Manifest>) -> BTreeSet<ResourceId> {
    manifests.into_iter().filter_map(target).collect()
}

fn target(manifest: &Manifest) -> Option<ResourceId> {
    let id = &manifest.id;
    if !AUTOSCALERS.contains(&(id.group.as_str(), id.kind.as_str())) {
        return None;
    }
    let body = manifest.body.value();
    let target = body.get("spec")?.get("scaleTargetRef")?;
    let text = |key: &str| target.get(key).and_then(Value::as_str);
    let (version, kind) = match id.group.as_str() {
        "keda.sh" => {
            (text("apiVersion").unwrap_or("apps/v1"), text("kind").unwrap_or("Deployment"))
        }
        _ => (text("apiVersion").unwrap_or(""), text("kind")?),
    };
    let group = version.split_once('/').map_or("", |(group, _)| group);
    Some(ResourceId::new(group, kind, id.namespace.as_deref(), text("name")?))
}

/// The declaration of an autoscaled object with its `spec.replicas` given up to what is live: left
/// out where another manager owns the live field, which then keeps it, else the live value.
///
/// An object that is not live keeps its declared value: somebody has to start it.
pub fn yield_replicas(manifest: &Manifest, live: &LiveObject) -> Manifest {
    let mut yielded = manifest.clone();
    let mut body = manifest.body.value();
    let Some(replicas) = body.get_mut("spec").and_then(|spec| spec.get_mut("replicas")) else {
        return yielded;
    };
    let Some((object, fields)) = split(live.body.as_str()) else { return yielded };
    let Some(there) = object.get("spec").and_then(|spec| spec.get("replicas")) else {
        return yielded;
    };
    let node = fields.root.children.get("f:spec").and_then(|spec| spec.children.get("f:replicas"));
    if node.is_some_and(|node| node.own & !fields.ours != 0) {
        if let Some(spec) = body.get_mut("spec").and_then(Value::as_object_mut) {
            spec.remove("replicas");
        }
    } else {
        *replicas = there.clone();
    }
    yielded.body = Body::new(&body);
    yielded
}

/// The replicas that an object has, as it is live.
pub fn live_replicas(live: &LiveObject) -> Option<Value> {
    live.body.value().get("spec")?.get("replicas").cloned()
}

/// Puts replicas into a declaration that yielded them: an object that is made again has nobody who
/// keeps them, and would start with one.
pub fn restore_replicas(manifest: &mut Manifest, replicas: &Value) {
    let mut body = manifest.body.value();
    let Some(spec) = body.get_mut("spec").and_then(Value::as_object_mut) else { return };
    if !spec.contains_key("replicas") {
        spec.insert("replicas".to_owned(), replicas.clone());
        manifest.body = Body::new(&body);
    }
}
