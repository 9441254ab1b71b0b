//! What ECS tells about the deployments of a service.
//!
//! `deployments` of a described service shows what runs; a *service deployment* ([`Rollout`]) is the record of one
//! change, with how it ended. Servers that do not keep such records answer that they do not know the operation.

use serde_json::{Value, json};

use super::json::{list, text, time};
use crate::call::call;
use crate::context::Context;
use crate::failure::ApiError;

/// How many service deployments are looked at; as many revisions can be described at once.
const RECENT: usize = 20;

/// How many events a message quotes.
const QUOTED: usize = 3;

/// A service deployment.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Rollout {
    pub(super) arn: String,
    pub(super) status: String,
    pub(super) reason: String,
    /// The ARN of the service revision that it deploys.
    pub(super) target: String,
    pub(super) created: f64,
}

impl Rollout {
    fn of(brief: &Value) -> Self {
        let text = |member: &str| text(brief, member).to_owned();
        Self {
            arn: text("serviceDeploymentArn"),
            status: text("status"),
            reason: text("statusReason"),
            target: text("targetServiceRevisionArn"),
            created: time(brief, "createdAt"),
        }
    }

    /// What tells it from the service's other deployments.
    pub(super) fn id(&self) -> &str {
        super::json::tail(&self.arn)
    }

    /// Whether it is under way, and not back.
    pub(super) fn is_open(&self) -> bool {
        matches!(self.status.as_str(), "PENDING" | "IN_PROGRESS")
    }

    /// Whether it was rolled back, or is being.
    pub(super) fn is_rolled_back(&self) -> bool {
        self.status.starts_with("ROLLBACK_")
    }

    /// Whether it was stopped, by somebody or by a later one.
    pub(super) fn is_stopped(&self) -> bool {
        matches!(self.status.as_str(), "STOPPED" | "STOP_REQUESTED")
    }
}

/// The latest service deployments of a service, newest first; `None` where the server keeps none.
pub(super) async fn history(
    context: &Context,
    cluster: &str,
    service: &str,
) -> Result<Option<Vec<Rollout>>, ApiError> {
    let body = json!({"cluster": cluster, "service": service, "maxResults": RECENT});
    let session = &context.session;
    // A server that does not know the operation answers with no error of AWS: asked once only.
    let mut answer =
        call!(session, ecs, ListServiceDeployments, Once, list_service_deployments(), body);
    if answer.as_ref().is_err_and(|error| error.is_unknown() && !is_not_served(error)) {
        answer =
            call!(session, ecs, ListServiceDeployments, Read, list_service_deployments(), body);
    }
    match answer {
        Ok(answer) => {
            let mut found: Vec<_> =
                list(&answer, "serviceDeployments").iter().map(Rollout::of).collect();
            found.sort_by(|a, b| b.created.total_cmp(&a.created));
            Ok(Some(found))
        }
        Err(error) if is_not_served(&error) => Ok(None),
        Err(error) if error.is(&["ServiceNotFoundException", "ClusterNotFoundException"]) => {
            Ok(Some(Vec::new()))
        }
        Err(error) => Err(error),
    }
}

fn is_not_served(error: &ApiError) -> bool {
    error.is(&[
        "UnsupportedFeatureException",
        "UnknownOperationException",
        "InvalidAction",
        "UnknownError",
    ])
}

/// A service deployment as it is described, for its stage and hooks.
pub(super) async fn describe(context: &Context, arn: &str) -> Result<Value, ApiError> {
    let body = json!({"serviceDeploymentArns": [arn]});
    let session = &context.session;
    let answer = call!(
        session,
        ecs,
        DescribeServiceDeployments,
        Read,
        describe_service_deployments(),
        body
    )?;
    Ok(list(&answer, "serviceDeployments").first().cloned().unwrap_or_default())
}

/// The service revisions of these ARNs, at most twenty.
pub(super) async fn revisions(context: &Context, arns: &[&str]) -> Result<Vec<Value>, ApiError> {
    if arns.is_empty() {
        return Ok(Vec::new());
    }
    let body = json!({"serviceRevisionArns": arns});
    let session = &context.session;
    let answer =
        call!(session, ecs, DescribeServiceRevisions, Read, describe_service_revisions(), body)?;
    Ok(list(&answer, "serviceRevisions").to_vec())
}

/// Of these, the deployments of this very service that came after the one that was the last before the
/// last write.
pub(super) fn after(history: Vec<Rollout>, service: &Value, before: &str) -> Vec<Rollout> {
    // A service that was deleted and made again has the ARN of its predecessor.
    let made = time(service, "createdAt");
    let later = history.into_iter().take_while(|rollout| rollout.id() != before);
    later.filter(|rollout| rollout.created >= made).collect()
}

/// The deployment that is to stay.
pub(super) fn primary(service: &Value) -> Option<&Value> {
    list(service, "deployments").iter().find(|d| text(d, "status") == "PRIMARY")
}

/// Whether tasks are replaced one after the other, and not a whole set by another.
pub(super) fn is_rolling(service: &Value) -> bool {
    matches!(text(&service["deploymentConfiguration"], "strategy"), "" | "ROLLING")
}

/// Whether CodeDeploy or somebody else's controller deploys.
pub(super) fn is_controlled(service: &Value) -> bool {
    !matches!(text(&service["deploymentController"], "type"), "" | "ECS")
}

/// What the service said since a time, newest first: each thing once, and nothing about a steady state.
pub(super) fn events(service: &Value, since: f64) -> Vec<String> {
    let mut seen: Vec<String> = Vec::new();
    let mut told = Vec::new();
    for event in list(service, "events") {
        let message = text(event, "message");
        let usual =
            ["has reached a steady state", "deployment completed", "has stopped", "has started"];
        if time(event, "createdAt") < since || usual.iter().any(|part| message.contains(part)) {
            continue;
        }
        let alike: String = message
            .split_whitespace()
            .map(|word| if word.chars().any(|c| c.is_ascii_digit()) { "#" } else { word })
            .collect::<Vec<_>>()
            .join(" ");
        if !seen.contains(&alike) {
            seen.push(alike);
            told.push(message.to_owned());
        }
    }
    told.truncate(QUOTED);
    told
}

/// `: REASON; EVENT; EVENT`, of what there is.
pub(super) fn because(reason: &str, events: &[String]) -> String {
    let reason = reason.trim_end_matches('.');
    let events = events.iter().map(|event| event.trim_end_matches('.'));
    let all: Vec<&str> =
        std::iter::once(reason).chain(events).filter(|text| !text.is_empty()).collect();
    if all.is_empty() { String::new() } else { format!(": {}", all.join("; ")) }
}
