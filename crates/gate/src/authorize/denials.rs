//! What nobody can wave through: refusals, unknown state, foreign fields, protected kinds.

use std::collections::BTreeSet;

use suimon_model::ResourceId;
use suimon_plan::{Action, Plan};

use crate::{Condition, Facts, State};

use super::Judged;

/// The rule of findings about fields that other managers own.
pub const CONFLICT: &str = "conflict";

pub(super) fn judge(plan: &Plan, facts: &Facts) -> Vec<Judged> {
    let mut conditions: Vec<Condition> = plan
        .refused
        .iter()
        .map(|refusal| {
            let message = format!("{}: {}", refusal.id, refusal.message);
            Condition { help: refusal.help.clone(), ..denied("refused", message) }
        })
        .collect();
    conditions.extend(plan.unknown.iter().map(|unknown| {
        let what = unknown.id.as_ref().map_or_else(
            || format!("all {} objects", unknown.group_kind),
            std::string::ToString::to_string,
        );
        denied("unknown-state", format!("{what} could not be read: {}", unknown.reason))
    }));
    if !facts.force_conflicts {
        conditions.extend(conflicts(plan));
    }
    conditions.extend(protected(plan, &facts.protect.kinds));
    conditions.into_iter().map(Judged::firm).collect()
}

fn denied(rule: &str, message: String) -> Condition {
    Condition::new(rule, State::Denied, message)
}

fn conflicts(plan: &Plan) -> impl Iterator<Item = Condition> + '_ {
    let pairs = plan.changes.iter().flat_map(|c| c.conflicts.iter().map(move |x| (&c.id, x)));
    pairs.filter(|(_, conflict)| !conflict.repairs_drift).map(|(id, conflict)| {
        denied(CONFLICT, format!("{id}: {} is owned by {}", conflict.field, conflict.manager)).help(
            "leave the field to its owner by taking it out of the declaration, or take it over \
             with `--force-conflicts`",
        )
    })
}

fn protected(plan: &Plan, kinds: &BTreeSet<String>) -> Vec<Condition> {
    let mut conditions = Vec::new();
    for change in plan.deletes().filter(|change| is_protected(kinds, &change.id)) {
        let verb = if change.action == Action::Replace { "replaced" } else { "deleted" };
        let message = format!("{} would be {verb}, and its kind is protected", change.id);
        conditions.push(denied("protected-kind", message).help(format!(
            "take {} off `protect.kinds` in a change of its own, or keep the object with \
             `suimon.dev/prune: \"false\"`",
            change.id.group_kind()
        )));
    }
    if conditions.is_empty() && !kinds.is_empty() {
        let kinds: Vec<&str> = kinds.iter().map(String::as_str).collect();
        let message = format!("nothing of a protected kind is destroyed: {}", kinds.join(", "));
        conditions.push(Condition::new("protected-kind", State::Passed, message));
    }
    conditions
}

fn is_protected(kinds: &BTreeSet<String>, id: &ResourceId) -> bool {
    kinds.contains(&id.kind) && !id.is_aws() || kinds.contains(&id.group_kind())
}
