//! What the rules and policies found in the declared objects, as it was found.

use crate::Facts;

use super::Judged;

pub(super) fn judge(facts: &Facts) -> impl Iterator<Item = Judged> + '_ {
    facts.inspected.iter().cloned().map(Judged::waivable)
}
