//! What claims on storage name.

use serde_json::Value;

use super::{Place, Wait, items};

/// A storage class by name.
pub(super) fn class(at: Place<'_>, name: Option<&Value>) -> Option<Wait> {
    at.cluster("storage.k8s.io", "StorageClass", name, "storage class")
}

/// What a claim names.
pub(super) fn claim(at: Place<'_>, body: &Value, link: &mut dyn FnMut(Option<Wait>)) {
    link(class(at, body.pointer("/spec/storageClassName")));
    let volume = body.pointer("/spec/volumeName");
    link(at.cluster("", "PersistentVolume", volume, "persistent volume"));
}

/// What the claim templates of a stateful set name.
pub(super) fn claim_templates(at: Place<'_>, body: &Value, link: &mut dyn FnMut(Option<Wait>)) {
    for template in items(body, "/spec/volumeClaimTemplates") {
        link(class(at, template.pointer("/spec/storageClassName")));
    }
}
