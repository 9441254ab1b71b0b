//! `DescribeSecret`, and what it shares with `ListSecrets`.

use serde_json::{Map, Value, json};

use crate::aws::{context::stamp, error::AwsResult};

use super::{Secrets, model::Secret, replicate, tags};

impl Secrets {
    pub(super) fn describe(&self, body: &Value) -> AwsResult {
        let secret = self.any(body)?;
        let mut answer = entry(secret);
        let mut put = |key: &str, value| crate::value::put(&mut answer, key, value);
        put("VersionIdsToStages", stages(secret));
        if !secret.replicas.is_empty() {
            put("ReplicationStatus", Some(replicate::status(secret)));
        }
        Ok(answer)
    }
}

/// What both operations show of a secret.
pub(super) fn entry(secret: &Secret) -> Value {
    let mut out = json!({
        "ARN": secret.arn, "Name": secret.name, "Tags": tags::shown(&secret.tags),
        "CreatedDate": stamp(secret.created), "LastChangedDate": stamp(secret.changed),
    });
    let rotation = &secret.rotation;
    let text = |text: &Option<String>| text.clone().map(Value::from);
    for (key, value) in [
        ("Description", text(&secret.description)),
        ("KmsKeyId", text(&secret.kms_key)),
        ("Type", text(&secret.kind)),
        ("PrimaryRegion", text(&secret.primary)),
        ("LastAccessedDate", secret.accessed.map(stamp)),
        ("DeletedDate", secret.deleted.map(stamp)),
        ("RotationEnabled", rotation.enabled.map(Value::from)),
        ("RotationLambdaARN", text(&rotation.lambda)),
        ("RotationRules", rotation.rules.clone()),
        ("LastRotatedDate", rotation.last.map(stamp)),
        ("NextRotationDate", rotation.next.map(stamp)),
    ] {
        if value.is_some() {
            crate::value::put(&mut out, key, value);
        }
    }
    out
}

/// The labels of each version that has some; absent without versions.
pub(super) fn stages(secret: &Secret) -> Option<Value> {
    let map: Map<String, Value> = secret
        .versions
        .iter()
        .filter(|version| !version.stages.is_empty())
        .map(|version| (version.id.clone(), version.stages.clone().into()))
        .collect();
    (!map.is_empty()).then_some(Value::Object(map))
}
