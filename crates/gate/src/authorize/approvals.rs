//! Who has approved: signed statements and reviews of the forge together, by role.

mod people;
mod reviews;
mod signed;
mod tally;
mod view;

use std::collections::BTreeSet;

use jiff::Timestamp;
use suimon_model::ApprovalRule;
use suimon_plan::Plan;

use crate::{Authors, Condition, Facts, Known, State};

use super::Judged;
use super::policy::InForce;
use people::People;
use tally::Tally;
use view::View;

const RULE: &str = "approvals";
const CHANGED: &str = "policy-changed";

/// Seconds that the clock of an approver may be ahead.
const SKEW: i64 = 300;

/// What every approval is judged by.
struct Context<'a> {
    plan: &'a Plan,
    facts: &'a Facts,
    digest: String,
    now: Timestamp,
    authors: &'a Authors,
    /// Every one must know who approves.
    views: Vec<View<'a>>,
    people: People,
    /// The roles that are asked for.
    roles: BTreeSet<&'a str>,
}

pub(super) fn judge(plan: &Plan, facts: &Facts, policy: &InForce<'_>) -> Vec<Judged> {
    let changed = !policy.changed.is_empty();
    let roles: Vec<Condition> = if plan.is_empty() && !changed {
        let waived = |rule: &ApprovalRule| {
            let message = format!("{}: nothing changes, so nobody needs to approve", rule.role);
            Condition::new(RULE, State::Waived, message)
        };
        policy.rules.iter().map(waived).collect()
    } else {
        asked(plan, facts, policy)
    };
    let mut judged = Vec::new();
    if changed {
        judged.push(Judged::firm(policy_changed(policy, &roles)));
    }
    judged.extend(roles.into_iter().map(Judged::waivable));
    judged
}

fn policy_changed(policy: &InForce<'_>, roles: &[Condition]) -> Condition {
    let what = policy.changed.join(", ");
    let approved = roles.iter().all(|role| role.state == State::Passed);
    let label = &policy.label;
    if approved {
        let message = format!("{what} changed since {label}, as approved by who could before");
        return Condition::new(CHANGED, State::Passed, message);
    }
    let message =
        format!("{what} changed since {label}: who could approve before must approve that");
    Condition::new(CHANGED, State::Held, message).help(
        "until they do, the gate of before is in force; breaking the glass does not change it",
    )
}

fn asked(plan: &Plan, facts: &Facts, policy: &InForce<'_>) -> Vec<Condition> {
    if policy.rules.is_empty() {
        return Vec::new();
    }
    let held = |why: &str| -> Vec<Condition> {
        let message = |rule: &ApprovalRule| format!("{}: {why}", rule.role);
        let conditions = policy.rules.iter();
        conditions.map(|rule| Condition::new(RULE, State::Held, message(rule))).collect()
    };
    let Some(now) = facts.now else {
        return held("the time is not known, so neither is which approvals are valid");
    };
    let authors = match &facts.authors {
        Known::Known(authors) => authors,
        Known::Unknown(why) => {
            return held(&format!("it is not known who made the change, so nobody counts: {why}"));
        }
    };
    let views = View::of(&policy.sources);
    let context = Context {
        plan,
        facts,
        digest: plan.digest(),
        now,
        authors,
        people: People::new(views.iter().map(|view| &view.signers)),
        views,
        roles: policy.rules.iter().map(|rule| rule.role.as_str()).collect(),
    };
    let rules = policy.rules.iter().enumerate();
    rules.map(|(at, rule)| Tally::of(&context, rule, at == 0).condition(&context)).collect()
}

impl Context<'_> {
    /// Whether a time is neither to come nor too long ago, with what is wrong.
    fn in_time(&self, time: Timestamp, rule: &ApprovalRule) -> Result<(), String> {
        let age = self.now.as_second().saturating_sub(time.as_second());
        if age < -SKEW {
            return Err(format!("it is dated in the future, {time}"));
        }
        match rule.expires_after {
            Some(most) if u64::try_from(age).is_ok_and(|age| age > most) => {
                Err(format!("it is of {time} and has expired"))
            }
            _ => Ok(()),
        }
    }
}
