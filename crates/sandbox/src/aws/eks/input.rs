//! Reading the input of an operation.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::{Map, Value, json};

use crate::aws::error::{AwsError, AwsResult};

use super::error::invalid_parameter;

/// A string member; null is absent.
pub(super) fn text<'a>(body: &'a Value, name: &str) -> Result<Option<&'a str>, AwsError> {
    match body.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(AwsError::serialization()),
    }
}

pub(super) fn required<'a>(body: &'a Value, name: &str) -> Result<&'a str, AwsError> {
    match text(body, name)? {
        Some(text) if !text.is_empty() => Ok(text),
        _ => Err(invalid_parameter(&[], format!("{name} is required."))),
    }
}

/// An object member; null is absent.
pub(super) fn object<'a>(
    body: &'a Value,
    name: &str,
) -> Result<Option<&'a Map<String, Value>>, AwsError> {
    match body.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(map)) => Ok(Some(map)),
        Some(_) => Err(AwsError::serialization()),
    }
}

/// A list of strings; null is absent.
pub(super) fn texts<'a>(body: &'a Value, name: &str) -> Result<Option<Vec<&'a str>>, AwsError> {
    match body.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Array(items)) => items
            .iter()
            .map(|item| item.as_str().ok_or_else(AwsError::serialization))
            .collect::<Result<_, _>>()
            .map(Some),
        Some(_) => Err(AwsError::serialization()),
    }
}

pub(super) fn flag(body: &Value, name: &str) -> Result<Option<bool>, AwsError> {
    match body.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Bool(flag)) => Ok(Some(*flag)),
        Some(_) => Err(AwsError::serialization()),
    }
}

/// The tags in a call, none when it has none.
pub(super) fn tags(body: &Value) -> Result<Value, AwsError> {
    let Some(tags) = object(body, "tags")? else { return Ok(json!({})) };
    check_tags(tags)?;
    Ok(Value::Object(tags.clone()))
}

pub(super) fn check_tags(tags: &Map<String, Value>) -> Result<(), AwsError> {
    let wrong = |message: &str| Err(invalid_parameter(&[], message));
    if tags.len() > 50 {
        return wrong("A resource can have up to 50 tags.");
    }
    for (key, value) in tags {
        let Some(value) = value.as_str() else { return Err(AwsError::serialization()) };
        if key.is_empty() || key.chars().count() > 128 || value.chars().count() > 256 {
            return wrong("Tag keys have 1 to 128 characters and values up to 256.");
        }
        if key.starts_with("aws:") {
            return wrong("Tag keys can't start with aws:.");
        }
    }
    Ok(())
}

/// Takes over the members that a call has.
pub(super) fn take(doc: &mut Value, body: &Value, names: &[&str]) {
    for name in names {
        if let Some(value) = body.get(*name).filter(|value| !value.is_null()) {
            crate::value::put(doc, name, Some(value.clone()));
        }
    }
}

/// One page of `names`, which are in order, under `member`.
pub(super) fn page<'a>(
    body: &Value,
    member: &str,
    names: impl Iterator<Item = &'a str>,
) -> AwsResult {
    page_of(body, member, names.map(|name| (name, name.into())))
}

/// One page of values, each with the key that orders it.
pub(super) fn page_of<'a>(
    body: &Value,
    member: &str,
    values: impl Iterator<Item = (&'a str, Value)>,
) -> AwsResult {
    let size = match body.get("maxResults") {
        None | Some(Value::Null) => 100,
        Some(value) => value
            .as_u64()
            .and_then(|size| usize::try_from(size).ok())
            .filter(|size| (1..=100).contains(size))
            .ok_or_else(|| {
                invalid_parameter(&[], "maxResults needs to be greater than 0 and less than 101.")
            })?,
    };
    let after = match text(body, "nextToken")? {
        None => None,
        Some(token) => Some(
            BASE64_URL_SAFE_NO_PAD
                .decode(token)
                .ok()
                .and_then(|bytes| String::from_utf8(bytes).ok())
                .ok_or_else(|| invalid_parameter(&[], "Invalid nextToken."))?,
        ),
    };
    let mut rest = values.filter(|(key, _)| after.as_deref().is_none_or(|after| *key > after));
    let mut last = None;
    let mut page = Vec::new();
    for (key, value) in rest.by_ref().take(size) {
        last = Some(key);
        page.push(value);
    }
    let mut answer = json!({ member: page });
    if let (Some(last), Some(_)) = (last, rest.next()) {
        let token = BASE64_URL_SAFE_NO_PAD.encode(last);
        crate::value::put(&mut answer, "nextToken", Some(token.into()));
    }
    Ok(answer)
}
