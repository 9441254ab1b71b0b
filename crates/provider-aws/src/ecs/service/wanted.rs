//! What will be live once a declaration is applied.

use serde_json::{Map, Value};
use suimon_model::DeferredRef;

use super::json::{items_of, list, map_of, tail, text};
use super::{normal, service_key};
use crate::context::Context;
use crate::resource::{Declared, Live};
use crate::shape::is_deferred;

/// The group of scalable targets.
const AUTOSCALING: &str = "applicationautoscaling.services.k8s.aws";

/// What other deployment controllers than ECS decide.
const OF_CONTROLLER: &[&str] = normal::OF_TASK_SET;

/// The note under which reading Application Auto Scaling keeps a target of this resource that is live.
pub(crate) fn target_note(resource: &str) -> String {
    format!("autoscaling/target/{resource}")
}

/// The note under which reading keeps the latest revision of a family that is declared without one.
pub(super) fn latest_note(family: &str) -> String {
    format!("ecs/service/latest/{family}")
}

/// Whether Application Auto Scaling decides the count of tasks: a target is declared or live.
pub(super) fn is_scaled(context: &Context, declared: &Declared) -> bool {
    target_of(context, declared).is_some()
        || context.noted(&target_note(&resource(&declared.spec))).is_some()
}

fn target_of(context: &Context, declared: &Declared) -> Option<std::sync::Arc<Declared>> {
    let resource = resource(&declared.spec);
    let names = |value: &Value| {
        let text = value.as_str().unwrap_or_default();
        text == resource
            || DeferredRef::find_markers(text).iter().any(|(_, id, _)| *id == declared.id)
    };
    context.declared_of(AUTOSCALING, "ScalableTarget").into_iter().find(|target| {
        let fields = target.spec.as_object().into_iter().flatten();
        fields
            .into_iter()
            .any(|(key, value)| key.eq_ignore_ascii_case("resourceId") && names(value))
    })
}

/// `service/CLUSTER/NAME`, as Application Auto Scaling names it.
pub(super) fn resource(spec: &Value) -> String {
    format!("service/{}", service_key(spec))
}

/// How many tasks a new service begins with: what it had before it was replaced where others decide
/// the count, what is declared, or one.
pub(super) fn first_count(context: &Context, declared: &Declared) -> i64 {
    let declares = declared.spec.get("desiredCount").and_then(Value::as_i64);
    let scaled = is_scaled(context, declared);
    let before = || context.live(&declared.id)?.spec.get("desiredCount")?.as_i64();
    let least = || {
        let target = target_of(context, declared)?;
        let fields = target.spec.as_object()?.clone();
        let least = fields.into_iter().find(|(key, _)| key.eq_ignore_ascii_case("minCapacity"))?;
        least.1.as_i64()
    };
    match declares {
        Some(count) if !scaled => count,
        declares => before().or(declares).or_else(least).unwrap_or(1),
    }
}

/// What will be live once the declaration is applied, normal.
pub(super) fn wanted(context: &Context, declared: &Declared, live: Option<&Live>) -> Value {
    let mut spec = normal::of_declared(&declared.spec);
    let empty = Value::Null;
    let live_spec = live.map_or(&empty, |live| &live.spec);
    definition(context, &mut spec, live);
    let daemon = spec.get("schedulingStrategy").is_some_and(|s| s == "DAEMON");
    if daemon {
        spec.remove("desiredCount");
    } else if live.is_none() {
        spec.insert("desiredCount".into(), first_count(context, declared).into());
    } else if is_scaled(context, declared) {
        spec.remove("desiredCount");
    }
    if !spec.contains_key("launchType") && !spec.contains_key("capacityProviderStrategy") {
        inherit(&mut spec, live_spec, "launchType");
        inherit(&mut spec, live_spec, "capacityProviderStrategy");
    }
    for member in ["desiredCount", "availabilityZoneRebalancing", "role"] {
        inherit(&mut spec, live_spec, member);
    }
    if declared.tags().is_none() {
        inherit(&mut spec, live_spec, "tags");
    }
    role(&mut spec, live_spec);
    deployment(&mut spec, live_spec);
    connect(&mut spec, live_spec);
    volumes(&mut spec, live_spec);
    let controller = |spec: &Value| text(&spec["deploymentController"], "type").to_owned();
    let theirs = controller(live_spec);
    if !theirs.is_empty() && theirs == controller(&Value::Object(spec.clone())) {
        for member in OF_CONTROLLER {
            spec.remove(*member);
            inherit(&mut spec, live_spec, member);
        }
    }
    Value::Object(spec)
}

/// Takes a member from what is live where the declaration has none.
fn inherit(spec: &mut Map<String, Value>, live: &Value, member: &str) {
    if let (None, Some(value)) = (spec.get(member), live.get(member)) {
        spec.insert(member.to_owned(), value.clone());
    }
}

