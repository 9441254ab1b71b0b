//! Whether *this* deployment succeeded.

use std::collections::BTreeMap;

use futures::future::join_all;
use serde_json::{Value, json};
use suimon_model::{Health, HealthStatus, ResourceId};

use super::json::{count, list, tail, text, time};
use super::preview::is_back;
use super::rollout::{self, Rollout, because, events};
use super::{BEFORE, read, stopped};
use crate::context::Context;
use crate::failure::ApiError;
use crate::marks;

/// How many services one `DescribeServices` takes.
const DESCRIBED_AT_ONCE: usize = 10;

/// The deployment that the last write of this run began.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Ours {
    pub(super) id: String,
    pub(super) created: f64,
    /// The latest deployment before it.
    pub(super) before: String,
}

fn note(key: &str) -> String {
    format!("ecs/service/deployment/{key}")
}

/// Remembers the deployment that a write began, or that it began none.
pub(super) fn keep(context: &Context, key: &str, ours: Option<&Ours>) {
    let value = ours.map_or(
        Value::Null,
        |ours| json!({"id": ours.id, "created": ours.created, "before": ours.before}),
    );
    context.note(note(key), value);
}

fn kept(context: &Context, key: &str) -> Option<Ours> {
    let value = context.noted(&note(key)).filter(|value| !value.is_null())?;
    let text = |member| text(&value, member).to_owned();
    Some(Ours { id: text("id"), created: time(&value, "created"), before: text("before") })
}

/// How services are, by key, in the order asked for.
pub(super) async fn health(context: &Context, wanted: &[(ResourceId, String)]) -> Vec<Health> {
    let mut clusters: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, (_, key)) in wanted.iter().enumerate() {
        let cluster = key.split_once('/').map_or("default", |(cluster, _)| cluster);
        clusters.entry(cluster).or_default().push(at);
    }
    let batches = clusters.iter().flat_map(|(cluster, places)| {
        places.chunks(DESCRIBED_AT_ONCE).map(move |places| batch(context, wanted, cluster, places))
    });
    let mut answers =
        vec![Health::new(HealthStatus::Unknown, "it was not looked at"); wanted.len()];
    for (at, health) in join_all(batches).await.into_iter().flatten() {
        answers[at] = health;
    }
    answers
}

async fn batch(
    context: &Context,
    wanted: &[(ResourceId, String)],
    cluster: &str,
    places: &[usize],
) -> Vec<(usize, Health)> {
    let name = |at: usize| wanted[at].1.split_once('/').map_or("", |(_, name)| name).to_owned();
    let mut names: Vec<String> = places.iter().map(|at| name(*at)).collect();
    names.sort();
    names.dedup();
    let answer = read::describe(context, cluster, &names).await;
    let answer = &answer;
    let looks = places.iter().map(|at| async move {
        let name = name(*at);
        let health = match answer {
            Err(error) => unknown(error),
            Ok((services, failures)) => {
                let service = services.iter().find(|s| text(s, "serviceName") == name);
                let failure = failures.iter().find(|f| tail(text(f, "arn")) == name);
                match (service, failure.filter(|f| text(f, "reason") != "MISSING")) {
                    (Some(service), _) => of(context, &wanted[*at].0, service).await,
                    (None, Some(failure)) => {
                        let told =
                            format!("{} {}", text(failure, "reason"), text(failure, "detail"));
                        Health::new(HealthStatus::Unknown, told.trim())
                    }
                    (None, None) => not_found(context, &wanted[*at].1),
                }
            }
        };
        (*at, health)
    });
    join_all(looks).await
}

/// What this run has just written is there, also when reads do not show it yet.
fn not_found(context: &Context, key: &str) -> Health {
    match kept(context, key) {
        Some(ours) if ours.before.is_empty() => {
            Health::new(HealthStatus::InProgress, "created; ECS does not show it yet")
        }
        _ => Health::new(HealthStatus::NotFound, "not found"),
    }
}

fn unknown(error: &ApiError) -> Health {
    Health::new(HealthStatus::Unknown, error.to_string())
}

