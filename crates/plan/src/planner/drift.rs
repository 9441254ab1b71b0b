//! Drift told from change.

use serde_json::Value;

use crate::compare::applied_mark;
use crate::diff::{any_leaf, is_deferred};
use crate::{Difference, DriftedField, FIELD_MANAGER, LiveObject, is_masked};

/// Whether the declaration is the one that was last applied.
pub(crate) fn is_settled(live: &LiveObject, declared: &Value) -> bool {
    let body = live.body.value();
    let live = body.as_object().and_then(applied_mark);
    live.is_some() && live == declared.as_object().and_then(applied_mark)
}

/// The differences that something else made, not the declaration.
///
/// Where the declaration has not moved since it was applied that is all of them; else those in
/// fields that another manager owns and we do not. An object that is not ours cannot drift.
pub(crate) fn of<'a>(
    live: &LiveObject,
    declared: &Value,
    differences: &'a [Difference],
) -> impl Iterator<Item = &'a Difference> + use<'a> {
    let settled = is_settled(live, declared);
    let owned = live.owned;
    differences.iter().filter(move |difference| {
        let deferred = difference.declared.as_ref().is_some_and(|v| any_leaf(v, &is_deferred));
        let taken = difference.live.is_some() && !difference.ours && is_another(difference);
        owned && !deferred && (settled || taken)
    })
}

fn is_another(difference: &Difference) -> bool {
    difference.owner.as_ref().is_some_and(|owner| owner.manager != FIELD_MANAGER)
}

/// A difference as drift.
pub(crate) fn field(difference: &Difference) -> DriftedField {
    let values = [&difference.declared, &difference.live];
    let owner = difference.owner.as_ref();
    DriftedField {
        path: difference.path.clone(),
        declared: difference.declared.clone(),
        live: difference.live.clone(),
        manager: owner.map(|owner| owner.manager.clone()),
        time: owner.and_then(|owner| owner.time.clone()),
        sensitive: values.into_iter().flatten().any(|value| any_leaf(value, &is_masked)),
    }
}
