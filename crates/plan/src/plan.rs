//! [`Plan`]: the set of intended changes.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use suimon_model::{Location, ResourceId, TargetIdentity, UnknownRead};

use crate::{Action, Change, Drift};

/// Something that the rules refuse: the plan can be looked at, not applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// The object.
    pub id: ResourceId,
    /// Stable kebab-case name of the rule: `owned-by-another`, `kind-not-served`, `rejected`, …
    pub code: String,
    /// What and why, in one line, without secrets.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
    /// Where the object is declared.
    pub location: Option<Location>,
}

/// How many objects each action is for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// Creates, and the second half of replaces.
    pub add: usize,
    /// Updates.
    pub change: usize,
    /// Deletes, and the first half of replaces.
    pub destroy: usize,
    /// Forgets.
    pub forget: usize,
    /// Objects that are as declared.
    pub unchanged: usize,
}

/// What would be done to one environment, as a value.
///
/// # Guarantees
/// [`digest`](Self::digest) depends on the project, environment, revision, release, targets, every
/// action with its field changes, the order, the deletes and the gate's policy; not on resource
/// versions, UIDs or times, so that an equal plan keeps its approvals.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The project.
    pub project: String,
    /// The environment.
    pub environment: String,
    /// The commit; `None` for uncommitted files.
    pub revision: Option<String>,
    /// The release's name, where it has one.
    pub release: Option<String>,
    /// The release's identity.
    pub release_id: String,
    /// The clusters and accounts it is for.
    pub targets: Vec<TargetIdentity>,
    /// What to do, dependencies first; forgets and deletes at the end, dependents first.
    pub changes: Vec<Change>,
    /// How many objects are as declared.
    pub unchanged: usize,
    /// How many objects are declared.
    pub declared: usize,
    /// What something else wrote.
    pub drift: Vec<Drift>,
    /// What could not be read.
    pub unknown: Vec<UnknownRead>,
    /// What the rules refuse.
    pub refused: Vec<Refusal>,
    /// The environment's `gate` and `protect` blocks, as JSON.
    pub policy: Value,
    /// Ids that `--target` limited the plan to; empty for all.
    pub targeted: Vec<ResourceId>,
}

impl Plan {
    /// Whether there is nothing to do: no change, or only what is left alone.
    pub fn is_empty(&self) -> bool {
        self.changes.iter().all(|change| change.action == Action::NoOp)
    }

    /// Counts by action.
    pub fn summary(&self) -> Summary {
        let mut summary = Summary { unchanged: self.unchanged, ..Summary::default() };
        for change in &self.changes {
            match change.action {
                Action::Create => summary.add += 1,
                Action::Update => summary.change += 1,
                Action::Delete => summary.destroy += 1,
                Action::Replace => {
                    summary.add += 1;
                    summary.destroy += 1;
                }
                Action::Forget => summary.forget += 1,
                Action::NoOp => summary.unchanged += 1,
            }
        }
        summary
    }

    /// The changes that destroy a live object.
    pub fn deletes(&self) -> impl Iterator<Item = &Change> {
        self.changes.iter().filter(|change| change.action.destroys())
    }
}
