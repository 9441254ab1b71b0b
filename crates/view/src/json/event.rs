//! Progress as JSON, one object a line, in the shape of Terraform's machine-readable log.

use serde_json::{Value, json};
use suimon_apply::Event;
use suimon_model::Outcome;

use super::{FORMAT_VERSION, report};
use crate::{Style, text};

/// One event; `time` is RFC 3339.
pub fn event(event: &Event, time: &str) -> Value {
    let (level, kind) = match event {
        Event::Started { .. } => ("info", "apply_start"),
        Event::Waiting { .. } => ("info", "apply_progress"),
        Event::Finished(entry) => match entry.outcome {
            Outcome::Failed => ("error", "apply_errored"),
            Outcome::Skipped => ("warn", "apply_skipped"),
            _ => ("info", "apply_complete"),
        },
    };
    let body = match event {
        Event::Started { id, action } => json!({"id": id, "action": action}),
        Event::Waiting { id, health } => json!({"id": id, "health": report::health(health)}),
        Event::Finished(entry) => report::entry(entry),
    };
    json!({
        "format_version": FORMAT_VERSION,
        "@level": level,
        "@message": text::message(event, &Style::PLAIN, None).unwrap_or_else(|| "Healthy".to_owned()),
        "@timestamp": time,
        "type": kind,
        "hook": body,
    })
}
