//! JSON for programs. `docs/json-output.md` describes it, the schemas beside it define it.

mod event;
mod fields;
mod gate;
mod history;
mod plan;
mod report;
mod status;

pub use event::event;
pub use gate::gate;
pub use history::{history, verification};
pub use plan::plan;
pub use report::report;
pub use status::status;

use serde_json::{Value, json};
use suimon_model::{Diagnostic, Diagnostics};

use crate::mask;

/// Version of the JSON documents of this module, apart from plans. The part after the dot grows when
/// something is added, the part before it when something changes its meaning or goes.
pub const FORMAT_VERSION: &str = "1.0";

/// Version of a plan: `1.1` has the gate's conditions.
pub const PLAN_VERSION: &str = "1.1";

/// Diagnostics, in the order given.
pub fn diagnostics(found: &Diagnostics) -> Value {
    json!({
        "format_version": FORMAT_VERSION,
        "valid": !found.has_errors(),
        "diagnostics": found.iter().map(diagnostic).collect::<Vec<_>>(),
    })
}

fn diagnostic(one: &Diagnostic) -> Value {
    let related = one.related.iter().map(|(location, what)| {
        json!({"location": fields::location(Some(location)), "message": text_of(what)})
    });
    json!({
        "severity": one.severity,
        "code": one.code,
        "summary": text_of(&one.summary),
        "location": fields::location(one.location.as_ref()),
        "related": related.collect::<Vec<_>>(),
        "detail": optional(one.detail.as_ref()),
        "help": optional(one.help.as_ref()),
    })
}

fn text_of(text: &str) -> String {
    mask::redact(text).into_owned()
}

fn optional(text: Option<&String>) -> Value {
    text.map_or(Value::Null, |text| text_of(text).into())
}
