//! `DeleteSecret` and `RestoreSecret`.

use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::aws::{
    context::{Context, stamp},
    error::AwsResult,
};

use super::{
    Secrets,
    input::{self, invalid_parameter, invalid_request},
};

/// The recovery window in days when a call says none.
const WINDOW: i64 = 30;

impl Secrets {
    pub(super) fn delete(&mut self, context: &mut Context<'_>, body: &Value) -> AwsResult {
        let window = input::integer(body, "RecoveryWindowInDays")?;
        let force = input::flag(body, "ForceDeleteWithoutRecovery")?;
        if force && window.is_some() {
            return Err(invalid_parameter(
                "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.",
            ));
        }
        if window.is_some_and(|days| !(7..=30).contains(&days)) {
            return Err(invalid_parameter(
                "The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).",
            ));
        }
        let secret = match self.any_mut(body) {
            Err(error) if force && error.code == "ResourceNotFoundException" => {
                return Ok(never_there(context, input::required(body, "SecretId")?));
            }
            found => found?,
        };
        if !secret.replicas.is_empty() {
            let regions: Vec<&str> =
                secret.replicas.iter().map(|replica| replica.region.as_str()).collect();
            return Err(invalid_parameter(format!(
                "You can't delete secret {} that still has replica regions [{}]",
                secret.name,
                regions.join(", ")
            )));
        }
        if secret.deleted.is_some() && !force {
            return Err(invalid_request(
                "You can't perform this operation on the secret because it was already scheduled for deletion.",
            ));
        }
        let days = if force { 0 } else { window.unwrap_or(WINDOW) };
        let date = context.now + SignedDuration::from_hours(24 * days);
        secret.deleted = Some(date);
        let arn = secret.arn.clone();
        let answer = json!({ "ARN": arn, "Name": secret.name, "DeletionDate": stamp(date) });
        if force {
            self.all.retain(|secret| secret.arn != arn);
        }
        Ok(answer)
    }

    /// Restoring what is not scheduled for deletion changes nothing.
    pub(super) fn restore(&mut self, context: &mut Context<'_>, body: &Value) -> AwsResult {
        let secret = self.any_mut(body)?;
        if secret.deleted.take().is_some() {
            secret.changed = context.now;
        }
        Ok(json!({ "ARN": secret.arn, "Name": secret.name }))
    }
}

/// Forcing the deletion of what is not there succeeds.
fn never_there(context: &mut Context<'_>, id: &str) -> Value {
    let arn = match id.starts_with("arn:") {
        true => id.to_owned(),
        false => {
            let end = context.ids.letters(6);
            context.arn("secretsmanager", &format!("secret:{id}-{end}"))
        }
    };
    json!({ "ARN": arn, "Name": id, "DeletionDate": context.stamp() })
}
