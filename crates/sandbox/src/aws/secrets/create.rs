//! `CreateSecret`.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::aws::{context::Context, error::AwsResult};

use super::{
    Secrets,
    find::check_name,
    input::{self, exists, invalid_request},
    model::{CURRENT, Content, Rotation, Secret},
    replicate, tags,
};

impl Secrets {
    pub(super) fn create(&mut self, context: &mut Context<'_>, body: &Value) -> AwsResult {
        let name =
            input::bounded(body, "Name", 1, 512)?.ok_or_else(|| input::missing("Name"))?.to_owned();
        check_name(&name)?;
        let description = input::bounded(body, "Description", 0, 2048)?;
        let kms_key = input::bounded(body, "KmsKeyId", 0, 2048)?;
        let content = input::content(body)?;
        let token = input::token(body, context.ids)?;
        let tags = tags::read(body)?;
        tags::check(&tags)?;
        if let Some(existing) = self.by_name(&name) {
            return again(existing, &token, content.as_ref());
        }
        let end = context.ids.letters(6);
        let mut secret = Secret {
            arn: context.arn("secretsmanager", &format!("secret:{name}-{end}")),
            name,
            description: description.filter(|text| !text.is_empty()).map(str::to_owned),
            kms_key: kms_key.filter(|key| !key.is_empty()).map(str::to_owned),
            kind: input::bounded(body, "Type", 0, 256)?.map(str::to_owned),
            tags,
            versions: Vec::new(),
            created: context.now,
            changed: context.now,
            accessed: None,
            deleted: None,
            rotation: Rotation::default(),
            policy: None,
            replicas: Vec::new(),
            primary: None,
            replica: false,
        };
        replicate::add(&mut secret, context.region, body)?;
        let mut answer = json!({ "ARN": secret.arn, "Name": secret.name });
        if content.is_some() {
            secret.add_version(&token, content, context.now);
            secret.attach(CURRENT, &token);
            crate::value::put(&mut answer, "VersionId", Some(token.into()));
        }
        if !secret.replicas.is_empty() {
            crate::value::put(&mut answer, "ReplicationStatus", Some(replicate::status(&secret)));
        }
        self.all.push(Arc::new(secret));
        Ok(answer)
    }
}

/// A second call for a name that is taken: the same one again, or an error.
fn again(existing: &Secret, token: &str, content: Option<&Content>) -> AwsResult {
    if existing.deleted.is_some() {
        return Err(invalid_request(
            "You can't create this secret because a secret with this name is already scheduled for deletion.",
        ));
    }
    let Some(version) = existing.version(token).filter(|_| content.is_some()) else {
        return Err(exists(format!(
            "The operation failed because the secret {} already exists.",
            existing.name
        )));
    };
    if version.content.as_ref() != content {
        return Err(token_in_use(existing, token));
    }
    Ok(json!({ "ARN": existing.arn, "Name": existing.name, "VersionId": token }))
}

/// A token that another value has.
pub(super) fn token_in_use(secret: &Secret, token: &str) -> crate::aws::error::AwsError {
    exists(format!(
        "You can't use ClientRequestToken {token} because that value is already in use for a version of secret {}.",
        secret.arn
    ))
}
