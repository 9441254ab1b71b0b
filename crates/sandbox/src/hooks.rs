//! What follows from a write at once: definitions start and stop serving their resources.

use serde_json::{Value, json};

use crate::{
    api::write::WriteOptions,
    resource::{Resource, definition_table},
    state::State,
    value::{items, meta, meta_text, put, put_meta, text},
};

const CLEANUP: &str = "customresourcecleanup.apiextensions.k8s.io";

impl State {
    pub(crate) fn after_write(&mut self, resource: &Resource, old: Option<&Value>, new: &Value) {
        if resource.kind != "CustomResourceDefinition" || resource.group != "apiextensions.k8s.io" {
            return;
        }
        if meta(new, "deletionTimestamp").is_some() {
            if old.is_some_and(|old| meta(old, "deletionTimestamp").is_none()) {
                self.remove_definition(resource, new);
            }
            return;
        }
        if old.is_none_or(|old| old.get("spec") != new.get("spec")) {
            self.registry.define(new);
            self.establish(resource, new);
        }
    }

    pub(crate) fn after_delete(&mut self, resource: &Resource, object: &Value) {
        if resource.kind == "CustomResourceDefinition" && resource.group == "apiextensions.k8s.io" {
            self.registry.undefine(object);
        }
    }

    /// The names are accepted and the resources served.
    fn establish(&mut self, resource: &Resource, definition: &Value) {
        let stamp = self.clock.stamp();
        let condition = |kind: &str, reason: &str, message: &str| json!({"type": kind, "status": "True", "lastTransitionTime": stamp, "reason": reason, "message": message});
        let mut conditions = items(definition, "/status/conditions").to_vec();
        if conditions.is_empty() {
            conditions.push(condition("NamesAccepted", "NoConflicts", "no conflicts found"));
            conditions.push(condition(
                "Established",
                "InitialNamesAccepted",
                "the initial names have been accepted",
            ));
        }
        let mut stored: Vec<Value> = items(definition, "/status/storedVersions").to_vec();
        for version in items(definition, "/spec/versions") {
            let name: Value = text(version, "/name").into();
            if version.get("storage") == Some(&Value::Bool(true)) && !stored.contains(&name) {
                stored.push(name);
            }
        }
        let mut new = definition.clone();
        let names = definition.pointer("/spec/names").cloned().unwrap_or_default();
        put(
            &mut new,
            "status",
            Some(
                json!({"acceptedNames": names, "conditions": conditions, "storedVersions": stored}),
            ),
        );
        let options = WriteOptions::by("kube-apiserver").on("status");
        if let Err(error) = self.change(resource, definition, new, &options) {
            tracing::error!(body = %error.body(), "a definition could not be established");
        }
        let name = meta_text(definition, "name").to_owned();
        if let Ok(live) = self.object(resource, "", &name) {
            self.set_finalizers(resource, &live, &[CLEANUP]);
        }
    }

    /// The objects of a definition go before it does.
    fn remove_definition(&mut self, resource: &Resource, definition: &Value) {
        let table = definition_table(definition);
        if let Some(custom) = self.registry.by_table(&table).cloned() {
            let keys: Vec<String> =
                self.store.range(&table, "", None).map(|(key, _)| key.to_string()).collect();
            for key in keys {
                let (namespace, name) = if custom.namespaced {
                    key.split_once('/').unwrap_or(("", &key))
                } else {
                    ("", key.as_str())
                };
                let _ = self.delete(
                    &custom,
                    namespace,
                    name,
                    &crate::api::delete::DeleteOptions::default(),
                );
            }
        }
        self.set_finalizers(resource, definition, &[]);
    }

    /// Replaces the finalizers without a manager, as the server's own registries do.
    pub(crate) fn set_finalizers(
        &mut self,
        resource: &Resource,
        live: &Value,
        finalizers: &[&str],
    ) {
        let mut object = live.clone();
        put_meta(&mut object, "finalizers", (!finalizers.is_empty()).then(|| json!(finalizers)));
        let key = resource.key(meta_text(live, "namespace"), meta_text(live, "name"));
        if finalizers.is_empty() && meta(&object, "deletionTimestamp").is_some() {
            self.store.remove(&resource.table, &key);
            self.after_delete(resource, &object);
        } else if object != *live {
            self.store.put(&resource.table, &key, &mut object);
        }
    }
}
