//! What only ECS can tell about a planned write: that it was rolled back before, or that it would cut another
//! deployment short.

use serde_json::{Value, json};
use suimon_plan::Conflict;
use suimon_provider::{Error, Result};

use super::json::{list, moment, tail, text, time};
use super::rollout::{self, Rollout, because, events};
use super::{BEFORE, DEFINITION, body, stopped, wanted};
use crate::call::call;
use crate::context::Context;
use crate::marks::{self, Tags};
use crate::resource::{Declared, Live};
use crate::shape::is_deferred;

/// The conflicts of a planned write.
///
/// # Errors
/// `RolledBack`, or a read failed.
pub(super) async fn preview(
    context: &Context,
    declared: &Declared,
    live: &Live,
) -> Result<Vec<Conflict>> {
    let wanted = wanted::wanted(context, declared, Some(live));
    let update = body::update(&live.spec, &wanted);
    if body::deploys(&update) && live.tags.get(marks::APPLIED) == Some(&declared.digest) {
        rolled_back(context, live, &wanted).await?;
    }
    if live.tags.get(marks::APPLIED) == Some(&declared.digest) {
        failed(context, live, &wanted).await?;
    }
    if update.is_empty() && wanted::immutable(&live.spec, &wanted).is_empty() {
        return Ok(Vec::new());
    }
    others(context, live, &wanted).await
}

/// Refuses what was applied before, the same declaration with the same task definition, and did not last.
async fn rolled_back(context: &Context, live: &Live, wanted: &Value) -> Result<()> {
    if wanted.get("taskDefinition").is_some_and(is_deferred) {
        return Ok(());
    }
    let definition = text(wanted, "taskDefinition");
    let (cluster, name) = live.key.split_once('/').unwrap_or(("default", &live.key));
    let history = rollout::history(context, cluster, name).await?.unwrap_or_default();
    if history.is_empty() {
        return told_by_deployments(live, definition);
    }
    let before = live.tags.get(BEFORE).map_or("", String::as_str);
    let history = rollout::after(history, &live.status, before);
    let mut targets: Vec<&str> = history.iter().map(|rollout| rollout.target.as_str()).collect();
    targets.dedup();
    let revisions = rollout::revisions(context, &targets).await?;
    let is_of = |rollout: &Rollout| {
        let revision = revisions.iter().find(|r| text(r, "serviceRevisionArn") == rollout.target);
        revision.is_some_and(|revision| text(revision, "taskDefinition") == definition)
    };
    let Some((at, last)) = history.iter().enumerate().find(|(_, rollout)| is_of(rollout)) else {
        return Ok(());
    };
    // One that a later one took the place of is stopped, too.
    let verb = match (last.is_rolled_back(), last.is_stopped() && at == 0) {
        (true, _) => "was rolled back",
        (_, true) => "was stopped",
        _ => return Ok(()),
    };
    let mut told = because(&last.reason, &events(&live.status, last.created));
    told.push_str(&stopped::why(context, &live.status, None).await);
    Err(refusal(last.id(), definition, verb, last.created, &told))
}

/// Refuses what was applied before, failed, and had nothing to go back to: it is still what runs, or does not.
async fn failed(context: &Context, live: &Live, wanted: &Value) -> Result<()> {
    let definition = text(wanted, "taskDefinition");
    let primary = rollout::primary(&live.status).filter(|primary| has_failed(primary));
    let Some(primary) = primary.filter(|p| text(p, "taskDefinition") == definition) else {
        return Ok(());
    };
    let since = time(primary, "createdAt");
    let reason = text(primary, "rolloutStateReason");
    let mut told = because(reason, &events(&live.status, since));
    told.push_str(&stopped::why(context, &live.status, None).await);
    Err(refusal(text(primary, "id"), definition, "failed", since, &told))
}

/// Whether a deployment has failed.
pub(super) fn has_failed(deployment: &Value) -> bool {
    text(deployment, "rolloutState") == "FAILED"
}

