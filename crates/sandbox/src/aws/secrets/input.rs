//! Reading the input of an operation, and what wrong input is answered with.

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::Value;

use crate::aws::{context::Ids, error::AwsError};

use super::model::Content;

/// The largest value, in bytes.
const MAX_VALUE: usize = 65_536;

pub(super) fn invalid_parameter(message: impl Into<String>) -> AwsError {
    AwsError::client("InvalidParameterException", message)
}

pub(super) fn invalid_request(message: impl Into<String>) -> AwsError {
    AwsError::client("InvalidRequestException", message)
}

pub(super) fn not_found(message: impl Into<String>) -> AwsError {
    AwsError::client("ResourceNotFoundException", message)
}

pub(super) fn exists(message: impl Into<String>) -> AwsError {
    AwsError::client("ResourceExistsException", message)
}

/// A member that breaks a constraint of the model; `value` is left out for sensitive members.
pub(super) fn constraint(member: &str, value: Option<&str>, constraint: &str) -> AwsError {
    let value = value.map(|value| format!("'{value}' ")).unwrap_or_default();
    AwsError::client(
        "ValidationException",
        format!(
            "1 validation error detected: Value {value}at '{member}' failed to satisfy constraint: {constraint}"
        ),
    )
}

/// `SecretId` as messages call it: `secretId`.
fn member(name: &str) -> String {
    let mut letters = name.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_ascii_lowercase().to_string() + letters.as_str())
}

/// A string member; null is absent.
pub(super) fn text<'a>(body: &'a Value, name: &str) -> Result<Option<&'a str>, AwsError> {
    match body.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(AwsError::serialization()),
    }
}

/// A string member of at least `min` and at most `max` characters.
pub(super) fn bounded<'a>(
    body: &'a Value,
    name: &str,
    min: usize,
    max: usize,
) -> Result<Option<&'a str>, AwsError> {
    let Some(text) = text(body, name)? else { return Ok(None) };
    let length = text.chars().count();
    if length < min {
        let rule = format!("Member must have length greater than or equal to {min}");
        return Err(constraint(&member(name), Some(text), &rule));
    }
    if length > max {
        let rule = format!("Member must have length less than or equal to {max}");
        return Err(constraint(&member(name), Some(text), &rule));
    }
    Ok(Some(text))
}

pub(super) fn required<'a>(body: &'a Value, name: &str) -> Result<&'a str, AwsError> {
    bounded(body, name, 1, 20_480)?.ok_or_else(|| missing(name))
}

pub(super) fn missing(name: &str) -> AwsError {
    AwsError::client(
        "ValidationException",
        format!(
            "1 validation error detected: Value null at '{}' failed to satisfy constraint: Member must not be null",
            member(name)
        ),
    )
}

/// A boolean member; false when it is absent.
pub(super) fn flag(body: &Value, name: &str) -> Result<bool, AwsError> {
    Ok(optional_flag(body, name)?.unwrap_or(false))
}

pub(super) fn optional_flag(body: &Value, name: &str) -> Result<Option<bool>, AwsError> {
    match body.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Bool(flag)) => Ok(Some(*flag)),
        Some(_) => Err(AwsError::serialization()),
    }
}

pub(super) fn integer(body: &Value, name: &str) -> Result<Option<i64>, AwsError> {
    match body.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => value.as_i64().map(Some).ok_or_else(AwsError::serialization),
    }
}

/// The size of a page.
pub(super) fn page_size(body: &Value, max: i64) -> Result<usize, AwsError> {
    let Some(size) = integer(body, "MaxResults")? else {
        return Ok(usize::try_from(max).unwrap_or(1));
    };
    let value = size.to_string();
    if size < 1 {
        let rule = "Member must have value greater than or equal to 1";
        return Err(constraint("maxResults", Some(&value), rule));
    }
    if size > max {
        let rule = format!("Member must have value less than or equal to {max}");
        return Err(constraint("maxResults", Some(&value), &rule));
    }
    Ok(usize::try_from(size).unwrap_or(1))
}

/// A list member; null is empty.
pub(super) fn list<'a>(body: &'a Value, name: &str) -> Result<&'a [Value], AwsError> {
    match body.get(name) {
        None | Some(Value::Null) => Ok(&[]),
        Some(Value::Array(items)) => Ok(items),
        Some(_) => Err(AwsError::serialization()),
    }
}

pub(super) fn texts<'a>(body: &'a Value, name: &str) -> Result<Vec<&'a str>, AwsError> {
    list(body, name)?.iter().map(|item| item.as_str().ok_or_else(AwsError::serialization)).collect()
}

/// The token of a call, or a new one where the call has none.
pub(super) fn token(body: &Value, ids: &mut Ids) -> Result<String, AwsError> {
    match text(body, "ClientRequestToken")? {
        None => Ok(ids.uuid()),
        Some(token) if (32..=64).contains(&token.len()) => Ok(token.to_owned()),
        Some(_) => Err(invalid_parameter("ClientRequestToken must be 32-64 characters long.")),
    }
}

/// The value in a call.
pub(super) fn content(body: &Value) -> Result<Option<Content>, AwsError> {
    let size = |member: &str, bytes: usize| match bytes {
        0 => Err(constraint(member, None, "Member must have length greater than or equal to 1")),
        bytes if bytes > MAX_VALUE => {
            Err(constraint(member, None, "Member must have length less than or equal to 65536"))
        }
        _ => Ok(()),
    };
    match (text(body, "SecretString")?, text(body, "SecretBinary")?) {
        (Some(_), Some(_)) => Err(invalid_parameter(
            "You can't specify both a binary secret value and a string secret value in the same secret.",
        )),
        (Some(text), None) => {
            size("secretString", text.len())?;
            Ok(Some(Content::Text(text.to_owned())))
        }
        (None, Some(text)) => {
            let bytes = BASE64_STANDARD.decode(text).map_err(|_| AwsError::serialization())?;
            size("secretBinary", bytes.len())?;
            Ok(Some(Content::Binary(text.to_owned())))
        }
        (None, None) => Ok(None),
    }
}
