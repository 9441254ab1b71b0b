//! [`candidates`]: which objects a dry run is worth the request.

use std::cell::OnceCell;

use suimon_graph::Order;
use suimon_model::ResourceId;

use super::case::{Case, Cases};
use super::drift;
use super::selection::Selection;
use crate::{Inputs, Observed, Presence};

/// The objects that must be dry-run before [`plan`](crate::plan), dependencies first: those that
/// perhaps differ, and those to be created whose namespace and dependencies are there. Left out is
/// what waits for a deferred value (but AWS resources, whose dry runs send nothing and take such
/// values as they are), what is refused and what is to be left alone.
/// [`Inputs::previews`] is not looked at.
pub fn candidates(inputs: &Inputs<'_>) -> Vec<ResourceId> {
    let selection = Selection::of(*inputs);
    let cases = Cases::new(*inputs);
    let ground = OnceCell::new();
    let wanted = |id: &&ResourceId| match cases.of(id) {
        Case::Moved(live, subject, differences) => {
            let drifted = || drift::of(live, &subject.value, &differences).next().is_some();
            (!subject.deferred || id.is_aws()) && (!inputs.drift_only || drifted())
        }
        Case::New(_, subject) => {
            let served = matches!(inputs.observed.declared.get(id), Some(Presence::Absent));
            let ready =
                || ground.get_or_init(|| Ground::of(inputs.order, inputs.observed)).is_under(id);
            let asked = id.is_aws() || (!subject.deferred && ready());
            served && !inputs.drift_only && asked
        }
        _ => false,
    };
    selection.ids().filter(wanted).cloned().collect()
}

/// Which objects have everything that they need to exist: without it a dry run fails for reasons
/// that the apply removes.
struct Ground<'a> {
    order: &'a Order,
    observed: &'a Observed,
    waits: Vec<bool>,
}

impl<'a> Ground<'a> {
    fn of(order: &'a Order, observed: &'a Observed) -> Self {
        let there: Vec<bool> = order.nodes().iter().map(|id| is_there(observed, id)).collect();
        let mut waits = vec![false; there.len()];
        for edge in order.edges() {
            waits[edge.dependent] |= !there[edge.dependency];
        }
        for barrier in order.barriers() {
            if barrier.dependencies.iter().any(|node| !there[*node]) {
                barrier.dependents.iter().for_each(|node| waits[*node] = true);
            }
        }
        Self { order, observed, waits }
    }

    fn is_under(&self, id: &ResourceId) -> bool {
        let order = self.order;
        let namespace = id.namespace.as_deref();
        let namespace = namespace.map(|name| ResourceId::new("", "Namespace", None, name));
        let missing =
            |ns: ResourceId| order.index_of(&ns).is_some() && !is_there(self.observed, &ns);
        order.index_of(id).is_some_and(|node| !self.waits[node]) && !namespace.is_some_and(missing)
    }
}

fn is_there(observed: &Observed, id: &ResourceId) -> bool {
    match observed.declared.get(id) {
        Some(Presence::Live(live)) => !live.terminating,
        Some(Presence::Unchanged { .. }) => true,
        _ => false,
    }
}
