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

/// What a label selector selects, page by page.
pub(crate) struct Pages<'a> {
    transport: &'a Transport,
    resource: &'a Resource,
    namespace: Option<&'a str>,
    first: String,
    next: Option<String>,
    tokens: HashSet<String>,
    again: bool,
}

enum Outcome {
    Expired(Error),
    Failed(Error),
}

impl<'a> Pages<'a> {
    /// A list of one namespace, or of all; the empty selector selects everything.
    pub(crate) fn new(
        transport: &'a Transport,
        resource: &'a Resource,
        namespace: Option<&'a str>,
        selector: &str,
    ) -> Self {
        let first = first_page(resource, namespace, selector);
        let next = Some(first.clone());
        let tokens = HashSet::new();
        Self { transport, resource, namespace, first, next, tokens, again: false }
    }

    /// The objects of the next page, with `apiVersion` and `kind` filled in; `None` after the last.
    /// An object comes twice when the list had to begin again.
    ///
    /// # Errors
    /// Anything but a complete list. What came until then was read, and is not all.
    pub(crate) async fn next(&mut self) -> Result<Option<Vec<Value>>> {
        let Some(path) = self.next.take() else { return Ok(None) };
        let page = match page(self.transport, self.resource, &path).await {
            // The snapshot behind the continue token is gone: once more from the start.
            Err(Outcome::Expired(_)) if !self.again => {
                self.again = true;
                self.tokens.clear();
                let first = page(self.transport, self.resource, &self.first).await;
                first.map_err(|(Outcome::Expired(error) | Outcome::Failed(error))| error)?
            }
            other => other.map_err(|(Outcome::Expired(error) | Outcome::Failed(error))| error)?,
        };
        if let Some(token) = page.metadata.token.filter(|token| !token.is_empty()) {
            self.next = Some(format!("{}&continue={}", self.first, encode(&token)));
            if !self.tokens.insert(token) {
                return Err(Error::Malformed(format!(
                    "the list of {} never ends: a continue token came twice",
                    self.resource.group_kind()
                )));
            }
        }
        let typed = page.kind == format!("{}List", self.resource.kind);
        let items = page.items.into_iter().flatten();
        items
            .map(|item| check(item, self.resource, self.namespace, typed))
            .collect::<Result<_>>()
            .map(Some)
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
