//! Which other engine an object was taken over from: written on the object, so that the same mark is
//! not refused again at the next run, while a new one is.

use serde_json::Value;
use suimon_model::{Body, Manifest};
use suimon_plan::{ADOPTED_ANNOTATION, LiveObject};

/// Whether an object was taken over from another engine in an earlier run.
pub(crate) fn was_adopted(live: &LiveObject) -> bool {
    live.body.as_str().contains(ADOPTED_ANNOTATION)
}

/// The declaration with the record of who the object is, or was, taken over from.
pub(crate) fn record(manifest: &Manifest, live: &LiveObject, adopt: bool) -> Option<Manifest> {
    let before = || -> Option<String> {
        if !was_adopted(live) {
            return None;
        }
        let body = live.body.value();
        let annotations = body.get("metadata")?.get("annotations")?;
        annotations.get(ADOPTED_ANNOTATION)?.as_str().map(str::to_owned)
    };
    let owner = live.foreign_owner.clone().filter(|_| adopt).or_else(before)?;
    let mut body = manifest.body.value();
    let metadata = body.get_mut("metadata")?.as_object_mut()?;
    let annotations =
        metadata.entry("annotations").or_insert_with(|| Value::Object(<_>::default()));
    annotations.as_object_mut()?.insert(ADOPTED_ANNOTATION.to_owned(), Value::String(owner));
    Some(Manifest { body: Body::new(&body), ..manifest.clone() })
}
