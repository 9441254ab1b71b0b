//! Which secret a `SecretId` means.

use std::sync::Arc;

use serde_json::Value;

use crate::aws::error::AwsError;

use super::{
    Secrets,
    input::{invalid_parameter, invalid_request, not_found, required},
    model::Secret,
};

impl Secrets {
    pub(super) fn by_name(&self, name: &str) -> Option<&Arc<Secret>> {
        self.all.iter().find(|secret| secret.name == name)
    }

    /// Where the secret of this name, ARN or ARN without its random end is.
    fn position(&self, id: &str) -> Option<usize> {
        if !id.starts_with("arn:") {
            return self.all.iter().position(|secret| secret.name == id);
        }
        let whole = self.all.iter().position(|secret| secret.arn == id);
        // An ARN that ends like a whole one is taken as one, even where the name ends so.
        if whole.is_some() || looks_whole(id) {
            return whole;
        }
        self.all.iter().position(|secret| {
            secret.arn.strip_prefix(id).is_some_and(|end| end.len() == 7 && end.starts_with('-'))
        })
    }

    fn index(&self, body: &Value) -> Result<usize, AwsError> {
        let id = required(body, "SecretId")?;
        check_id(id)?;
        self.position(id).ok_or_else(absent)
    }

    /// The secret that a call names, deleted or not.
    pub(super) fn any(&self, body: &Value) -> Result<&Secret, AwsError> {
        self.index(body).and_then(|at| self.all.get(at).map(Arc::as_ref).ok_or_else(absent))
    }

    /// The secret that a call names, which must not be deleted.
    pub(super) fn read(&self, body: &Value) -> Result<&Secret, AwsError> {
        let secret = self.any(body)?;
        if secret.deleted.is_some() { Err(deleted()) } else { Ok(secret) }
    }

    /// The secret that a call names, to write to it, deleted or not.
    pub(super) fn any_mut(&mut self, body: &Value) -> Result<&mut Secret, AwsError> {
        let at = self.index(body)?;
        let secret = self.all.get_mut(at).ok_or_else(absent)?;
        if secret.replica { Err(replica()) } else { Ok(Arc::make_mut(secret)) }
    }

    /// The secret that a call names, to write to it; it must be a primary one and not be deleted.
    pub(super) fn write(&mut self, body: &Value) -> Result<&mut Secret, AwsError> {
        self.read(body)?;
        self.any_mut(body)
    }
}

pub(super) fn absent() -> AwsError {
    not_found("Secrets Manager can't find the specified secret.")
}

pub(super) fn deleted() -> AwsError {
    invalid_request(
        "You can't perform this operation on the secret because it was marked for deletion.",
    )
}

fn replica() -> AwsError {
    invalid_parameter(
        "Operation not permitted on a replica secret. Call must be made in primary secret's region.",
    )
}

/// Whether a text ends in a hyphen and six letters or digits.
fn looks_whole(id: &str) -> bool {
    id.rsplit_once('-')
        .is_some_and(|(_, end)| end.len() == 6 && end.bytes().all(|b| b.is_ascii_alphanumeric()))
}

/// Refuses what can be neither a name nor an ARN.
pub(super) fn check_id(id: &str) -> Result<(), AwsError> {
    let name = id
        .strip_prefix("arn:")
        .map_or(Some(id), |rest| rest.splitn(6, ':').nth(5).or(Some("")))
        .unwrap_or_default();
    check_name(name)
}

pub(super) fn check_name(name: &str) -> Result<(), AwsError> {
    if name.chars().all(|c| c.is_ascii_alphanumeric() || "-/_+=.@!".contains(c)) {
        return Ok(());
    }
    Err(AwsError::client(
        "ValidationException",
        "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!",
    ))
}
