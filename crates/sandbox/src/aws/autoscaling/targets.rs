//! Scalable targets.

use serde_json::{Map, Value, json};

use super::{
    super::{
        context::Context,
        ecs::Ecs,
        error::{AwsError, AwsResult},
    },
    Autoscaling, fits, given, invalid, key, listed, namespace, tags, text,
};

#[derive(Debug)]
pub(super) struct Target {
    pub(super) arn: String,
    pub(super) min: i64,
    pub(super) max: i64,
    role: String,
    created: Value,
    suspended: Map<String, Value>,
    pub(super) tags: Map<String, Value>,
}

impl Target {
    pub(super) fn is_suspended(&self, what: &str) -> bool {
        self.suspended.get(what).and_then(Value::as_bool) == Some(true)
    }
}

/// The cluster and the name in `service/CLUSTER/NAME`.
pub(super) fn service(id: &str) -> Option<(&str, &str)> {
    let (cluster, name) = id.strip_prefix("service/")?.split_once('/')?;
    (!cluster.is_empty() && !name.is_empty() && !name.contains('/')).then_some((cluster, name))
}

impl Autoscaling {
    /// Registers a target, or changes what is given of one that is registered.
    pub(super) fn register(
        &mut self,
        context: &mut Context<'_>,
        ecs: &Ecs,
        body: &Value,
    ) -> AwsResult {
        let key = key(body)?;
        let new_tags = tags::read(body.get("Tags"))?;
        let old = self.targets.get(&key);
        let capacity = |member: &str, old: Option<i64>| {
            given(body, member).and_then(Value::as_i64).or(old).ok_or_else(|| {
                invalid(format!(
                    "{member} must be specified when registering a new scalable target"
                ))
            })
        };
        let min = capacity("MinCapacity", old.map(|old| old.min))?;
        let max = capacity("MaxCapacity", old.map(|old| old.max))?;
        if min < 0 || max < 0 {
            return Err(invalid("Capacity cannot be negative"));
        }
        if min > max {
            return Err(invalid("Maximum capacity cannot be less than minimum capacity"));
        }
        if let Some((cluster, name)) = service(&key.1)
            && ecs.desired_count(cluster, name).is_none()
        {
            return Err(invalid(format!("ECS service doesn't exist: {}", key.1)));
        }
        if let Some(target) = self.targets.get_mut(&key) {
            target.min = min;
            target.max = max;
            suspend(&mut target.suspended, body);
            return Ok(json!({ "ScalableTargetARN": target.arn }));
        }
        let path = format!("scalable-target/{}", context.ids.hex(32));
        let arn = context.arn("application-autoscaling", &path);
        let role = match text(body, "RoleARN") {
            "" => format!(
                "arn:aws:iam::{}:role/aws-service-role/ecs.application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_ECSService",
                context.account
            ),
            role => role.to_owned(),
        };
        let mut suspended = Map::new();
        suspend(&mut suspended, body);
        let created = context.stamp();
        let target =
            Target { arn: arn.clone(), min, max, role, created, suspended, tags: new_tags };
        self.targets.insert(key, target);
        Ok(json!({ "ScalableTargetARN": arn }))
    }

    pub(super) fn describe_targets(&self, body: &Value) -> AwsResult {
        namespace(body)?;
        let ids = body.get("ResourceIds").and_then(Value::as_array);
        let wanted = |id: &str| ids.is_none_or(|ids| ids.is_empty() || ids.iter().any(|i| i == id));
        let found = self
            .targets
            .iter()
            .filter(|((_, id, _), _)| wanted(id))
            .map(|((namespace, id, dimension), target)| {
                let view = json!({
                    "ServiceNamespace": namespace, "ResourceId": id, "ScalableDimension": dimension,
                    "MinCapacity": target.min, "MaxCapacity": target.max, "RoleARN": target.role,
                    "CreationTime": target.created, "SuspendedState": target.suspended,
                    "ScalableTargetARN": target.arn,
                });
                (target.arn.clone(), view)
            })
            .filter(|(_, view)| fits(view, body))
            .collect();
        listed(found, "ScalableTargets", body)
    }

    /// Its policies and scheduled actions go with it.
    pub(super) fn deregister(&mut self, body: &Value) -> AwsResult {
        let key = self.target_key(body)?;
        self.targets.remove(&key);
        self.policies.retain(|(of, _), _| *of != key);
        self.actions.retain(|(of, _), _| *of != key);
        Ok(json!({}))
    }

    pub(super) fn target_by_arn(&mut self, arn: &str) -> Result<&mut Target, AwsError> {
        self.targets.values_mut().find(|target| target.arn == arn).ok_or_else(|| AwsError {
            extra: json!({ "ResourceName": arn }),
            ..AwsError::client("ResourceNotFoundException", "The specified resource doesn't exist.")
        })
    }
}

/// All three are false unless they are set.
fn suspend(state: &mut Map<String, Value>, body: &Value) {
    for member in
        ["DynamicScalingInSuspended", "DynamicScalingOutSuspended", "ScheduledScalingSuspended"]
    {
        match body.get("SuspendedState").and_then(|asked| given(asked, member)) {
            Some(asked) => state.insert(member.to_owned(), asked.clone()),
            None => Some(state.entry(member).or_insert(Value::Bool(false)).clone()),
        };
    }
}
