//! Collection of what nobody owns any more: dependents, contents of namespaces, protected volumes.

use serde_json::{Value, json};

use crate::{
    api::{
        delete::{DeleteOptions, Propagation},
        write::WriteOptions,
    },
    resource::Resource,
    state::State,
    value::{items, meta, meta_text, put, put_meta, text},
};

use super::{MANAGER, is_deleted};

/// Whether the object is going or gone, so that no other controller needs to look at it.
pub(super) fn reconcile(state: &mut State, resource: &Resource, object: &Value) -> bool {
    if orphaned(state, object) {
        let _ = state.delete(
            resource,
            meta_text(object, "namespace"),
            meta_text(object, "name"),
            &DeleteOptions::default(),
        );
        return true;
    }
    if !is_deleted(object) {
        return false;
    }
    if resource.kind == "Namespace" && resource.group.is_empty() {
        namespace(state, resource, object);
        return true;
    }
    let finalizers: Vec<&str> =
        items(object, "/metadata/finalizers").iter().filter_map(Value::as_str).collect();
    for finalizer in finalizers {
        let done = match finalizer {
            "orphan" => release(state, object),
            "foregroundDeletion" => remove_dependents(state, object),
            "kubernetes.io/pvc-protection" | "kubernetes.io/pv-protection" => true,
            _ => false,
        };
        if done {
            drop_finalizer(state, resource, object, finalizer);
            return true;
        }
    }
    true
}

/// Whether the object has owners and none of them is left.
fn orphaned(state: &State, object: &Value) -> bool {
    let owners = items(object, "/metadata/ownerReferences");
    let namespace = meta_text(object, "namespace");
    !owners.is_empty()
        && !is_deleted(object)
        && owners.iter().all(|owner| {
            // An owner of a kind that is not served may still be there.
            state.registry.by_kind(text(owner, "/apiVersion"), text(owner, "/kind")).is_some()
                && state.owner(namespace, owner).is_none()
        })
}

fn drop_finalizer(state: &mut State, resource: &Resource, object: &Value, finalizer: &str) {
    let mut new = object.clone();
    let rest: Vec<Value> = items(object, "/metadata/finalizers")
        .iter()
        .filter(|f| f.as_str() != Some(finalizer))
        .cloned()
        .collect();
    put_meta(&mut new, "finalizers", (!rest.is_empty()).then_some(Value::Array(rest)));
    state.set_by(resource, object, new, "");
}

/// Takes the owner's reference off its dependents.
fn release(state: &mut State, owner: &Value) -> bool {
    let uid = meta_text(owner, "uid");
    for (table, key) in state.store.owned_by(uid) {
        let Some(resource) = state.registry.by_table(&table).cloned() else { continue };
        let Some(live) = state.store.get(&table, &key).map(crate::store::Entry::value) else {
            continue;
        };
        let rest: Vec<Value> = items(&live, "/metadata/ownerReferences")
            .iter()
            .filter(|owner| text(owner, "/uid") != uid)
            .cloned()
            .collect();
        let mut new = live.clone();
        put_meta(&mut new, "ownerReferences", (!rest.is_empty()).then_some(Value::Array(rest)));
        state.set_by(&resource, &live, new, "");
    }
    true
}

/// Deletes the dependents, and says whether none is left.
fn remove_dependents(state: &mut State, owner: &Value) -> bool {
    let uid = meta_text(owner, "uid");
    for (table, key) in state.store.owned_by(uid) {
        let Some(resource) = state.registry.by_table(&table).cloned() else { continue };
        let (namespace, name) = if resource.namespaced {
            key.split_once('/').unwrap_or(("", &key))
        } else {
            ("", &*key)
        };
        let options =
            DeleteOptions { propagation: Propagation::Foreground, ..DeleteOptions::default() };
        let _ = state.delete(&resource, namespace, name, &options);
    }
    state.store.owned_by(uid).is_empty()
}

/// Empties a namespace that is being deleted, then lets it go.
fn namespace(state: &mut State, resource: &Resource, object: &Value) {
    let name = meta_text(object, "name").to_owned();
    let prefix = format!("{name}/");
    let mut left = 0;
    for table in state.store.tables().cloned().collect::<Vec<_>>() {
        let Some(contents) = state.registry.by_table(&table).cloned().filter(|r| r.namespaced)
        else {
            continue;
        };
        let keys: Vec<_> =
            state.store.range(&table, &prefix, None).map(|(key, _)| key.clone()).collect();
        for key in keys {
            let child = key.strip_prefix(&prefix).unwrap_or_default();
            let _ = state.delete(&contents, &name, child, &DeleteOptions::default());
            left += usize::from(state.store.get(&table, &key).is_some());
        }
    }
    if left > 0 {
        return;
    }
    if let Ok(live) = state.object(resource, "", &name) {
        let mut new = live.clone();
        put_meta(&mut new, "managedFields", None);
        if let Some(spec) = new.get_mut("spec") {
            put(spec, "finalizers", None);
        }
        state.set_by(resource, &live, new, "finalize");
    }
}

/// Every namespace has its default account.
pub(super) fn namespace_account(state: &mut State, object: &Value) {
    let name = meta_text(object, "name");
    if meta(object, "deletionTimestamp").is_some()
        || state.store.get("/serviceaccounts", &format!("{name}/default")).is_some()
    {
        return;
    }
    if let Some(accounts) = state.resource("", "serviceaccounts") {
        let _ = state.create(
            &accounts,
            name,
            &json!({"metadata": {"name": "default"}}),
            &WriteOptions::by(MANAGER),
        );
    }
}
