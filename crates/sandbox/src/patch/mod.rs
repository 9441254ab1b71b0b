//! JSON patch, JSON merge patch and strategic merge patch.

mod strategic;

use serde_json::Value;

use crate::status::{ApiError, ApiResult};

pub(crate) use strategic::strategic;

/// RFC 7396.
pub(crate) fn merge(target: &mut Value, patch: &Value) {
    json_patch::merge(target, patch);
}

/// RFC 6902.
pub(crate) fn json(target: &mut Value, patch: &Value) -> ApiResult<()> {
    const LIMIT: usize = 10_000;
    let operations = patch.as_array().map_or(0, Vec::len);
    if operations > LIMIT {
        return Err(ApiError::new(
            413,
            "RequestEntityTooLarge",
            format!("The allowed maximum operations in a JSON patch is {LIMIT}, got {operations}"),
        ));
    }
    let patch: json_patch::Patch = serde_json::from_value(patch.clone())
        .map_err(|error| ApiError::bad_request(format!("error decoding patch: {error}")))?;
    json_patch::patch(target, &patch).map_err(|error| {
        ApiError::new(
            422,
            "Invalid",
            format!("the server rejected our request due to an error in our request: {error}"),
        )
    })
}
