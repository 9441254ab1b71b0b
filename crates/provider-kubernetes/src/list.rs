//! Paged LISTs: every page is checked, and none is taken for the whole.

use std::collections::HashSet;

use serde::Deserialize;
use serde_json::Value;
use suimon_provider::{Error, Result};

use crate::call::Call;
use crate::classify::classify;
use crate::object::meta;
use crate::redact::Redaction;
use crate::resource::{Resource, encode};
use crate::status::Status;
use crate::transport::Transport;

/// Objects asked for in one page.
const PAGE: usize = 500;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    api_version: String,
    #[serde(default)]
    metadata: PageMetadata,
    items: Option<Vec<Value>>,
}

#[derive(Default, Deserialize)]
struct PageMetadata {
    #[serde(default, rename = "continue")]
    token: Option<String>,
}

/// Lists what a label selector selects, page by page.
///
/// `each` gets every object with `apiVersion` and `kind` filled in; an object twice when the list
/// had to begin again.
///
/// # Errors
/// Anything but a complete list. What `each` got until then was read, and is not all.
pub(crate) async fn list(
    transport: &Transport,
    resource: &Resource,
    namespace: Option<&str>,
    selector: &str,
    each: &mut (dyn FnMut(Value) -> Result<()> + Send),
) -> Result<()> {
    match pages(transport, resource, namespace, selector, each).await {
        // The snapshot behind the continue token is gone: once more from the start.
        Err(Outcome::Expired(_)) => {
            match pages(transport, resource, namespace, selector, each).await {
                Err(Outcome::Expired(error) | Outcome::Failed(error)) => Err(error),
                Ok(()) => Ok(()),
            }
        }
        Err(Outcome::Failed(error)) => Err(error),
        Ok(()) => Ok(()),
    }
}

enum Outcome {
    Expired(Error),
    Failed(Error),
}

async fn pages(
    transport: &Transport,
    resource: &Resource,
    namespace: Option<&str>,
    selector: &str,
    each: &mut (dyn FnMut(Value) -> Result<()> + Send),
) -> Result<(), Outcome> {
    let base = first_page(resource, namespace, selector);
    let mut tokens = HashSet::new();
    let mut path = base.clone();
    loop {
        let page = page(transport, resource, &path).await?;
        let typed = page.kind == format!("{}List", resource.kind);
        for item in page.items.into_iter().flatten() {
            let item = check(item, resource, namespace, typed).map_err(Outcome::Failed)?;
            each(item).map_err(Outcome::Failed)?;
        }
        let Some(token) = page.metadata.token.filter(|token| !token.is_empty()) else {
            return Ok(());
        };
        path = format!("{base}&continue={}", encode(&token));
        if !tokens.insert(token) {
            return Err(Outcome::Failed(Error::Malformed(format!(
                "the list of {} never ends: a continue token came twice",
                resource.group_kind()
            ))));
        }
    }
}

fn first_page(resource: &Resource, namespace: Option<&str>, selector: &str) -> String {
    let collection = resource.collection(namespace);
    if selector.is_empty() {
        return format!("{collection}?limit={PAGE}");
    }
    format!("{collection}?labelSelector={}&limit={PAGE}", encode(selector))
}

async fn page(transport: &Transport, resource: &Resource, path: &str) -> Result<Page, Outcome> {
    let reply =
        transport.send(&Call::get(path)).await.map_err(|gone| Outcome::Failed(gone.error))?;
    if reply.status != 200 {
        let status = Status::read(reply.status, &reply.body);
        let kind = format!("{} {}", resource.api_version(), resource.kind);
        let error = classify(&status, &kind, &Redaction::default(), transport);
        return Err(match reply.status {
            410 => Outcome::Expired(error),
            // Nothing is admitted on the way to a list: any 403 is about the reader.
            403 => Outcome::Failed(Error::Forbidden(status.text())),
            _ => Outcome::Failed(error),
        });
    }
    let malformed = |why: String| {
        let kind = resource.group_kind();
        Outcome::Failed(Error::Malformed(format!("the list of {kind} {why}")))
    };
    let page: Page = serde_json::from_slice(&reply.body)
        .map_err(|error| malformed(format!("cannot be read: {error}")))?;
    if !is_list_of(&page, resource) {
        return Err(malformed(format!("is a `{}` of `{}`", page.kind, page.api_version)));
    }
    Ok(page)
}

/// A definition may give its lists any name, built-in kinds do not.
fn is_list_of(page: &Page, resource: &Resource) -> bool {
    let is_custom = resource.group.contains('.') && !resource.group.ends_with(".k8s.io");
    let named = page.kind == format!("{}List", resource.kind);
    (named || (is_custom && page.kind != "Status")) && page.api_version == resource.api_version()
}

/// The item with its type filled in, when it is what was asked for.
///
/// Items of a typed list do not repeat their type; those of any other list must say it.
fn check(
    mut item: Value,
    resource: &Resource,
    namespace: Option<&str>,
    typed: bool,
) -> Result<Value> {
    let wrong = |what: &str| {
        Error::Malformed(format!("the list of {} holds {what}", resource.group_kind()))
    };
    let Value::Object(map) = &mut item else { return Err(wrong("something that is no object")) };
    for (key, expected) in [("apiVersion", resource.api_version()), ("kind", resource.kind.clone())]
    {
        match map.get(key) {
            Some(found) if *found == expected => {}
            None if typed => {
                map.insert(key.to_owned(), expected.into());
            }
            _ => return Err(wrong("an object of another kind")),
        }
    }
    if meta(&item, "name").is_empty() || meta(&item, "uid").is_empty() {
        return Err(wrong("an object without a name or UID"));
    }
    if resource.namespaced == meta(&item, "namespace").is_empty()
        || namespace.is_some_and(|wanted| resource.namespaced && wanted != meta(&item, "namespace"))
    {
        return Err(wrong("an object of another namespace"));
    }
    Ok(item)
}
