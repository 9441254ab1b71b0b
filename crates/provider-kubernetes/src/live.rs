//! From JSON to a [`LiveObject`].

use serde_json::Value;
use suimon_model::{Body, ResourceId};
use suimon_plan::{ADOPTED_ANNOTATION, LiveObject, Mask};

use crate::applyset::PART_OF;
use crate::object::{annotation, group_of, is_terminating, label, meta};
use crate::owner::foreign_owner;

/// A live object, masked. `ours` is the id of this environment's ApplySet.
pub(crate) fn live_object(mut object: Value, mask: &Mask, ours: &str) -> LiveObject {
    let owned = label(&object, PART_OF) == Some(ours);
    let adopted = annotation(&object, ADOPTED_ANNOTATION);
    let foreign_owner = foreign_owner(&object, ours).filter(|owner| adopted != Some(owner));
    mask.object(&mut object);
    LiveObject {
        id: id_of(&object),
        api_version: object["apiVersion"].as_str().unwrap_or_default().to_owned(),
        uid: meta(&object, "uid").to_owned(),
        resource_version: meta(&object, "resourceVersion").to_owned(),
        owned,
        foreign_owner,
        terminating: is_terminating(&object),
        failed: false,
        body: Body::new(&object),
    }
}

/// The address of an object.
pub(crate) fn id_of(object: &Value) -> ResourceId {
    let api_version = object["apiVersion"].as_str().unwrap_or_default();
    let namespace = meta(object, "namespace");
    ResourceId::new(
        group_of(api_version),
        object["kind"].as_str().unwrap_or_default(),
        Some(namespace),
        meta(object, "name"),
    )
}
