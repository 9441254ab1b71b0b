//! What was asked of the world just before.

use suimon_model::Check;
use suimon_plan::Plan;

use crate::{Condition, Facts, State};

use super::Judged;
use super::policy::InForce;
use super::words::cut;

const RULE: &str = "check";

pub(super) fn judge(plan: &Plan, facts: &Facts, policy: &InForce<'_>) -> Vec<Judged> {
    let Some(gate) = &facts.gate else { return Vec::new() };
    let back = gate.rollback.as_ref().is_some_and(|rollback| !rollback.checks);
    let waived = if plan.is_empty() {
        Some("nothing changes, so it is not asked")
    } else if policy.shortened && back {
        Some("a rollback does not wait for it here")
    } else {
        None
    };
    let condition = |check: &Check| match waived {
        Some(why) => Condition::new(RULE, State::Waived, format!("{}: {why}", cut(&check.name))),
        None => answer(check, facts),
    };
    gate.checks.iter().map(|check| Judged::waivable(condition(check))).collect()
}

fn answer(check: &Check, facts: &Facts) -> Condition {
    let name = cut(&check.name);
    let mut answers = facts.checks.iter().filter(|one| one.name == check.name).peekable();
    if answers.peek().is_none() {
        return Condition::new(RULE, State::Held, format!("{name}: it was not asked"))
            .help("a check that has no answer does not open the gate");
    }
    match answers.find_map(|one| one.answer.as_ref().err()) {
        Some(why) => Condition::new(RULE, State::Held, format!("{name}: {}", cut(why))),
        None => Condition::new(RULE, State::Passed, format!("{name}: as wanted")),
    }
}
