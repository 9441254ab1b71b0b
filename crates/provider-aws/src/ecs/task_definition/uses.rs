//! What runs which revisions.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::try_join_all;
use serde_json::{Value, json};

use super::super::cluster::list_all;
use super::super::json::{list, tail, text, texts, unusable};
use crate::call::call;
use crate::context::Context;
use crate::failure::ApiError;

/// `CLUSTER/SERVICE` by the `family:revision` that it runs or is about to run; services that are
/// being deleted are among them if `draining`.
pub(super) async fn services(
    context: &Context,
    draining: bool,
) -> Result<BTreeMap<String, String>, ApiError> {
    let clusters = list_all(context).await?;
    let all = try_join_all(clusters.iter().map(|cluster| in_cluster(context, cluster))).await?;
    let mut used = BTreeMap::new();
    for (cluster, services) in clusters.iter().zip(all) {
        for service in services {
            match text(&service, "status") {
                "INACTIVE" => continue,
                "DRAINING" if !draining => continue,
                _ => {}
            }
            let label = format!("{cluster}/{}", text(&service, "serviceName"));
            let sets = list(&service, "deployments").iter().chain(list(&service, "taskSets"));
            let runs = sets.chain([&service]).map(|one| tail(text(one, "taskDefinition")));
            used.extend(runs.map(|name| (name.to_owned(), label.clone())));
        }
    }
    Ok(used)
}

/// How many seconds what was read is good for, for deleting one family after the other.
const RECENT: u64 = 30;

/// [`services`] without those that are being deleted; as it was a moment ago where none of these
/// `family:revision`s was in use then.
pub(super) async fn recent(
    context: &Context,
    names: &[&str],
) -> Result<BTreeMap<String, String>, ApiError> {
    const NOTE: &str = "ecs uses";
    let now = std::time::SystemTime::now().duration_since(std::time::SystemTime::UNIX_EPOCH);
    let now = now.map_or(0, |now| now.as_secs());
    if let Some(note) = context.noted(NOTE)
        && note["at"].as_u64().is_some_and(|at| now.saturating_sub(at) < RECENT)
        && names.iter().all(|name| note["used"].get(*name).is_none())
    {
        return Ok(BTreeMap::new());
    }
    let used = services(context, false).await?;
    context.note(NOTE, json!({"at": now, "used": used}));
    Ok(used)
}

async fn in_cluster(context: &Context, cluster: &str) -> Result<Vec<Value>, ApiError> {
    let mut arns: Vec<String> = Vec::new();
    let mut body = json!({"cluster": cluster, "maxResults": 100});
    loop {
        let answer = match call!(context.session, ecs, ListServices, Read, list_services(), body) {
            // It was deleted meanwhile, and its services before it.
            Err(error) if error.code() == "ClusterNotFoundException" => return Ok(Vec::new()),
            answer => answer?,
        };
        arns.extend(texts(&answer, "serviceArns").into_iter().map(str::to_owned));
        match text(&answer, "nextToken") {
            "" => break,
            next => body["nextToken"] = next.into(),
        }
    }
    let parts = arns.chunks(10).map(|part| async move {
        let body = json!({"cluster": cluster, "services": part});
        let answer =
            call!(context.session, ecs, DescribeServices, Read, describe_services(), body)?;
        let other = list(&answer, "failures").iter().find(|f| text(f, "reason") != "MISSING");
        match other {
            Some(failure) => Err(unusable("DescribeServices", failure.to_string())),
            None => Ok(list(&answer, "services").to_vec()),
        }
    });
    Ok(try_join_all(parts).await?.concat())
}

/// The `family:revision`s of a family that tasks run.
pub(super) async fn tasks(context: &Context, family: &str) -> Result<BTreeSet<String>, ApiError> {
    let clusters = list_all(context).await?;
    let all = clusters.iter().map(|cluster| tasks_in(context, cluster, family));
    Ok(try_join_all(all).await?.concat().into_iter().collect())
}

async fn tasks_in(context: &Context, cluster: &str, family: &str) -> Result<Vec<String>, ApiError> {
    let mut found = Vec::new();
    let mut body = json!({"cluster": cluster, "family": family, "maxResults": 100});
    loop {
        let answer = match call!(context.session, ecs, ListTasks, Read, list_tasks(), body) {
            Err(error) if error.code() == "ClusterNotFoundException" => return Ok(found),
            answer => answer?,
        };
        let arns = texts(&answer, "taskArns");
        if !arns.is_empty() {
            let body = json!({"cluster": cluster, "tasks": arns});
            let answer = call!(context.session, ecs, DescribeTasks, Read, describe_tasks(), body)?;
            let tasks = list(&answer, "tasks").iter();
            found.extend(tasks.map(|task| tail(text(task, "taskDefinitionArn")).to_owned()));
        }
        match text(&answer, "nextToken") {
            "" => return Ok(found),
            next => body["nextToken"] = next.into(),
        }
    }
}
