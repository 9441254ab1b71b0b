//! What EKS refuses calls with.

use serde_json::{Map, Value};

use crate::aws::error::AwsError;

/// What an error is about: names of its members, and names of resources.
pub(super) type About<'a> = &'a [(&'static str, &'a str)];

fn error(status: u16, code: &str, about: About<'_>, message: impl Into<String>) -> AwsError {
    let mut extra: Map<String, Value> =
        ["clusterName", "nodegroupName", "fargateProfileName", "addonName", "subscriptionId"]
            .map(|name| (name.to_owned(), Value::Null))
            .into_iter()
            .collect();
    extra.extend(about.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())));
    AwsError { extra: Value::Object(extra), ..AwsError::new(status, code, message) }
}

pub(super) fn not_found(about: About<'_>, message: impl Into<String>) -> AwsError {
    error(404, "ResourceNotFoundException", about, message)
}

pub(super) fn in_use(about: About<'_>, message: impl Into<String>) -> AwsError {
    error(409, "ResourceInUseException", about, message)
}

pub(super) fn invalid_parameter(about: About<'_>, message: impl Into<String>) -> AwsError {
    error(400, "InvalidParameterException", about, message)
}

pub(super) fn invalid_request(about: About<'_>, message: impl Into<String>) -> AwsError {
    error(400, "InvalidRequestException", about, message)
}

pub(super) fn invalid_state(about: About<'_>, message: impl Into<String>) -> AwsError {
    error(400, "InvalidStateException", about, message)
}

pub(super) fn no_cluster(name: &str) -> AwsError {
    not_found(&[("clusterName", name)], format!("No cluster found for name: {name}."))
}
