//! What is recorded beside the runs: applies that were refused, and plans that could not be made.

use jiff::Timestamp;
use suimon_gate::{Condition, Facts, SignedApproval, State, Statement};
use suimon_ledger::{Attempt, Entry, Event};

use super::Delivery;
use crate::commands::counts;
use crate::failure::{Failure, INTERRUPTED};
use crate::ground::{Ground, blocking};
use crate::session::Session;

/// What the ledger is told about a plan and its judgement.
pub(super) fn attempt(
    delivery: &Delivery<'_>,
    facts: &Facts,
    conditions: Vec<Condition>,
    went_through: bool,
) -> Attempt {
    let broken = facts.break_glass.clone().filter(|_| went_through);
    let opened = |one: &Condition| one.rule == "approvals" && one.state == State::Passed;
    let approvals =
        if conditions.iter().any(opened) { approvals(delivery, facts) } else { Vec::new() };
    suimon_engine::attempt(delivery.planned, facts.mode, conditions, approvals, broken)
}

/// The statements that count for exactly this plan, as they were signed: whoever can push may have left others there.
fn approvals(delivery: &Delivery<'_>, facts: &Facts) -> Vec<SignedApproval> {
    let plan = &delivery.planned.plan;
    let digest = plan.digest();
    let about = |one: &&SignedApproval| {
        serde_json::from_str::<Statement>(&one.statement).is_ok_and(|statement| {
            statement.digest == digest
                && statement.environment == plan.environment
                && counts(plan, facts, &statement.role, one).is_ok()
        })
    };
    facts.approvals.known().into_iter().flatten().filter(about).cloned().collect()
}

/// Records that the gate did not let an apply through. That it cannot be recorded changes nothing.
pub(super) fn refused(delivery: &Delivery<'_>, facts: &Facts, conditions: &[Condition]) {
    let attempt = attempt(delivery, facts, conditions.to_vec(), false);
    let event = Event::Refused { attempt: Box::new(attempt) };
    let environment = &delivery.planned.plan.environment;
    note_unless(delivery.session, append(delivery.ground, environment, event));
}

/// Records that an apply had no plan. That it cannot be recorded changes nothing.
pub(crate) fn plan_failed(
    session: &Session<'_>,
    ground: &Ground,
    environment: &str,
    failure: &Failure,
) {
    // A name that no environment has gets no ledger.
    let known = suimon_render::environment_folders(session.snapshot.as_ref());
    let known = known.is_ok_and(|names| names.iter().any(|name| name == environment));
    if failure.code == INTERRUPTED || !known {
        return;
    }
    let revision = session.snapshot.revision().map(str::to_owned);
    let event = Event::PlanFailed { revision, reason: failure.line() };
    note_unless(session, append(ground, environment, event));
}

/// Appends to the ledger of an environment, where there is one.
pub(super) fn append(ground: &Ground, environment: &str, event: Event) -> Result<(), Failure> {
    if !ground.has_repository() {
        return Ok(());
    }
    let entry = Entry {
        actor: ground.actor.clone(),
        trigger: ground.trigger,
        time: Timestamp::now(),
        event,
    };
    blocking(|| ground.ledger(environment)?.append(entry).map_err(Failure::from)).map(drop)
}

pub(super) fn note_unless(session: &Session<'_>, recorded: Result<(), Failure>) {
    if let Err(failure) = recorded {
        session.console.note(&format!("warning: this was not recorded: {}", failure.line()));
    }
}
