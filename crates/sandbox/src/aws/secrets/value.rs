//! `PutSecretValue`, `UpdateSecret` and `GetSecretValue`.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::aws::{
    context::{Context, stamp},
    error::{AwsError, AwsResult},
};

use super::{
    Secrets,
    create::token_in_use,
    input::{self, invalid_parameter, invalid_request, not_found},
    model::{CURRENT, Content, Secret, Version, day},
};

impl Secrets {
    pub(super) fn put_value(&mut self, context: &mut Context<'_>, body: &Value) -> AwsResult {
        let content = input::content(body)?.ok_or_else(|| {
            invalid_request("You must provide either SecretString or SecretBinary.")
        })?;
        let token = input::token(body, context.ids)?;
        let stages = stages(body)?;
        let secret = self.write(body)?;
        if !add(secret, &token, &content, context)? {
            let first = secret.versions.len() == 1;
            for stage in &stages {
                secret.attach(stage, &token);
            }
            if stages.is_empty() || first {
                secret.attach(CURRENT, &token);
            }
        }
        let stages = secret.version(&token).map(|version| version.stages.clone());
        Ok(json!({
            "ARN": secret.arn, "Name": secret.name, "VersionId": token,
            "VersionStages": stages.unwrap_or_default(),
        }))
    }

    pub(super) fn update(&mut self, context: &mut Context<'_>, body: &Value) -> AwsResult {
        let description = input::bounded(body, "Description", 0, 2048)?;
        let kms_key = input::bounded(body, "KmsKeyId", 0, 2048)?;
        let kind = input::bounded(body, "Type", 0, 256)?;
        let content = input::content(body)?;
        let token = input::token(body, context.ids)?;
        let secret = self.write(body)?;
        let mut answer = json!({ "ARN": secret.arn, "Name": secret.name });
        if let Some(content) = content {
            if !add(secret, &token, &content, context)? {
                secret.attach(CURRENT, &token);
            }
            crate::value::put(&mut answer, "VersionId", Some(token.into()));
        }
        let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        if let Some(text) = description {
            secret.description = some(text);
        }
        if let Some(key) = kms_key {
            secret.kms_key = some(key);
        }
        if let Some(kind) = kind {
            secret.kind = some(kind);
        }
        secret.changed = context.now;
        Ok(answer)
    }

    pub(super) fn get_value(&mut self, context: &mut Context<'_>, body: &Value) -> AwsResult {
        let (arn, answer) = {
            let secret = self.read(body)?;
            let version = wanted(secret, body)?;
            (secret.arn.clone(), shown(secret, version)?)
        };
        self.accessed(context, &arn, answer.get("VersionId").and_then(Value::as_str));
        Ok(answer)
    }

    /// Notes the day on which a value was read.
    pub(super) fn accessed(&mut self, context: &Context<'_>, arn: &str, version: Option<&str>) {
        let today = Some(day(context.now));
        let Some(secret) = self.all.iter_mut().find(|secret| secret.arn == arn) else { return };
        let noted = |secret: &Secret| {
            let version = version.and_then(|id| secret.version(id));
            secret.accessed == today && version.is_none_or(|version| version.accessed == today)
        };
        if noted(secret) {
            return;
        }
        let secret = Arc::make_mut(secret);
        secret.accessed = today;
        if let Some(version) = version.and_then(|id| secret.version_mut(id)) {
            version.accessed = today;
        }
    }
}

/// Adds a version unless the token already has this value; whether it had.
fn add(
    secret: &mut Secret,
    token: &str,
    content: &Content,
    context: &Context<'_>,
) -> Result<bool, AwsError> {
    match secret.version(token).map(|version| version.content.clone()) {
        Some(Some(there)) if there == *content => return Ok(true),
        Some(Some(_)) => return Err(token_in_use(secret, token)),
        Some(None) => {
            if let Some(version) = secret.version_mut(token) {
                version.content = Some(content.clone());
            }
        }
        None => secret.add_version(token, Some(content.clone()), context.now),
    }
    secret.changed = context.now;
    Ok(false)
}

/// The labels in a call; empty when it has none.
fn stages(body: &Value) -> Result<Vec<String>, AwsError> {
    let stages = input::texts(body, "VersionStages")?;
    if stages.len() > 20 || stages.iter().any(|stage| stage.is_empty() || stage.len() > 256) {
        let rule = "Member must have between 1 and 20 labels of 1 to 256 characters";
        return Err(input::constraint("versionStages", None, rule));
    }
    if stages.contains(&super::model::PREVIOUS) && !stages.contains(&CURRENT) {
        return Err(invalid_parameter(
            "You can't attach the staging label AWSPREVIOUS to a new version of the secret.",
        ));
    }
    Ok(stages.into_iter().map(str::to_owned).collect())
}

/// The version that a call asks for.
fn wanted<'a>(secret: &'a Secret, body: &Value) -> Result<&'a Version, AwsError> {
    let id = input::bounded(body, "VersionId", 32, 64)?;
    let stage = input::bounded(body, "VersionStage", 1, 256)?;
    let none = |what: &str, value: &str| {
        not_found(format!(
            "Secrets Manager can't find the specified secret value for {what}: {value}"
        ))
    };
    match (id, stage) {
        (Some(id), stage) => {
            let version = secret.version(id).ok_or_else(|| none("VersionId", id))?;
            match stage {
                Some(stage) if !version.stages.iter().any(|label| label == stage) => {
                    Err(invalid_request(
                        "You provided a VersionStage that is not associated to the provided VersionId.",
                    ))
                }
                _ if version.content.is_none() => Err(none("VersionId", id)),
                _ => Ok(version),
            }
        }
        (None, stage) => {
            let stage = stage.unwrap_or(CURRENT);
            secret
                .labelled(stage)
                .filter(|version| version.content.is_some())
                .ok_or_else(|| none("staging label", stage))
        }
    }
}

/// A version as it is read.
pub(super) fn shown(secret: &Secret, version: &Version) -> AwsResult {
    let content = version.content.as_ref().ok_or_else(super::find::absent)?;
    let (member, text) = content.member();
    Ok(json!({
        "ARN": secret.arn, "Name": secret.name, "VersionId": version.id, member: text,
        "VersionStages": version.stages, "CreatedDate": stamp(version.created),
    }))
}
