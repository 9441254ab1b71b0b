//! The normal form of a service: what the API fills in by itself is left out, lists without order are sorted.

use serde_json::{Map, Value, json};

use super::SHAPE;
use super::json::{items_of, list, map_of, tail, text};
use crate::marks::{self, Tags};

/// What `DescribeServices` tells under the same name as a declaration.
const SAME: &[&str] = &[
    "taskDefinition",
    "desiredCount",
    "launchType",
    "capacityProviderStrategy",
    "platformVersion",
    "deploymentConfiguration",
    "deploymentController",
    "networkConfiguration",
    "loadBalancers",
    "serviceRegistries",
    "serviceConnectConfiguration",
    "volumeConfigurations",
    "vpcLatticeConfigurations",
    "monitoring",
    "placementConstraints",
    "placementStrategy",
    "healthCheckGracePeriodSeconds",
    "schedulingStrategy",
    "enableECSManagedTags",
    "propagateTags",
    "enableExecuteCommand",
    "availabilityZoneRebalancing",
];

/// What only its deployments tell.
const OF_DEPLOYMENT: &[&str] =
    &["serviceConnectConfiguration", "volumeConfigurations", "vpcLatticeConfigurations"];

/// What only its task sets tell, where another controller deploys.
pub(super) const OF_TASK_SET: &[&str] = &[
    "taskDefinition",
    "platformVersion",
    "networkConfiguration",
    "loadBalancers",
    "serviceRegistries",
    "launchType",
    "capacityProviderStrategy",
];

/// The role that ECS takes by itself.
const SERVICE_LINKED: &str = ":role/aws-service-role/ecs.amazonaws.com/";

/// A described service in the shape of a declaration, normal.
pub(super) fn of_live(service: &Value, tags: &Tags) -> Value {
    let mut spec = Map::new();
    let mut take = |member: &str, from: &Value| {
        let there = from.get(member).filter(|value| !value.is_null() && *value != &json!([]));
        if let (Some(value), false) = (there, spec.contains_key(member)) {
            spec.insert(member.to_owned(), value.clone());
        }
    };
    SAME.iter().for_each(|member| take(member, service));
    let primary = |member| list(service, member).iter().find(|d| text(d, "status") == "PRIMARY");
    if let Some(deployment) = primary("deployments") {
        OF_DEPLOYMENT.iter().for_each(|member| take(member, deployment));
    }
    if let Some(set) = primary("taskSets") {
        OF_TASK_SET.iter().for_each(|member| take(member, set));
    }
    if !list(service, "capacityProviderStrategy").is_empty() {
        spec.remove("launchType");
    }
    spec.insert("name".into(), text(service, "serviceName").into());
    spec.insert("cluster".into(), tail(text(service, "clusterArn")).into());
    let role = text(service, "roleArn");
    if !role.is_empty() && !role.contains(SERVICE_LINKED) {
        spec.insert("role".into(), role.into());
    }
    let visible = marks::visible(tags);
    if !visible.is_empty() {
        spec.insert("tags".into(), json!(visible));
    }
    // Members that are newer than the SDK cannot be declared; they are left out.
    let (mut spec, _) = SHAPE.canonical(&Value::Object(spec));
    if let Value::Object(spec) = &mut spec {
        normalise(spec);
    }
    spec
}

/// A canonical declaration, normal.
pub(super) fn of_declared(spec: &Value) -> Map<String, Value> {
    let mut spec = spec.as_object().cloned().unwrap_or_default();
    normalise(&mut spec);
    spec
}

/// The name of a cluster, from its name or ARN.
pub(super) fn cluster_name(cluster: &str) -> &str {
    if cluster.starts_with("arn:") { tail(cluster) } else { cluster }
}

