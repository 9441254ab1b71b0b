//! Creating, updating and deleting services.
//!
//! An update writes the marks first and then the service: a run that is killed in between finds the service unlike
//! its declaration and updates it. The marks hold the deployment that was there [`BEFORE`]; a roll-back counts as
//! one of this declaration only when its deployment came after that.

use std::time::Duration;

use serde_json::{Map, Value, json};
use suimon_provider::{Error, Result};

use super::health::{self, Ours};
use super::json::{count, tail, text, time};
use super::{BEFORE, DEFINITION, body, preview, read, rollout, service_key, wanted};
use crate::call::call;
use crate::context::Context;
use crate::failure::ApiError;
use crate::marks::{self, Tags};
use crate::resource::{Declared, Done, Live};

/// How often something that must soon be there is looked for, and the first pause.
const LOOKS: u32 = 6;
const PAUSE: Duration = Duration::from_millis(100);

/// One service, freshly read.
enum Look {
    There(Box<Value>),
    /// What tells a service of this name that was deleted.
    Gone(String),
}

async fn look(context: &Context, cluster: &str, name: &str) -> Result<Look> {
    let (mut services, failures) = read::describe(context, cluster, &[name.to_owned()]).await?;
    let missing = |failure: &Value| text(failure, "reason") == "MISSING";
    if let Some(failure) = failures.iter().find(|failure| !missing(failure)) {
        let (reason, detail) = (text(failure, "reason"), text(failure, "detail"));
        return Err(Error::Malformed(format!("service {name}: {reason} {detail}")));
    }
    Ok(match services.pop() {
        Some(service) if text(&service, "status") == "INACTIVE" => {
            Look::Gone(service["createdAt"].to_string())
        }
        Some(service) => Look::There(Box::new(service)),
        None => Look::Gone(String::new()),
    })
}

/// Creates the service, or changes it to what is declared.
pub(super) async fn write(context: &Context, declared: &Declared, force: bool) -> Result<Done> {
    let key = service_key(&declared.spec);
    let (cluster, name) = key.split_once('/').unwrap_or(("default", &key));
    match look(context, cluster, name).await? {
        Look::There(service) if text(&service, "status") == "DRAINING" => {
            Err(Error::Transient(format!(
                "the service {name} of the cluster {cluster} is draining: it was deleted and {} of \
                 its tasks are still running; apply again when they have stopped",
                count(&service, "runningCount")
            )))
        }
        Look::There(service) => update(context, declared, *service, force).await,
        Look::Gone(before) => create(context, declared, (cluster, name), &before).await,
    }
}

async fn create(
    context: &Context,
    declared: &Declared,
    (cluster, name): (&str, &str),
    before: &str,
) -> Result<Done> {
    let body = body::create(context, declared, before);
    let session = &context.session;
    let mut tried = 0;
    loop {
        tried += 1;
        let error = match call!(session, ecs, CreateService, Once, create_service(), body) {
            Ok(answer) => {
                let mut tags = declared.marked_tags(context);
                let mark = body::definition_mark(declared.text("taskDefinition"));
                tags.insert(DEFINITION.to_owned(), mark);
                return done(context, declared, answer["service"].clone(), tags, true, None).await;
            }
            Err(error) => error,
        };
        let exists = error.message.contains("not idempotent");
        if exists || error.is_unknown() {
            // It may have been made, by us or by somebody else; the token keeps it from being made twice.
            match look(context, cluster, name).await? {
                Look::There(service) => return update(context, declared, *service, true).await,
                Look::Gone(_) if tried < LOOKS => {}
                Look::Gone(_) if exists => return Err(Error::Transient(error.to_string())),
                Look::Gone(_) => return Err(Error::Unknown(error.to_string())),
            }
        } else if !comes_later(context, cluster, &error) || tried >= LOOKS {
            return Err(error.into());
        }
        tokio::time::sleep(PAUSE * 2u32.pow(tried - 1)).await;
    }
}

