//! The scale subresource.

use serde_json::{Value, json};

use crate::{
    resource::Resource,
    selector::LabelSelector,
    state::State,
    status::{ApiError, ApiResult},
    value::{int, meta, meta_text, put, put_meta},
};

use super::write::{WriteOptions, named};

/// The `autoscaling/v1` Scale of an object.
pub(crate) fn scale_of(resource: &Resource, object: &Value) -> Value {
    let (spec, status, selector) = pointers(resource);
    let mut metadata = json!({});
    for key in ["name", "namespace", "uid", "resourceVersion", "creationTimestamp"] {
        put(&mut metadata, key, meta(object, key).cloned());
    }
    let replicas = int(object, &spec).unwrap_or(0);
    let mut out = json!({
        "kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": metadata,
        "spec": {}, "status": {"replicas": int(object, &status).unwrap_or(0)},
    });
    if replicas != 0
        && let Some(spec) = out.get_mut("spec")
    {
        put(spec, "replicas", Some(replicas.into()));
    }
    let selector = selector.and_then(|pointer| match object.pointer(&pointer)? {
        Value::String(text) => Some(text.clone()),
        other => Some(LabelSelector::from_object(other).to_string()),
    });
    if let (Some(selector), Some(status)) = (selector, out.get_mut("status")) {
        put(status, "selector", Some(selector.into()));
    }
    out
}

fn pointers(resource: &Resource) -> (String, String, Option<String>) {
    match resource.custom.as_ref().and_then(|custom| custom.scale.clone()) {
        Some(pointers) => pointers,
        None => (
            "/spec/replicas".to_owned(),
            "/status/replicas".to_owned(),
            Some("/spec/selector".to_owned()),
        ),
    }
}

impl State {
    /// Changes the scale of an object to what `change` makes of it.
    pub(crate) fn change_scale(
        &mut self,
        resource: &Resource,
        namespace: &str,
        name: &str,
        options: &WriteOptions,
        change: impl FnOnce(Value) -> ApiResult<Value>,
    ) -> ApiResult<Value> {
        let live = self.object(resource, namespace, name)?;
        let scale = change(scale_of(resource, &live))?;
        let given = meta_text(&scale, "resourceVersion");
        if !given.is_empty() && given != meta_text(&live, "resourceVersion") {
            return Err(ApiError::modified(named(resource, name)));
        }
        let replicas = int(&scale, "/spec/replicas").unwrap_or(0);
        if replicas < 0 {
            let error = crate::status::FieldError::invalid(
                "spec.replicas",
                replicas.into(),
                "must be greater than or equal to 0",
            );
            let scale = crate::status::Named { group: "autoscaling", resource: "Scale", name };
            return Err(ApiError::invalid(scale, &[error]));
        }
        let mut new = live.clone();
        put_meta(&mut new, "managedFields", None);
        let (pointer, _, _) = pointers(resource);
        set(&mut new, &pointer, replicas.into());
        let options = options.clone().on("scale");
        let object = self.change(resource, &live, new, &options)?;
        Ok(scale_of(resource, &object))
    }
}

fn set(value: &mut Value, pointer: &str, what: Value) {
    let mut parts: Vec<&str> = pointer.split('/').filter(|part| !part.is_empty()).collect();
    let Some(last) = parts.pop() else { return };
    let mut at = Some(value);
    for part in parts {
        at = at.and_then(|value| crate::value::object(value, part));
    }
    if let Some(parent) = at {
        put(parent, last, Some(what));
    }
}
