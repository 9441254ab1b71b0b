//! Scheduled actions.

use serde_json::{Value, json};

use super::{
    super::{context::Context, error::AwsResult},
    Autoscaling, fits, given, invalid, listed, namespace, not_found, text,
};

impl Autoscaling {
    /// Makes an action, or replaces the one with that name: what is not given is not set.
    pub(super) fn put_action(&mut self, context: &mut Context<'_>, body: &Value) -> AwsResult {
        let key = self.target_key(body)?;
        let name = text(body, "ScheduledActionName");
        let old = self.actions.get(&(key.clone(), name.to_owned()));
        let schedule = match (text(body, "Schedule"), old) {
            ("", Some(old)) => text(old, "Schedule").to_owned(),
            (schedule, _) => schedule.to_owned(),
        };
        let is_schedule = ["at(", "rate(", "cron("].iter().any(|form| schedule.starts_with(form));
        if !is_schedule || !schedule.ends_with(')') {
            return Err(invalid(format!("Invalid schedule expression: {schedule}")));
        }
        let capacity = |member: &str| {
            body.pointer(&format!("/ScalableTargetAction/{member}")).and_then(Value::as_i64)
        };
        match (capacity("MinCapacity"), capacity("MaxCapacity")) {
            (None, None) if old.is_none() => {
                return Err(invalid(
                    "At least one of MinCapacity or MaxCapacity must be specified",
                ));
            }
            (Some(min), Some(max)) if min > max => {
                return Err(invalid("Maximum capacity cannot be less than minimum capacity"));
            }
            _ => {}
        }
        let (arn, created) = match old {
            Some(old) => (old["ScheduledActionARN"].clone(), old["CreationTime"].clone()),
            None => {
                let path = format!(
                    "scheduledAction:{}:resource/{}/{}:scheduledActionName/{name}",
                    context.ids.uuid(),
                    key.0,
                    key.1
                );
                (context.arn("autoscaling", &path).into(), context.stamp())
            }
        };
        let mut action = json!({
            "ScheduledActionName": name, "ScheduledActionARN": arn, "Schedule": schedule,
            "ServiceNamespace": key.0, "ResourceId": key.1, "ScalableDimension": key.2,
            "CreationTime": created,
        });
        for member in ["Timezone", "StartTime", "EndTime", "ScalableTargetAction"] {
            if let Some(value) = given(body, member) {
                action[member] = value.clone();
            }
        }
        self.actions.insert((key, name.to_owned()), action);
        Ok(json!({}))
    }

    pub(super) fn describe_actions(&self, body: &Value) -> AwsResult {
        namespace(body)?;
        let names = body.get("ScheduledActionNames").and_then(Value::as_array);
        let wanted = |name: &str| {
            names.is_none_or(|names| names.is_empty() || names.iter().any(|n| n == name))
        };
        let found = self
            .actions
            .iter()
            .filter(|((_, name), action)| wanted(name) && fits(action, body))
            .map(|(_, action)| (text(action, "ScheduledActionARN").to_owned(), action.clone()))
            .collect();
        listed(found, "ScheduledActions", body)
    }

    pub(super) fn delete_action(&mut self, body: &Value) -> AwsResult {
        let name = text(body, "ScheduledActionName");
        let key = super::key(body)?;
        match self.actions.remove(&(key.clone(), name.to_owned())) {
            Some(_) => Ok(json!({})),
            None => Err(not_found(format!(
                "No scheduled action found for service namespace: {}, resource ID: {}, scalable dimension: {}, scheduled action name: {name}",
                key.0, key.1, key.2
            ))),
        }
    }
}
