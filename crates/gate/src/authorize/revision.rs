//! Where the gate is read from: a commit, on the protected branch, after what was decided before it.

use suimon_plan::Plan;

use crate::{Condition, Facts, Known, Mode, State};

use super::Judged;
use super::policy::InForce;
use super::words::short;

pub(super) fn judge(plan: &Plan, facts: &Facts, policy: &InForce<'_>) -> Vec<Judged> {
    let mut conditions = Vec::new();
    if let Some(why) = policy.unknown {
        let message = format!("what was last applied here could not be read: {why}");
        conditions.push(
            Condition::new("trusted-policy", State::Held, message).help(
                "who may approve is read from there; make the ledger readable, and try again",
            ),
        );
    } else if !policy.rules.is_empty() {
        let message = format!("who may approve is read from {}", policy.label);
        conditions.push(Condition::new("trusted-policy", State::Passed, message));
    }
    if policy.gated {
        conditions.push(uncommitted(plan));
        conditions.extend(facts.on_branch.as_ref().map(|on| on_branch(plan, on, facts.mode)));
    }
    conditions.into_iter().map(Judged::firm).collect()
}

fn uncommitted(plan: &Plan) -> Condition {
    match &plan.revision {
        Some(revision) => {
            let message = format!("the gate is read from commit {}", short(revision));
            Condition::new("uncommitted", State::Passed, message)
        }
        None => Condition::new(
            "uncommitted",
            State::Held,
            "the files are not committed, and a gate is read from a commit",
        )
        .help("commit the change and apply the commit"),
    }
}

fn on_branch(plan: &Plan, on: &Known<bool>, mode: Mode) -> Condition {
    const RULE: &str = "on-branch";
    let revision = plan.revision.as_deref().map_or("the files", short);
    match on {
        Known::Known(true) => {
            Condition::new(RULE, State::Passed, format!("{revision} is on the protected branch"))
        }
        _ if mode == Mode::Rollback => Condition::new(
            RULE,
            State::Waived,
            "a rollback is applied before its revert is on the protected branch",
        ),
        Known::Known(false) => {
            let message = format!("{revision} is not on the protected branch");
            Condition::new(RULE, State::Held, message)
                .help("merge the change into the branch of `spec.branch`, and apply that")
        }
        Known::Unknown(why) => {
            let message =
                format!("it is not known whether {revision} is on the protected branch: {why}");
            Condition::new(RULE, State::Held, message)
        }
    }
}
