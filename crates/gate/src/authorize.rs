//! The one door.

use std::collections::BTreeSet;

use suimon_model::{Protect, ResourceId};
use suimon_plan::{Action, Plan};

use crate::{ApprovedPlan, Finding, Verdict};

/// The rule of findings about fields that other managers own.
pub const CONFLICT: &str = "conflict";

/// What the gate needs to know besides the plan.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// The environment's limits on deletes.
    pub protect: Protect,
    /// Whether the environment has a `gate` block.
    pub gated: bool,
    /// Digest of the delete list that a person confirmed
    /// ([`Plan::deletes_digest`](suimon_plan::Plan::deletes_digest)).
    pub confirmed_deletes: Option<String>,
    /// The person said that conflicting fields may be taken over.
    pub force_conflicts: bool,
}

/// Decides whether a plan may be applied. Every way to apply passes through here.
///
/// A plan without changes is open, whatever the gate asks for. All reasons are given, not the first.
pub fn authorize(plan: Plan, facts: &Facts) -> Verdict {
    let denied = denials(&plan, facts);
    if !denied.is_empty() {
        return Verdict::Denied(denied);
    }
    if plan.is_empty() {
        return Verdict::Open(Box::new(ApprovedPlan { plan }));
    }
    let held = holds(&plan, facts);
    if held.is_empty() {
        Verdict::Open(Box::new(ApprovedPlan { plan }))
    } else {
        Verdict::Held(held)
    }
}

fn denials(plan: &Plan, facts: &Facts) -> Vec<Finding> {
    let mut findings = Vec::new();
    for refusal in &plan.refused {
        findings.push(Finding {
            rule: "refused",
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
            rule: "unknown-state",
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
            rule: "protected-kind",
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
        rule: CONFLICT,
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
            rule: "empty-environment",
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
            rule: "max-deletes",
            message: format!(
                "{} would be deleted or replaced, `maxDeletes` is {max}",
                owned(deletes)
            ),
            help: confirm(),
        });
    }
    if facts.gated {
        findings.push(Finding {
            rule: "gate",
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
