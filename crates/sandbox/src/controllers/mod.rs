//! The controllers of a cluster, as far as health and collection need them.
//!
//! One task reads the log of changes and reconciles what they touch; it sleeps when there is nothing to do. Pods run at
//! once, unless their image's tag is `fail` or they or their owner carry the annotation [`FAIL`].

mod autoscaling;
mod claim;
mod collect;
mod deployment;
mod job;
mod network;
mod pods;
mod sets;
mod status;

use std::{collections::BTreeSet, sync::Arc};

use serde_json::{Value, json};

use crate::{
    api::write::WriteOptions,
    resource::Resource,
    state::{Shared, State},
    store::{Event, Table},
    value::{items, meta, meta_text, text},
};

/// Objects with this annotation set to `true` never become healthy.
pub(crate) const FAIL: &str = "sandbox.suimon.dev/fail";

/// The field manager of all controllers.
pub(crate) const MANAGER: &str = "kube-controller-manager";

type Queue = BTreeSet<(Table, Arc<str>)>;

/// Runs until the sandbox stops.
pub(crate) async fn run(shared: Arc<Shared>) {
    let mut written = shared.written.subscribe();
    let mut cursor = 0;
    loop {
        let rv = *written.borrow_and_update();
        let (mut queue, now) = {
            let state = shared.lock();
            (due(&state, cursor), state.store.rv())
        };
        if queue.is_empty() && now >= rv {
            cursor = now;
            shared.settled.send_replace(now);
            if written.changed().await.is_err() {
                return;
            }
            continue;
        }
        cursor = now;
        while let Some((table, key)) = queue.pop_first() {
            shared.with(|state| reconcile(state, &table, &key));
            // Requests get their turn between two objects.
            tokio::task::yield_now().await;
        }
    }
}

/// What the changes after `cursor` touch; everything when the log does not reach back.
fn due(state: &State, cursor: u64) -> Queue {
    let mut queue = Queue::new();
    match state.store.since(cursor) {
        Some(events) => events.for_each(|event| touched(state, event, &mut queue)),
        None => {
            for table in state.store.tables() {
                queue.extend(
                    state.store.range(table, "", None).map(|(key, _)| (table.clone(), key.clone())),
                );
            }
        }
    }
    queue
}

/// The object itself, its owners, and those that watch its kind.
fn touched(state: &State, event: &Event, queue: &mut Queue) {
    queue.insert((event.table.clone(), event.key.clone()));
    let Some(entry) = event.new.as_ref().or(event.last.as_ref()).or(event.old.as_ref()) else {
        return;
    };
    let namespace = event.key.split_once('/').map_or("", |(namespace, _)| namespace);
    if !entry.owners().is_empty() {
        for owner in items(&entry.value(), "/metadata/ownerReferences") {
            if let Some(found) = state.owner(namespace, owner) {
                queue.insert(found);
            }
        }
    }
    if event.new.is_none() {
        let uid = event
            .old
            .as_ref()
            .map(|old| meta_text(&old.value(), "uid").to_owned())
            .unwrap_or_default();
        queue.extend(state.store.owned_by(&uid));
        queue.insert(("/namespaces".into(), namespace.into()));
    }
    let watchers: &[&str] = match &*event.table {
        "/pods" => &["policy/poddisruptionbudgets"],
        "apps/deployments" | "apps/statefulsets" => &["autoscaling/horizontalpodautoscalers"],
        _ => &[],
    };
    let prefix = format!("{namespace}/");
    for table in watchers {
        let found = state
            .store
            .range(table, &prefix, None)
            .map(|(key, _)| (Table::from(*table), key.clone()));
        queue.extend(found.collect::<Vec<_>>());
    }
}

fn reconcile(state: &mut State, table: &Table, key: &str) {
    let Some(resource) = state.registry.by_table(table).cloned() else { return };
    let Some(object) = state.store.get(table, key).map(crate::store::Entry::value) else { return };
    if collect::reconcile(state, &resource, &object) {
        return;
    }
    match (resource.group.as_str(), resource.kind.as_str()) {
        ("apps", "Deployment") => deployment::reconcile(state, &resource, &object),
        ("apps", "ReplicaSet") => sets::replica_set(state, &resource, &object),
        ("", "ReplicationController") => sets::replica_set(state, &resource, &object),
        ("apps", "StatefulSet") => sets::stateful_set(state, &resource, &object),
        ("apps", "DaemonSet") => sets::daemon_set(state, &resource, &object),
        ("batch", "Job") => job::reconcile(state, &resource, &object),
        ("", "Pod") => pods::reconcile(state, &resource, &object),
        ("", "PersistentVolumeClaim") => claim::reconcile(state, &resource, &object),
        ("", "Namespace") => collect::namespace_account(state, &object),
        ("", "Service") => network::service(state, &resource, &object),
        ("networking.k8s.io", "Ingress") => network::ingress(state, &resource, &object),
        ("autoscaling", _) => autoscaling::reconcile(state, &resource, &object),
        ("policy", "PodDisruptionBudget") => pods::budget(state, &resource, &object),
        _ => {}
    }
}

impl State {
    /// Where an owner reference leads, if that object is there.
    fn owner(&self, namespace: &str, owner: &Value) -> Option<(Table, Arc<str>)> {
        let resource = self.registry.by_kind(text(owner, "/apiVersion"), text(owner, "/kind"))?;
        let key = resource.key(namespace, text(owner, "/name"));
        let entry = self.store.get(&resource.table, &key)?;
        (meta_text(&entry.value(), "uid") == text(owner, "/uid"))
            .then(|| (resource.table.clone(), key.into()))
    }

    /// Writes the status of an object as a controller does; annotations may come along.
    fn set_status(&mut self, resource: &Resource, live: &Value, status: Value) {
        let mut new = live.clone();
        crate::value::put(&mut new, "status", Some(status));
        self.set_by(resource, live, new, "status");
    }

    fn set_by(&mut self, resource: &Resource, live: &Value, new: Value, subresource: &str) {
        let manager = if resource.kind == "Pod" { "kubelet" } else { MANAGER };
        let options = WriteOptions::by(manager).on(subresource);
        if let Err(error) = self.change(resource, live, new, &options) {
            tracing::warn!(kind = resource.kind, body = %error.body(), "a controller's write was refused");
        }
    }
}

/// Whether the object or the pods it makes are marked to fail.
fn fails(object: &Value) -> bool {
    let marked = |pointer: &str| {
        object
            .pointer(pointer)
            .and_then(|annotations| annotations.get(FAIL))
            .and_then(Value::as_str)
            == Some("true")
    };
    let broken = |pointer: &str| {
        items(object, pointer).iter().any(|container| text(container, "/image").ends_with(":fail"))
    };
    marked("/metadata/annotations")
        || marked("/spec/template/metadata/annotations")
        || broken("/spec/template/spec/containers")
        || broken("/spec/containers")
}

/// A reference to the owner that controls an object.
fn controller_reference(resource: &Resource, owner: &Value) -> Value {
    json!([{
        "apiVersion": resource.api_version(), "kind": resource.kind, "name": meta_text(owner, "name"),
        "uid": meta_text(owner, "uid"), "controller": true, "blockOwnerDeletion": true,
    }])
}

fn is_deleted(object: &Value) -> bool {
    meta(object, "deletionTimestamp").is_some()
}