/// How a described service is.
pub(super) async fn of(context: &Context, id: &ResourceId, service: &Value) -> Health {
    let ours = kept(context, &read::key_of(service));
    let expected = context.declared(id).filter(|declared| {
        let tags = list(service, "tags").iter();
        let mut applied = tags.filter(|tag| text(tag, "key") == marks::APPLIED);
        applied.any(|tag| text(tag, "value") == declared.digest)
    });
    let expected = expected.map(|declared| declared.text("taskDefinition").to_owned());
    let mut health = match judge(service, ours.as_ref(), expected.as_deref().unwrap_or_default()) {
        Verdict::Known(health) => health,
        Verdict::Ask => asked(context, service, ours.as_ref()).await,
    };
    if health.status == HealthStatus::Failed {
        let id = ours.as_ref().map(|ours| ours.id.as_str());
        health.message.push_str(&stopped::why(context, service, id).await);
    }
    health
}

/// What the description of a service tells by itself.
#[derive(Debug, PartialEq)]
pub(super) enum Verdict {
    Known(Health),
    /// Only the records of its deployments can tell.
    Ask,
}

/// Judges by the description: `expected` is the task definition of the declaration that was applied last.
pub(super) fn judge(service: &Value, ours: Option<&Ours>, expected: &str) -> Verdict {
    match text(service, "status") {
        "INACTIVE" => return Verdict::Known(Health::new(HealthStatus::NotFound, "deleted")),
        "DRAINING" => {
            let told =
                format!("draining: {} tasks are still running", count(service, "runningCount"));
            return Verdict::Known(Health::new(HealthStatus::Terminating, told));
        }
        _ => {}
    }
    if rollout::is_controlled(service) {
        return Verdict::Known(controlled(service));
    }
    let Some(primary) = rollout::primary(service) else { return Verdict::Known(counts(service)) };
    if !rollout::is_rolling(service) {
        return Verdict::Ask;
    }
    if let Some(ours) = ours.filter(|ours| ours.id != text(primary, "id")) {
        // Reads lag: an earlier deployment is what was, and ours is still to be seen.
        let lags = time(primary, "createdAt") < ours.created;
        return if lags { Verdict::Known(waiting(service)) } else { Verdict::Ask };
    }
    let moved = expected.starts_with("arn:") && expected != text(primary, "taskDefinition");
    if ours.is_none() && (moved || is_back(primary)) {
        return Verdict::Ask;
    }
    Verdict::Known(by_state(service, primary))
}

fn by_state(service: &Value, primary: &Value) -> Health {
    match text(primary, "rolloutState") {
        "FAILED" => failed(service, primary, "failed", text(primary, "rolloutStateReason")),
        "COMPLETED" => counts(service),
        "" if list(service, "deployments").len() == 1 => counts(service),
        _ => waiting(service),
    }
}

/// Judges by the records of the deployments as well.
async fn asked(context: &Context, service: &Value, ours: Option<&Ours>) -> Health {
    let (cluster, name) = (tail(text(service, "clusterArn")), text(service, "serviceName"));
    let history = match rollout::history(context, cluster, name).await {
        Ok(history) => history.unwrap_or_default(),
        Err(error) => return unknown(&error),
    };
    if history.is_empty() {
        return without_records(service, ours);
    }
    let mark = list(service, "tags").iter().find(|tag| text(tag, "key") == BEFORE);
    let mark = mark.map_or("", |tag| text(tag, "value"));
    let before = ours.map_or(mark, |ours| ours.before.as_str());
    let newest = rollout::after(history, service, before).into_iter().next();
    let detail = match newest.as_ref().filter(|newest| newest.is_open()) {
        Some(newest) => match rollout::describe(context, &newest.arn).await {
            Ok(detail) => detail,
            Err(error) => return unknown(&error),
        },
        None => Value::Null,
    };
    decide(service, ours, newest.as_ref(), &detail)
}

/// Judges by the newest record since the last write began, described where it is open.
pub(super) fn decide(
    service: &Value,
    ours: Option<&Ours>,
    newest: Option<&Rollout>,
    detail: &Value,
) -> Health {
    let primary = rollout::primary(service).unwrap_or(&Value::Null);
    let Some(newest) = newest else {
        // Ours is still to be seen; or there was none to begin.
        return if ours.is_some() { waiting(service) } else { by_state(service, primary) };
    };
    if newest.is_rolled_back() || newest.is_stopped() {
        let verb = if newest.is_stopped() { "was stopped" } else { "was rolled back" };
        let told = because(&newest.reason, &events(service, newest.created));
        let told = format!("the deployment {} {verb}{told}", newest.id());
        return Health::new(HealthStatus::Failed, told);
    }
    let replaced = ours.filter(|ours| {
        rollout::is_rolling(service)
            && ours.id != text(primary, "id")
            && time(primary, "createdAt") >= ours.created
    });
    if let Some(ours) = replaced {
        return superseded(ours, primary);
    }
    match newest.is_open() {
        true => staged(service, detail),
        false => counts(service),
    }
}

