//! Revisions: reading them, and finding the one that has a content.

use serde_json::{Map, Value, json};

use super::super::json::{is_open, read_tags, tag_map, text, texts, unusable};
use super::CONTENT;
use super::normal::{aligned, digest, normal};
use crate::call::call;
use crate::context::Context;
use crate::failure::ApiError;
use crate::marks::{self, Tags};
use crate::resource::Live;

/// One revision of a task definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Revision {
    pub(super) arn: String,
    pub(super) family: String,
    /// In normal form.
    pub(super) content: Map<String, Value>,
    pub(super) tags: Tags,
}

impl Revision {
    /// From the answer of a description or registration.
    pub(super) fn of(answer: &Value) -> Option<Self> {
        let definition = answer.get("taskDefinition")?;
        let (arn, family) = (text(definition, "taskDefinitionArn"), text(definition, "family"));
        (!arn.is_empty() && !family.is_empty()).then(|| Self {
            arn: arn.to_owned(),
            family: family.to_owned(),
            content: normal(definition),
            tags: read_tags(answer),
        })
    }

    pub(super) fn is_ours(&self, context: &Context) -> bool {
        marks::is_ours(&context.options, &self.tags)
    }

    /// As every kind reports what is live.
    pub(super) fn live(&self) -> Live {
        let mut spec = self.content.clone();
        if let Some(tags) = tag_map(&marks::visible(&self.tags)) {
            spec.insert("tags".to_owned(), tags);
        }
        Live {
            key: self.family.clone(),
            arn: self.arn.clone(),
            made: String::new(),
            spec: Value::Object(spec),
            status: json!({"family": self.family, "revision": number(&self.arn)}),
            tags: self.tags.clone(),
            terminating: false,
            failed: false,
        }
    }
}

/// The number after the last colon of an ARN.
pub(super) fn number(arn: &str) -> u64 {
    arn.rsplit(':').next().and_then(|number| number.parse().ok()).unwrap_or_default()
}

/// The family that an ARN, or `family:revision`, is of.
pub(super) fn family(arn: &str) -> &str {
    let name = super::super::json::tail(arn);
    name.split_once(':').map_or(name, |(family, _)| family)
}

/// A declared content.
#[derive(Debug, Clone)]
pub(super) struct Content {
    pub(super) normal: Map<String, Value>,
    /// Its digest; `None` while a part of it is not known.
    pub(super) digest: Option<String>,
}

impl Content {
    pub(super) fn of(spec: &Value) -> Self {
        let normal = normal(spec);
        let open = is_open(&Value::Object(normal.clone()).to_string());
        Self { digest: (!open).then(|| digest(&normal)), normal }
    }

    /// Whether a revision has this content, as far as it is known. What was registered with the
    /// digest of this content has it, whatever the API made of it.
    pub(super) fn is_of(&self, revision: &Revision) -> bool {
        let live = Value::Object(revision.content.clone());
        match &self.digest {
            Some(digest) if revision.tags.get(CONTENT) == Some(digest) => true,
            Some(_) => aligned(&self.normal, &live) == revision.content,
            None => fits(&Value::Object(aligned(&self.normal, &live)), &live),
        }
    }
}

/// Whether a value is a pattern's; a value that is known only later may be anything.
fn fits(pattern: &Value, value: &Value) -> bool {
    match (pattern, value) {
        (Value::Object(pattern), Value::Object(value)) => {
            pattern.len() == value.len()
                && pattern.iter().all(|(key, p)| value.get(key).is_some_and(|v| fits(p, v)))
        }
        (Value::Array(pattern), Value::Array(value)) => {
            pattern.len() == value.len() && pattern.iter().zip(value).all(|(p, v)| fits(p, v))
        }
        (Value::String(pattern), Value::String(value)) => fits_text(pattern, value),
        (pattern, value) => pattern == value,
    }
}