/// Where no records are kept: what failed is still listed, or its successor says where it comes from.
fn told_by_deployments(live: &Live, definition: &str) -> Result<()> {
    let service = &live.status;
    let is_failed =
        |d: &&Value| text(d, "rolloutState") == "FAILED" && text(d, "taskDefinition") == definition;
    let failed = list(service, "deployments").iter().find(is_failed);
    let back = rollout::primary(service).filter(|primary| {
        is_back(primary) && live.tags.get(DEFINITION) == Some(&body::definition_mark(definition))
    });
    let Some(told) = failed.or(back) else { return Ok(()) };
    let since = time(told, "createdAt");
    let reason = because(text(told, "rolloutStateReason"), &events(service, since));
    Err(refusal(text(told, "id"), definition, "was rolled back", since, &reason))
}

/// Whether ECS made this deployment to go back to an earlier one.
pub(super) fn is_back(deployment: &Value) -> bool {
    text(deployment, "rolloutStateReason").contains("rolling back")
}

fn refusal(id: &str, definition: &str, verb: &str, since: f64, told: &str) -> Error {
    let definition = tail(definition);
    let since = moment(since);
    Error::RolledBack(format!(
        "the deployment {id} of {definition}, begun {since}, {verb}{told}. It is not tried again until \
         the declaration or the task definition changes"
    ))
}

/// Somebody else's deployment that is under way: an update would cut it short.
pub(super) async fn others(
    context: &Context,
    live: &Live,
    wanted: &Value,
) -> Result<Vec<Conflict>> {
    let service = &live.status;
    if rollout::is_controlled(service) {
        return Ok(controlled(service, wanted));
    }
    let Some(primary) = rollout::primary(service) else { return Ok(Vec::new()) };
    let busy = match text(primary, "rolloutState") {
        "IN_PROGRESS" => true,
        "" if !rollout::is_rolling(service) => {
            let (cluster, name) = live.key.split_once('/').unwrap_or(("default", &live.key));
            let history = rollout::history(context, cluster, name).await?.unwrap_or_default();
            history.first().is_some_and(Rollout::is_open)
        }
        _ => false,
    };
    let definition = text(primary, "taskDefinition");
    let is_ours = definition == text(wanted, "taskDefinition")
        || live.tags.get(DEFINITION) == Some(&body::definition_mark(definition));
    if !busy || is_ours || is_back(primary) || is_marked(context, definition).await? {
        return Ok(Vec::new());
    }
    let since = moment(time(primary, "createdAt"));
    let who = format!("ECS deployment {} in progress since {since}", text(primary, "id"));
    Ok(vec![conflict(who, wanted, definition)])
}

/// Whether a task definition has the marks of this environment.
async fn is_marked(context: &Context, definition: &str) -> Result<bool> {
    let body = json!({"taskDefinition": definition, "include": ["TAGS"]});
    let session = &context.session;
    let answer =
        call!(session, ecs, DescribeTaskDefinition, Read, describe_task_definition(), body);
    match answer {
        Ok(answer) => {
            let tags = list(&answer, "tags").iter();
            let tags: Tags =
                tags.map(|t| (text(t, "key").to_owned(), text(t, "value").to_owned())).collect();
            Ok(marks::is_ours(&context.options, &tags))
        }
        // Deleted meanwhile: it cannot be told, so it is not ours.
        Err(error) if error.code() == "ClientException" => Ok(false),
        Err(error) => Err(error.into()),
    }
}

fn controlled(service: &Value, wanted: &Value) -> Vec<Conflict> {
    let sets = list(service, "taskSets");
    let busy = sets.len() > 1 || sets.iter().any(|s| text(s, "stabilityStatus") == "STABILIZING");
    let newest = sets.iter().max_by(|a, b| time(a, "createdAt").total_cmp(&time(b, "createdAt")));
    let Some(newest) = newest.filter(|_| busy) else { return Vec::new() };
    let controller = match text(&service["deploymentController"], "type") {
        "CODE_DEPLOY" => "CodeDeploy",
        _ => "external",
    };
    let (id, since) = (text(newest, "id"), moment(time(newest, "createdAt")));
    let who = format!("{controller} deployment {id} in progress since {since}");
    vec![conflict(who, wanted, text(newest, "taskDefinition"))]
}

fn conflict(manager: String, wanted: &Value, definition: &str) -> Conflict {
    Conflict {
        field: "deployments".to_owned(),
        manager,
        ours: wanted.get("taskDefinition").cloned(),
        theirs: Some(definition.into()),
        repairs_drift: false,
    }
}
