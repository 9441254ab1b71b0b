//! Application Auto Scaling: scalable targets, policies and scheduled actions.
//!
//! A target keeps the desired count of its ECS service between its capacities. Policies and scheduled actions are kept
//! and described, and never scale.

mod actions;
mod policies;
mod tags;
mod targets;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{
    context::Context,
    ecs::Ecs,
    error::{AwsError, AwsResult},
    page::{PageError, Paging, page},
};
use targets::Target;

/// Namespace, resource id and dimension.
type Key = (String, String, String);

/// How all lists page.
const PAGING: Paging = Paging { token: "NextToken", size: "MaxResults", default: 50, max: 50 };

/// What one account holds in one region.
#[derive(Debug, Default)]
pub(crate) struct Autoscaling {
    targets: BTreeMap<Key, Target>,
    /// By target and name, as they are described.
    policies: BTreeMap<(Key, String), Value>,
    actions: BTreeMap<(Key, String), Value>,
    /// The newest first.
    activities: Vec<Value>,
}

impl Autoscaling {
    pub(crate) fn call(
        &mut self,
        context: &mut Context<'_>,
        ecs: &mut Ecs,
        operation: &str,
        body: &Value,
    ) -> AwsResult {
        match operation {
            "RegisterScalableTarget" => self.register(context, ecs, body),
            "DescribeScalableTargets" => self.describe_targets(body),
            "DeregisterScalableTarget" => self.deregister(body),
            "PutScalingPolicy" => self.put_policy(context, body),
            "DescribeScalingPolicies" => self.describe_policies(body),
            "DeleteScalingPolicy" => self.delete_policy(body),
            "PutScheduledAction" => self.put_action(context, body),
            "DescribeScheduledActions" => self.describe_actions(body),
            "DeleteScheduledAction" => self.delete_action(body),
            "DescribeScalingActivities" => self.describe_activities(body),
            "TagResource" => self.tag(body),
            "UntagResource" => self.untag(body),
            "ListTagsForResource" => self.list_tags(body),
            _ => Err(AwsError::unknown_operation()),
        }
    }

    fn describe_activities(&self, body: &Value) -> AwsResult {
        namespace(body)?;
        let found = self.activities.iter().filter(|activity| fits(activity, body));
        let found = found.map(|a| (text(a, "ActivityId").to_owned(), a.clone())).collect();
        listed(found, "ScalingActivities", body)
    }

    /// Brings each service's desired count between its target's capacities; whether one changed.
    pub(crate) fn step(&mut self, context: &mut Context<'_>, ecs: &mut Ecs) -> bool {
        let mut changed = false;
        for ((namespace, id, dimension), target) in &self.targets {
            let Some((cluster, service)) = targets::service(id) else { continue };
            let Some(desired) = ecs.desired_count(cluster, service) else { continue };
            let wanted = desired.clamp(target.min, target.max);
            let suspended = match wanted.cmp(&desired) {
                std::cmp::Ordering::Equal => continue,
                std::cmp::Ordering::Less => target.is_suspended("DynamicScalingInSuspended"),
                std::cmp::Ordering::Greater => target.is_suspended("DynamicScalingOutSuspended"),
            };
            if suspended {
                continue;
            }
            ecs.scale(context, (cluster, service), wanted);
            let bound = if wanted == target.min { "minimum" } else { "maximum" };
            self.activities.insert(
                0,
                json!({
                    "ActivityId": context.ids.uuid(),
                    "ServiceNamespace": namespace, "ResourceId": id, "ScalableDimension": dimension,
                    "Description": format!("Setting desired count to {wanted}."),
                    "Cause": format!("{bound} capacity was set to {wanted}"),
                    "StartTime": context.stamp(), "EndTime": context.stamp(),
                    "StatusCode": "Successful",
                    "StatusMessage": format!(
                        "Successfully set desired count to {wanted}. Change successfully fulfilled by ecs."
                    ),
                }),
            );
            changed = true;
        }
        changed
    }

    /// The key of the target that a request is about, which is registered.
    fn target_key(&self, body: &Value) -> Result<Key, AwsError> {
        let key = key(body)?;
        if self.targets.contains_key(&key) {
            return Ok(key);
        }
        Err(not_found(format!(
            "No scalable target registered for service namespace: {}, resource ID: {}, scalable dimension: {}",
            key.0, key.1, key.2
        )))
    }
}

fn text<'a>(body: &'a Value, member: &str) -> &'a str {
    body.get(member).and_then(Value::as_str).unwrap_or_default()
}

fn given<'a>(body: &'a Value, member: &str) -> Option<&'a Value> {
    body.get(member).filter(|value| !value.is_null())
}

fn invalid(message: impl Into<String>) -> AwsError {
    AwsError::client("ValidationException", message)
}

fn not_found(message: impl Into<String>) -> AwsError {
    AwsError::client("ObjectNotFoundException", message)
}

const NAMESPACES: &str = "[workspaces, cassandra, ec2, dynamodb, neptune, kafka, ecs, elasticmapreduce, rds, sagemaker, comprehend, elasticache, lambda, appstream, custom-resource]";

fn namespace(body: &Value) -> Result<String, AwsError> {
    match text(body, "ServiceNamespace") {
        name @ "ecs" => Ok(name.to_owned()),
        name if NAMESPACES[1..NAMESPACES.len() - 1].split(", ").any(|known| known == name) => {
            Ok(name.to_owned())
        }
        name => Err(invalid(format!(
            "1 validation error detected: Value '{name}' at 'serviceNamespace' failed to satisfy constraint: Member must satisfy enum value set: {NAMESPACES}"
        ))),
    }
}

fn key(body: &Value) -> Result<Key, AwsError> {
    let namespace = namespace(body)?;
    let (id, dimension) = (text(body, "ResourceId"), text(body, "ScalableDimension"));
    if namespace != "ecs" {
        return Err(invalid(format!(
            "Unsupported service namespace, resource type or scalable dimension: {namespace}"
        )));
    }
    if dimension != "ecs:service:DesiredCount" {
        return Err(invalid("Unsupported service namespace, resource type or scalable dimension"));
    }
    if targets::service(id).is_none() {
        return Err(invalid(format!(
            "Unsupported service namespace, resource type or scalable dimension: {id}"
        )));
    }
    Ok((namespace, id.to_owned(), dimension.to_owned()))
}

/// Whether an item is of the namespace, resource and dimension that are asked for.
fn fits(item: &Value, body: &Value) -> bool {
    ["ServiceNamespace", "ResourceId", "ScalableDimension"]
        .into_iter()
        .all(|member| given(body, member).is_none_or(|wanted| item.get(member) == Some(wanted)))
}

fn listed(items: Vec<(String, Value)>, member: &str, body: &Value) -> AwsResult {
    let (items, next) = page(items, body, PAGING).map_err(|error| match error {
        PageError::Size(max) => invalid(format!("MaxResults must be between 1 and {max}.")),
        PageError::Token => {
            AwsError::client("InvalidNextTokenException", "The specified next token is invalid.")
        }
    })?;
    let mut answer = json!({ member: items });
    if let Some(next) = next {
        answer["NextToken"] = next.into();
    }
    Ok(answer)
}
