//! A judged gate as JSON.

use serde_json::{Value, json};
use suimon_gate::Condition;

use super::{FORMAT_VERSION, optional, text_of};
use crate::{BrokenGlass, GateSheet, GateVerdict, GateView};

/// A gate and what it said, as `docs/gate.schema.json` defines it.
pub fn gate(sheet: &GateSheet<'_>) -> Value {
    let plan = sheet.plan;
    let counts = plan.summary();
    json!({
        "format_version": FORMAT_VERSION,
        "project": plan.project,
        "environment": plan.environment,
        "revision": plan.revision,
        "release": {"name": plan.release, "id": plan.release_id},
        "digest": plan.digest(),
        "mode": sheet.mode,
        "verdict": GateVerdict::of(sheet.conditions).as_str(),
        "conditions": sheet.conditions.iter().map(condition).collect::<Vec<_>>(),
        "broken_glass": sheet.broken_glass.iter().map(broken_glass).collect::<Vec<_>>(),
        "summary": {
            "add": counts.add,
            "change": counts.change,
            "destroy": counts.destroy,
            "forget": counts.forget,
            "unchanged": counts.unchanged,
        },
    })
}

/// The `gate` of a plan.
pub(super) fn of_plan(gate: &GateView<'_>) -> Value {
    let finding = |condition: &&Condition| {
        json!({
            "rule": condition.rule,
            "message": text_of(&condition.message),
            "help": optional(condition.help.as_ref()),
        })
    };
    json!({
        "verdict": gate.verdict.as_str(),
        "findings": gate.reasons().iter().map(finding).collect::<Vec<_>>(),
        "conditions": gate.conditions.iter().map(condition).collect::<Vec<_>>(),
    })
}

pub(super) fn condition(condition: &Condition) -> Value {
    json!({
        "rule": condition.rule,
        "state": condition.state,
        "message": text_of(&condition.message),
        "help": optional(condition.help.as_ref()),
        "who": condition.who,
    })
}

pub(super) fn broken_glass(glass: &BrokenGlass) -> Value {
    json!({
        "record": glass.record,
        "by": glass.by,
        "reason": text_of(&glass.reason),
        "time": glass.at,
    })
}
