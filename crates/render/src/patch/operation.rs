//! One operation of an RFC 6902 patch, within limits: `copy` could double an object again and again.

use json_patch::PatchErrorKind;
use serde_json::Value;
use suimon_model::{Diagnostic, ResourceId};

use crate::limits;
use crate::text::Places;
use crate::yaml::Node;

pub(super) struct Operation<'a> {
    pub(super) node: &'a Node,
    pub(super) places: &'a Places,
    /// The object, for messages.
    pub(super) id: &'a ResourceId,
}

impl Operation<'_> {
    /// Applies it; `copied` counts what the patch has written so far.
    pub(super) fn apply(
        &self,
        object: &mut Value,
        copied: &mut usize,
    ) -> Result<(), Box<Diagnostic>> {
        let written = self.node.value();
        let text = |key: &str| written.get(key).and_then(Value::as_str).unwrap_or_default();
        let (name, path, from) = (text("op"), text("path"), text("from"));
        let added = match name {
            "copy" | "move" => object.pointer(from),
            _ => written.get("value"),
        };
        let (depth, size) = added.map_or((0, 0), measure);
        *copied = copied.saturating_add(size);
        if depth + path.matches('/').count() > limits::DEPTH {
            let summary = format!("the patched object is nested deeper than {}", limits::DEPTH);
            return Err(self.error("limit-depth", summary));
        }
        if *copied > limits::ALIAS_NODES {
            let summary = format!("this patch writes more than {} values", limits::ALIAS_NODES);
            return Err(self.error("limit-patch", summary));
        }
        let shown = format!("`{name}` at `{path}` fails on {}", self.id);
        let parsed: json_patch::PatchOperation =
            serde_json::from_value(written).map_err(|error| {
                let summary = format!("this is not an RFC 6902 operation: {error}");
                self.error("patch-failed", summary)
            })?;
        json_patch::patch(object, std::slice::from_ref(&parsed)).map_err(|error| {
            let why = match error.kind {
                PatchErrorKind::TestFailed => "the value there is another one",
                PatchErrorKind::InvalidFromPointer => "there is nothing at `from`",
                PatchErrorKind::InvalidPointer => "there is no such place",
                _ => "it cannot be done",
            };
            self.error("patch-failed", format!("{shown}: {why}"))
        })
    }

    fn error(&self, code: &'static str, summary: String) -> Box<Diagnostic> {
        Box::new(Diagnostic::error(code, summary).at(self.places.at(self.node.pos)))
    }
}

/// Nesting and number of values.
fn measure(value: &Value) -> (usize, usize) {
    let inner = |parts: &mut dyn Iterator<Item = &Value>| {
        parts.map(measure).fold((0, 1), |(depth, size), (d, s)| (depth.max(d), size + s))
    };
    let (depth, size) = match value {
        Value::Array(items) => inner(&mut items.iter()),
        Value::Object(entries) => inner(&mut entries.values()),
        _ => return (0, 1),
    };
    (depth + 1, size)
}
