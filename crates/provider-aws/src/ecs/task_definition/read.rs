//! Reading task definitions: once per family, not at all where a service runs a revision that is
//! known from an earlier run.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use futures::future::join_all;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::super::json::{canonical, is_open, tag_map, text, texts};
use super::cache::{Cache, Known};
use super::revision::{self, Content, Revision};
use super::{CONTENT, KIND};
use crate::call::call;
use crate::context::Context;
use crate::failure::ApiError;
use crate::marks::{self, Tags};
use crate::prepare::hex;
use crate::resource::{Declared, Found, Live};

/// The families that are not declared, where they are asked for.
pub(in super::super) type Families = Result<Vec<String>, ApiError>;

/// Lists the active families that nobody declares, unless `targeted`.
pub(in super::super) async fn families(
    context: &Context,
    declared: &[Arc<Declared>],
    targeted: bool,
) -> Families {
    let mut found = Vec::new();
    if targeted {
        return Ok(found);
    }
    let known: HashSet<&str> = declared.iter().map(|d| d.text("family")).collect();
    let mut body = json!({"status": "ACTIVE", "maxResults": 100});
    loop {
        let answer = call!(
            context.session,
            ecs,
            ListTaskDefinitionFamilies,
            Read,
            list_task_definition_families(),
            body
        )?;
        let listed = texts(&answer, "families").into_iter();
        found.extend(listed.filter(|family| !known.contains(family)).map(str::to_owned));
        match text(&answer, "nextToken") {
            "" => return Ok(found),
            next => body["nextToken"] = next.into(),
        }
    }
}

/// Reads what is declared and these other families. `used` are the revisions that services run.
pub(in super::super) async fn read(
    context: &Context,
    declared: &[Arc<Declared>],
    families: Families,
    used: &BTreeSet<String>,
) -> Vec<Found> {
    let mut cache = match declared.is_empty() {
        true => Cache::default(),
        false => Cache::read(context.options.cache_dir.as_deref()).await,
    };
    let mut running: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for arn in used {
        running.entry(revision::family(arn)).or_default().push(arn);
    }
    let mut found = Vec::new();
    let mut unread = Vec::new();
    for declared in declared.iter().filter(|d| !is_open(d.text("family"))) {
        let arns = running.get(declared.text("family")).map_or(&[][..], Vec::as_slice);
        match remembered(context, declared, &cache, arns) {
            Some(live) => found.push(Found::live(KIND, live)),
            None => unread.push(declared),
        }
    }
    let known = &cache;
    let own = unread.iter().map(|declared| look(context, declared, known));
    let (listed, reason) = match families {
        Ok(families) => (families, None),
        Err(error) => (Vec::new(), Some(error)),
    };
    let others = listed.iter().map(|family| revision::latest(context, family));
    let (own, others) = futures::join!(join_all(own), join_all(others));
    let mut learned = Vec::new();
    for (declared, answer) in unread.iter().zip(own) {
        match answer {
            Ok(Some((revision, known))) => {
                learned.extend(known.map(|known| (revision.arn.clone(), known)));
                found.push(Found::live(KIND, revision.live()));
            }
            Ok(None) => {}
            Err(error) => {
                let (id, reason) = (declared.id.clone(), error.to_string());
                found.push(Found::Unknown { id, reason });
            }
        }
    }
    let mut reason = reason;
    for answer in others {
        match answer {
            Ok(revision) => found.extend(revision.map(|r| Found::live(KIND, r.live()))),
            Err(error) => reason = Some(error),
        }
    }
    if let Some(error) = reason {
        found.push(Found::UnknownKind { kind: KIND, reason: error.to_string() });
    }
    learned.into_iter().for_each(|(arn, known)| cache.put(&arn, known));
    cache.write().await;
    found
}

/// The revision that stands for a declared family, and what to remember of it.
async fn look(
    context: &Context,
    declared: &Declared,
    cache: &Cache,
) -> Result<Option<(Revision, Option<Known>)>, ApiError> {
    let content = Content::of(&declared.spec);
    let differs = |arn: &str| match (&content.digest, cache.get(arn)) {
        (Some(digest), Some(known)) => known.content != *digest,
        _ => false,
    };
    let search = revision::search(context, declared.text("family"), &content, &differs).await?;
    Ok(match (search.same, search.other) {
        (Some(revision), _) => {
            let known = memory(context, declared, &content, &revision);
            Some((revision, known))
        }
        (None, other) => other.map(|revision| (revision, None)),
    })
}

/// What to remember of a revision that has the declared content: only where its marks and tags are
/// those of the declaration too.
fn memory(
    context: &Context,
    declared: &Declared,
    content: &Content,
    revision: &Revision,
) -> Option<Known> {
    let tag = revision.tags.get(CONTENT)?;
    let mut tags = revision.tags.clone();
    [CONTENT, marks::APPLIED].iter().for_each(|key| drop(tags.remove(*key)));
    if tags != steady(context, declared) || content.digest.as_ref().is_some_and(|d| d != tag) {
        return None;
    }
    let declared = fingerprint(context, declared, &content.normal);
    Some(Known { declared, content: tag.clone() })
}

/// The tags of a declaration's revision, but for the digests.
fn steady(context: &Context, declared: &Declared) -> Tags {
    let mut tags = declared.marked_tags(context);
    tags.remove(marks::APPLIED);
    tags
}

/// Tells a declaration from every other.
fn fingerprint(context: &Context, declared: &Declared, content: &Map<String, Value>) -> String {
    let whole = json!({"content": content, "tags": steady(context, declared)});
    hex(&Sha256::digest(canonical(&whole)))
}

/// The revision that a service runs and that is known to be this declaration's.
fn remembered(
    context: &Context,
    declared: &Declared,
    cache: &Cache,
    running: &[&str],
) -> Option<Live> {
    let content = Content::of(&declared.spec);
    // With values that are known only later, nobody could tell whether it is the same.
    content.digest.as_ref()?;
    let fingerprint = fingerprint(context, declared, &content.normal);
    let known = |arn: &&&str| cache.get(arn).is_some_and(|k| k.declared == fingerprint);
    let arn = running.iter().filter(known).max_by_key(|arn| revision::number(arn))?;
    let digest = &cache.get(arn)?.content;
    let mut spec = Value::Object(content.normal);
    let mut tags = declared.marked_tags(context);
    tags.insert(CONTENT.to_owned(), digest.clone());
    if let (Some(visible), Value::Object(spec)) = (tag_map(&marks::visible(&tags)), &mut spec) {
        spec.insert("tags".to_owned(), visible);
    }
    Some(Live {
        key: declared.text("family").to_owned(),
        arn: (*arn).to_owned(),
        made: String::new(),
        spec,
        status: json!({"family": declared.text("family"), "revision": revision::number(arn)}),
        tags,
        terminating: false,
        failed: false,
    })
}
