//! Reading services: lists and descriptions in batches.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures::future::join_all;
use serde_json::{Map, Value, json};
use suimon_provider::Result;

use super::json::{list, tail, text};
use super::normal::{self, cluster_name};
use super::{KIND, rollout, service_key, wanted};
use crate::call::call;
use crate::context::Context;
use crate::failure::ApiError;
use crate::marks::Tags;
use crate::resource::{Declared, Found, Live};
use crate::shape::is_deferred;

/// How many services one `DescribeServices` takes.
const DESCRIBED_AT_ONCE: usize = 10;
/// How many names one `ListServices` gives.
const LISTED_AT_ONCE: usize = 100;
/// How many events are kept of what is described.
const EVENTS: usize = 10;

/// The declared services of one cluster, by name.
type Asked = BTreeMap<String, Vec<Arc<Declared>>>;

/// Reads the declared services and, unless the look is targeted, all others of these clusters.
///
/// # Guarantees
/// A declared service that the list does not have is described all the same: lists lag.
pub(crate) async fn read(
    context: &Context,
    clusters: &[String],
    declared: &[Arc<Declared>],
    targeted: bool,
) -> Vec<Found> {
    let mut asked: BTreeMap<String, Asked> = BTreeMap::new();
    if !targeted {
        asked.extend(clusters.iter().map(|c| (cluster_name(c).to_owned(), Asked::new())));
    }
    for declared in declared.iter().filter(|d| !is_deferred(&d.spec["cluster"])) {
        let cluster = cluster_name(declared.text("cluster")).to_owned();
        let names = asked.entry(cluster).or_default();
        names.entry(declared.text("name").to_owned()).or_default().push(Arc::clone(declared));
    }
    let latest = join_all(families(declared).into_iter().map(|family| latest(context, family)));
    let of_clusters =
        asked.iter().map(|(cluster, names)| of_cluster(context, cluster, names, targeted));
    let (mut found, latest) = tokio::join!(join_all(of_clusters), latest);
    for (family, error) in latest.into_iter().filter_map(|(family, error)| Some((family, error?))) {
        let such = declared.iter().filter(|d| d.text("taskDefinition") == family);
        let reason = error.to_string();
        found.push(
            such.map(|d| Found::Unknown { id: d.id.clone(), reason: reason.clone() }).collect(),
        );
    }
    found.into_iter().flatten().collect()
}

/// Families that are declared without a revision.
fn families(declared: &[Arc<Declared>]) -> BTreeSet<&str> {
    let bare = |text: &&str| !text.is_empty() && !text.contains(':');
    let texts = declared.iter().filter(|d| !is_deferred(&d.spec["taskDefinition"]));
    texts.map(|d| d.text("taskDefinition")).filter(bare).collect()
}

/// Notes the latest active revision of a family; there may be none yet.
async fn latest<'a>(context: &Context, family: &'a str) -> (&'a str, Option<ApiError>) {
    let body = json!({"taskDefinition": family});
    let session = &context.session;
    match call!(session, ecs, DescribeTaskDefinition, Read, describe_task_definition(), body) {
        Ok(answer) => {
            let arn = answer["taskDefinition"]["taskDefinitionArn"].clone();
            context.note(wanted::latest_note(family), arn);
            (family, None)
        }
        Err(error) if error.code() == "ClientException" && !error.is_throttled() => (family, None),
        Err(error) => (family, Some(error)),
    }
}

async fn of_cluster(context: &Context, cluster: &str, asked: &Asked, targeted: bool) -> Vec<Found> {
    let mut found = Vec::new();
    let mut names: BTreeSet<String> = asked.keys().cloned().collect();
    if !targeted {
        match listed(context, cluster).await {
            Ok(listed) => names.extend(listed),
            Err(error) if is_no_cluster(&error) => {}
            Err(error) => found.push(Found::UnknownKind { kind: KIND, reason: error.to_string() }),
        }
    }
    let names: Vec<String> = names.into_iter().collect();
    let batches =
        names.chunks(DESCRIBED_AT_ONCE).map(|names| batch(context, cluster, names, asked));
    found.extend(join_all(batches).await.into_iter().flatten());
    found
}

/// The names of the services of a cluster.
async fn listed(context: &Context, cluster: &str) -> Result<Vec<String>, ApiError> {
    let mut names = Vec::new();
    let mut body = json!({"cluster": cluster, "maxResults": LISTED_AT_ONCE});
    let session = &context.session;
    loop {
        let answer = call!(session, ecs, ListServices, Read, list_services(), body)?;
        let arns = list(&answer, "serviceArns").iter().filter_map(Value::as_str);
        names.extend(arns.map(|arn| tail(arn).to_owned()));
        match answer.get("nextToken").and_then(Value::as_str) {
            // A server that gives the same page again would never end.
            Some(next) if !next.is_empty() && text(&body, "nextToken") != next => {
                body["nextToken"] = next.into();
            }
            _ => return Ok(names),
        }
    }
}

pub(super) fn is_no_cluster(error: &ApiError) -> bool {
    error.code() == "ClusterNotFoundException"
}

/// Whether a failure says that there is no such service.
fn is_missing(failure: &Value) -> bool {
    text(failure, "reason") == "MISSING"
}

