//! The conditions that any kind may have.

use serde_json::Value;
use suimon_model::Health;

use super::{condition, failed, in_progress};

/// `Reconciling` and `Stalled`, where one of them is true.
pub(super) fn reconciling(object: &Value) -> Option<Health> {
    if let Some(reconciling) = condition(object, "Reconciling").filter(|c| c.status == "True") {
        return Some(in_progress(reconciling.says("reconciling")));
    }
    let stalled = condition(object, "Stalled").filter(|c| c.status == "True")?;
    Some(failed(stalled.says("stalled")))
}

/// `Ready`, where there is one.
pub(super) fn ready(object: &Value) -> Health {
    match condition(object, "Ready") {
        None => Health::current(),
        Some(ready) if ready.status == "True" => Health::current(),
        Some(ready) => in_progress(ready.says("not ready")),
    }
}