/// What was just made is not seen by all of AWS at once: the role that ECS makes for itself, and a
/// cluster of the same environment.
fn comes_later(context: &Context, cluster: &str, error: &ApiError) -> bool {
    let made_here = context
        .declared_of(super::GROUP, "Cluster")
        .iter()
        .any(|declared| declared.text("name") == cluster);
    error.message.contains("service linked role") || (read::is_no_cluster(error) && made_here)
}

async fn update(
    context: &Context,
    declared: &Declared,
    mut service: Value,
    force: bool,
) -> Result<Done> {
    if declared.spec.get("monitoring").is_some() {
        read::monitoring(context, &mut service).await?;
    }
    let live = read::live(&service).ok_or(Error::Stale)?;
    let wanted = wanted::wanted(context, declared, Some(&live));
    let fields = wanted::immutable(&live.spec, &wanted);
    if !fields.is_empty() {
        let message = format!("{} cannot change in place", fields.join(", "));
        return Err(Error::Immutable { fields, message });
    }
    let update = body::update(&live.spec, &wanted);
    if !force && !update.is_empty() {
        let conflicts = preview::others(context, &live, &wanted).await?;
        if !conflicts.is_empty() {
            return Err(Error::Conflict(conflicts));
        }
    }
    let deploys = body::deploys(&update);
    let before = if update.is_empty() { None } else { Some(latest(context, &service).await?) };
    let tags = mark(context, declared, &live, text(&wanted, "taskDefinition"), before.as_deref());
    let tags = tags.await?;
    if update.is_empty() {
        return done(context, declared, service, tags, false, None).await;
    }
    let watched = wanted.get("monitoring").cloned();
    let mut service = send(context, &service, update, &wanted).await?;
    if let Some(watched) = watched {
        service["monitoring"] = watched;
    }
    done(context, declared, service, tags, deploys, before).await
}

/// What tells the latest deployment from those that come after it.
async fn latest(context: &Context, service: &Value) -> Result<String> {
    let cluster = tail(text(service, "clusterArn"));
    let history = rollout::history(context, cluster, text(service, "serviceName")).await?;
    let newest = history.unwrap_or_default().first().map(|rollout| rollout.id().to_owned());
    let primary = || rollout::primary(service).map(|primary| text(primary, "id").to_owned());
    Ok(newest.or_else(primary).unwrap_or_else(|| "none".to_owned()))
}

/// Writes tags and marks as declared; all the tags there are then.
async fn mark(
    context: &Context,
    declared: &Declared,
    live: &Live,
    definition: &str,
    before: Option<&str>,
) -> Result<Tags> {
    let mut all = declared.tags().unwrap_or_else(|| marks::visible(&live.tags));
    all.extend(declared.marks(context));
    if !definition.is_empty() {
        all.insert(DEFINITION.to_owned(), body::definition_mark(definition));
    }
    let kept = live.tags.get(BEFORE).map(String::as_str);
    if let Some(before) = before.or(kept) {
        all.insert(BEFORE.to_owned(), marks::value(before));
    }
    let set: Tags = all
        .iter()
        .filter(|(key, value)| live.tags.get(*key) != Some(value))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    let theirs = |key: &String| key.starts_with("aws:");
    let old = live.tags.keys().filter(|key| !all.contains_key(*key) && !theirs(key));
    let remove: Vec<String> = old.cloned().collect();
    tag(context, &live.arn, &set, &remove).await?;
    all.extend(live.tags.iter().filter(|(k, _)| theirs(k)).map(|(k, v)| (k.clone(), v.clone())));
    Ok(all)
}

