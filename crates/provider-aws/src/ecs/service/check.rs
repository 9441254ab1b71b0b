//! What is wrong with a declaration, as far as can be told without the API.

use aws_sdk_ecs::types::{
    AssignPublicIp, AvailabilityZoneRebalancing, DeploymentControllerType,
    DeploymentLifecycleHookStage, DeploymentStrategy, LaunchType, PlacementConstraintType,
    PlacementStrategyType, PropagateTags, SchedulingStrategy,
};
use serde_json::Value;

use super::json::{list, text};
use super::normal::cluster_name;
use crate::shape::{Problem, is_deferred};

/// How many tags a resource may have, less those that are ours.
const TAGS: usize = 42;

/// What is wrong with a canonical spec.
pub(super) fn check(spec: &Value) -> Vec<Problem> {
    let mut problems = Vec::new();
    names(spec, &mut problems);
    kinds(spec, &mut problems);
    counts(spec, &mut problems);
    launch(spec, &mut problems);
    deployment(spec, &mut problems);
    balancers(spec, &mut problems);
    controller(spec, &mut problems);
    problems
}

fn is_name(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    (1..=255).contains(&name.len()) && name.chars().all(allowed)
}

fn names(spec: &Value, problems: &mut Vec<Problem>) {
    const RULE: &str = "up to 255 letters, digits, hyphens and underscores";
    let name = text(spec, "name");
    if !is_name(name) && !is_deferred(&spec["name"]) {
        problems.push(Problem::new("spec.name", format!("`{name}` is not a name: {RULE}")));
    }
    let other = text(spec, "serviceName");
    if !other.is_empty() {
        let what = format!("`{other}` is not the `name`, which is `{name}`; they mean the same");
        problems.push(Problem::new("spec.serviceName", what).help("leave one out"));
    }
    let cluster = text(spec, "cluster");
    if !is_name(cluster_name(cluster)) && !is_deferred(&spec["cluster"]) {
        let what = format!("`{cluster}` is neither the name nor the ARN of a cluster");
        problems.push(Problem::new("spec.cluster", what));
    }
    if spec.get("clientToken").is_some() {
        let what = "it is not for declarations: suimon makes one for each creation";
        problems.push(Problem::new("spec.clientToken", what).help("leave it out"));
    }
    let tags = spec.get("tags").and_then(Value::as_object).map_or(0, serde_json::Map::len);
    if tags > TAGS {
        let what = format!("{tags} tags are too many: 50 less those of suimon are {TAGS}");
        problems.push(Problem::new("spec.tags", what));
    }
}

/// Values that are one of a few.
fn kinds(spec: &Value, problems: &mut Vec<Problem>) {
    let mut one_of = |path: &str, known: &[&str]| {
        let value = spec.pointer(&format!("/{}", path.replace('.', "/")));
        choice(value, &format!("spec.{path}"), known, problems);
    };
    one_of("launchType", LaunchType::values());
    one_of("schedulingStrategy", SchedulingStrategy::values());
    one_of("propagateTags", PropagateTags::values());
    one_of("availabilityZoneRebalancing", AvailabilityZoneRebalancing::values());
    one_of("deploymentController.type", DeploymentControllerType::values());
    one_of("deploymentConfiguration.strategy", DeploymentStrategy::values());
    let vpc = "networkConfiguration.awsvpcConfiguration.assignPublicIp";
    one_of(vpc, AssignPublicIp::values());
    for (member, known) in [
        ("placementConstraints", PlacementConstraintType::values()),
        ("placementStrategy", PlacementStrategyType::values()),
    ] {
        for (at, item) in list(spec, member).iter().enumerate() {
            choice(item.get("type"), &format!("spec.{member}[{at}].type"), known, problems);
        }
    }
    for (at, hook) in list(&spec["deploymentConfiguration"], "lifecycleHooks").iter().enumerate() {
        for stage in list(hook, "lifecycleStages") {
            let path = format!("spec.deploymentConfiguration.lifecycleHooks[{at}].lifecycleStages");
            choice(Some(stage), &path, DeploymentLifecycleHookStage::values(), problems);
        }
    }
}

fn choice(value: Option<&Value>, path: &str, known: &[&str], problems: &mut Vec<Problem>) {
    let Some(text) = value.and_then(Value::as_str) else { return };
    if known.contains(&text) || value.is_some_and(is_deferred) {
        return;
    }
    let problem = Problem::new(path, format!("there is no `{text}` here: {}", known.join(", ")));
    let near = known.iter().map(|name| {
        (strsim::damerau_levenshtein(&text.to_uppercase(), &name.to_uppercase()), name)
    });
    problems.push(match near.min().filter(|(distance, _)| *distance <= 3) {
        Some((_, name)) => problem.help(format!("did you mean `{name}`?")),
        None => problem,
    });
}

