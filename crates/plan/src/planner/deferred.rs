//! Values that are known only once something else is live.

use serde_json::Value;
use suimon_model::{Body, DeferredRef};

use crate::Declared;
use crate::diff::is_deferred;

/// What stands for such a value in what will be stored.
const KNOWN_AFTER_APPLY: &str = "(known after apply)";

/// The masked declaration; in a `Secret` the mask hides the markers of deferred values, so they are
/// put back, without the text around them.
pub(crate) fn in_the_clear(declared: &Declared<'_>, deferred: bool) -> Value {
    let mut masked = declared.masked.value();
    let id = &declared.manifest.id;
    if !deferred || id.kind != "Secret" || !id.group.is_empty() {
        return masked;
    }
    let raw = declared.manifest.body.value();
    for section in ["data", "stringData"] {
        let Some(Value::Object(values)) = raw.get(section) else { continue };
        for (key, value) in values {
            let text = value.as_str().unwrap_or("");
            if let Some((_, target, attribute)) = DeferredRef::find_markers(text).into_iter().next()
                && let Some(hidden) = masked.get_mut("data").and_then(|data| data.get_mut(key))
            {
                *hidden = Value::String(DeferredRef::marker_for(&target, &attribute));
            }
        }
    }
    masked
}

/// What will be stored, written down; deferred values as words.
pub(crate) fn after(mut value: Value) -> Body {
    replace(&mut value);
    Body::new(&value)
}

fn replace(value: &mut Value) {
    match value {
        Value::Object(map) => map.values_mut().for_each(replace),
        Value::Array(items) => items.iter_mut().for_each(replace),
        leaf if is_deferred(leaf) => *leaf = Value::from(KNOWN_AFTER_APPLY),
        _ => {}
    }
}
