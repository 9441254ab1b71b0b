//! What is wrong with a declared policy, as far as can be told without the API.

use serde_json::Value;

use super::api::text;
use super::schedule::{is_schedule, moment};
use super::target::{capacities, resource};
use crate::shape::{Problem, is_deferred};

/// The types, and where each is configured.
pub(super) const TYPES: &[(&str, &str)] = &[
    ("TargetTrackingScaling", "targetTrackingScalingPolicyConfiguration"),
    ("StepScaling", "stepScalingPolicyConfiguration"),
    ("PredictiveScaling", "predictiveScalingPolicyConfiguration"),
    (SCHEDULED, "scalableTargetAction"),
];

/// The type of scheduled actions: the API has them beside policies.
pub(super) const SCHEDULED: &str = "ScheduledAction";

const METRICS: &[&str] = &[
    "ECSServiceAverageCPUUtilization",
    "ECSServiceAverageMemoryUtilization",
    "ALBRequestCountPerTarget",
];

/// Everything that is wrong with it.
pub(super) fn check(spec: &Value) -> Vec<Problem> {
    let mut problems = resource(spec);
    let kind = text(spec, "policyType");
    let Some((_, member)) = TYPES.iter().find(|(name, _)| *name == kind) else {
        let known: Vec<&str> = TYPES.iter().map(|(name, _)| *name).collect();
        let what = match kind {
            "" => "it does not say which type of policy it is".to_owned(),
            kind => format!("`{kind}` is not a type of policy"),
        };
        let problem = Problem::new("spec.policyType", what);
        problems.push(problem.help(format!("it has {}", known.join(", "))));
        return problems;
    };
    if spec.get(*member).is_none() {
        let what = format!("a policy of the type {kind} has it");
        problems.push(Problem::new(format!("spec.{member}"), what));
    }
    let scheduled = ["schedule", "timezone", "startTime", "endTime"];
    let others = TYPES.iter().map(|(_, other)| *other).filter(|other| other != member);
    for other in others.chain(scheduled.into_iter().filter(|_| kind != SCHEDULED)) {
        if spec.get(other).is_some() {
            let what = format!("a policy of the type {kind} has no such thing");
            problems.push(Problem::new(format!("spec.{other}"), what));
        }
    }
    match kind {
        "TargetTrackingScaling" => problems.extend(tracking(spec, member)),
        "StepScaling" => problems.extend(steps(spec, member)),
        SCHEDULED => problems.extend(schedule(spec)),
        _ => {}
    }
    problems
}

fn tracking(spec: &Value, member: &str) -> Vec<Problem> {
    let mut problems = Vec::new();
    let Some(track) = spec.get(member) else { return problems };
    let path = |below: &str| format!("spec.{member}.{below}");
    match track.get("targetValue") {
        Some(value) if value.as_f64().is_none_or(|v| v > 0.0) => {}
        Some(_) => problems.push(Problem::new(path("targetValue"), "it must be more than 0")),
        None => problems.push(Problem::new(path("targetValue"), "it must be there")),
    }
    let predefined = track.get("predefinedMetricSpecification");
    let customized = track.get("customizedMetricSpecification");
    if predefined.is_some() == customized.is_some() {
        let what = "there must be one of predefinedMetricSpecification and \
                    customizedMetricSpecification";
        problems.push(Problem::new(format!("spec.{member}"), what));
    }
    if let Some(metric) = predefined {
        let name = text(metric, "predefinedMetricType");
        let place = path("predefinedMetricSpecification");
        if text(spec, "serviceNamespace") == "ecs" && !METRICS.contains(&name) {
            let what = format!("`{name}` is not a metric of ECS services");
            let problem = Problem::new(format!("{place}.predefinedMetricType"), what);
            problems.push(problem.help(format!("it has {}", METRICS.join(", "))));
        }
        if name == "ALBRequestCountPerTarget" && text(metric, "resourceLabel").is_empty() {
            let what = "ALBRequestCountPerTarget needs the load balancer and target group";
            problems.push(Problem::new(format!("{place}.resourceLabel"), what));
        }
    }
    for cooldown in ["scaleOutCooldown", "scaleInCooldown"] {
        if track.get(cooldown).and_then(Value::as_i64).is_some_and(|seconds| seconds < 0) {
            problems.push(Problem::new(path(cooldown), "it must not be negative"));
        }
    }
    problems
}

fn steps(spec: &Value, member: &str) -> Vec<Problem> {
    let mut problems = Vec::new();
    let Some(steps) = spec.get(member) else { return problems };
    let kinds = ["ChangeInCapacity", "PercentChangeInCapacity", "ExactCapacity"];
    let kind = text(steps, "adjustmentType");
    if !kinds.contains(&kind) {
        let what = format!("`{kind}` is not a type of adjustment");
        let problem = Problem::new(format!("spec.{member}.adjustmentType"), what);
        problems.push(problem.help(format!("it has {}", kinds.join(", "))));
    }
    if steps.get("stepAdjustments").and_then(Value::as_array).is_none_or(Vec::is_empty) {
        let what = "there must be a step";
        problems.push(Problem::new(format!("spec.{member}.stepAdjustments"), what));
    }
    problems
}

fn schedule(spec: &Value) -> Vec<Problem> {
    let mut problems = Vec::new();
    let text = text(spec, "schedule");
    if !is_schedule(text) && !is_deferred(&Value::from(text)) {
        let what = format!("`{text}` is not a schedule");
        let problem = Problem::new("spec.schedule", what);
        problems.push(
            problem.help("it is `cron(0 20 * * ? *)`, `rate(1 hour)` or `at(2030-01-01T00:00:00)`"),
        );
    }
    let mut times = Vec::new();
    for member in ["startTime", "endTime"] {
        let Some(given) = spec.get(member) else { continue };
        match moment(given) {
            Some(time) => times.push(time),
            None => {
                let what = format!("{given} is not a time");
                let problem = Problem::new(format!("spec.{member}"), what);
                problems.push(problem.help("for example \"2030-01-01T09:00:00+09:00\""));
            }
        }
    }
    if let [start, end] = times[..]
        && start >= end
    {
        problems.push(Problem::new("spec.endTime", "it must be after startTime"));
    }
    if let Some(action) = spec.get("scalableTargetAction") {
        if action.get("minCapacity").is_none() && action.get("maxCapacity").is_none() {
            let what = "there must be minCapacity or maxCapacity";
            problems.push(Problem::new("spec.scalableTargetAction", what));
        }
        problems.extend(capacities(action, "spec.scalableTargetAction", false));
    }
    problems
}
