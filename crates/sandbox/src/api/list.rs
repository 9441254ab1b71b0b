//! LIST: selection, pages from one snapshot, resource versions.

use std::{collections::BTreeMap, sync::Arc};

use base64::Engine as _;
use serde_json::{Value, json};

use crate::{
    resource::Resource,
    selector::{FieldSelector, LabelSelector},
    state::State,
    status::{ApiError, ApiResult},
    store::{Entry, Event},
};

/// What a LIST asks for.
#[derive(Clone, Debug, Default)]
pub(crate) struct ListOptions {
    pub(crate) labels: LabelSelector,
    pub(crate) fields: FieldSelector,
    pub(crate) limit: usize,
    pub(crate) token: String,
    pub(crate) resource_version: String,
    pub(crate) version_match: String,
}

/// A page of a list.
#[derive(Debug, Default)]
pub(crate) struct Page {
    pub(crate) rv: u64,
    pub(crate) items: Vec<Arc<str>>,
    pub(crate) token: Option<String>,
    pub(crate) remaining: Option<usize>,
}

const EXPIRED: &str = "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.";

impl State {
    /// One page of the objects of `resource`, in one namespace or (empty) in all.
    pub(crate) fn list(
        &self,
        resource: &Resource,
        namespace: &str,
        options: &ListOptions,
    ) -> ApiResult<Page> {
        let prefix = if resource.namespaced && !namespace.is_empty() {
            format!("{namespace}/")
        } else {
            String::new()
        };
        let now = self.store.rv();
        let (rv, after) = match decode_token(&options.token)? {
            Some((rv, key)) => (if rv == 0 { now } else { rv }, Some(key)),
            None => (self.snapshot(options, now)?, None),
        };
        let after = after.as_deref();
        if rv < self.store.oldest() {
            return Err(self.expired(options, after));
        }
        let matches = |entry: &Entry| {
            options.labels.matches(&entry.labels)
                && (options.fields.is_empty() || options.fields.matches(&entry.value()))
        };
        let limit = if options.limit == 0 { usize::MAX } else { options.limit };
        let mut page = Page { rv, ..Page::default() };
        let mut last: Option<Arc<str>> = None;
        let mut more = 0;
        let mut take = |key: &Arc<str>, entry: &Entry| {
            if page.items.len() < limit {
                page.items.push(entry.json.clone());
                last = Some(key.clone());
            } else {
                more += 1;
            }
        };
        if rv == now {
            for (key, entry) in self.store.range(&resource.table, &prefix, after) {
                if matches(entry) {
                    take(key, entry);
                }
            }
        } else {
            for (key, entry) in self.at(resource, &prefix, after, rv) {
                if matches(&entry) {
                    take(&key, &entry);
                }
            }
        }
        if more > 0 {
            page.token = last.map(|key| encode_token(rv, &key));
            // With a selector the server does not know how many are left.
            let exact = options.labels.is_empty() && options.fields.is_empty();
            page.remaining = exact.then_some(more);
        }
        Ok(page)
    }

    /// The resource version that a first page shows.
    fn snapshot(&self, options: &ListOptions, now: u64) -> ApiResult<u64> {
        if options.resource_version.is_empty() {
            return Ok(now);
        }
        let wanted: u64 = options
            .resource_version
            .parse()
            .map_err(|_| ApiError::invalid_version(&options.resource_version))?;
        if wanted > now {
            let message = format!("Too large resource version: {wanted}, current: {now}");
            return Err(ApiError::new(504, "Timeout", message).with_cause(
                "ResourceVersionTooLarge",
                "Too large resource version",
                "",
            ));
        }
        if options.version_match == "Exact" && wanted > 0 {
            if wanted < self.store.oldest() {
                return Err(ApiError::expired(
                    "The resourceVersion for the provided list is too old.",
                ));
            }
            return Ok(wanted);
        }
        Ok(now)
    }

    fn expired(&self, options: &ListOptions, after: Option<&str>) -> ApiError {
        if options.token.is_empty() {
            return ApiError::expired("The resourceVersion for the provided list is too old.");
        }
        // The token in the answer lists the rest without a snapshot.
        ApiError::expired(EXPIRED).with_continue(encode_token(0, after.unwrap_or_default()))
    }

    /// The objects as they were at `rv`.
    fn at(
        &self,
        resource: &Resource,
        prefix: &str,
        after: Option<&str>,
        rv: u64,
    ) -> BTreeMap<Arc<str>, Entry> {
        let mut objects: BTreeMap<Arc<str>, Entry> = self
            .store
            .range(&resource.table, prefix, after)
            .map(|(key, entry)| (key.clone(), entry.clone()))
            .collect();
        let wanted = |event: &&Event| {
            *event.table == *resource.table
                && event.key.starts_with(prefix)
                && after.is_none_or(|after| &*event.key > after)
        };
        for event in self.store.since(rv).into_iter().flatten().rev().filter(wanted) {
            match &event.old {
                Some(old) => objects.insert(event.key.clone(), old.clone()),
                None => objects.remove(&event.key),
            };
        }
        objects
    }
}

fn encode_token(rv: u64, key: &str) -> String {
    let token = json!({"v": "meta.k8s.io/v1", "rv": rv, "start": key});
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(token.to_string())
}

fn decode_token(token: &str) -> ApiResult<Option<(u64, String)>> {
    if token.is_empty() {
        return Ok(None);
    }
    let bad = || ApiError::bad_request("continue key is not valid: illegal base64 data");
    let bytes =
        base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(token).map_err(|_| bad())?;
    let value: Value = serde_json::from_slice(&bytes).map_err(|_| bad())?;
    let rv = value.get("rv").and_then(Value::as_u64).ok_or_else(bad)?;
    let start = value.get("start").and_then(Value::as_str).ok_or_else(bad)?;
    Ok(Some((rv, start.to_owned())))
}

/// The `metadata` of a list.
pub(crate) fn list_meta(page: &Page) -> Value {
    let mut metadata = json!({"resourceVersion": page.rv.to_string()});
    crate::value::put(&mut metadata, "continue", page.token.clone().map(Value::from));
    crate::value::put(&mut metadata, "remainingItemCount", page.remaining.map(Value::from));
    metadata
}