/// Sets and removes tags.
pub(super) async fn tag(context: &Context, arn: &str, set: &Tags, remove: &[String]) -> Result<()> {
    let session = &context.session;
    if !set.is_empty() {
        let body = json!({"resourceArn": arn, "tags": body::list(set)});
        call!(session, ecs, TagResource, Repeatable, tag_resource(), body)?;
    }
    if !remove.is_empty() {
        let body = json!({"resourceArn": arn, "tagKeys": remove});
        call!(session, ecs, UntagResource, Repeatable, untag_resource(), body)?;
    }
    Ok(())
}

/// Sends an update; the service as it is then.
async fn send(
    context: &Context,
    service: &Value,
    mut update: Map<String, Value>,
    wanted: &Value,
) -> Result<Value> {
    let (cluster, name) = (tail(text(service, "clusterArn")), text(service, "serviceName"));
    update.insert("cluster".into(), cluster.into());
    update.insert("service".into(), name.into());
    let forced = update.contains_key("forceNewDeployment");
    let body = Value::Object(update);
    let session = &context.session;
    // The same update twice is one; a forced deployment twice is two.
    let answer = if forced {
        call!(session, ecs, UpdateService, Once, update_service(), body)
    } else {
        call!(session, ecs, UpdateService, Repeatable, update_service(), body)
    };
    match answer {
        Ok(answer) => Ok(answer["service"].clone()),
        Err(error) if error.is(&["ServiceNotActiveException", "ServiceNotFoundException"]) => {
            Err(Error::Stale)
        }
        Err(error) if error.is_unknown() => match look(context, cluster, name).await? {
            Look::There(now)
                if read::live(&now)
                    .is_some_and(|live| body::update(&live.spec, wanted).is_empty()) =>
            {
                Ok(*now)
            }
            _ => Err(Error::Unknown(error.to_string())),
        },
        Err(error) => Err(error.into()),
    }
}

/// The answer to a write, and what later looks at its health go by.
async fn done(
    context: &Context,
    declared: &Declared,
    mut service: Value,
    tags: Tags,
    deployed: bool,
    before: Option<String>,
) -> Result<Done> {
    service["tags"] = body::list(&tags);
    let live = read::live(&service)
        .ok_or_else(|| Error::Malformed("a service that was written is not active".to_owned()))?;
    let ours = rollout::primary(&service).filter(|_| deployed).map(|primary| Ours {
        id: text(primary, "id").to_owned(),
        created: time(primary, "createdAt"),
        before: before.unwrap_or_default(),
    });
    health::keep(context, &live.key, ours.as_ref());
    let health = health::of(context, &declared.id, &service).await;
    Ok(Done { live, health, more: false })
}

/// Scales to zero and deletes; the tasks go on stopping after it.
pub(super) async fn delete(context: &Context, live: &Live) -> Result<()> {
    let (cluster, name) = live.key.split_once('/').unwrap_or(("default", &live.key));
    let service = match look(context, cluster, name).await? {
        Look::Gone(_) => return Ok(()),
        Look::There(service) => service,
    };
    if service.get("createdAt").map(Value::to_string).unwrap_or_default() != live.made {
        return Err(Error::Stale);
    }
    if text(&service, "status") == "DRAINING" {
        return Ok(());
    }
    let gone = |error: &ApiError| {
        read::is_no_cluster(error)
            || error.is(&["ServiceNotActiveException", "ServiceNotFoundException"])
    };
    let session = &context.session;
    let daemon = text(&service, "schedulingStrategy") == "DAEMON";
    if !daemon && count(&service, "desiredCount") > 0 {
        let body = json!({"cluster": cluster, "service": name, "desiredCount": 0});
        match call!(session, ecs, UpdateService, Repeatable, update_service(), body) {
            Err(error) if gone(&error) => return Ok(()),
            answer => drop(answer?),
        }
    }
    let body = json!({"cluster": cluster, "service": name, "force": true});
    match call!(session, ecs, DeleteService, Repeatable, delete_service(), body) {
        Err(error) if gone(&error) => Ok(()),
        answer => answer.map(drop).map_err(Into::into),
    }
}