/// Describes at most ten services: those that are there, and why others could not be.
pub(super) async fn describe(
    context: &Context,
    cluster: &str,
    names: &[String],
) -> Result<(Vec<Value>, Vec<Value>), ApiError> {
    let body = json!({"cluster": cluster, "services": names, "include": ["TAGS"]});
    let session = &context.session;
    match call!(session, ecs, DescribeServices, Read, describe_services(), body) {
        Ok(answer) => Ok((list(&answer, "services").to_vec(), list(&answer, "failures").to_vec())),
        Err(error) if is_no_cluster(&error) => Ok((Vec::new(), Vec::new())),
        Err(error) => Err(error),
    }
}

async fn batch(context: &Context, cluster: &str, names: &[String], asked: &Asked) -> Vec<Found> {
    let unread = |names: &[&str], reason: &str| {
        let mut found: Vec<Found> = Vec::new();
        for name in names {
            let declared = asked.get(*name).into_iter().flatten();
            let reason = reason.to_owned();
            match asked.contains_key(*name) {
                true => found.extend(
                    declared.map(|d| Found::Unknown { id: d.id.clone(), reason: reason.clone() }),
                ),
                false => found.push(Found::UnknownKind { kind: KIND, reason }),
            }
        }
        found
    };
    let (mut services, failures) = match describe(context, cluster, names).await {
        Ok(answer) => answer,
        Err(error) => {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            return unread(&names, &error.to_string());
        }
    };
    let mut found = Vec::new();
    for failure in failures.iter().filter(|failure| !is_missing(failure)) {
        let reason = format!("{} {}", text(failure, "reason"), text(failure, "detail"));
        found.extend(unread(&[tail(text(failure, "arn"))], reason.trim()));
    }
    let watched = |service: &Value| {
        let declared = asked.get(text(service, "serviceName")).into_iter().flatten();
        declared.into_iter().any(|d| d.spec.get("monitoring").is_some())
    };
    for service in services.iter_mut().filter(|service| watched(service)) {
        if let Err(error) = monitoring(context, service).await {
            let name = text(service, "serviceName").to_owned();
            found.extend(unread(&[&name], &error.to_string()));
            *service = Value::Null;
        }
    }
    found.extend(services.iter().filter_map(|service| {
        note_inactive(context, service);
        Some(Found::live(KIND, live(service)?))
    }));
    found
}

/// What is monitored only its revisions tell.
pub(super) async fn monitoring(context: &Context, service: &mut Value) -> Result<(), ApiError> {
    let current = list(service, "currentServiceRevisions");
    let arns: Vec<&str> = current.iter().map(|revision| text(revision, "arn")).collect();
    let revisions = rollout::revisions(context, &arns).await?;
    let latest = revisions.into_iter().max_by(|a, b| {
        super::json::time(a, "createdAt").total_cmp(&super::json::time(b, "createdAt"))
    });
    if let Some(monitoring) = latest.and_then(|revision| revision.get("monitoring").cloned()) {
        service["monitoring"] = monitoring;
    }
    Ok(())
}

/// The note of what was there before under the same name: a creation after it is another one.
pub(super) fn inactive_note(key: &str) -> String {
    format!("ecs/service/inactive/{key}")
}

fn note_inactive(context: &Context, service: &Value) {
    if text(service, "status") == "INACTIVE" {
        context.note(inactive_note(&key_of(service)), service["createdAt"].clone());
    }
}

/// `CLUSTER/NAME` of a described service.
pub(super) fn key_of(service: &Value) -> String {
    let cluster = tail(text(service, "clusterArn"));
    service_key(&json!({"cluster": cluster, "name": service["serviceName"]}))
}

/// A described service; `None` when it is gone.
pub(super) fn live(service: &Value) -> Option<Live> {
    if !matches!(text(service, "status"), "ACTIVE" | "DRAINING") {
        return None;
    }
    let tags: Tags = list(service, "tags")
        .iter()
        .map(|tag| (text(tag, "key").to_owned(), text(tag, "value").to_owned()))
        .collect();
    Some(Live {
        key: key_of(service),
        arn: text(service, "serviceArn").to_owned(),
        made: service.get("createdAt").map(Value::to_string).unwrap_or_default(),
        spec: normal::of_live(service, &tags),
        status: status(service),
        tags,
        terminating: text(service, "status") == "DRAINING",
        failed: super::rollout::primary(service).is_some_and(super::preview::has_failed),
    })
}

/// What is told besides: enough to judge the deployments.
fn status(service: &Value) -> Value {
    let mut status = Map::new();
    for member in [
        "status",
        "serviceName",
        "clusterArn",
        "desiredCount",
        "runningCount",
        "pendingCount",
        "taskDefinition",
        "deployments",
        "taskSets",
        "deploymentConfiguration",
        "deploymentController",
        "createdAt",
    ] {
        if let Some(value) = service.get(member) {
            status.insert(member.to_owned(), value.clone());
        }
    }
    let events = list(service, "events");
    status.insert("events".to_owned(), json!(events[..events.len().min(EVENTS)]));
    Value::Object(status)
}
