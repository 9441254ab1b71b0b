//! What a write other than apply does to the managers.

use serde_json::Value;

use crate::typed::{Comparison, FieldSet, compare};

use super::{Context, Manager, Managers, Owned};

/// The managers after `manager` wrote `new` over `live`.
pub(crate) fn update(
    context: Context<'_>,
    live: &Value,
    new: &Value,
    mut managers: Managers,
    manager: &Manager,
) -> Managers {
    let comparison = filtered(context, compare(context.schema, live, new));
    let taken = comparison.modified.clone().union(&comparison.added);
    take_from_others(&mut managers, None, &comparison);
    if !taken.is_empty() {
        let slot = managers.0.entry(manager.clone()).or_insert_with(|| Owned {
            fields: FieldSet::default(),
            version: context.version.to_owned(),
            time: None,
        });
        slot.fields = std::mem::take(&mut slot.fields).union(&taken);
        // The scale endpoint keeps no time.
        slot.time = (manager.subresource != "scale").then(|| context.now.to_owned());
    }
    managers.drop_empty();
    managers.cap();
    managers
}

pub(super) fn filtered(context: Context<'_>, comparison: Comparison) -> Comparison {
    Comparison {
        added: context.filter(comparison.added),
        modified: context.filter(comparison.modified),
        removed: context.filter(comparison.removed),
    }
}

/// Takes what changed away from every manager but `except`.
pub(super) fn take_from_others(
    managers: &mut Managers,
    except: Option<&Manager>,
    comparison: &Comparison,
) {
    let changed = comparison.modified.clone().union(&comparison.added).union(&comparison.removed);
    for (manager, owned) in &mut managers.0 {
        if except != Some(manager) {
            owned.fields = owned.fields.difference(&changed);
        }
    }
}
