//! Claims are bound at once.

use serde_json::{Value, json};

use crate::{
    resource::Resource,
    state::State,
    value::{meta_text, object, put, text},
};

use super::fails;

pub(super) fn reconcile(state: &mut State, resource: &Resource, claim: &Value) {
    if text(claim, "/status/phase") == "Bound" || fails(claim) {
        return;
    }
    let mut new = claim.clone();
    if let Some(spec) = object(&mut new, "spec") {
        let volume = format!("pvc-{}", meta_text(claim, "uid"));
        crate::value::default(spec, "volumeName", volume);
    }
    state.set_by(resource, claim, new, "");
    let Ok(live) = state.object(resource, meta_text(claim, "namespace"), meta_text(claim, "name"))
    else {
        return;
    };
    let mut status = json!({"phase": "Bound"});
    put(&mut status, "accessModes", live.pointer("/spec/accessModes").cloned());
    let storage = live.pointer("/spec/resources/requests/storage").cloned();
    put(&mut status, "capacity", storage.map(|storage| json!({"storage": storage})));
    state.set_status(resource, &live, status);
}
