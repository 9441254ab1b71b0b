//! DELETE.

use serde_json::{Value, json};

use crate::{
    resource::Resource,
    state::State,
    status::{ApiError, ApiResult, Named},
    value::{int, items, meta, meta_text, put, put_meta, text},
};

/// What happens to the objects that the deleted one owns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Propagation {
    #[default]
    Background,
    Foreground,
    Orphan,
}

/// What a DELETE asks for.
#[derive(Clone, Debug, Default)]
pub(crate) struct DeleteOptions {
    pub(crate) propagation: Propagation,
    pub(crate) uid: Option<String>,
    pub(crate) resource_version: Option<String>,
    pub(crate) dry_run: bool,
}

/// What is left after a DELETE: nothing, or an object that waits for its finalizers.
pub(crate) enum Deleted {
    Gone(Value),
    Terminating(Value),
}

impl State {
    /// Deletes an object, or marks it deleted when it has finalizers.
    pub(crate) fn delete(
        &mut self,
        resource: &Resource,
        namespace: &str,
        name: &str,
        options: &DeleteOptions,
    ) -> ApiResult<Deleted> {
        let live = self.object(resource, namespace, name)?;
        check_preconditions(resource, &live, options)?;
        let key = resource.key(namespace, name);
        let mut object = live.clone();
        let mut finalizers = items(&live, "/metadata/finalizers").to_vec();
        if meta(&live, "deletionTimestamp").is_none() && self.controllers {
            let owned = !self.store.owned_by(meta_text(&live, "uid")).is_empty();
            match options.propagation {
                Propagation::Foreground if owned => finalizers.push("foregroundDeletion".into()),
                Propagation::Orphan if owned => finalizers.push("orphan".into()),
                _ => {}
            }
        }
        let is_namespace = resource.kind == "Namespace" && resource.group.is_empty();
        if finalizers.is_empty() && (!is_namespace || items(&live, "/spec/finalizers").is_empty()) {
            if !options.dry_run {
                self.store.remove(&resource.table, &key);
                self.after_delete(resource, &live);
            }
            return Ok(Deleted::Gone(live));
        }
        if meta(&live, "deletionTimestamp").is_some()
            && finalizers == items(&live, "/metadata/finalizers")
        {
            return Ok(Deleted::Terminating(live));
        }
        put_meta(&mut object, "deletionTimestamp", Some(self.clock.stamp().into()));
        if is_namespace {
            if let Some(status) = crate::value::object(&mut object, "status") {
                put(status, "phase", Some("Terminating".into()));
            }
        } else {
            put_meta(&mut object, "deletionGracePeriodSeconds", Some(0.into()));
        }
        if !finalizers.is_empty() {
            put_meta(&mut object, "finalizers", Some(finalizers.into()));
        }
        if let Some(generation) = int(&live, "/metadata/generation").filter(|g| *g > 0) {
            put_meta(&mut object, "generation", Some((generation + 1).into()));
        }
        if !options.dry_run {
            self.store.put(&resource.table, &key, &mut object);
            self.after_write(resource, Some(&live), &object);
        }
        Ok(Deleted::Terminating(object))
    }
}

fn check_preconditions(
    resource: &Resource,
    live: &Value,
    options: &DeleteOptions,
) -> ApiResult<()> {
    let name = meta_text(live, "name");
    let object = Named { group: &resource.group, resource: &resource.kind, name };
    for (given, key, label, hint) in [
        (&options.uid, "uid", "UID", "The object might have been deleted and then recreated"),
        (
            &options.resource_version,
            "resourceVersion",
            "ResourceVersion",
            "The object might have been modified",
        ),
    ] {
        let found = meta_text(live, key);
        if let Some(given) = given.as_deref().filter(|given| *given != found) {
            let why = format!(
                "the {label} in the precondition ({given}) does not match the {label} in record ({found}). {hint}"
            );
            return Err(ApiError::conflict(object, &why));
        }
    }
    Ok(())
}

/// Kinds whose DELETE answers with the object.
pub(crate) fn answers_object(resource: &Resource) -> bool {
    const KINDS: [&str; 7] = [
        "Pod",
        "Service",
        "PersistentVolume",
        "PersistentVolumeClaim",
        "PodTemplate",
        "ResourceQuota",
        "ServiceAccount",
    ];
    resource.group.is_empty() && KINDS.contains(&resource.kind.as_str())
}

/// The answer to a DELETE that left nothing.
pub(crate) fn success(resource: &Resource, object: &Value) -> Value {
    let mut details = json!({"name": meta_text(object, "name"), "kind": resource.plural, "uid": meta_text(object, "uid")});
    if !resource.group.is_empty() {
        put(&mut details, "group", Some(resource.group.clone().into()));
    }
    json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details})
}

/// Reads a DELETE's body and query.
pub(crate) fn options(body: &Value, query: &[(String, String)]) -> ApiResult<DeleteOptions> {
    let param =
        |name: &str| query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let policy = match text(body, "/propagationPolicy") {
        "" => param("propagationPolicy").unwrap_or_default(),
        policy => policy,
    };
    let propagation = match policy {
        "" | "Background" => Propagation::Background,
        "Foreground" => Propagation::Foreground,
        "Orphan" => Propagation::Orphan,
        other => {
            return Err(ApiError::new(
                422,
                "Invalid",
                format!(
                    "DeleteOptions.meta.k8s.io \"\" is invalid: propagationPolicy: Unsupported value: {other:?}: supported values: \"Background\", \"Foreground\", \"Orphan\", \"nil\""
                ),
            ));
        }
    };
    let orphan = body.get("orphanDependents").and_then(Value::as_bool).unwrap_or(false);
    let given =
        |pointer: &str| Some(text(body, pointer)).filter(|t| !t.is_empty()).map(str::to_owned);
    let dry = param("dryRun") == Some("All")
        || items(body, "/dryRun").iter().any(|v| v.as_str() == Some("All"));
    Ok(DeleteOptions {
        propagation: if orphan { Propagation::Orphan } else { propagation },
        uid: given("/preconditions/uid"),
        resource_version: given("/preconditions/resourceVersion"),
        dry_run: dry,
    })
}
