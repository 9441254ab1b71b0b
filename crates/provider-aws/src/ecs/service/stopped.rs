//! Why the tasks of a deployment that failed stopped: services tell that they did, tasks tell why.

use serde_json::{Value, json};

use super::json::{list, tail, text};
use super::rollout;
use crate::call::call;
use crate::context::Context;
use crate::failure::ApiError;

/// How many stopped tasks are looked at, and how many reasons are quoted.
const LOOKED_AT: usize = 20;
const QUOTED: usize = 2;

/// `; tasks stopped: REASON; REASON`, each once: of the deployment `id` or, where it is not known, of
/// those that are not the primary one any more. Empty when ECS has forgotten them.
pub(super) async fn why(context: &Context, service: &Value, id: Option<&str>) -> String {
    let cluster = tail(text(service, "clusterArn"));
    match tasks(context, cluster, text(service, "serviceName")).await {
        Ok(tasks) => told(service, &tasks, id),
        Err(error) => {
            // What failed is known without it; only the reason stays shorter.
            tracing::debug!("stopped tasks could not be read: {error}");
            String::new()
        }
    }
}

async fn tasks(context: &Context, cluster: &str, name: &str) -> Result<Vec<Value>, ApiError> {
    let session = &context.session;
    let body = json!({
        "cluster": cluster, "serviceName": name, "desiredStatus": "STOPPED", "maxResults": LOOKED_AT,
    });
    let answer = call!(session, ecs, ListTasks, Read, list_tasks(), body)?;
    let arns = list(&answer, "taskArns");
    if arns.is_empty() {
        return Ok(Vec::new());
    }
    let body = json!({"cluster": cluster, "tasks": arns[..arns.len().min(LOOKED_AT)]});
    let answer = call!(session, ecs, DescribeTasks, Read, describe_tasks(), body)?;
    Ok(list(&answer, "tasks").to_vec())
}

/// See [`why`].
pub(super) fn told(service: &Value, tasks: &[Value], id: Option<&str>) -> String {
    let primary = rollout::primary(service).unwrap_or(&Value::Null);
    let failed = list(service, "deployments").iter().find(|d| text(d, "rolloutState") == "FAILED");
    let id = id.or(failed.map(|failed| text(failed, "id")));
    let is_of = |task: &&Value| match id {
        Some(id) => text(task, "startedBy") == id,
        None => text(task, "startedBy") != text(primary, "id"),
    };
    let mut reasons: Vec<String> = Vec::new();
    for task in tasks.iter().filter(is_of) {
        let reason = text(task, "stoppedReason").trim_end_matches('.');
        // The scheduler stops tasks, too, when it goes back.
        let usual = reason.starts_with("Scaling activity initiated by");
        let reason = format!("{reason}{}", exits(task));
        if !reason.is_empty() && !usual && !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }
    reasons.truncate(QUOTED);
    if reasons.is_empty() {
        return String::new();
    }
    format!("; tasks stopped: {}", reasons.join("; "))
}

/// ` (container api exited with 1)`, of those that did not end well.
fn exits(task: &Value) -> String {
    let containers = list(task, "containers").iter();
    let told: Vec<String> = containers
        .filter_map(|container| {
            let code = container.get("exitCode")?.as_i64().filter(|code| *code != 0)?;
            Some(format!("container {} exited with {code}", text(container, "name")))
        })
        .collect();
    if told.is_empty() { String::new() } else { format!(" ({})", told.join(", ")) }
}
