//! `RotateSecret`, `CancelRotateSecret`, and what a rotation function would do.

use std::sync::Arc;

use base64::{Engine, prelude::BASE64_STANDARD};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::aws::{
    context::{Context, Ids},
    error::{AwsError, AwsResult},
};

use super::{
    Secrets,
    input::{self, invalid_parameter, invalid_request},
    model::{CURRENT, Content, PENDING, Rotation, Secret},
};

impl Secrets {
    pub(super) fn rotate(&mut self, context: &mut Context<'_>, body: &Value) -> AwsResult {
        let lambda = input::bounded(body, "RotationLambdaARN", 0, 2048)?;
        let rules = body.get("RotationRules").filter(|rules| !rules.is_null());
        if let Some(rules) = rules {
            check(rules)?;
        }
        let immediately = input::optional_flag(body, "RotateImmediately")?.unwrap_or(true);
        let token = input::token(body, context.ids)?;
        let secret = self.write(body)?;
        if secret.version(&token).is_some_and(|version| version.stages.iter().any(|s| s == PENDING))
        {
            return Ok(answer(secret, Some(&token)));
        }
        if secret.open_rotation().is_some() {
            return Err(invalid_request(
                "A previous rotation isn't complete. That rotation will be reattempted.",
            ));
        }
        let function = lambda.filter(|arn| !arn.is_empty()).map(str::to_owned);
        if function.is_none() && secret.rotation.lambda.is_none() {
            return Err(invalid_request(
                "No Lambda rotation function ARN is associated with this secret.",
            ));
        }
        if secret.labelled(CURRENT).is_none() {
            return Err(invalid_request(
                "You can't enable rotation on a secret that doesn't have a value.",
            ));
        }
        let rotation = &mut secret.rotation;
        rotation.lambda = function.or(rotation.lambda.take());
        if let Some(rules) = rules {
            rotation.rules = Some(rules.clone());
        }
        rotation.enabled = Some(true);
        rotation.next = next(rotation, context.now);
        secret.changed = context.now;
        if !immediately {
            return Ok(answer(secret, None));
        }
        start(secret, &token, context.now);
        Ok(answer(secret, Some(&token)))
    }

    pub(super) fn cancel_rotation(&mut self, context: &mut Context<'_>, body: &Value) -> AwsResult {
        let secret = self.write(body)?;
        if secret.rotation.lambda.is_none() {
            return Err(invalid_request(
                "No Lambda rotation function ARN is associated with this secret.",
            ));
        }
        secret.rotation.enabled = Some(false);
        secret.rotation.running = None;
        secret.rotation.next = None;
        secret.changed = context.now;
        let open = secret.open_rotation().map(|version| version.id.clone());
        Ok(answer(secret, open.as_deref()))
    }
}

fn answer(secret: &Secret, version: Option<&str>) -> Value {
    let mut answer = json!({ "ARN": secret.arn, "Name": secret.name });
    if let Some(version) = version {
        crate::value::put(&mut answer, "VersionId", Some(version.into()));
    }
    answer
}

/// Refuses rules that the service would.
fn check(rules: &Value) -> Result<(), AwsError> {
    let days = input::integer(rules, "AutomaticallyAfterDays")?;
    let schedule = input::bounded(rules, "ScheduleExpression", 1, 256)?;
    if days.is_some_and(|days| !(1..=1000).contains(&days)) {
        return Err(invalid_parameter(
            "RotationRules.AutomaticallyAfterDays must be within 1-1000.",
        ));
    }
    if days.is_some() && schedule.is_some() {
        return Err(invalid_parameter(
            "You can't specify both AutomaticallyAfterDays and ScheduleExpression in RotationRules.",
        ));
    }
    let form =
        |text: &str| text.ends_with(')') && (text.starts_with("cron(") || period(text).is_some());
    if schedule.is_some_and(|text| !form(text)) {
        return Err(invalid_parameter("The RotationRules.ScheduleExpression is invalid."));
    }
    let hours = input::bounded(rules, "Duration", 2, 3)?;
    let span = |text: &str| text.strip_suffix('h')?.parse::<u32>().ok().filter(|h| *h > 0);
    if hours.is_some_and(|text| span(text).is_none()) {
        return Err(invalid_parameter("The RotationRules.Duration is invalid."));
    }
    Ok(())
}

