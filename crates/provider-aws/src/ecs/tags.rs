//! Tags of ECS resources.

use serde_json::json;
use suimon_provider::Result;

use super::json::tag_list;
use crate::call::call;
use crate::context::Context;
use crate::marks::{self, Tags};
use crate::resource::Declared;

/// The tags that a resource should have which has these: the declared ones or, where none are
/// declared, those of others that are there; and the marks.
pub(super) fn wanted(context: &Context, declared: &Declared, live: &Tags) -> Tags {
    let mut tags = declared.tags().unwrap_or_else(|| marks::visible(live));
    tags.extend(declared.marks(context));
    tags
}

/// Sets the tags that differ, and removes what is no longer declared; tags of AWS stay, and those
/// of our marks that `keep` names.
pub(super) async fn sync(
    context: &Context,
    arn: &str,
    live: &Tags,
    wanted: &Tags,
    keep: &[&str],
) -> Result<()> {
    let set: Tags = wanted
        .iter()
        .filter(|(key, value)| live.get(*key) != Some(*value))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    let stale = |key: &&String| {
        !wanted.contains_key(*key) && !key.starts_with("aws:") && !keep.contains(&key.as_str())
    };
    let remove: Vec<String> = live.keys().filter(stale).cloned().collect();
    apply(context, arn, &set, &remove).await
}

/// Sets and removes tags.
pub(super) async fn apply(
    context: &Context,
    arn: &str,
    set: &Tags,
    remove: &[String],
) -> Result<()> {
    if !remove.is_empty() {
        let body = json!({"resourceArn": arn, "tagKeys": remove});
        call!(context.session, ecs, UntagResource, Repeatable, untag_resource(), body)?;
    }
    if !set.is_empty() {
        let body = json!({"resourceArn": arn, "tags": tag_list(set)});
        call!(context.session, ecs, TagResource, Repeatable, tag_resource(), body)?;
    }
    Ok(())
}