/// `family` and `family:revision` mean the ARN that is live, or another of its account and region.
fn definition(context: &Context, spec: &mut Map<String, Value>, live: Option<&Live>) {
    let Some(Value::String(declared)) = spec.get("taskDefinition") else { return };
    if declared.starts_with("arn:") || is_deferred(&Value::String(declared.clone())) {
        return;
    }
    let latest = context.noted(&latest_note(declared));
    let full = if declared.contains(':') {
        // arn:aws:ecs:REGION:ACCOUNT:service/…
        let head: Option<Vec<&str>> = live.map(|live| live.arn.splitn(6, ':').take(5).collect());
        head.map(|head| format!("{}:task-definition/{declared}", head.join(":")))
    } else {
        latest.as_ref().and_then(Value::as_str).map(str::to_owned)
    };
    if let Some(full) = full {
        spec.insert("taskDefinition".into(), full.into());
    }
}

/// The name of a role means the ARN that is live.
fn role(spec: &mut Map<String, Value>, live: &Value) {
    let declared = spec.get("role").and_then(Value::as_str).unwrap_or_default();
    if !declared.starts_with("arn:") && tail(text(live, "role")) == tail(declared) {
        spec.remove("role");
        inherit(spec, live, "role");
    }
}

/// What the API fills in for a strategy without telling what.
fn deployment(spec: &mut Map<String, Value>, live: &Value) {
    let Some(ours) = map_of(spec, "deploymentConfiguration") else { return };
    let theirs = &live["deploymentConfiguration"];
    let strategy = ours.get("strategy").cloned().unwrap_or_default();
    if !strategy.is_null() && theirs.get("strategy") == Some(&strategy) {
        inherit(ours, theirs, "bakeTimeInMinutes");
    }
    if let Some(early) = map_of(ours, "earlySuccessCriteria") {
        for member in ["healthyPercent", "sourceServiceRevisionCleanup"] {
            inherit(early, &theirs["earlySuccessCriteria"], member);
        }
    }
}

/// The namespace of the cluster, and names made from it.
fn connect(spec: &mut Map<String, Value>, live: &Value) {
    let theirs = &live["serviceConnectConfiguration"];
    let Some(ours) = map_of(spec, "serviceConnectConfiguration") else { return };
    inherit(ours, theirs, "namespace");
    for service in items_of(ours, "services") {
        let port = service.get("portName").cloned().unwrap_or_default();
        let discovery = service.get("discoveryName").unwrap_or(&port);
        let prefix = format!("{}.", discovery.as_str().unwrap_or_default());
        let same = list(theirs, "services").iter().find(|s| s.get("portName") == Some(&port));
        let aliases = same.map_or(&[][..], |same| list(same, "clientAliases"));
        for alias in items_of(service, "clientAliases") {
            let made = aliases.iter().find(|a| {
                a.get("port") == alias.get("port") && text(a, "dnsName").starts_with(&prefix)
            });
            if let Some(made) = made {
                inherit(alias, made, "dnsName");
            }
        }
    }
}

fn volumes(spec: &mut Map<String, Value>, live: &Value) {
    for volume in items_of(spec, "volumeConfigurations") {
        let name = volume.get("name").cloned();
        let mut theirs = list(live, "volumeConfigurations").iter();
        let theirs = theirs.find(|v| v.get("name").cloned() == name);
        let theirs = theirs.and_then(|volume| volume.get("managedEBSVolume"));
        if let (Some(ours), Some(theirs)) = (map_of(volume, "managedEBSVolume"), theirs) {
            for member in ["encrypted", "volumeType", "iops", "throughput"] {
                inherit(ours, theirs, member);
            }
        }
    }
}

/// Fields that differ and cannot change in place
/// (<https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateService.html>).
pub(super) fn immutable(live: &Value, wanted: &Value) -> Vec<String> {
    let differs = |member: &str| {
        let (live, wanted) = (live.get(member), wanted.get(member));
        live != wanted && !wanted.is_some_and(is_deferred)
    };
    let both = |member: &str| live.get(member).is_some() && wanted.get(member).is_some();
    let mut fields: Vec<&str> = ["cluster", "name", "schedulingStrategy", "role"]
        .into_iter()
        .filter(|member| differs(member))
        .collect();
    // A capacity provider strategy takes the place of a launch type, and back, in place.
    if both("launchType") && differs("launchType") {
        fields.push("launchType");
    }
    // Every service can be handed over to ECS itself; away from it only a new one can.
    if differs("deploymentController") && wanted.get("deploymentController").is_some() {
        fields.push("deploymentController");
    }
    // There is no way to take it away.
    if live.get("networkConfiguration").is_some() && wanted.get("networkConfiguration").is_none() {
        fields.push("networkConfiguration");
    }
    fields.into_iter().map(|field| format!("spec.{field}")).collect()
}