fn within(
    value: &Value,
    path: &str,
    (least, most): (f64, f64),
    problems: &mut Vec<Problem>,
) -> Option<f64> {
    let number = value.as_f64()?;
    if !(least..=most).contains(&number) {
        let what = format!("{number} is not between {least} and {most}");
        problems.push(Problem::new(path, what));
    }
    Some(number)
}

fn counts(spec: &Value, problems: &mut Vec<Problem>) {
    let desired = spec.get("desiredCount").and_then(Value::as_i64);
    if desired.is_some_and(|count| count < 0) {
        problems.push(Problem::new("spec.desiredCount", "it cannot be negative"));
    }
    if desired.is_some() && text(spec, "schedulingStrategy") == "DAEMON" {
        let what = "a DAEMON service has one task on each instance and no count";
        problems.push(Problem::new("spec.desiredCount", what).help("leave it out"));
    }
    let grace = "healthCheckGracePeriodSeconds";
    within(&spec[grace], &format!("spec.{grace}"), (0.0, 2_147_483_647.0), problems);
    for (pointer, most) in [
        ("networkConfiguration.awsvpcConfiguration.subnets", 16),
        ("networkConfiguration.awsvpcConfiguration.securityGroups", 5),
        ("capacityProviderStrategy", 20),
        ("placementConstraints", 10),
        ("placementStrategy", 5),
        ("serviceRegistries", 1),
    ] {
        let items = spec.pointer(&format!("/{}", pointer.replace('.', "/")));
        let items = items.and_then(Value::as_array).map_or(0, Vec::len);
        if items > most {
            let what = format!("{items} are too many: the API takes {most}");
            problems.push(Problem::new(format!("spec.{pointer}"), what));
        }
    }
}

fn launch(spec: &Value, problems: &mut Vec<Problem>) {
    let providers = list(spec, "capacityProviderStrategy");
    let launch = text(spec, "launchType");
    if !providers.is_empty() && !launch.is_empty() {
        let what = "a service has a launch type or a capacity provider strategy, not both";
        let help = "leave `launchType` or `capacityProviderStrategy` out";
        problems.push(Problem::new("spec.launchType", what).help(help));
    }
    let based = providers.iter().filter(|p| p.get("base").is_some_and(|base| base != 0)).count();
    if based > 1 {
        let what = "only one capacity provider may have a `base`";
        problems.push(Problem::new("spec.capacityProviderStrategy", what));
    }
    for (at, provider) in providers.iter().enumerate() {
        let path = format!("spec.capacityProviderStrategy[{at}]");
        if text(provider, "capacityProvider").is_empty() {
            problems.push(Problem::new(path.clone(), "it has no `capacityProvider`"));
        }
        within(&provider["weight"], &format!("{path}.weight"), (0.0, 1000.0), problems);
        within(&provider["base"], &format!("{path}.base"), (0.0, 100_000.0), problems);
    }
    let fargate = launch == "FARGATE"
        || providers.iter().any(|p| text(p, "capacityProvider").starts_with("FARGATE"));
    let vpc = &spec["networkConfiguration"]["awsvpcConfiguration"];
    if list(vpc, "subnets").is_empty() && (fargate || !vpc.is_null()) {
        let path = "spec.networkConfiguration.awsvpcConfiguration.subnets";
        let what = if fargate { "tasks on Fargate need subnets" } else { "it needs subnets" };
        problems.push(Problem::new(path, what));
    }
    if fargate && text(spec, "schedulingStrategy") == "DAEMON" {
        let what = "tasks on Fargate cannot be scheduled as DAEMON";
        problems.push(Problem::new("spec.schedulingStrategy", what));
    }
    if matches!(launch, "EC2" | "EXTERNAL") && !text(spec, "platformVersion").is_empty() {
        let what = format!("only Fargate has platform versions; the launch type is {launch}");
        problems.push(Problem::new("spec.platformVersion", what).help("leave it out"));
    }
}

