//! The one door.

mod approvals;
mod checks;
mod deletes;
mod denials;
mod glass;
mod inspected;
mod judged;
mod pin;
mod policy;
mod revision;
mod upstream;
mod windows;
mod words;

use suimon_plan::Plan;

use crate::{ApprovedPlan, Condition, Facts, Finding, State, Verdict};

use judged::Judged;
use policy::InForce;

pub use denials::CONFLICT;

/// Decides whether a plan may be applied. Every way to apply passes through here.
///
/// All reasons are given, not the first. What is not known holds.
pub fn authorize(plan: Plan, facts: &Facts) -> Verdict {
    let conditions = judge(&plan, facts);
    let of = |state: State| -> Vec<Finding> {
        conditions.iter().filter(|one| one.state == state).map(Finding::from).collect()
    };
    let (denied, held) = (of(State::Denied), of(State::Held));
    if !denied.is_empty() {
        return Verdict::Denied(denied);
    }
    if !held.is_empty() {
        return Verdict::Held(held);
    }
    let broken = conditions.iter().any(|one| one.rule == glass::RULE && one.state == State::Warned);
    let break_glass = facts.break_glass.as_ref().filter(|_| broken).map(|one| one.reason.clone());
    Verdict::Open(Box::new(ApprovedPlan { plan, conditions, break_glass }))
}

/// Every condition of the gate and how it stands, those that hold too.
///
/// A plan without changes needs no approvals, windows or checks; it still has to be what the
/// environment before this one has proved, unless this one holds it already.
pub fn judge(plan: &Plan, facts: &Facts) -> Vec<Condition> {
    let policy = InForce::new(facts);
    let mut judged = denials::judge(plan, facts);
    judged.extend(deletes::judge(plan, facts));
    judged.extend(revision::judge(plan, facts, &policy));
    judged.extend(pin::judge(plan, facts));
    judged.extend(upstream::judge(plan, facts));
    judged.extend(approvals::judge(plan, facts, &policy));
    judged.extend(windows::judge(plan, facts, &policy));
    judged.extend(checks::judge(plan, facts, &policy));
    judged.extend(inspected::judge(facts));
    glass::judge(judged, facts, &policy)
}

#[cfg(test)]
mod tests;
