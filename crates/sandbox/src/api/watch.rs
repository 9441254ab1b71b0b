//! WATCH: the changes after a resource version, as they happen.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::{
    resource::Resource,
    selector::{FieldSelector, LabelSelector},
    state::Shared,
    store::{Entry, Event},
};

use super::read::{Form, show};

/// What a WATCH asks for.
#[derive(Clone, Debug)]
pub(crate) struct WatchOptions {
    pub(crate) namespace: String,
    pub(crate) name: Option<String>,
    pub(crate) labels: LabelSelector,
    pub(crate) fields: FieldSelector,
    /// Where to start; none: with the objects there are.
    pub(crate) from: Option<u64>,
    /// Send the objects there are first, then a bookmark.
    pub(crate) initial: bool,
    pub(crate) bookmarks: bool,
    pub(crate) timeout: Option<Duration>,
    pub(crate) form: Form,
}

impl WatchOptions {
    fn wants(&self, entry: &Entry) -> bool {
        self.labels.matches(&entry.labels)
            && (self.fields.is_empty() || self.fields.matches(&entry.value()))
    }

    fn in_scope(&self, resource: &Resource, key: &str) -> bool {
        let (namespace, name) =
            if resource.namespaced { key.split_once('/').unwrap_or(("", key)) } else { ("", key) };
        (self.namespace.is_empty() || !resource.namespaced || self.namespace == namespace)
            && self.name.as_deref().is_none_or(|wanted| wanted == name)
    }
}

/// Feeds `lines` until the client leaves, the time is up or the log no longer reaches back.
pub(crate) async fn run(
    shared: Arc<Shared>,
    resource: Arc<Resource>,
    options: WatchOptions,
    lines: mpsc::Sender<Bytes>,
) {
    let until = options.timeout.map(|timeout| tokio::time::Instant::now() + timeout);
    let mut written = shared.written.subscribe();
    let (first, mut cursor) = start(&shared, &resource, &options);
    for line in first {
        if lines.send(line).await.is_err() {
            return;
        }
    }
    loop {
        let (batch, rv, expired) = next(&shared, &resource, &options, cursor);
        for line in batch {
            if lines.send(line).await.is_err() {
                return;
            }
        }
        if expired {
            return;
        }
        cursor = rv;
        tokio::select! {
            changed = written.changed() => if changed.is_err() { return },
            () = lines.closed() => return,
            () = sleep_until(until) => {
                if options.bookmarks {
                    let _ = lines.send(bookmark(&resource, cursor, false)).await;
                }
                return;
            }
        }
    }
}

async fn sleep_until(until: Option<tokio::time::Instant>) {
    match until {
        Some(until) => tokio::time::sleep_until(until).await,
        None => std::future::pending().await,
    }
}

fn start(shared: &Shared, resource: &Resource, options: &WatchOptions) -> (Vec<Bytes>, u64) {
    let state = shared.lock();
    if let (Some(rv), false) = (options.from, options.initial) {
        return (Vec::new(), rv);
    }
    let now = state.clock.now();
    let mut lines: Vec<Bytes> = state
        .store
        .range(&resource.table, "", None)
        .filter(|(key, entry)| options.in_scope(resource, key) && options.wants(entry))
        .map(|(_, entry)| line("ADDED", &show(resource, &entry.value(), options.form, now)))
        .collect();
    let rv = state.store.rv();
    if options.initial {
        lines.push(bookmark(resource, rv, true));
    }
    (lines, rv)
}

/// The lines after `cursor`, the new cursor, and whether the watch ends because the log does not reach back.
fn next(
    shared: &Shared,
    resource: &Resource,
    options: &WatchOptions,
    cursor: u64,
) -> (Vec<Bytes>, u64, bool) {
    let state = shared.lock();
    let Some(events) = state.store.since(cursor) else {
        let message = format!("too old resource version: {cursor} ({})", state.store.oldest());
        let status = json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
            "message": message, "reason": "Expired", "code": 410,
        });
        return (vec![line("ERROR", &status)], cursor, true);
    };
    let now = state.clock.now();
    let lines = events
        .filter(|event| *event.table == *resource.table && options.in_scope(resource, &event.key))
        .filter_map(|event| event_line(resource, options, event, now))
        .collect();
    (lines, state.store.rv(), false)
}

/// Objects that come into or leave the selection look created or deleted.
fn event_line(
    resource: &Resource,
    options: &WatchOptions,
    event: &Event,
    now: jiff::Timestamp,
) -> Option<Bytes> {
    let before = event.old.as_ref().is_some_and(|entry| options.wants(entry));
    let after = event.new.as_ref().is_some_and(|entry| options.wants(entry));
    let (kind, entry) = match (before, after) {
        (false, true) => ("ADDED", event.new.as_ref()?),
        (true, true) => ("MODIFIED", event.new.as_ref()?),
        (true, false) => ("DELETED", event.last.as_ref().or(event.new.as_ref())?),
        (false, false) => return None,
    };
    Some(line(kind, &show(resource, &entry.value(), options.form, now)))
}

fn line(kind: &str, object: &Value) -> Bytes {
    Bytes::from(format!("{{\"type\":\"{kind}\",\"object\":{object}}}\n"))
}

fn bookmark(resource: &Resource, rv: u64, initial: bool) -> Bytes {
    let mut metadata = json!({"resourceVersion": rv.to_string()});
    if initial {
        crate::value::put(
            &mut metadata,
            "annotations",
            Some(json!({"k8s.io/initial-events-end": "true"})),
        );
    }
    line(
        "BOOKMARK",
        &json!({"kind": resource.kind, "apiVersion": resource.api_version(), "metadata": metadata}),
    )
}
