//! Conflicts that a dry run met.

use serde_json::Value;

use super::drift;
use crate::split::split;
use crate::{ADOPTED_ANNOTATION, APPLIED_ANNOTATION, Conflict, LiveObject, PART_OF_LABEL};

/// Our marks, as the API server writes their places. They are ours whoever wrote them last; whether
/// the object may be taken over at all is settled before.
const MARKS: [(&str, &str); 3] = [
    (".metadata.annotations.", ADOPTED_ANNOTATION),
    (".metadata.annotations.", APPLIED_ANNOTATION),
    (".metadata.labels.", PART_OF_LABEL),
];

/// Conflicts in a stable order, and whether taking the field back repairs drift: it is a mark of
/// ours, or the declaration has not moved and the other manager wrote by hand instead of declaring
/// the field too.
pub(crate) fn told(conflicts: &[Conflict], live: &LiveObject, declared: &Value) -> Vec<Conflict> {
    let settled = live.owned && drift::is_settled(live, declared);
    let parts = split(live.body.as_str());
    let mut told: Vec<Conflict> = conflicts
        .iter()
        .map(|conflict| {
            let updates =
                parts.as_ref().is_some_and(|(_, fields)| fields.only_updates(&conflict.manager));
            let repairs_drift = is_mark(&conflict.field) || settled && updates;
            Conflict { repairs_drift, ..conflict.clone() }
        })
        .collect();
    told.sort_by(|a, b| (&a.field, &a.manager).cmp(&(&b.field, &b.manager)));
    told.dedup();
    told
}

fn is_mark(field: &str) -> bool {
    MARKS.iter().any(|(place, mark)| field.strip_prefix(place) == Some(mark))
}
