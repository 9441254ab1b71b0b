//! [`strip`]: an object without what the server and we ourselves put on it.

use serde_json::{Map, Value};

use crate::{APPLIED_ANNOTATION, PART_OF_LABEL};

/// Keys of `metadata` that the API server writes.
pub(crate) const SERVER_METADATA: &[&str] = &[
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "generation",
    "managedFields",
    "resourceVersion",
    "selfLink",
    "uid",
];

/// The object without `status`, managed fields, what the server counts, and our marks.
pub fn strip(object: &Value) -> Value {
    let mut object = object.clone();
    if let Value::Object(map) = &mut object {
        strip_map(map);
    }
    object
}

/// [`strip`] in place.
pub(crate) fn strip_map(object: &mut Map<String, Value>) {
    object.remove("status");
    let Some(Value::Object(metadata)) = object.get_mut("metadata") else { return };
    for key in SERVER_METADATA {
        metadata.remove(*key);
    }
    remove_mark(metadata, "labels", PART_OF_LABEL);
    remove_mark(metadata, "annotations", APPLIED_ANNOTATION);
}

fn remove_mark(metadata: &mut Map<String, Value>, section: &str, mark: &str) {
    let Some(Value::Object(marks)) = metadata.get_mut(section) else { return };
    if marks.remove(mark).is_some() && marks.is_empty() {
        metadata.remove(section);
    }
}
