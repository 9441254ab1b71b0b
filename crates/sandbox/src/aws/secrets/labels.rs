//! `UpdateSecretVersionStage` and `ListSecretVersionIds`.

use serde_json::{Value, json};

use crate::aws::{
    context::{Context, stamp},
    error::{AwsError, AwsResult},
};

use super::{
    Secrets,
    input::{self, invalid_parameter, not_found},
    list::{after, next},
    model::{CURRENT, Secret},
};

impl Secrets {
    pub(super) fn update_stage(&mut self, context: &mut Context<'_>, body: &Value) -> AwsResult {
        let stage = input::bounded(body, "VersionStage", 1, 256)?
            .ok_or_else(|| input::missing("VersionStage"))?;
        let from = input::bounded(body, "RemoveFromVersionId", 32, 64)?;
        let to = input::bounded(body, "MoveToVersionId", 32, 64)?;
        let secret = self.write(body)?;
        check_move(secret, stage, from, to)?;
        match to {
            Some(to) => secret.attach(stage, to),
            None => secret.detach(stage),
        }
        secret.changed = context.now;
        Ok(json!({ "ARN": secret.arn, "Name": secret.name }))
    }

    pub(super) fn list_versions(&self, body: &Value) -> AwsResult {
        let deprecated = input::flag(body, "IncludeDeprecated")?;
        let size = input::page_size(body, 100)?;
        let start = after(body)?;
        let secret = self.any(body)?;
        let all: Vec<_> = secret
            .versions
            .iter()
            .filter(|version| deprecated || !version.stages.is_empty())
            .collect();
        let page: Vec<Value> = all
            .iter()
            .skip(start)
            .take(size)
            .map(|version| {
                let mut entry =
                    json!({ "VersionId": version.id, "CreatedDate": stamp(version.created) });
                let put = |entry: &mut Value, key, value| crate::value::put(entry, key, value);
                let labels = Some(version.stages.clone()).filter(|stages| !stages.is_empty());
                put(&mut entry, "VersionStages", labels.map(Value::from));
                put(&mut entry, "LastAccessedDate", version.accessed.map(stamp));
                let key = secret.kms_key.as_deref().unwrap_or("DefaultEncryptionKey");
                put(&mut entry, "KmsKeyIds", Some(json!([key])));
                entry
            })
            .collect();
        let mut answer = json!({ "ARN": secret.arn, "Name": secret.name, "Versions": page });
        crate::value::put(&mut answer, "NextToken", next(start.saturating_add(size), all.len()));
        Ok(answer)
    }
}

/// Refuses moves that the call does not describe as they would be.
fn check_move(
    secret: &Secret,
    stage: &str,
    from: Option<&str>,
    to: Option<&str>,
) -> Result<(), AwsError> {
    for id in from.into_iter().chain(to) {
        if secret.version(id).is_none() {
            return Err(not_found("Secrets Manager can't find the specified secret version."));
        }
    }
    let holder = secret.labelled(stage).map(|version| version.id.as_str());
    match (holder, from, to) {
        (_, None, None) => Err(invalid_parameter(
            "You must specify either MoveToVersionId or RemoveFromVersionId.",
        )),
        (_, Some(_), None) if stage == CURRENT => Err(invalid_parameter(
            "You can only move staging label AWSCURRENT to a different secret version. It can't be completely removed.",
        )),
        (Some(holder), None, Some(to)) if holder != to => Err(invalid_parameter(format!(
            "The parameter RemoveFromVersionId can't be empty. Staging label {stage} is currently attached to version {holder}, so you must explicitly reference that version in RemoveFromVersionId."
        ))),
        (holder, Some(from), _) if holder != Some(from) => Err(invalid_parameter(format!(
            "Staging label {stage} isn't attached to version {from}, so it can't be removed from it."
        ))),
        _ => Ok(()),
    }
}
