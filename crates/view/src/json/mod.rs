//! JSON for programs. `docs/json-output.md` describes it, `docs/plan.schema.json` and
//! `docs/report.schema.json` define it.

mod event;
mod fields;
mod plan;
mod report;

pub use event::event;
pub use plan::plan;
pub use report::report;

use serde_json::{Value, json};
use suimon_model::Diagnostics;

use crate::mask;

/// Version of every JSON document of this module. The part after the dot grows when something is
/// added, the part before it when something changes its meaning or goes.
pub const FORMAT_VERSION: &str = "1.0";

/// Diagnostics, in the order given.
pub fn diagnostics(found: &Diagnostics) -> Value {
    let mut value = serde_json::to_value(found).unwrap_or_else(|_| json!([]));
    redact_strings(&mut value);
    json!({
        "format_version": FORMAT_VERSION,
        "valid": !found.has_errors(),
        "diagnostics": value,
    })
}

fn redact_strings(value: &mut Value) {
    match value {
        Value::String(text) => *text = text_of(text),
        Value::Array(items) => items.iter_mut().for_each(redact_strings),
        Value::Object(map) => map.values_mut().for_each(redact_strings),
        _ => {}
    }
}

fn text_of(text: &str) -> String {
    mask::redact(text).into_owned()
}

fn optional(text: Option<&String>) -> Value {
    text.map_or(Value::Null, |text| text_of(text).into())
}
