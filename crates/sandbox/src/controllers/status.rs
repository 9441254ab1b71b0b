//! Conditions.

use serde_json::{Value, json};

use crate::value::{items, put, text};

/// A condition that a controller wants to see.
pub(super) struct Condition<'a> {
    pub(super) kind: &'a str,
    pub(super) status: bool,
    pub(super) reason: &'a str,
    pub(super) message: &'a str,
}

/// The conditions of `old` with `wanted` in place; the time of those that do not change is kept.
pub(super) fn conditions(old: &Value, wanted: &[Condition<'_>], now: &str, updated: bool) -> Value {
    let existing = items(old, "/status/conditions");
    let list = wanted
        .iter()
        .map(|condition| {
            let status = if condition.status { "True" } else { "False" };
            let before = existing.iter().find(|c| text(c, "/type") == condition.kind);
            let mut new = json!({
                "type": condition.kind, "status": status, "reason": condition.reason, "message": condition.message,
                "lastTransitionTime": now,
            });
            if updated {
                put(&mut new, "lastUpdateTime", Some(now.into()));
            }
            if let Some(before) = before.filter(|c| text(c, "/status") == status) {
                put(&mut new, "lastTransitionTime", before.get("lastTransitionTime").cloned());
                if updated && text(before, "/reason") == condition.reason && text(before, "/message") == condition.message {
                    put(&mut new, "lastUpdateTime", before.get("lastUpdateTime").cloned());
                }
            }
            new
        })
        .collect();
    Value::Array(list)
}