fn deployment(spec: &Value, problems: &mut Vec<Problem>) {
    let deployment = &spec["deploymentConfiguration"];
    let path = |member: &str| format!("spec.deploymentConfiguration.{member}");
    let mut number = |pointer: &str, least: f64, most: f64| {
        let value = deployment.pointer(&format!("/{}", pointer.replace('.', "/")));
        within(value.unwrap_or(&Value::Null), &path(pointer), (least, most), problems)
    };
    let least = number("minimumHealthyPercent", 0.0, 100.0);
    let most = number("maximumPercent", 100.0, 1000.0);
    number("bakeTimeInMinutes", 0.0, 1440.0);
    number("canaryConfiguration.canaryPercent", 0.1, 100.0);
    number("canaryConfiguration.canaryBakeTimeInMinutes", 0.0, 1440.0);
    number("linearConfiguration.stepPercent", 3.0, 100.0);
    number("linearConfiguration.stepBakeTimeInMinutes", 0.0, 1440.0);
    number("earlySuccessCriteria.healthyPercent", 0.0, 100.0);
    let daemon = text(spec, "schedulingStrategy") == "DAEMON";
    let (usual_least, usual_most) = if daemon { (0.0, 100.0) } else { (100.0, 200.0) };
    let (least_is, most_is) = (least.unwrap_or(usual_least), most.unwrap_or(usual_most));
    if (least.is_some() || most.is_some()) && least_is >= most_is {
        let what = format!(
            "{most_is} is not above minimumHealthyPercent, {least_is}: no task could ever be replaced"
        );
        problems.push(Problem::new(path("maximumPercent"), what));
    }
    let strategy = text(deployment, "strategy");
    for (member, of) in [("canaryConfiguration", "CANARY"), ("linearConfiguration", "LINEAR")] {
        if deployment.get(member).is_some() && strategy != of {
            let what = format!("it is for the strategy {of} only");
            problems.push(Problem::new(path(member), what));
        }
    }
    for (at, hook) in list(deployment, "lifecycleHooks").iter().enumerate() {
        let lambda = text(hook, "targetType") != "PAUSE";
        if lambda && text(hook, "hookTargetArn").is_empty() {
            let path = path(&format!("lifecycleHooks[{at}].hookTargetArn"));
            problems.push(Problem::new(path, "a hook that calls a function needs its ARN"));
        }
        if list(hook, "lifecycleStages").is_empty() {
            let path = path(&format!("lifecycleHooks[{at}].lifecycleStages"));
            problems.push(Problem::new(path, "a hook needs the stages at which it runs"));
        }
    }
    let alarms = &deployment["alarms"];
    let on = alarms.get("enable").and_then(Value::as_bool) == Some(true);
    if on && list(alarms, "alarmNames").is_empty() {
        problems.push(Problem::new(path("alarms.alarmNames"), "alarms that are on need names"));
    }
}

fn balancers(spec: &Value, problems: &mut Vec<Problem>) {
    for (at, balancer) in list(spec, "loadBalancers").iter().enumerate() {
        let path = format!("spec.loadBalancers[{at}]");
        let group = !text(balancer, "targetGroupArn").is_empty();
        let name = !text(balancer, "loadBalancerName").is_empty();
        if group == name {
            let what = "it needs either a `targetGroupArn` or, for a Classic Load Balancer, a \
                        `loadBalancerName`";
            problems.push(Problem::new(path.clone(), what));
        }
        for member in ["containerName", "containerPort"] {
            if balancer.get(member).is_none() {
                problems.push(Problem::new(format!("{path}.{member}"), "it is missing"));
            }
        }
    }
}

fn controller(spec: &Value, problems: &mut Vec<Problem>) {
    let connect = &spec["serviceConnectConfiguration"];
    if connect.is_object() && connect.get("enabled").is_none() {
        let path = "spec.serviceConnectConfiguration.enabled";
        problems.push(Problem::new(path, "it is missing").help("`true` or `false`"));
    }
    let controller = text(&spec["deploymentController"], "type");
    if text(spec, "taskDefinition").is_empty() && controller != "EXTERNAL" {
        let help = "`taskDefinitionRef: {from: {name: NAME}}`, or its ARN or family";
        problems.push(Problem::new("spec.taskDefinition", "it is missing").help(help));
    }
    if !matches!(controller, "" | "ECS") && text(spec, "schedulingStrategy") == "DAEMON" {
        let what = format!("DAEMON services cannot have the deployment controller {controller}");
        problems.push(Problem::new("spec.schedulingStrategy", what));
    }
    let strategy = text(&spec["deploymentConfiguration"], "strategy");
    if !matches!(controller, "" | "ECS") && !matches!(strategy, "" | "ROLLING") {
        let what = format!("{strategy} is for the deployment controller ECS, not {controller}");
        problems.push(Problem::new("spec.deploymentConfiguration.strategy", what));
    }
}
