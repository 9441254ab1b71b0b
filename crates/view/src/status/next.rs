//! [`next`]: the one thing to do now.

use suimon_apply::End;
use suimon_gate::{Condition, Proof, State};
use suimon_ledger::{Attempt, Event, HealthSummary, Recorded};

use super::environment::{Facts, health_word};
use super::{Ledger, Live, Pipeline};
use crate::gate_view::commands;
use crate::{GateVerdict, GateView};

/// What to do next about an environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Next {
    /// The command; `None` where no command does it: something else has to happen first.
    pub command: Option<String>,
    /// Why, in a few words.
    pub why: String,
}

impl Next {
    fn run(command: impl Into<String>, why: impl Into<String>) -> Option<Self> {
        Some(Self { command: Some(command.into()), why: why.into() })
    }

    fn wait(why: impl Into<String>) -> Option<Self> {
        Some(Self { command: None, why: why.into() })
    }
}

/// What to do next about the environment at this place of the pipeline; `None` when there is nothing to
/// do.
///
/// What is broken goes first, then what somebody has to acknowledge, then what is to be applied, then
/// the promotion to the next environment.
pub fn next(pipeline: &Pipeline<'_>, place: usize) -> Option<Next> {
    let all: Vec<Facts<'_>> = pipeline.environments.iter().map(Facts::of).collect();
    let one = all.get(place)?;
    let chained = |at: usize| all.get(at).filter(|it| one.seen.in_pipeline && it.seen.in_pipeline);
    let upstream = place.checked_sub(1).and_then(chained);
    broken(one)
        .or_else(|| busy(one))
        .or_else(|| to_acknowledge(one))
        .or_else(|| pinned(one))
        .or_else(|| to_apply(one, upstream))
        .or_else(|| to_repair(one))
        .or_else(|| to_promote(one, chained(place + 1)))
}

/// What cannot be read.
fn broken(one: &Facts<'_>) -> Option<Next> {
    let name = one.name;
    match &one.seen.ledger {
        Ledger::Damaged(_) => {
            return Next::run(format!("suimon history {name} --verify"), "its ledger is damaged");
        }
        Ledger::Unreadable(_) => return Next::wait("its ledger could not be read"),
        Ledger::Read(_) | Ledger::None => {}
    }
    if one.declared().is_none() {
        return Next::run(format!("suimon validate {name}"), "its files are wrong");
    }
    match one.seen.live {
        Live::Unreachable(_) => Next::run(format!("suimon plan {name}"), "it could not be read"),
        _ => None,
    }
}

/// Somebody is at it.
fn busy(one: &Facts<'_>) -> Option<Next> {
    let run = one.running?;
    match &one.seen.holder_gone {
        Some(_) => Next::run(
            format!("suimon apply {}", one.name),
            "a run did not end; the next one takes over",
        ),
        None => Next::wait(format!("{} is applying it", run.record.record.actor.email)),
    }
}

fn to_acknowledge(one: &Facts<'_>) -> Option<Next> {
    let glass = one.broken_glass.first()?;
    Next::run(glass.acknowledge(one.name), "its gate was broken through")
}

/// A rollback holds it; once the revert is merged, an apply ends that.
fn pinned(one: &Facts<'_>) -> Option<Next> {
    one.pin?;
    if one.seen.revert_merged {
        return Next::run(
            format!("suimon apply {}", one.name),
            "the revert is merged: that ends the pin",
        );
    }
    Next::wait(format!("merge the revert: branch suimon/rollback/{}", one.name))
}

/// What is declared and not applied.
fn to_apply(one: &Facts<'_>, upstream: Option<&Facts<'_>>) -> Option<Next> {
    let declared = one.declared()?;
    let pending = match &one.seen.live {
        Live::Seen { plan, .. } => {
            let well = one.holds.is_none() || one.health().is_none_or(HealthSummary::is_healthy);
            !plan.is_empty() && plan.drift.is_empty() && well
        }
        Live::NotAsked if one.records.is_none() => {
            return Next::run(format!("suimon plan {}", one.name), "nothing is recorded");
        }
        _ => false,
    };
    if !one.awaits_apply() && !pending {
        return None;
    }
    let same = |attempt: &Attempt| attempt.release_id == declared.release_id;
    let begun = one.holds.as_ref().filter(|holds| !holds.is_whole() && same(holds.attempt));
    if begun.is_some_and(|holds| holds.end == Some(End::Partial)) {
        return Next::run(format!("suimon plan {}", one.name), "the last apply failed in part");
    }
    if let Some(upstream) = upstream.filter(|_| declared.gated && begun.is_none())
        && let Some(next) = waits(one, upstream)
    {
        return Some(next);
    }
    let why = match &one.holds {
        None if one.records.is_some() => "it was never applied",
        Some(_) if begun.is_some() => "the last apply did not come to its end",
        Some(holds) if !same(holds.attempt) => "another release is declared than is applied",
        _ => "what is declared is not applied",
    };
    enter(one, declared.gated, why)
}

