//! Replication to other regions.
//!
//! Replicas exist as the primary secret's status only: `InProgress`, then `InSync`. Nothing appears in the other
//! region.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::aws::{
    context::Context,
    error::{AwsError, AwsResult},
};

use super::{
    Secrets,
    input::{self, invalid_parameter},
    model::{Replica, Secret},
};

impl Secrets {
    pub(super) fn replicate(&mut self, context: &mut Context<'_>, body: &Value) -> AwsResult {
        if input::list(body, "AddReplicaRegions")?.is_empty() {
            return Err(input::missing("AddReplicaRegions"));
        }
        let secret = self.write(body)?;
        add(secret, context.region, body)?;
        Ok(json!({ "ARN": secret.arn, "ReplicationStatus": status(secret) }))
    }

    pub(super) fn remove_regions(&mut self, context: &mut Context<'_>, body: &Value) -> AwsResult {
        let regions = input::texts(body, "RemoveReplicaRegions")?;
        if regions.is_empty() {
            return Err(input::missing("RemoveReplicaRegions"));
        }
        let secret = self.write(body)?;
        if let Some(absent) = regions.iter().find(|region| replica(secret, region).is_none()) {
            return Err(invalid_parameter(format!(
                "The secret isn't replicated to region {absent}."
            )));
        }
        secret.replicas.retain(|replica| !regions.contains(&replica.region.as_str()));
        if secret.replicas.is_empty() {
            secret.primary = None;
        }
        secret.changed = context.now;
        Ok(json!({ "ARN": secret.arn, "ReplicationStatus": status(secret) }))
    }

    pub(super) fn stop_replication(
        &mut self,
        _context: &mut Context<'_>,
        body: &Value,
    ) -> AwsResult {
        self.read(body)?;
        Err(invalid_parameter(
            "Operation not permitted on a primary secret. Call must be made in replica secret's region.",
        ))
    }
}

fn replica<'a>(secret: &'a Secret, region: &str) -> Option<&'a Replica> {
    secret.replicas.iter().find(|replica| replica.region == region)
}

/// Adds the replicas that a call asks for.
pub(super) fn add(secret: &mut Secret, here: &str, body: &Value) -> Result<(), AwsError> {
    for wanted in input::list(body, "AddReplicaRegions")? {
        let region = input::required(wanted, "Region")?;
        if region == here || !is_region(region) {
            return Err(invalid_parameter("Invalid replica region."));
        }
        if replica(secret, region).is_some() {
            return Err(invalid_parameter(format!(
                "The secret is already replicated to region {region}."
            )));
        }
        secret.replicas.push(Replica {
            region: region.to_owned(),
            kms_key: input::bounded(wanted, "KmsKeyId", 0, 2048)?.map(str::to_owned),
            status: "InProgress",
            message: None,
        });
        secret.primary = Some(here.to_owned());
    }
    Ok(())
}

fn is_region(text: &str) -> bool {
    text.rsplit_once('-').is_some_and(|(words, number)| {
        number.bytes().all(|byte| byte.is_ascii_digit())
            && !number.is_empty()
            && words.contains('-')
            && words.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
    })
}

pub(super) fn status(secret: &Secret) -> Value {
    let one = |replica: &Replica| {
        let mut entry = json!({ "Region": replica.region, "Status": replica.status });
        let key = replica.kms_key.as_deref().filter(|key| !key.is_empty());
        crate::value::put(
            &mut entry,
            "KmsKeyId",
            Some(key.unwrap_or("alias/aws/secretsmanager").into()),
        );
        if let Some(message) = &replica.message {
            crate::value::put(&mut entry, "StatusMessage", Some(message.as_str().into()));
        }
        entry
    };
    secret.replicas.iter().map(one).collect()
}

/// One step of a replication that is under way.
pub(super) fn step(secret: &mut Arc<Secret>) -> bool {
    if !secret.replicas.iter().any(|replica| replica.status == "InProgress") {
        return false;
    }
    for replica in &mut Arc::make_mut(secret).replicas {
        if replica.status == "InProgress" {
            replica.status = "InSync";
            replica.message = Some("Replication succeeded".to_owned());
        }
    }
    true
}
