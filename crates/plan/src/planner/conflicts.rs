//! Conflicts that a dry run met.

use serde_json::Value;

use super::drift;
use crate::split::split;
use crate::{Conflict, LiveObject};

/// Conflicts in a stable order, and whether taking the field back repairs drift: the declaration has
/// not moved, and the other manager wrote by hand instead of declaring the field too.
pub(crate) fn told(conflicts: &[Conflict], live: &LiveObject, declared: &Value) -> Vec<Conflict> {
    let settled = live.owned && drift::is_settled(live, declared);
    let parts = split(live.body.as_str());
    let mut told: Vec<Conflict> = conflicts
        .iter()
        .map(|conflict| {
            let updates =
                parts.as_ref().is_some_and(|(_, fields)| fields.only_updates(&conflict.manager));
            Conflict { repairs_drift: settled && updates, ..conflict.clone() }
        })
        .collect();
    told.sort_by(|a, b| (&a.field, &a.manager).cmp(&(&b.field, &b.manager)));
    told.dedup();
    told
}