/// Whether the environment before this one has to do something first.
fn waits(one: &Facts<'_>, upstream: &Facts<'_>) -> Option<Next> {
    let declared = one.declared()?;
    let history = upstream.records?;
    if matches!(history.proof(&declared.release_id), Proof::Healthy { .. }) {
        return None;
    }
    match upstream.proved() {
        Some(proved) if proved.release_id != declared.release_id => {
            Next::wait(format!("a promotion from {}", upstream.name))
        }
        _ => Next::wait(format!("{} has to prove the release first", upstream.name)),
    }
}

/// Through the gate.
fn enter(one: &Facts<'_>, gated: bool, why: &str) -> Option<Next> {
    let (apply, gate) = (format!("suimon apply {}", one.name), format!("suimon gate {}", one.name));
    match (&one.seen.live, one.verdict()) {
        (_, Some(GateVerdict::Open)) => Next::run(apply, why),
        (Live::Seen { conditions, .. }, Some(GateVerdict::Held)) => {
            let (command, missing) = missing(conditions).unwrap_or((gate, "its gate is held"));
            Next::run(command, missing)
        }
        (_, Some(_)) => Next::run(gate, "its gate denies"),
        _ if gated => Next::run(gate, why),
        _ => Next::run(apply, why),
    }
}

/// Where only approvals are missing: the command that gives the first.
fn missing(conditions: &[Condition]) -> Option<(String, &'static str)> {
    let view = GateView::judged(conditions);
    let mut held = view.in_state(State::Held).peekable();
    held.peek()?;
    let mut first = None;
    for condition in held {
        let approve = condition.help.as_deref().map(commands).into_iter().flatten();
        let mut approve = approve.filter(|command| command.starts_with("suimon approve "));
        let command = approve.next()?;
        first.get_or_insert_with(|| command.to_owned());
    }
    first.map(|command| (command, "approvals are missing"))
}

/// What is applied and not as it should be.
fn to_repair(one: &Facts<'_>) -> Option<Next> {
    let plan = format!("suimon plan {}", one.name);
    if let Live::Seen { plan: seen, .. } = one.seen.live {
        if !seen.refused.is_empty() {
            return Next::run(plan, "the rules refuse its plan");
        }
        if !seen.unknown.is_empty() {
            return Next::run(plan, "not everything could be read");
        }
        if !seen.drift.is_empty() {
            return Next::run(plan, "something else has changed it");
        }
    }
    let holds = one.holds.as_ref()?;
    if let Some(health) = one.health().filter(|health| !health.is_healthy()) {
        return match health_word(health) {
            "in progress" => {
                Next::run(format!("suimon status {}", one.name), "it is still on its way")
            }
            _ => Next::run(plan, "it is not healthy"),
        };
    }
    match holds.proof {
        Proof::Healthy { .. } => None,
        _ => Next::run(format!("suimon apply {}", one.name), "an apply proves it again"),
    }
}

/// What the environment after this one lacks.
fn to_promote(one: &Facts<'_>, downstream: Option<&Facts<'_>>) -> Option<Next> {
    let (proved, to) = (one.proved()?, downstream?);
    let declared = to.declared()?;
    // What is in no commit cannot be pinned.
    proved.revision.as_ref()?;
    let left = to.pin.is_some_and(|pin| pin.from == proved.release_id);
    if declared.release_id == proved.release_id || left {
        return None;
    }
    if has_left(one, to, &proved.release_id) {
        return Next::wait(format!(
            "{to} left this release: mend it, or prove it again: suimon status {name} --record",
            to = to.name,
            name = one.name
        ));
    }
    if to.seen.proposed.as_ref() == Some(&proved.release_id) {
        return Next::wait(format!("merge the promotion: branch suimon/promote/{}", to.name));
    }
    let lacks = format!("{} lacks what {} has proved", to.name, one.name);
    Next::run(format!("suimon promote {} {}", one.name, to.name), lacks)
}

/// Whether an environment was rolled back from a release, or lost its proof of it, and the one before has not proved
/// it again since: such a release is not promoted.
fn has_left(one: &Facts<'_>, to: &Facts<'_>, release: &str) -> bool {
    let (Some(before), Some(history)) = (one.records, to.records) else { return false };
    let Proof::Revoked { at, .. } = history.proof(release) else { return false };
    let applied = before.eligible().ok().map(|applied| applied.record.id.clone());
    let proves = |record: &Recorded| match &record.record.event {
        Event::Checked { release_id, health } => release_id == release && health.is_healthy(),
        _ => applied.as_ref() == Some(&record.id),
    };
    !before.iter().any(|record| record.record.time > at && proves(record))
}
