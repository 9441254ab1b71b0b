//! What all calls of EKS have in common: pages, tokens, tags, and what errors mean.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use suimon_provider::Result;

use crate::call::call;
use crate::context::Context;
use crate::failure::{ApiError, Cause};
use crate::marks::{self, Tags};
use crate::prepare::hex;
use crate::resource::{Declared, Live};

/// All pages of a list: `pages!(context, ListNodegroups, list_nodegroups().cluster_name(name), "nodegroups")`.
macro_rules! pages {
    ($context:expr, $name:ident, $operation:ident() $(. $setter:ident($value:expr))*, $field:literal) => {{
        let mut all: Vec<serde_json::Value> = Vec::new();
        let mut next: Option<String> = None;
        loop {
            let page = $crate::call::call!(
                $context.session, eks, $name, Read,
                $operation() $(.$setter($value))* .set_next_token(next.clone()),
                serde_json::Value::Null
            );
            match page {
                Err(error) => break Err(error),
                Ok(mut page) => {
                    if let Some(serde_json::Value::Array(items)) = page.get_mut($field).map(serde_json::Value::take) {
                        all.extend(items);
                    }
                    let token = page.get("nextToken").and_then(serde_json::Value::as_str);
                    let token = token.filter(|token| !token.is_empty()).map(str::to_owned);
                    // A list whose token leads to itself would never end.
                    if token.is_none() || token == next {
                        break Ok(all);
                    }
                    next = token;
                }
            }
        }
    }};
}
pub(super) use pages;

/// The texts of a list.
pub(super) fn texts(values: Vec<Value>) -> Vec<String> {
    values
        .into_iter()
        .filter_map(|value| match value {
            Value::String(text) => Some(text),
            _ => None,
        })
        .collect()
}

/// One field of an answer, or nothing when the API says that there is no such thing.
pub(super) fn one(answer: Result<Value, ApiError>, field: &str) -> Result<Option<Value>, ApiError> {
    match answer {
        Ok(mut body) => Ok(body.get_mut(field).map(Value::take).filter(|value| !value.is_null())),
        Err(error) if error.code() == "ResourceNotFoundException" => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether the server does not have this operation at all: not every emulation has every one. EKS itself answers
/// with a code whenever it says 404.
pub(super) fn not_served(error: &ApiError) -> bool {
    match &error.cause {
        Cause::Answered { status: 404 | 501, code } => code == "UnknownError",
        Cause::Answered { code, .. } => {
            code == "InvalidRequestException" && error.message.starts_with("No route for ")
        }
        _ => false,
    }
}

/// Whether the caller may not ask.
pub(super) fn forbidden(error: &ApiError) -> bool {
    error.is(&["AccessDeniedException", "AccessDenied", "UnauthorizedOperation"])
}

/// A token that is the same for the same parts, so that a repeated request is known to be one.
pub(super) fn token(parts: &[&str]) -> String {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update(part.len().to_be_bytes());
        digest.update(part);
    }
    let mut token = hex(&digest.finalize());
    token.truncate(48);
    token
}

/// The tags of a resource as the API tells them.
pub(super) fn tags(raw: &Value) -> Tags {
    let tags = raw.get("tags").and_then(Value::as_object);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    tags.into_iter().flatten().map(|(key, value)| (key.clone(), text(value))).collect()
}

/// Brings tags and marks to what is declared; whether anything was to do.
pub(super) async fn retag(
    context: &Context,
    declared: &Declared,
    live: &Live,
) -> Result<bool, ApiError> {
    let wanted = declared.marked_tags(context);
    let is_new = |(key, value): &(&String, &String)| live.tags.get(*key) != Some(*value);
    let set: Tags =
        wanted.iter().filter(is_new).map(|(key, value)| (key.clone(), value.clone())).collect();
    let visible = marks::visible(&live.tags);
    let declares = declared.tags().is_some();
    let goes = |key: &&String| {
        !wanted.contains_key(*key)
            && (key.as_str() == marks::PRUNE || (declares && visible.contains_key(*key)))
    };
    let remove: Vec<String> = live.tags.keys().filter(goes).cloned().collect();
    write_tags(context, &live.arn, &set, &remove).await?;
    Ok(!set.is_empty() || !remove.is_empty())
}

/// Sets and removes tags.
pub(super) async fn write_tags(
    context: &Context,
    arn: &str,
    set: &Tags,
    remove: &[String],
) -> Result<(), ApiError> {
    if !set.is_empty() {
        let body = json!({"tags": set});
        call!(
            context.session,
            eks,
            TagResource,
            Repeatable,
            tag_resource().resource_arn(arn),
            body
        )?;
    }
    if !remove.is_empty() {
        call!(
            context.session,
            eks,
            UntagResource,
            Repeatable,
            untag_resource().resource_arn(arn).set_tag_keys(Some(remove.to_vec())),
            Value::Null
        )?;
    }
    Ok(())
}
