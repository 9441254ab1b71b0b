//! How much may be destroyed: until a person names exactly the list.

use suimon_plan::Plan;

use crate::{Condition, Facts, State};

use super::Judged;
use super::words::count;

pub(super) fn judge(plan: &Plan, facts: &Facts) -> Vec<Judged> {
    let deletes = plan.deletes().count();
    let max = facts.protect.max_deletes;
    if deletes == 0 && max.is_none() {
        return Vec::new();
    }
    let digest = plan.deletes_digest();
    let confirmed = facts.confirmed_deletes.as_deref() == Some(digest.as_str());
    let close = |condition: Condition| match confirmed {
        true => Condition { state: State::Passed, ..condition }
            .help("confirmed: `--confirm-deletes` names exactly this list"),
        false => condition.help(format!(
            "look at the delete list and apply with `--confirm-deletes {digest}`, which names \
             exactly this list"
        )),
    };
    let mut conditions = Vec::new();
    if plan.declared == 0 && deletes > 0 {
        let message = format!(
            "environment {} renders 0 objects, and {} would be deleted",
            plan.environment,
            count(deletes, "owned object")
        );
        conditions.push(close(Condition::new("empty-environment", State::Held, message)));
    }
    if let Some(max) = max {
        let message = format!(
            "{} would be deleted or replaced, `maxDeletes` is {max}",
            count(deletes, "owned object")
        );
        let within = deletes <= usize::try_from(max).unwrap_or(usize::MAX);
        conditions.push(match within {
            true => Condition::new("max-deletes", State::Passed, message),
            false => close(Condition::new("max-deletes", State::Held, message)),
        });
    }
    conditions.into_iter().map(Judged::firm).collect()
}
