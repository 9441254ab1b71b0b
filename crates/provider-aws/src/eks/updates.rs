//! Updates that run in the service: found, followed by their id, and told in words.

use futures::future::join_all;
use serde_json::{Value, json};

use super::api::{not_served, pages, texts};
use super::rules::text;
use crate::call::call;
use crate::context::Context;
use crate::failure::ApiError;

/// Whose updates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) cluster: String,
    pub(super) nodegroup: Option<String>,
    pub(super) addon: Option<String>,
}

impl Target {
    fn note(&self) -> String {
        let part = |part: &Option<String>| part.clone().unwrap_or_default();
        format!("eks-update:{}:{}:{}", self.cluster, part(&self.nodegroup), part(&self.addon))
    }

    /// Remembers the update that was begun or found; `None` forgets it.
    pub(super) fn remember(&self, context: &Context, id: Option<&str>) {
        context.note(self.note(), json!(id));
    }

    /// The update that is remembered.
    pub(super) fn remembered(&self, context: &Context) -> Option<String> {
        context.noted(&self.note())?.as_str().map(str::to_owned)
    }
}

/// How far an update is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Progress {
    Running(String),
    Failed(String),
    Done,
}

/// How far one update is; `None` where the server does not tell of it.
pub(super) async fn follow(
    context: &Context,
    target: &Target,
    id: &str,
) -> Result<Option<Progress>, ApiError> {
    Ok(describe(context, target, id).await?.map(|update| progress(&update)))
}

/// The update that runs, or else the newest one; `None` where there is none, or the server does not tell.
pub(super) async fn newest(context: &Context, target: &Target) -> Result<Option<Value>, ApiError> {
    let listed = pages!(
        context,
        ListUpdates,
        list_updates()
            .name(&target.cluster)
            .set_nodegroup_name(target.nodegroup.clone())
            .set_addon_name(target.addon.clone()),
        "updateIds"
    );
    let ids = match listed {
        Ok(ids) => texts(ids),
        Err(error) if error.code() == "ResourceNotFoundException" || not_served(&error) => {
            return Ok(None);
        }
        Err(error) => return Err(error),
    };
    let mut newest: Option<Value> = None;
    for update in join_all(ids.iter().map(|id| describe(context, target, id))).await {
        let Some(update) = update? else { continue };
        let rank = |update: &Value| (text(update, "status") == "InProgress", when(update));
        if newest.as_ref().is_none_or(|newest| rank(newest) < rank(&update)) {
            newest = Some(update);
        }
    }
    Ok(newest)
}

async fn describe(context: &Context, target: &Target, id: &str) -> Result<Option<Value>, ApiError> {
    let note = format!("eks-ended:{id}");
    if let Some(ended) = context.noted(&note) {
        return Ok(Some(ended));
    }
    let answer = call!(
        context.session,
        eks,
        DescribeUpdate,
        Read,
        describe_update()
            .name(&target.cluster)
            .update_id(id)
            .set_nodegroup_name(target.nodegroup.clone())
            .set_addon_name(target.addon.clone()),
        Value::Null
    );
    match answer {
        Ok(mut answer) => {
            let update = answer.get_mut("update").map(Value::take).filter(Value::is_object);
            // An update that has ended does not change any more.
            if let Some(update) = update.as_ref().filter(|u| text(u, "status") != "InProgress") {
                context.note(note, update.clone());
            }
            Ok(update)
        }
        Err(error) if error.code() == "ResourceNotFoundException" || not_served(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// When it was begun, in seconds.
fn when(update: &Value) -> i64 {
    match update.get("createdAt") {
        #[allow(clippy::cast_possible_truncation)] // seconds since 1970
        Some(Value::Number(number)) => number.as_f64().map_or(0, |seconds| seconds as i64),
        Some(Value::String(text)) => {
            text.parse::<jiff::Timestamp>().map_or(0, jiff::Timestamp::as_second)
        }
        _ => 0,
    }
}

/// How far an update is.
pub(super) fn progress(update: &Value) -> Progress {
    match text(update, "status") {
        "InProgress" => Progress::Running(format!("{} is running", words(update))),
        "Failed" => {
            let errors = update.get("errors").and_then(Value::as_array);
            let errors: Vec<String> = errors.into_iter().flatten().map(error).collect();
            let why = if errors.is_empty() {
                "EKS does not say why".to_owned()
            } else {
                errors.join("; ")
            };
            Progress::Failed(format!("{} failed: {why}", words(update)))
        }
        "Cancelled" => Progress::Failed(format!("{} was cancelled", words(update))),
        _ => Progress::Done,
    }
}

/// `VersionUpdate to 1.31 (update 0f6b…)`.
fn words(update: &Value) -> String {
    let params = update.get("params").and_then(Value::as_array);
    let to = params.into_iter().flatten().find_map(|param| {
        let is_version =
            matches!(text(param, "type"), "Version" | "ReleaseVersion" | "AddonVersion");
        is_version.then(|| format!(" to {}", text(param, "value")))
    });
    let kind = text(update, "type");
    let kind = if kind.is_empty() { "an update" } else { kind };
    format!("{kind}{} (update {})", to.unwrap_or_default(), text(update, "id"))
}

/// `PodEvictionFailure: Reached max retries … (node-1, node-2)`.
fn error(error: &Value) -> String {
    let told = format!("{}: {}", text(error, "errorCode"), text(error, "errorMessage"));
    let resources = super::health::resources(error);
    told + &resources
}
