//! The API's calls, with the keys of a spec: `minCapacity` here is `MinCapacity` there.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use crate::call::call;
use crate::context::Context;
use crate::failure::{ApiError, Cause};
use crate::marks::Tags;
use crate::shape::is_deferred;

/// A text member; empty where there is none.
pub(super) fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value.get(member).and_then(Value::as_str).unwrap_or_default()
}

/// A resource that is scaled: namespace, resource and dimension.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Scaled {
    pub(super) namespace: String,
    pub(super) resource: String,
    pub(super) dimension: String,
}

impl Scaled {
    /// From a spec or a description.
    pub(super) fn of(spec: &Value) -> Self {
        let part = |member: &str| text(spec, member).to_owned();
        Self {
            namespace: part("serviceNamespace"),
            resource: part("resourceId"),
            dimension: part("scalableDimension"),
        }
    }

    /// Tells it from other targets.
    pub(super) fn key(&self) -> String {
        let mut key = format!("{}/{}", self.namespace, self.resource);
        if self.dimension != dimension(&self.namespace) {
            // Writing to a String cannot fail.
            let _ = write!(key, "/{}", self.dimension);
        }
        key
    }

    /// As the API's calls name it.
    pub(super) fn body(&self) -> Map<String, Value> {
        [
            ("ServiceNamespace", &self.namespace),
            ("ResourceId", &self.resource),
            ("ScalableDimension", &self.dimension),
        ]
        .into_iter()
        .map(|(member, value)| (member.to_owned(), value.as_str().into()))
        .collect()
    }

    /// Whether it is not known yet what is scaled.
    pub(super) fn is_open(&self) -> bool {
        is_deferred(&Value::from(self.resource.as_str()))
    }
}

/// What is scaled of a namespace where that is not said.
pub(super) fn dimension(namespace: &str) -> &'static str {
    if namespace == "ecs" { "ecs:service:DesiredCount" } else { "" }
}

/// A body with the API's keys.
pub(super) fn to_api(value: &Value) -> Value {
    keys(value, str::to_ascii_uppercase)
}

/// A description with the keys of a spec.
pub(super) fn from_api(value: &Value) -> Value {
    keys(value, str::to_ascii_lowercase)
}

fn keys(value: &Value, first: fn(&str) -> String) -> Value {
    match value {
        Value::Object(map) => {
            let key = |key: &String| match key.split_at_checked(1) {
                Some((letter, rest)) => format!("{}{rest}", first(letter)),
                None => key.clone(),
            };
            map.iter().map(|(k, v)| (key(k), keys(v, first))).collect::<Map<_, _>>().into()
        }
        Value::Array(items) => items.iter().map(|item| keys(item, first)).collect(),
        other => other.clone(),
    }
}

/// Which list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum List {
    Targets,
    Policies,
    Actions,
}

/// Everything of a namespace that fits what else is asked for, with the keys of a spec.
pub(super) async fn all(
    context: &Context,
    list: List,
    mut body: Value,
) -> Result<Vec<Value>, ApiError> {
    let session = &context.session;
    let mut found = Vec::new();
    loop {
        let (answer, member) = match list {
            List::Targets => (
                call!(
                    session,
                    autoscaling,
                    DescribeScalableTargets,
                    Read,
                    describe_scalable_targets(),
                    body
                )?,
                "ScalableTargets",
            ),
            List::Policies => (
                call!(
                    session,
                    autoscaling,
                    DescribeScalingPolicies,
                    Read,
                    describe_scaling_policies(),
                    body
                )?,
                "ScalingPolicies",
            ),
            List::Actions => (
                call!(
                    session,
                    autoscaling,
                    DescribeScheduledActions,
                    Read,
                    describe_scheduled_actions(),
                    body
                )?,
                "ScheduledActions",
            ),
        };
        let Some(items) = answer.get(member).and_then(Value::as_array) else {
            return Err(unusable(format!("an answer without {member}")));
        };
        found.extend(items.iter().map(from_api));
        match text(&answer, "NextToken") {
            "" => return Ok(found),
            next => body["NextToken"] = next.into(),
        }
    }
}

/// One target, where it is registered.
pub(super) async fn target(context: &Context, scaled: &Scaled) -> Result<Option<Value>, ApiError> {
    let body = json!({
        "ServiceNamespace": scaled.namespace, "ResourceIds": [scaled.resource],
        "ScalableDimension": scaled.dimension,
    });
    let found = all(context, List::Targets, body).await?;
    Ok(found.into_iter().find(|target| Scaled::of(target) == *scaled))
}

/// The tags of a target.
pub(super) async fn tags(context: &Context, arn: &str) -> Result<Tags, ApiError> {
    let body = json!({"ResourceARN": arn});
    let answer = call!(
        context.session,
        autoscaling,
        ListTagsForResource,
        Read,
        list_tags_for_resource(),
        body
    )?;
    let tags = answer.get("Tags").and_then(Value::as_object).into_iter().flatten();
    Ok(tags.map(|(key, value)| (key.clone(), value.as_str().unwrap_or("").to_owned())).collect())
}

/// Sets and removes tags of a target.
pub(super) async fn tag(
    context: &Context,
    arn: &str,
    set: &Tags,
    remove: &[String],
) -> Result<(), ApiError> {
    if !remove.is_empty() {
        let body = json!({"ResourceARN": arn, "TagKeys": remove});
        call!(context.session, autoscaling, UntagResource, Repeatable, untag_resource(), body)?;
    }
    if !set.is_empty() {
        let body = json!({"ResourceARN": arn, "Tags": set});
        call!(context.session, autoscaling, TagResource, Repeatable, tag_resource(), body)?;
    }
    Ok(())
}

/// Whether the endpoint does not have this API at all: an imitation of AWS.
pub(super) fn is_not_served(error: &ApiError) -> bool {
    match &error.cause {
        Cause::Answered { status: 400..500, code } => matches!(
            code.as_str(),
            "UnknownError" | "UnknownOperationException" | "InvalidAction" | "NotImplemented"
        ),
        _ => false,
    }
}

/// An answer that does not say what was asked for.
pub(super) fn unusable(message: String) -> ApiError {
    let (service, operation) = ("autoscaling", "Describe");
    ApiError { service, operation, cause: Cause::Malformed, message, skew: None, retry_after: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_change_their_first_letter_at_every_depth() {
        let spec = json!({"roleARN": "r", "steps": [{"lowerBound": 1.5}], "tags": {"aB": "cD"}});
        let body = json!({"RoleARN": "r", "Steps": [{"LowerBound": 1.5}], "Tags": {"AB": "cD"}});
        assert_eq!(to_api(&spec), body);
        assert_eq!(from_api(&body), spec);
    }
}
