//! [`Selection`]: which declared objects a plan is about.

use std::collections::BTreeSet;

use suimon_model::{ResourceId, UnknownRead};

use crate::{Inputs, Refusal};

/// The targets and everything they depend on, or everything.
pub(crate) struct Selection<'a> {
    inputs: Inputs<'a>,
    nodes: Option<Vec<usize>>,
}

impl<'a> Selection<'a> {
    /// The selection that the inputs ask for.
    pub(crate) fn of(inputs: Inputs<'a>) -> Self {
        let order = inputs.order;
        let nodes = (!inputs.targets.is_empty()).then(|| {
            let targets: Vec<usize> =
                inputs.targets.iter().filter_map(|id| order.index_of(id)).collect();
            order.closure_of_dependencies(&targets)
        });
        Self { inputs, nodes }
    }

    /// The selected objects, dependencies first.
    pub(crate) fn ids(&self) -> Box<dyn Iterator<Item = &'a ResourceId> + '_> {
        let all = self.inputs.order.nodes();
        match &self.nodes {
            None => Box::new(all.iter()),
            Some(nodes) => Box::new(nodes.iter().filter_map(|node| all.get(*node))),
        }
    }

    /// What could not be read and matters to the selected objects.
    pub(crate) fn unknown(&self) -> Vec<UnknownRead> {
        let all = &self.inputs.observed.unknown;
        if self.nodes.is_none() {
            return all.clone();
        }
        let ids: BTreeSet<&ResourceId> = self.ids().collect();
        let kinds: BTreeSet<String> = ids.iter().map(|id| id.group_kind()).collect();
        let matters = |unknown: &&UnknownRead| match &unknown.id {
            Some(id) => ids.contains(id),
            None => kinds.contains(&unknown.group_kind),
        };
        all.iter().filter(matters).cloned().collect()
    }

    /// Targets that are not declared.
    pub(crate) fn unknown_targets(&self) -> Vec<Refusal> {
        let undeclared =
            self.inputs.targets.iter().filter(|id| self.inputs.order.index_of(id).is_none());
        undeclared
            .map(|id| Refusal {
                id: id.clone(),
                code: "unknown-target".to_owned(),
                message: "it is not declared in this environment".to_owned(),
                help: Some("`suimon graph` lists what is; a target is never deleted".to_owned()),
                location: None,
            })
            .collect()
    }

    /// The targets, sorted.
    pub(crate) fn into_targeted(self) -> Vec<ResourceId> {
        let targets: BTreeSet<&ResourceId> = self.inputs.targets.iter().collect();
        targets.into_iter().cloned().collect()
    }
}
