//! The one door.

use std::collections::BTreeSet;

use suimon_model::ResourceId;
use suimon_plan::{Action, Plan};

use crate::{ApprovedPlan, Condition, Facts, Finding, State, Verdict};

/// The rule of findings about fields that other managers own.
pub const CONFLICT: &str = "conflict";

/// Decides whether a plan may be applied. Every way to apply passes through here.
///
/// A plan without changes is open, whatever the gate asks for. All reasons are given, not the first.
pub fn authorize(plan: Plan, facts: &Facts) -> Verdict {
    let conditions = judge(&plan, facts);
    let of = |state: State| -> Vec<Finding> {
        conditions.iter().filter(|one| one.state == state).map(Finding::from).collect()
    };
    let (denied, held) = (of(State::Denied), of(State::Held));
    if !denied.is_empty() {
        Verdict::Denied(denied)
    } else if held.is_empty() {
        Verdict::Open(Box::new(ApprovedPlan { plan, conditions, break_glass: None }))
    } else {
        Verdict::Held(held)
    }
}

/// Every condition of the gate and how it stands, those that hold too.
pub fn judge(plan: &Plan, facts: &Facts) -> Vec<Condition> {
    let condition = |state: State| {
        move |found: Finding| Condition {
            rule: found.rule,
            state,
            message: found.message,
            help: found.help,
            who: Vec::new(),
        }
    };
    let mut conditions: Vec<Condition> =
        denials(plan, facts).into_iter().map(condition(State::Denied)).collect();
    if !plan.is_empty() {
        conditions.extend(holds(plan, facts).into_iter().map(condition(State::Held)));
    }
    conditions
}

fn denials(plan: &Plan, facts: &Facts) -> Vec<Finding> {
    let mut findings = Vec::new();
    for refusal in &plan.refused {
        findings.push(Finding {
            rule: "refused".to_owned(),
            message: format!("{}: {}", refusal.id, refusal.message),
            help: refusal.help.clone(),
        });
    }
    for unknown in &plan.unknown {
        let what = unknown.id.as_ref().map_or_else(
            || format!("all {} objects", unknown.group_kind),
            std::string::ToString::to_string,
        );
        findings.push(Finding {
            rule: "unknown-state".to_owned(),
            message: format!("{what} could not be read: {}", unknown.reason),
            help: None,
        });
    }
    if !facts.force_conflicts {
        findings.extend(conflicts(plan));
    }
    for change in plan.deletes().filter(|c| is_protected(&facts.protect.kinds, &c.id)) {
        let verb = if change.action == Action::Replace { "replaced" } else { "deleted" };
        findings.push(Finding {
            rule: "protected-kind".to_owned(),
            message: format!("{} would be {verb}, and its kind is protected", change.id),
            help: Some(format!(
                "take {} off `protect.kinds` in a change of its own, or keep the object with \
                 `suimon.dev/prune: \"false\"`",
                change.id.group_kind()
            )),
        });
    }
    findings
}

fn conflicts(plan: &Plan) -> impl Iterator<Item = Finding> + '_ {
    let pairs = plan.changes.iter().flat_map(|c| c.conflicts.iter().map(move |x| (&c.id, x)));
    pairs.filter(|(_, conflict)| !conflict.repairs_drift).map(|(id, conflict)| Finding {
        rule: CONFLICT.to_owned(),
        message: format!("{id}: {} is owned by {}", conflict.field, conflict.manager),
        help: Some(
            "leave the field to its owner by taking it out of the declaration, or take it over \
             with `--force-conflicts`"
                .to_owned(),
        ),
    })
}

fn is_protected(kinds: &BTreeSet<String>, id: &ResourceId) -> bool {
    kinds.contains(&id.kind) && !id.is_aws() || kinds.contains(&id.group_kind())
}

fn owned(count: usize) -> String {
    format!("{count} owned object{}", if count == 1 { "" } else { "s" })
}

fn holds(plan: &Plan, facts: &Facts) -> Vec<Finding> {
    let mut findings = Vec::new();
    let deletes = plan.deletes().count();
    let digest = plan.deletes_digest();
    let confirmed = facts.confirmed_deletes.as_deref() == Some(digest.as_str());
    let confirm = || {
        Some(format!(
            "look at the delete list and apply with `--confirm-deletes {digest}`, which names \
             exactly this list"
        ))
    };
    if plan.declared == 0 && deletes > 0 && !confirmed {
        findings.push(Finding {
            rule: "empty-environment".to_owned(),
            message: format!(
                "environment {} renders 0 objects, and {} would be deleted",
                plan.environment,
                owned(deletes)
            ),
            help: confirm(),
        });
    }
    if let Some(max) = facts.protect.max_deletes
        && deletes > usize::try_from(max).unwrap_or(usize::MAX)
        && !confirmed
    {
        findings.push(Finding {
            rule: "max-deletes".to_owned(),
            message: format!(
                "{} would be deleted or replaced, `maxDeletes` is {max}",
                owned(deletes)
            ),
            help: confirm(),
        });
    }
    if facts.gate.is_some() {
        findings.push(Finding {
            rule: "gate".to_owned(),
            message: "the environment's `gate` asks for conditions that cannot be proved here"
                .to_owned(),
            help: Some(
                "this version evaluates `protect` only; an environment with a `gate` block stays \
                 closed rather than open"
                    .to_owned(),
            ),
        });
    }
    findings
}

#[cfg(test)]
mod tests;