fn normalise(spec: &mut Map<String, Value>) {
    let name = spec.get("cluster").and_then(Value::as_str).map(cluster_name).map(str::to_owned);
    if let Some(name) = name {
        spec.insert("cluster".into(), name.into());
    }
    let daemon = spec.get("schedulingStrategy").is_some_and(|s| s == "DAEMON");
    if daemon {
        spec.remove("desiredCount");
    }
    for (member, default) in [
        ("schedulingStrategy", json!("REPLICA")),
        ("deploymentController", json!({"type": "ECS"})),
        ("platformVersion", json!("LATEST")),
        ("platformVersion", json!("")),
        ("launchType", json!("")),
        ("role", json!("")),
        ("propagateTags", json!("NONE")),
        ("propagateTags", json!("")),
        ("enableECSManagedTags", json!(false)),
        ("enableExecuteCommand", json!(false)),
        ("healthCheckGracePeriodSeconds", json!(0)),
    ] {
        drop_default(spec, member, &default);
    }
    if let Some(deployment) = map_of(spec, "deploymentConfiguration") {
        deployments(deployment, daemon);
    }
    for item in items_of(spec, "capacityProviderStrategy") {
        drop_default(item, "weight", &json!(0));
        drop_default(item, "base", &json!(0));
    }
    network(spec);
    placement(spec);
    for item in items_of(spec, "loadBalancers") {
        drop_default(item, "loadBalancerName", &json!(""));
        drop_default(item, "targetGroupArn", &json!(""));
    }
    connect(spec);
    for volume in items_of(spec, "volumeConfigurations") {
        if let Some(managed) = map_of(volume, "managedEBSVolume") {
            drop_default(managed, "filesystemType", &json!("xfs"));
            sort(managed, "tagSpecifications");
        }
    }
    monitoring(spec);
    for member in [
        "capacityProviderStrategy",
        "loadBalancers",
        "serviceRegistries",
        "placementConstraints",
        "volumeConfigurations",
        "vpcLatticeConfigurations",
    ] {
        sort(spec, member);
    }
    spec.retain(|_, value| tidy(value));
}

/// 200/100, or 100/0 for daemons; no circuit breaker, no alarms, rolling.
fn deployments(deployment: &mut Map<String, Value>, daemon: bool) {
    let (most, least) = if daemon { (100, 0) } else { (200, 100) };
    drop_default(deployment, "maximumPercent", &json!(most));
    drop_default(deployment, "minimumHealthyPercent", &json!(least));
    drop_default(deployment, "strategy", &json!("ROLLING"));
    drop_default(deployment, "bakeTimeInMinutes", &json!(0));
    for member in ["deploymentCircuitBreaker", "alarms", "earlySuccessCriteria"] {
        let off = deployment.get(member).is_some_and(|m| m.get("enable") != Some(&json!(true)));
        if off {
            deployment.remove(member);
        }
    }
    if let Some(breaker) = map_of(deployment, "deploymentCircuitBreaker") {
        drop_default(breaker, "rollback", &json!(false));
        drop_default(breaker, "resetOnHealthyTask", &json!(true));
        let usual = json!({"type": "BOUNDED_PERCENT", "value": 50});
        drop_default(breaker, "thresholdConfiguration", &usual);
    }
    if let Some(alarms) = map_of(deployment, "alarms") {
        drop_default(alarms, "rollback", &json!(false));
        sort(alarms, "alarmNames");
    }
    for hook in items_of(deployment, "lifecycleHooks") {
        drop_default(hook, "targetType", &json!("AWS_LAMBDA"));
        sort(hook, "lifecycleStages");
        if let Some(timeout) = map_of(hook, "timeoutConfiguration") {
            drop_default(timeout, "timeoutInMinutes", &json!(1440));
            drop_default(timeout, "action", &json!("ROLLBACK"));
        }
    }
    // What belongs to another strategy stays where it was once set, and does nothing.
    for (member, of) in [("linearConfiguration", "LINEAR"), ("canaryConfiguration", "CANARY")] {
        if deployment.get("strategy").is_none_or(|strategy| strategy != of) {
            deployment.remove(member);
        }
    }
    if let Some(linear) = map_of(deployment, "linearConfiguration") {
        drop_default(linear, "stepPercent", &json!(10.0));
        drop_default(linear, "stepBakeTimeInMinutes", &json!(6));
    }
    if let Some(canary) = map_of(deployment, "canaryConfiguration") {
        drop_default(canary, "canaryPercent", &json!(5.0));
        drop_default(canary, "canaryBakeTimeInMinutes", &json!(10));
    }
    sort(deployment, "lifecycleHooks");
}