/// Where no records are kept.
pub(super) fn without_records(service: &Value, ours: Option<&Ours>) -> Health {
    let primary = rollout::primary(service).unwrap_or(&Value::Null);
    let mut deployments = list(service, "deployments").iter();
    let failed_one = deployments.find(|d| text(d, "rolloutState") == "FAILED");
    match (failed_one, ours.filter(|ours| ours.id != text(primary, "id"))) {
        (Some(one), _) => failed(service, one, "failed", text(one, "rolloutStateReason")),
        _ if is_back(primary) => {
            failed(service, primary, "is a roll-back", text(primary, "rolloutStateReason"))
        }
        (None, Some(ours)) => superseded(ours, primary),
        (None, None) => by_state(service, primary),
    }
}

fn superseded(ours: &Ours, primary: &Value) -> Health {
    let told = format!(
        "the deployment {} was replaced by {} of {}, which this run did not begin",
        ours.id,
        text(primary, "id"),
        tail(text(primary, "taskDefinition"))
    );
    Health::new(HealthStatus::Failed, told)
}

fn failed(service: &Value, deployment: &Value, verb: &str, reason: &str) -> Health {
    let (id, definition) = (text(deployment, "id"), tail(text(deployment, "taskDefinition")));
    let told = because(reason, &events(service, time(deployment, "createdAt")));
    Health::new(HealthStatus::Failed, format!("the deployment {id} of {definition} {verb}{told}"))
}

/// A deployment in stages: which one, and what it waits for.
fn staged(service: &Value, detail: &Value) -> Health {
    let mut health = waiting(service);
    let stage = text(detail, "lifecycleStage");
    if !stage.is_empty() {
        health.message = format!("{stage}: {}", health.message);
    }
    let mut hooks = list(detail, "lifecycleHookDetails").iter();
    if let Some(hook) = hooks.find(|hook| text(hook, "status") == "AWAITING_ACTION") {
        let id = text(hook, "hookId");
        health.message = format!("{}; paused by the hook {id}", health.message);
    }
    health
}

/// How many tasks run, of how many.
fn counts(service: &Value) -> Health {
    let (desired, running) = (count(service, "desiredCount"), count(service, "runningCount"));
    let early = &service["deploymentConfiguration"]["earlySuccessCriteria"]["enable"];
    // Early success is what was asked for; the rest of the tasks come later.
    if running == desired || *early == json!(true) {
        return Health::new(HealthStatus::Current, of_tasks(service));
    }
    waiting(service)
}

fn of_tasks(service: &Value) -> String {
    let (desired, running) = (count(service, "desiredCount"), count(service, "runningCount"));
    let pending = match count(service, "pendingCount") {
        0 => String::new(),
        pending => format!(", {pending} pending"),
    };
    match (desired, running) {
        (0, 0) => format!("no task is wanted{pending}"),
        (1, 1) => format!("1 of 1 task is running{pending}"),
        (desired, running) => format!("{running} of {desired} tasks are running{pending}"),
    }
}

/// On its way: the counts of the deployment, and what the service said last.
fn waiting(service: &Value) -> Health {
    let latest = list(service, "events").first().map(|event| text(event, "message"));
    let latest = latest.map(|told| format!(": {}", told.trim_end_matches('.')));
    let old = list(service, "deployments").iter().filter(|d| text(d, "status") != "PRIMARY");
    let old: i64 = old.map(|deployment| count(deployment, "runningCount")).sum();
    let of_old =
        if old > 0 { format!(", {old} of them of earlier deployments") } else { String::new() };
    let told = format!("{}{of_old}{}", of_tasks(service), latest.unwrap_or_default());
    Health::new(HealthStatus::InProgress, told)
}

/// What another controller deploys: ECS tells when its task sets are steady.
fn controlled(service: &Value) -> Health {
    let sets = list(service, "taskSets");
    let busy = sets.iter().any(|set| text(set, "stabilityStatus") == "STABILIZING");
    if busy || sets.len() > 1 { waiting(service) } else { counts_of_sets(service, sets) }
}

fn counts_of_sets(service: &Value, sets: &[Value]) -> Health {
    match sets {
        [] => Health::new(HealthStatus::Current, "its controller has deployed nothing yet"),
        _ => counts(service),
    }
}