/// The time between rotations of `rate(10 days)`.
fn period(schedule: &str) -> Option<SignedDuration> {
    let (number, unit) = schedule.strip_prefix("rate(")?.strip_suffix(')')?.split_once(' ')?;
    let number = number.parse::<i64>().ok().filter(|n| (1..=24_000).contains(n))?;
    match unit {
        "hour" | "hours" => Some(SignedDuration::from_hours(number)),
        "day" | "days" => Some(SignedDuration::from_hours(24 * number)),
        _ => None,
    }
}

/// When the next rotation is due; absent for a cron schedule, which is not followed.
fn next(rotation: &Rotation, now: Timestamp) -> Option<Timestamp> {
    let rules = rotation.rules.as_ref()?;
    let days = rules.get("AutomaticallyAfterDays").and_then(Value::as_i64);
    let period = days
        .map(|days| SignedDuration::from_hours(24 * days))
        .or_else(|| rules.get("ScheduleExpression").and_then(Value::as_str).and_then(period))?;
    now.checked_add(period).ok()
}

/// Puts `AWSPENDING` on an empty version, as the service does before it invokes the function.
fn start(secret: &mut Secret, token: &str, now: Timestamp) {
    if secret.version(token).is_none() {
        secret.add_version(token, None, now);
    }
    secret.attach(PENDING, token);
    let function = secret.rotation.lambda.as_deref().unwrap_or_default();
    let name = function.split(':').nth(6).unwrap_or(function);
    secret.rotation.running = (!name.starts_with("fail")).then(|| token.to_owned());
}

/// One step of a rotation: first the new value, then the labels; or the start of one that is due.
pub(super) fn step(secret: &mut Arc<Secret>, context: &mut Context<'_>) -> bool {
    if secret.deleted.is_some() || secret.replica {
        return false;
    }
    let due = secret.rotation.enabled == Some(true)
        && secret.rotation.next.is_some_and(|next| next <= context.now);
    match secret.rotation.running.clone() {
        Some(token) => advance(Arc::make_mut(secret), &token, context),
        None if due && secret.open_rotation().is_none() => {
            let secret = Arc::make_mut(secret);
            secret.rotation.next = next(&secret.rotation, context.now);
            let token = context.ids.uuid();
            start(secret, &token, context.now);
        }
        None => return false,
    }
    true
}

fn advance(secret: &mut Secret, token: &str, context: &mut Context<'_>) {
    let old = secret.labelled(CURRENT).and_then(|version| version.content.clone());
    match secret.version_mut(token) {
        Some(version) if version.content.is_none() => {
            version.content = Some(renewed(old.as_ref(), context.ids));
        }
        Some(_) => {
            secret.attach(CURRENT, token);
            secret.rotation.running = None;
            secret.rotation.last = Some(context.now);
            secret.rotation.next = next(&secret.rotation, context.now);
            secret.changed = context.now;
        }
        None => secret.rotation.running = None,
    }
}

/// Another value of the same form: a new `password` in a JSON object, else new letters.
fn renewed(old: Option<&Content>, ids: &mut Ids) -> Content {
    let new = ids.letters(32);
    match old {
        Some(Content::Binary(_)) => Content::Binary(BASE64_STANDARD.encode(new)),
        Some(Content::Text(text)) => match serde_json::from_str::<Value>(text) {
            Ok(Value::Object(mut members)) => {
                members.insert("password".to_owned(), new.into());
                Content::Text(Value::Object(members).to_string())
            }
            _ => Content::Text(new),
        },
        None => Content::Text(new),
    }
}