fn fits_text(pattern: &str, value: &str) -> bool {
    let mut from = 0;
    let mut literals = Vec::new();
    for (range, _, _) in suimon_model::DeferredRef::find_markers(pattern) {
        literals.push(&pattern[from..range.start]);
        from = range.end;
    }
    let last = &pattern[from..];
    let Some((first, between)) = literals.split_first() else { return pattern == value };
    let Some(mut rest) = value.strip_prefix(first) else { return false };
    for literal in between {
        match rest.find(literal) {
            Some(at) => rest = &rest[at + literal.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

/// What looking for a content found.
#[derive(Debug, Default)]
pub(super) struct Search {
    /// The revision that has it: ours, or the latest.
    pub(super) same: Option<Revision>,
    /// The one that stands for the family else: our newest, or the latest.
    pub(super) other: Option<Revision>,
}

/// Looks for a content among the latest revision and, of the `depth` newest active ones, ours.
/// `differs` tells of revisions that need not be read.
pub(super) async fn search(
    context: &Context,
    family: &str,
    content: &Content,
    differs: &(dyn Fn(&str) -> bool + Sync),
) -> Result<Search, ApiError> {
    let Some(latest) = latest(context, family).await? else { return Ok(Search::default()) };
    let same = content.is_of(&latest);
    let ours = latest.is_ours(context);
    if same && ours {
        return Ok(Search { same: Some(latest), other: None });
    }
    let mut other = ours.then(|| latest.clone());
    for arn in active(context, family, Some(context.options.keep_revisions)).await? {
        // Ours are looked for in vain where a newer one of ours is known and this one differs.
        if arn == latest.arn || (other.is_some() && differs(&arn)) {
            continue;
        }
        let revision = one(context, &arn).await?;
        if !revision.is_ours(context) {
            continue;
        }
        if content.is_of(&revision) {
            return Ok(Search { same: Some(revision), other: None });
        }
        other.get_or_insert(revision);
    }
    Ok(match same {
        true => Search { same: Some(latest), other: None },
        false => Search { same: None, other: Some(other.unwrap_or(latest)) },
    })
}

/// The latest active revision of a family.
pub(super) async fn latest(context: &Context, family: &str) -> Result<Option<Revision>, ApiError> {
    match describe(context, family).await {
        Ok(revision) => Ok(Some(revision)),
        Err(error) if is_missing(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// A revision by its ARN, read once in a run.
pub(super) async fn one(context: &Context, arn: &str) -> Result<Revision, ApiError> {
    let note = note(arn);
    if let Some(revision) = context.noted(&note).as_ref().and_then(Revision::of) {
        return Ok(revision);
    }
    let body = json!({"taskDefinition": arn, "include": ["TAGS"]});
    let answer = call!(
        context.session,
        ecs,
        DescribeTaskDefinition,
        Read,
        describe_task_definition(),
        body
    )?;
    let revision = Revision::of(&answer).ok_or_else(|| cut(arn))?;
    context.note(note, answer);
    Ok(revision)
}

fn note(arn: &str) -> String {
    format!("ecs revision {arn}")
}

async fn describe(context: &Context, family: &str) -> Result<Revision, ApiError> {
    let body = json!({"taskDefinition": family, "include": ["TAGS"]});
    let answer = call!(
        context.session,
        ecs,
        DescribeTaskDefinition,
        Read,
        describe_task_definition(),
        body
    )?;
    Revision::of(&answer).ok_or_else(|| cut(family))
}

fn cut(what: &str) -> ApiError {
    unusable("DescribeTaskDefinition", format!("the answer leaves {what} out"))
}

fn is_missing(error: &ApiError) -> bool {
    let message = error.message.to_ascii_lowercase();
    error.code() == "ClientException" && message.contains("unable to describe task definition")
}

/// The ARNs of a family's active revisions, newest first; the newest `most` at most.
pub(super) async fn active(
    context: &Context,
    name: &str,
    most: Option<usize>,
) -> Result<Vec<String>, ApiError> {
    let page = most.unwrap_or(100).clamp(1, 100);
    let mut body =
        json!({"familyPrefix": name, "status": "ACTIVE", "sort": "DESC", "maxResults": page});
    let mut arns: Vec<String> = Vec::new();
    loop {
        let answer =
            call!(context.session, ecs, ListTaskDefinitions, Read, list_task_definitions(), body)?;
        let listed = texts(&answer, "taskDefinitionArns").into_iter();
        arns.extend(listed.filter(|arn| family(arn) == name).map(str::to_owned));
        match text(&answer, "nextToken") {
            next if !next.is_empty() && most.is_none_or(|most| arns.len() < most) => {
                body["nextToken"] = next.into();
            }
            _ => break,
        }
    }
    arns.sort_by_key(|arn| std::cmp::Reverse(number(arn)));
    arns.truncate(most.unwrap_or(usize::MAX));
    Ok(arns)
}

#[cfg(test)]
mod tests {
    use suimon_model::{DeferredRef, ResourceId};

    use super::*;

    #[test]
    fn a_value_that_is_not_known_may_be_anything_and_the_rest_must_fit() {
        let id = ResourceId::new("secretsmanager.services.k8s.aws", "Secret", None, "db");
        let marker = DeferredRef::marker_for(&id, "arn");
        let pattern = json!({"a": [format!("{marker}:key::"), "b"], "n": 1});
        for (value, expected) in [
            (json!({"a": ["arn:1:key::", "b"], "n": 1}), true),
            (json!({"a": [":key::", "b"], "n": 1}), true),
            (json!({"a": ["arn:1:other::", "b"], "n": 1}), false),
            (json!({"a": ["arn:1:key::", "c"], "n": 1}), false),
            (json!({"a": ["arn:1:key::"], "n": 1}), false),
            (json!({"a": ["arn:1:key::", "b"], "n": 1, "more": 1}), false),
        ] {
            assert_eq!(fits(&pattern, &value), expected, "{value}");
        }
        assert!(fits_text(&format!("a{marker}b{marker}c"), "a1b2c"));
        assert!(!fits_text(&format!("a{marker}b{marker}c"), "a12c"));
    }

    #[test]
    fn arns_tell_family_and_number() {
        let arn = "arn:aws:ecs:us-east-1:123456789012:task-definition/api:12";
        assert_eq!((family(arn), number(arn)), ("api", 12));
        assert_eq!((family("api:3"), number("api:3")), ("api", 3));
        assert_eq!((family("api"), number("api")), ("api", 0));
    }
}
