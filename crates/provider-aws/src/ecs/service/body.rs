//! What is sent to create and to update a service.

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::json::{map_of, tail};
use super::{DEFINITION, service_key, wanted};
use crate::context::Context;
use crate::marks::{self, Tags};
use crate::prepare::hex;
use crate::resource::Declared;

/// What `UpdateService` takes, and what it is given for what is no longer declared.
fn updatable() -> [(&'static str, Value); 17] {
    [
        ("taskDefinition", Value::Null),
        ("networkConfiguration", Value::Null),
        ("availabilityZoneRebalancing", Value::Null),
        ("capacityProviderStrategy", json!([])),
        ("platformVersion", json!("LATEST")),
        ("loadBalancers", json!([])),
        ("serviceRegistries", json!([])),
        ("serviceConnectConfiguration", json!({"enabled": false})),
        ("volumeConfigurations", json!([])),
        ("vpcLatticeConfigurations", json!([])),
        ("monitoring", json!({"metricConfigurations": []})),
        ("placementConstraints", json!([])),
        ("placementStrategy", json!([])),
        ("healthCheckGracePeriodSeconds", json!(0)),
        ("enableECSManagedTags", json!(false)),
        ("enableExecuteCommand", json!(false)),
        ("propagateTags", json!("NONE")),
    ]
}

/// Changes of these begin a deployment.
const DEPLOYING: &[&str] = &[
    "taskDefinition",
    "networkConfiguration",
    "platformVersion",
    "loadBalancers",
    "serviceRegistries",
    "serviceConnectConfiguration",
    "volumeConfigurations",
    "vpcLatticeConfigurations",
    "forceNewDeployment",
];

/// Whether an update begins a deployment.
pub(super) fn deploys(update: &Map<String, Value>) -> bool {
    DEPLOYING.iter().any(|member| update.contains_key(*member))
}

/// What differs, as `UpdateService` takes it; empty when nothing does.
pub(super) fn update(live: &Value, wanted: &Value) -> Map<String, Value> {
    let mut body = Map::new();
    let differs = |member: &str| live.get(member) != wanted.get(member);
    for (member, none) in updatable() {
        let value = wanted.get(member).cloned().unwrap_or(none);
        if differs(member) && !value.is_null() {
            body.insert(member.to_owned(), value);
        }
    }
    if let (true, Some(count)) = (differs("desiredCount"), wanted.get("desiredCount")) {
        body.insert("desiredCount".into(), count.clone());
    }
    if differs("deploymentController") {
        let ours = wanted.get("deploymentController").cloned();
        body.insert("deploymentController".into(), ours.unwrap_or_else(|| json!({"type": "ECS"})));
    }
    if differs("deploymentConfiguration") {
        let daemon = wanted.get("schedulingStrategy").is_some_and(|s| s == "DAEMON");
        let member = "deploymentConfiguration";
        body.insert(member.into(), whole(&wanted[member], &live[member], daemon));
    }
    if body.contains_key("capacityProviderStrategy") {
        // The API takes another strategy only together with a deployment.
        body.insert("forceNewDeployment".into(), true.into());
    }
    body
}

/// A deployment configuration with every default written out that undoes something.
fn whole(wanted: &Value, live: &Value, daemon: bool) -> Value {
    let mut out = wanted.as_object().cloned().unwrap_or_default();
    let (most, least) = if daemon { (100, 0) } else { (200, 100) };
    out.entry("maximumPercent").or_insert_with(|| most.into());
    out.entry("minimumHealthyPercent").or_insert_with(|| least.into());
    let none = [
        ("deploymentCircuitBreaker", json!({"enable": false, "rollback": false})),
        ("alarms", json!({"alarmNames": [], "enable": false, "rollback": false})),
        ("earlySuccessCriteria", json!({"enable": false})),
        ("strategy", json!("ROLLING")),
        ("bakeTimeInMinutes", json!(0)),
        ("lifecycleHooks", json!([])),
    ];
    for (member, none) in none {
        if live.get(member).is_some() {
            out.entry(member).or_insert(none);
        }
    }
    let usual = [
        ("CANARY", "canaryConfiguration", "canaryPercent", json!(5.0)),
        ("CANARY", "canaryConfiguration", "canaryBakeTimeInMinutes", json!(10)),
        ("LINEAR", "linearConfiguration", "stepPercent", json!(10.0)),
        ("LINEAR", "linearConfiguration", "stepBakeTimeInMinutes", json!(6)),
    ];
    for (strategy, member, field, value) in usual {
        let concerns = out.contains_key(member) || live.get(member).is_some();
        if out.get("strategy").is_some_and(|s| s == strategy) && concerns {
            let part = out.entry(member).or_insert_with(|| json!({}));
            if let Some(part) = part.as_object_mut() {
                part.entry(field).or_insert(value);
            }
        }
    }
    required(&mut out);
    Value::Object(out)
}

/// Writes out what the API demands and a declaration may leave out.
fn required(deployment: &mut Map<String, Value>) {
    for member in ["deploymentCircuitBreaker", "alarms"] {
        if let Some(part) = map_of(deployment, member) {
            part.entry("enable").or_insert_with(|| false.into());
            part.entry("rollback").or_insert_with(|| false.into());
        }
    }
    if let Some(alarms) = map_of(deployment, "alarms") {
        alarms.entry("alarmNames").or_insert_with(|| json!([]));
    }
}

/// The body of `CreateService`. `before` tells an earlier service of the same name, that is gone.
pub(super) fn create(context: &Context, declared: &Declared, before: &str) -> Value {
    let mut body = declared.spec.as_object().cloned().unwrap_or_default();
    body.remove("tags");
    let name = body.remove("name").unwrap_or_default();
    body.insert("serviceName".into(), name);
    if body.get("schedulingStrategy").is_none_or(|strategy| strategy != "DAEMON") {
        body.insert("desiredCount".into(), wanted::first_count(context, declared).into());
    }
    if let Some(deployment) = map_of(&mut body, "deploymentConfiguration") {
        required(deployment);
    }
    let token = token(declared, &body, before);
    let mut tags = declared.marked_tags(context);
    tags.insert(DEFINITION.to_owned(), definition_mark(declared.text("taskDefinition")));
    body.insert("tags".into(), list(&tags));
    body.insert("clientToken".into(), token.into());
    Value::Object(body)
}

/// The same for the same declaration in the same place, so that a lost answer makes no second service;
/// another after the service was deleted, so that it can be made again.
fn token(declared: &Declared, body: &Map<String, Value>, before: &str) -> String {
    let what = json!([service_key(&declared.spec), declared.digest, body, before]);
    hex(&Sha256::digest(what.to_string())).chars().take(32).collect()
}

/// The mark of the task definition of a write.
pub(super) fn definition_mark(definition: &str) -> String {
    marks::value(tail(definition))
}

/// Tags as the API lists them.
pub(super) fn list(tags: &Tags) -> Value {
    tags.iter().map(|(key, value)| json!({"key": key, "value": value})).collect()
}
