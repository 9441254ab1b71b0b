//! [`candidates`]: which objects a dry run is worth the request.

use suimon_model::ResourceId;

use super::case::{Case, Cases};
use super::drift;
use super::selection::Selection;
use crate::{Inputs, Presence};

/// The objects that must be dry-run before [`plan`](crate::plan), dependencies first: those that
/// perhaps differ, and those to be created whose namespace and dependencies are there. Left out is
/// what waits for a deferred value, what is refused and what is to be left alone.
/// [`Inputs::previews`] is not looked at.
pub fn candidates(inputs: &Inputs<'_>) -> Vec<ResourceId> {
    let selection = Selection::of(*inputs);
    let cases = Cases::new(*inputs);
    let wanted = |id: &&ResourceId| match cases.of(id) {
        Case::Moved(live, subject, differences) => {
            let drifted = || drift::of(live, &subject.value, &differences).next().is_some();
            !subject.deferred && (!inputs.drift_only || drifted())
        }
        Case::New(_, subject) => {
            let served = matches!(inputs.observed.declared.get(id), Some(Presence::Absent));
            served && !inputs.drift_only && !subject.deferred && has_ground(inputs, id)
        }
        _ => false,
    };
    selection.ids().filter(wanted).cloned().collect()
}

/// Whether everything that an object needs to exist is there: without it a dry run fails for reasons
/// that the apply removes.
fn has_ground(inputs: &Inputs<'_>, id: &ResourceId) -> bool {
    let order = inputs.order;
    let there = |id: &ResourceId| match inputs.observed.declared.get(id) {
        Some(Presence::Live(live)) => !live.terminating,
        Some(Presence::Unchanged { .. }) => true,
        _ => false,
    };
    let namespace =
        id.namespace.as_deref().map(|name| ResourceId::new("", "Namespace", None, name));
    if namespace.is_some_and(|ns| order.index_of(&ns).is_some() && !there(&ns)) {
        return false;
    }
    let Some(node) = order.index_of(id) else { return false };
    order.dependencies(node).iter().filter_map(|node| order.nodes().get(*node)).all(there)
}
