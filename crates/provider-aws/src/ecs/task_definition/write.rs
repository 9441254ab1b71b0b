//! Registering revisions, at most one for a content, and deregistering old ones.

use std::time::Duration;

use serde_json::Value;
use suimon_model::Health;
use suimon_provider::{Error, Result};

use super::super::json::tag_list;
use super::super::tags;
use super::cache::Cache;
use super::revision::{self, Content, Revision};
use super::{CONTENT, KEEP, uses};
use crate::call::call;
use crate::context::Context;
use crate::failure::ApiError;
use crate::marks::{self, Tags};
use crate::resource::{Declared, Done, Live};

/// How often and how long to look for a revision after an answer was lost: reads lag writes.
const LOOKS: [Duration; 4] = [
    Duration::ZERO,
    Duration::from_millis(250),
    Duration::from_millis(750),
    Duration::from_millis(1500),
];

/// Finds or registers the revision with the declared content, and marks it.
pub(super) async fn write(context: &Context, declared: &Declared) -> Result<Done> {
    let keep = keep(declared)?;
    let content = Content::of(&declared.spec);
    let Some(digest) = content.digest.clone() else {
        return Err(Error::Rejected(format!("{}: a value of it is not known yet", declared.id)));
    };
    let mut revision = match find(context, declared, &content).await? {
        Some(revision) => revision,
        None => register(context, declared, &content, &digest).await?,
    };
    let mut wanted = tags::wanted(context, declared, &revision.tags);
    wanted.insert(CONTENT.to_owned(), digest);
    tags::sync(context, &revision.arn, &revision.tags, &wanted, &[]).await?;
    revision.tags = wanted;
    if let Some(keep) = keep {
        clean(context, &revision, keep).await?;
    }
    Ok(Done { live: revision.live(), health: Health::current(), more: false })
}

/// How many revisions the declaration asks to keep.
pub(super) fn keep(declared: &Declared) -> Result<Option<usize>> {
    let Some(keep) = declared.annotations.get(KEEP) else { return Ok(None) };
    let keep = keep.as_str().map_or_else(|| keep.to_string(), str::to_owned);
    match keep.parse() {
        Ok(most @ 1..) => Ok(Some(most)),
        _ => Err(Error::Rejected(format!(
            "{}: {KEEP}: `{keep}` is not a number of revisions from 1",
            declared.id
        ))),
    }
}

fn note(declared: &Declared) -> String {
    format!("ecs registered {}", declared.text("family"))
}

/// The revision that has the content already.
async fn find(
    context: &Context,
    declared: &Declared,
    content: &Content,
) -> Result<Option<Revision>, ApiError> {
    let family = declared.text("family");
    let found = revision::search(context, family, content, &|_| false).await?.same;
    // What was just registered may not be seen for a while.
    let registered = || context.noted(&note(declared)).as_ref().and_then(Revision::of);
    Ok(found.or_else(|| registered().filter(|revision| content.is_of(revision))))
}

/// Registers a revision. When no answer came, it is looked for before it is registered again.
async fn register(
    context: &Context,
    declared: &Declared,
    content: &Content,
    digest: &str,
) -> Result<Revision> {
    let mut tags = declared.marked_tags(context);
    tags.insert(CONTENT.to_owned(), digest.to_owned());
    let mut body = declared.spec.clone();
    body["tags"] = tag_list(&tags);
    let mut lost = None;
    for _ in 0..2 {
        let answer = call!(
            context.session,
            ecs,
            RegisterTaskDefinition,
            Once,
            register_task_definition(),
            body
        );
        let error = match answer {
            Ok(mut answer) => {
                answer["tags"] = tag_list(&tags);
                let Some(revision) = Revision::of(&answer) else {
                    lost = Some("an answer without the revision".to_owned());
                    continue;
                };
                context.note(note(declared), answer);
                return Ok(revision);
            }
            Err(error) if error.is_unknown() => error,
            Err(error) => return Err(error.into()),
        };
        for pause in LOOKS {
            tokio::time::sleep(pause).await;
            if let Some(revision) = find(context, declared, content).await? {
                return Ok(revision);
            }
        }
        lost = Some(error.to_string());
    }
    Err(Error::Unknown(lost.unwrap_or_default()))
}

/// Deregisters revisions of ours beyond the newest `keep` that nothing runs.
async fn clean(context: &Context, current: &Revision, keep: usize) -> Result<()> {
    let family = &current.family;
    let newest = revision::active(context, family, None).await?;
    let mut old = Vec::new();
    for arn in newest.iter().skip(keep).filter(|arn| **arn != current.arn) {
        if revision::one(context, arn).await?.is_ours(context) {
            old.push(arn.clone());
        }
    }
    if old.is_empty() {
        return Ok(());
    }
    let services = uses::services(context, true).await?;
    let tasks = uses::tasks(context, family).await?;
    for arn in old {
        let name = super::super::json::tail(&arn);
        if !services.contains_key(name) && !tasks.contains(name) {
            deregister(context, &arn).await?;
        }
    }
    Ok(())
}

/// Deregisters the revisions of a family that are ours; those that services run stay and are told.
pub(super) async fn delete(context: &Context, live: &Live) -> Result<()> {
    let mut ours = Vec::new();
    for arn in revision::active(context, &live.key, None).await? {
        if revision::one(context, &arn).await?.is_ours(context) {
            ours.push(arn);
        }
    }
    if ours.is_empty() {
        return Ok(());
    }
    let names: Vec<&str> = ours.iter().map(|arn| super::super::json::tail(arn)).collect();
    let services = uses::recent(context, &names).await?;
    let mut used = Vec::new();
    for arn in ours {
        let name = super::super::json::tail(&arn);
        match services.get(name) {
            Some(service) => used.push(format!("{name} is what the service {service} runs")),
            None => deregister(context, &arn).await?,
        }
    }
    match used.is_empty() {
        true => Ok(()),
        false => Err(Error::Rejected(used.join("; "))),
    }
}

async fn deregister(context: &Context, arn: &str) -> Result<()> {
    let body = serde_json::json!({"taskDefinition": arn});
    call!(
        context.session,
        ecs,
        DeregisterTaskDefinition,
        Repeatable,
        deregister_task_definition(),
        body
    )?;
    Ok(())
}

/// Sets and removes tags on every revision of ours: each says whose it is.
pub(super) async fn tag(
    context: &Context,
    live: &Live,
    set: &Tags,
    remove: &[String],
) -> Result<()> {
    let mut cache = Cache::read(context.options.cache_dir.as_deref()).await;
    for arn in revision::active(context, &live.key, None).await? {
        let tags = revision::one(context, &arn).await?.tags;
        if arn == live.arn || marks::is_ours(&context.options, &tags) {
            tags::apply(context, &arn, set, remove).await?;
            cache.remove(&arn);
        }
    }
    cache.write().await;
    Ok(())
}

/// What a spec refers to as a secret, each once.
pub(super) fn secrets(spec: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for container in super::super::json::list(spec, "containerDefinitions") {
        let lists =
            [container.get("secrets"), container.pointer("/logConfiguration/secretOptions")];
        let items = lists.into_iter().flatten().filter_map(Value::as_array).flatten();
        let named = items.filter_map(|item| item.get("valueFrom"));
        let login = container.pointer("/repositoryCredentials/credentialsParameter");
        found.extend(named.chain(login).filter_map(Value::as_str).map(str::to_owned));
    }
    found.sort();
    found.dedup();
    found
}
