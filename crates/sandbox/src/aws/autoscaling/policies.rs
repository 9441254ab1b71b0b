//! Scaling policies.

use serde_json::{Value, json};

use super::{
    super::{
        context::Context,
        error::{AwsError, AwsResult},
    },
    Autoscaling, fits, given, invalid, listed, namespace, not_found, text,
};

const CONFIGURATIONS: [(&str, &str); 3] = [
    ("StepScaling", "StepScalingPolicyConfiguration"),
    ("TargetTrackingScaling", "TargetTrackingScalingPolicyConfiguration"),
    ("PredictiveScaling", "PredictiveScalingPolicyConfiguration"),
];

impl Autoscaling {
    /// Makes a policy, or replaces the configuration of the one with that name.
    pub(super) fn put_policy(&mut self, context: &mut Context<'_>, body: &Value) -> AwsResult {
        let key = self.target_key(body)?;
        let name = text(body, "PolicyName");
        let old = self.policies.get(&(key.clone(), name.to_owned()));
        let kind = match (text(body, "PolicyType"), old) {
            ("", Some(old)) => text(old, "PolicyType").to_owned(),
            ("", None) => "StepScaling".to_owned(),
            (kind, _) => kind.to_owned(),
        };
        let Some((_, member)) = CONFIGURATIONS.into_iter().find(|(name, _)| *name == kind) else {
            return Err(invalid(format!(
                "1 validation error detected: Value '{kind}' at 'policyType' failed to satisfy constraint: Member must satisfy enum value set: [PredictiveScaling, StepScaling, TargetTrackingScaling]"
            )));
        };
        if old.is_some_and(|old| text(old, "PolicyType") != kind) {
            return Err(invalid("Scaling policy type cannot be changed once it is set."));
        }
        let configuration = given(body, member)
            .cloned()
            .or_else(|| old.and_then(|old| old.get(member)).cloned())
            .ok_or_else(|| {
                invalid(format!("Policy type {kind} requires {member} to be specified"))
            })?;
        check(&kind, &configuration)?;
        let (arn, created, alarms) = match old {
            Some(old) => {
                (old["PolicyARN"].clone(), old["CreationTime"].clone(), old["Alarms"].clone())
            }
            None => {
                let path = format!(
                    "scalingPolicy:{}:resource/{}/{}:policyName/{name}",
                    context.ids.uuid(),
                    key.0,
                    key.1
                );
                let arn = context.arn("autoscaling", &path);
                (arn.into(), context.stamp(), alarms(context, &kind, &key.1))
            }
        };
        let policy = json!({
            "PolicyARN": arn, "PolicyName": name,
            "ServiceNamespace": key.0, "ResourceId": key.1, "ScalableDimension": key.2,
            "PolicyType": kind, member: configuration, "Alarms": alarms, "CreationTime": created,
        });
        self.policies.insert((key, name.to_owned()), policy);
        Ok(json!({ "PolicyARN": arn, "Alarms": alarms }))
    }

    pub(super) fn describe_policies(&self, body: &Value) -> AwsResult {
        namespace(body)?;
        let names = body.get("PolicyNames").and_then(Value::as_array);
        let wanted = |name: &str| {
            names.is_none_or(|names| names.is_empty() || names.iter().any(|n| n == name))
        };
        let found = self
            .policies
            .iter()
            .filter(|((_, name), policy)| wanted(name) && fits(policy, body))
            .map(|(_, policy)| (text(policy, "PolicyARN").to_owned(), policy.clone()))
            .collect();
        listed(found, "ScalingPolicies", body)
    }

    pub(super) fn delete_policy(&mut self, body: &Value) -> AwsResult {
        let name = text(body, "PolicyName");
        let key = super::key(body)?;
        match self.policies.remove(&(key.clone(), name.to_owned())) {
            Some(_) => Ok(json!({})),
            None => Err(not_found(format!(
                "No scaling policy found for service namespace: {}, resource ID: {}, scalable dimension: {}, policy name: {name}",
                key.0, key.1, key.2
            ))),
        }
    }
}

fn check(kind: &str, configuration: &Value) -> Result<(), AwsError> {
    if kind == "TargetTrackingScaling" {
        let predefined = given(configuration, "PredefinedMetricSpecification");
        let customized = given(configuration, "CustomizedMetricSpecification");
        if predefined.is_some() == customized.is_some() {
            return Err(invalid(
                "Only one of PredefinedMetricSpecification and CustomizedMetricSpecification must be specified",
            ));
        }
        if !configuration
            .get("TargetValue")
            .is_some_and(|value| value.as_f64().is_some_and(|v| v > 0.0))
        {
            return Err(invalid("Target value must be greater than 0"));
        }
        let metric = predefined.map(|metric| text(metric, "PredefinedMetricType"));
        if let Some(metric) = metric
            && !matches!(
                metric,
                "ECSServiceAverageCPUUtilization"
                    | "ECSServiceAverageMemoryUtilization"
                    | "ALBRequestCountPerTarget"
            )
        {
            return Err(invalid(format!(
                "Predefined metric type {metric} is not supported for service namespace: ecs"
            )));
        }
        let label = predefined.map(|metric| text(metric, "ResourceLabel"));
        if metric == Some("ALBRequestCountPerTarget") && label == Some("") {
            return Err(invalid(
                "ResourceLabel must be specified for predefined metric type ALBRequestCountPerTarget",
            ));
        }
    }
    Ok(())
}

/// The alarms that target tracking makes for itself.
fn alarms(context: &mut Context<'_>, kind: &str, id: &str) -> Value {
    if kind != "TargetTrackingScaling" {
        return json!([]);
    }
    ["AlarmHigh", "AlarmLow"]
        .into_iter()
        .map(|which| {
            let name = format!("TargetTracking-{id}-{which}-{}", context.ids.uuid());
            json!({ "AlarmName": name, "AlarmARN": context.arn("cloudwatch", &format!("alarm:{name}")) })
        })
        .collect()
}
