//! `ListSecrets`, and the pages of all lists.

use std::cmp::Reverse;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::aws::error::{AwsError, AwsResult};

use super::{Secrets, describe, filter::Filters, input, model::Secret};

impl Secrets {
    pub(super) fn list(&self, body: &Value) -> AwsResult {
        let filters = Filters::read(body)?;
        let planned = input::flag(body, "IncludePlannedDeletion")?;
        let size = input::page_size(body, 100)?;
        let start = after(body)?;
        let mut found: Vec<&Secret> = self
            .listed()
            .iter()
            .map(AsRef::as_ref)
            .filter(|secret| (planned || secret.deleted.is_none()) && filters.match_(secret))
            .collect();
        sort(&mut found, body)?;
        let page: Vec<Value> = found
            .iter()
            .skip(start)
            .take(size)
            .map(|secret| {
                let mut entry = describe::entry(secret);
                if let Some(stages) = describe::stages(secret) {
                    crate::value::put(&mut entry, "SecretVersionsToStages", Some(stages));
                }
                entry
            })
            .collect();
        let mut answer = json!({ "SecretList": page });
        crate::value::put(&mut answer, "NextToken", next(start.saturating_add(size), found.len()));
        Ok(answer)
    }
}

/// Secrets come in the order of their creation unless the call says otherwise.
fn sort(secrets: &mut [&Secret], body: &Value) -> Result<(), AwsError> {
    match input::text(body, "SortBy")? {
        None | Some("created-date") => secrets.sort_by_key(|secret| secret.created),
        Some("name") => secrets.sort_by(|one, other| one.name.cmp(&other.name)),
        Some("last-changed-date") => secrets.sort_by_key(|secret| secret.changed),
        Some("last-accessed-date") => {
            secrets.sort_by_key(|secret| Reverse(secret.accessed.map(Reverse)));
        }
        Some(other) => {
            let rule = "Member must satisfy enum value set: [created-date, last-accessed-date, last-changed-date, name]";
            return Err(input::constraint("sortBy", Some(other), rule));
        }
    }
    match input::text(body, "SortOrder")? {
        None | Some("asc") => {}
        Some("desc") => secrets.reverse(),
        Some(other) => {
            let rule = "Member must satisfy enum value set: [asc, desc]";
            return Err(input::constraint("sortOrder", Some(other), rule));
        }
    }
    Ok(())
}

/// Where the page of a call starts.
pub(super) fn after(body: &Value) -> Result<usize, AwsError> {
    let Some(token) = input::bounded(body, "NextToken", 1, 4096)? else { return Ok(0) };
    BASE64_URL_SAFE_NO_PAD
        .decode(token)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .and_then(|text| text.strip_prefix("page:")?.parse().ok())
        .ok_or_else(|| {
            AwsError::client("InvalidNextTokenException", "The NextToken value is invalid.")
        })
}

/// The token of the page that starts at `at`, when there is one.
pub(super) fn next(at: usize, count: usize) -> Option<Value> {
    (at < count).then(|| BASE64_URL_SAFE_NO_PAD.encode(format!("page:{at}")).into())
}