fn network(spec: &mut Map<String, Value>) {
    let vpc = map_of(spec, "networkConfiguration").and_then(|n| map_of(n, "awsvpcConfiguration"));
    if let Some(vpc) = vpc {
        drop_default(vpc, "assignPublicIp", &json!("DISABLED"));
        sort(vpc, "subnets");
        sort(vpc, "securityGroups");
    }
}

/// The order of the strategies counts, that of the constraints does not.
fn placement(spec: &mut Map<String, Value>) {
    for item in items_of(spec, "placementStrategy") {
        let random = item.get("type").is_some_and(|kind| kind == "random");
        let field = item.get("field").and_then(Value::as_str).unwrap_or_default();
        let field = match field.to_ascii_lowercase().as_str() {
            _ if random => None,
            "host" | "instanceid" => Some("instanceId".to_owned()),
            lower @ ("cpu" | "memory") => Some(lower.to_owned()),
            "" => None,
            _ => Some(field.to_owned()),
        };
        match field {
            Some(field) => drop(item.insert("field".into(), field.into())),
            None => drop(item.remove("field")),
        }
    }
}

fn connect(spec: &mut Map<String, Value>) {
    let enabled = |connect: &Value| connect.get("enabled") == Some(&json!(true));
    if spec.get("serviceConnectConfiguration").is_some_and(|connect| !enabled(connect)) {
        spec.remove("serviceConnectConfiguration");
    }
    let Some(connect) = map_of(spec, "serviceConnectConfiguration") else { return };
    for service in items_of(connect, "services") {
        let port = service.get("portName").cloned().unwrap_or_default();
        drop_default(service, "discoveryName", &port);
        drop_default(service, "discoveryName", &json!(""));
        drop_default(service, "ingressPortOverride", &json!(0));
        sort(service, "clientAliases");
    }
    sort(connect, "services");
    if let Some(log) = map_of(connect, "logConfiguration") {
        sort(log, "secretOptions");
    }
    if let Some(log) = map_of(connect, "accessLogConfiguration") {
        drop_default(log, "includeQueryParameters", &json!("DISABLED"));
    }
}

/// Metrics are told every 60 seconds unless something else is asked for.
fn monitoring(spec: &mut Map<String, Value>) {
    let Some(monitoring) = map_of(spec, "monitoring") else { return };
    if let Some(Value::Array(metrics)) = monitoring.get_mut("metricConfigurations") {
        metrics.retain(|metric| metric.get("resolutionSeconds") != Some(&json!(60)));
        for metric in metrics.iter_mut().filter_map(Value::as_object_mut) {
            sort(metric, "metricNames");
        }
    }
    sort(monitoring, "metricConfigurations");
}

fn drop_default(map: &mut Map<String, Value>, member: &str, default: &Value) {
    let same = |value: &Value| match (value, default) {
        // 10 and 10.0 are one number.
        (Value::Number(a), Value::Number(b)) => a.as_f64() == b.as_f64(),
        (a, b) => a == b,
    };
    if map.get(member).is_some_and(same) {
        map.remove(member);
    }
}

/// Sorts a list in which order means nothing.
fn sort(map: &mut Map<String, Value>, member: &str) {
    if let Some(Value::Array(items)) = map.get_mut(member) {
        items.sort_by_cached_key(Value::to_string);
    }
}

/// Takes nulls, `{}` and `[]` out; whether anything is left.
fn tidy(value: &mut Value) -> bool {
    match value {
        Value::Null => false,
        Value::Object(map) => {
            map.retain(|_, value| tidy(value));
            !map.is_empty()
        }
        Value::Array(items) => {
            for item in items.iter_mut() {
                tidy(item);
            }
            !items.is_empty()
        }
        _ => true,
    }
}
