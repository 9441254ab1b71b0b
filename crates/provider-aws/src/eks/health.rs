//! How resources are, in words: from their status, their issues, and the updates that run.

use serde_json::Value;
use suimon_model::{Health, HealthStatus};

use super::rules::text;
use super::updates::{self, Progress, Target};
use crate::context::Context;
use crate::failure::ApiError;

/// From status and issues alone.
pub(super) fn of_status(raw: &Value) -> Health {
    let issues = issues(raw);
    let with = |what: &str| {
        if issues.is_empty() { what.to_owned() } else { format!("{what}: {}", issues.join("; ")) }
    };
    let told = |status, what: &str| Health::new(status, with(what));
    match text(raw, "status") {
        "" => Health::current(),
        "ACTIVE" if issues.is_empty() => Health::current(),
        "ACTIVE" => told(HealthStatus::Current, "active, with issues"),
        "CREATING" | "PENDING" => told(HealthStatus::InProgress, "it is being created"),
        "UPDATING" => told(HealthStatus::InProgress, "it is being updated"),
        "DELETING" => told(HealthStatus::Terminating, "it is being deleted"),
        "DEGRADED" if gets_well(raw) => told(HealthStatus::InProgress, "degraded"),
        "DEGRADED" => told(HealthStatus::Failed, "degraded"),
        "CREATE_FAILED" => told(
            HealthStatus::Failed,
            "its creation failed, and it has to be deleted and created again",
        ),
        "UPDATE_FAILED" => told(HealthStatus::Failed, "its last update failed"),
        "DELETE_FAILED" => told(HealthStatus::Failed, "its deletion failed"),
        "FAILED" => told(HealthStatus::Failed, "it failed"),
        other => told(HealthStatus::InProgress, &format!("its status is {other}")),
    }
}

/// An add-on without nodes to run on gets well once there are some.
fn gets_well(raw: &Value) -> bool {
    let issues = raw.pointer("/health/issues").and_then(Value::as_array);
    let mut issues = issues.into_iter().flatten().peekable();
    issues.peek().is_some()
        && issues.all(|issue| {
            matches!(text(issue, "code"), "InsufficientNumberOfReplicas" | "ClusterUnreachable")
        })
}

fn issues(raw: &Value) -> Vec<String> {
    let issues = raw.pointer("/health/issues").and_then(Value::as_array);
    let words = |issue: &Value| {
        let told = format!("{}: {}", text(issue, "code"), text(issue, "message"));
        told + &resources(issue)
    };
    issues.into_iter().flatten().map(words).collect()
}

/// ` (subnet-1, subnet-2)`.
pub(super) fn resources(value: &Value) -> String {
    let ids = value.get("resourceIds").and_then(Value::as_array);
    let ids: Vec<&str> = ids.into_iter().flatten().filter_map(Value::as_str).collect();
    if ids.is_empty() { String::new() } else { format!(" ({})", ids.join(", ")) }
}

/// With the update that runs or failed. `as_declared`: whether it is as declared, as far as is known: an update that
/// failed is of no interest then.
pub(super) async fn with_update(
    context: &Context,
    target: &Target,
    raw: &Value,
    as_declared: bool,
) -> Health {
    let plain = of_status(raw);
    let status = text(raw, "status");
    if matches!(plain.status, HealthStatus::Terminating) || matches!(status, "CREATING" | "PENDING")
    {
        return plain;
    }
    let progress = match target.remembered(context) {
        Some(id) => updates::follow(context, target, &id).await,
        None if status == "UPDATING" || !as_declared => {
            updates::newest(context, target).await.map(|update| {
                let update = update?;
                target.remember(context, Some(text(&update, "id")));
                Some(updates::progress(&update))
            })
        }
        None => return plain,
    };
    match progress {
        Ok(Some(Progress::Running(what))) => Health::new(HealthStatus::InProgress, what),
        Ok(Some(Progress::Failed(what))) => Health::new(HealthStatus::Failed, what),
        Ok(Some(Progress::Done) | None) => {
            target.remember(context, None);
            plain
        }
        Err(error) => unread(&error),
    }
}

/// What could not be read is unknown.
pub(super) fn unread(error: &ApiError) -> Health {
    let what = suimon_provider::Error::from(error.clone());
    Health::new(HealthStatus::Unknown, format!("it could not be read: {what}"))
}
