//! When changes may be made.

use suimon_plan::Plan;

use crate::window::{Standing, Windows};
use crate::{Condition, Facts, State};

use super::Judged;
use super::policy::InForce;

const RULE: &str = "window";

pub(super) fn judge(plan: &Plan, facts: &Facts, policy: &InForce<'_>) -> Option<Judged> {
    let gate = facts.gate.as_ref()?;
    if gate.windows.is_empty() {
        return None;
    }
    let waived = |message: &str| Condition::new(RULE, State::Waived, message);
    let back = gate.rollback.as_ref().is_some_and(|rollback| !rollback.windows);
    Some(Judged::waivable(if plan.is_empty() {
        waived("nothing changes, so the time does not matter")
    } else if policy.shortened && back {
        waived("a rollback may be made at any time here")
    } else {
        standing(facts, gate)
    }))
}

fn standing(facts: &Facts, gate: &suimon_model::Gate) -> Condition {
    let held = |message: String| Condition::new(RULE, State::Held, message);
    let windows = match Windows::read(&gate.windows) {
        Ok(windows) => windows,
        Err((at, why)) => {
            let message = format!("window {} cannot be read: {}", at + 1, why.message);
            return held(message).help(why.help);
        }
    };
    let Some(now) = facts.now else {
        return held("the time is not known".to_owned());
    };
    match windows.at(now) {
        Standing::Open { until: Some(until) } => {
            Condition::new(RULE, State::Passed, format!("open until {until}"))
        }
        Standing::Open { until: None } => Condition::new(RULE, State::Passed, "open"),
        Standing::Closed { by, opens: Some(opens) } => held(format!("{by}: opens {opens}")),
        Standing::Closed { by, opens: None } => held(format!("{by}: no opening is in sight")),
    }
}
