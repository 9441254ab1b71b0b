//! The pipeline as JSON.

use serde_json::{Value, json};
use suimon_gate::{Known, Proof};
use suimon_ledger::{HealthSummary, OpenRun, PinRecord};

use super::gate::{broken_glass, condition};
use super::{FORMAT_VERSION, optional, text_of};
use crate::GateVerdict;
use crate::status::{Facts, Ledger, Live, Pipeline, Recorded, health_word, next};

/// The pipeline, as `docs/status.schema.json` defines it.
pub fn status(pipeline: &Pipeline<'_>) -> Value {
    let one = |(place, seen)| environment(pipeline, place, &Facts::of(seen));
    json!({
        "format_version": FORMAT_VERSION,
        "project": pipeline.project,
        "time": pipeline.now,
        "environments": pipeline.shown().map(one).collect::<Vec<_>>(),
    })
}

fn environment(pipeline: &Pipeline<'_>, place: usize, one: &Facts<'_>) -> Value {
    let (state, problem) = match &one.seen.ledger {
        Ledger::Read(_) => ("read", Value::Null),
        Ledger::None => ("none", Value::Null),
        Ledger::Unreadable(why) => ("unreadable", text_of(why).into()),
        Ledger::Damaged(why) => ("damaged", text_of(why).into()),
    };
    let last = one.records.and_then(|history| history.last());
    let next = next(pipeline, place);
    json!({
        "name": one.name,
        "in_pipeline": one.seen.in_pipeline,
        "ledger": {
            "state": state,
            "problem": problem,
            "records": one.records.map(|history| history.records.len()),
            "last": last.map(|last| json!({
                "id": last.id,
                "number": last.record.number,
                "time": last.record.time,
                "type": last.record.event.name(),
            })),
        },
        "applied": one.holds.as_ref().map(applied),
        "declared": declared(one),
        "live": live(one),
        "lock": one.running.map(|run| lock(&run, one)),
        "pin": one.pin.map(|pin| pinned(&pin, one)),
        "broken_glass": one.broken_glass.iter().map(broken_glass).collect::<Vec<_>>(),
        "next": next.map(|next| json!({"command": next.command, "why": text_of(&next.why)})),
    })
}

fn applied(holds: &Recorded<'_>) -> Value {
    let attempt = holds.attempt;
    let (proof, why) = match &holds.proof {
        Proof::Never { .. } => ("never", None),
        Proof::Unhealthy { why } => ("unhealthy", Some(why)),
        Proof::Healthy { .. } => ("healthy", None),
        Proof::Revoked { why, .. } => ("revoked", Some(why)),
    };
    let since = match &holds.proof {
        Proof::Healthy { since, .. } => Some(*since),
        _ => None,
    };
    json!({
        "release": {"name": attempt.release, "id": attempt.release_id},
        "revision": attempt.revision,
        "digest": attempt.digest,
        "mode": attempt.mode,
        "time": holds.at,
        "end": holds.end,
        "whole": holds.is_whole(),
        "health": holds.health.map(|(summary, at)| {
            let mut value = health(summary);
            if let Some(map) = value.as_object_mut() {
                map.insert("time".to_owned(), json!(at));
            }
            value
        }),
        "proof": {"state": proof, "since": since, "why": optional(why)},
    })
}

fn declared(one: &Facts<'_>) -> Value {
    match &one.seen.declared {
        Known::Known(declared) => json!({
            "release": {"name": declared.release, "id": declared.release_id},
            "revision": declared.revision,
            "gated": declared.gated,
            "problem": null,
        }),
        Known::Unknown(why) => json!({
            "release": null, "revision": null, "gated": null, "problem": text_of(why),
        }),
    }
}

fn live(one: &Facts<'_>) -> Value {
    match &one.seen.live {
        Live::NotAsked => Value::Null,
        Live::Unreachable(why) => json!({
            "unreachable": text_of(why), "health": null, "drift": null, "digest": null,
            "summary": null, "gate": null,
        }),
        Live::Seen { health: summary, plan, conditions } => {
            let counts = plan.summary();
            json!({
                "unreachable": null,
                "health": health(summary),
                "drift": plan.drift.iter().map(|d| d.id.to_string()).collect::<Vec<_>>(),
                "digest": plan.digest(),
                "summary": {
                    "add": counts.add,
                    "change": counts.change,
                    "destroy": counts.destroy,
                    "forget": counts.forget,
                    "unchanged": counts.unchanged,
                },
                "gate": {
                    "verdict": GateVerdict::of(conditions).as_str(),
                    "conditions": conditions.iter().map(condition).collect::<Vec<_>>(),
                },
            })
        }
    }
}

fn health(summary: &HealthSummary) -> Value {
    let objects = summary.not_current.iter().map(|(id, status, message)| {
        json!({"id": id.to_string(), "status": status, "message": text_of(message)})
    });
    json!({
        "word": health_word(summary),
        "status": summary.status,
        "not_current": objects.collect::<Vec<_>>(),
    })
}

fn lock(run: &OpenRun<'_>, one: &Facts<'_>) -> Value {
    let record = &run.record.record;
    json!({
        "record": run.record.id,
        "number": record.number,
        "by": record.actor.email,
        "since": record.time,
        "host": run.lease.host,
        "pid": run.lease.pid,
        "gone": optional(one.seen.holder_gone.as_ref()),
    })
}

fn pinned(pin: &PinRecord<'_>, one: &Facts<'_>) -> Value {
    json!({
        "record": pin.record.id,
        "release": {"name": pin.release, "id": pin.release_id},
        "from": pin.from,
        "revision": pin.revision,
        "by": pin.by.email,
        "time": pin.at,
        "reason": text_of(pin.reason),
        "merged": one.seen.revert_merged,
    })
}
