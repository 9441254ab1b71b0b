//! A report as JSON.

use serde_json::{Value, json};
use suimon_apply::{Entry, Report};
use suimon_model::{Health, Outcome};

use super::fields::{conflict, identity, location};
use super::{FORMAT_VERSION, optional, text_of};
use crate::mask::Veil;
use crate::text::Totals;

/// A report, as `docs/report.schema.json` defines it.
pub fn report(report: &Report) -> Value {
    let totals = Totals::of(report);
    json!({
        "format_version": FORMAT_VERSION,
        "environment": report.environment,
        "digest": report.digest,
        "end": report.end,
        "entries": report.entries.iter().map(entry).collect::<Vec<_>>(),
        "problems": report.problems.iter().map(|p| text_of(p)).collect::<Vec<_>>(),
        "summary": {
            "added": totals.added,
            "changed": totals.changed,
            "destroyed": totals.destroyed,
            "forgotten": totals.forgotten,
            "unchanged": totals.unchanged,
            "failed": totals.failed,
            "skipped": totals.skipped,
        },
    })
}

pub(super) fn entry(entry: &Entry) -> Value {
    let veil = Veil::of(&entry.id);
    let mut map = identity(&entry.id);
    map.insert("location".into(), location(entry.location.as_ref()));
    map.insert("action".into(), json!(entry.action));
    map.insert("outcome".into(), outcome(entry.outcome).into());
    map.insert("reason".into(), optional(entry.reason.as_ref()));
    map.insert("conflicts".into(), entry.conflicts.iter().map(|c| conflict(c, veil)).collect());
    map.insert("health".into(), entry.health.as_ref().map_or(Value::Null, health));
    Value::Object(map)
}

pub(super) fn health(health: &Health) -> Value {
    json!({"status": health.status, "message": text_of(&health.message)})
}

fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Created => "created",
        Outcome::Configured => "configured",
        Outcome::Unchanged => "unchanged",
        Outcome::Deleted => "deleted",
        Outcome::Skipped => "skipped",
        Outcome::Failed => "failed",
    }
}
