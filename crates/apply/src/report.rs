//! [`Report`]: what became of a plan, object by object.

use serde::{Deserialize, Serialize};
use suimon_model::{Health, Location, Outcome, ResourceId};
use suimon_plan::{Action, Conflict};

/// What became of one action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The object.
    pub id: ResourceId,
    /// Where it is declared; `None` for deletes.
    pub location: Option<Location>,
    /// What the plan said.
    pub action: Action,
    /// What became of it.
    pub outcome: Outcome,
    /// Why, for `Failed` and `Skipped`: one line without secrets.
    pub reason: Option<String>,
    /// Conflicts that stopped it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conflicts: Vec<Conflict>,
    /// How the object was when last looked at; of one that failed, only when it was written first.
    pub health: Option<Health>,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum End {
    /// Everything was done.
    Complete,
    /// Something failed; the rest was done or skipped.
    Partial,
    /// Stopped by a signal before the next write.
    Interrupted,
}

/// What became of a plan.
///
/// # Guarantees
/// Every action of the plan has exactly one entry, in the plan's order. An entry says `Created`,
/// `Configured` or `Deleted` only when the API answered so; a lost answer was read back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The environment.
    pub environment: String,
    /// Digest of the plan.
    pub digest: String,
    /// How it ended.
    pub end: End,
    /// Every action.
    pub entries: Vec<Entry>,
    /// Things that went wrong beside the actions, such as the ownership record.
    pub problems: Vec<String>,
}

impl Report {
    /// How many entries have this outcome.
    pub fn count(&self, outcome: Outcome) -> usize {
        self.entries.iter().filter(|entry| entry.outcome == outcome).count()
    }

    /// Whether anything was written, by an action that failed afterwards too.
    pub fn wrote(&self) -> bool {
        self.entries.iter().any(|entry| match entry.outcome {
            Outcome::Created | Outcome::Configured | Outcome::Deleted => true,
            Outcome::Failed => entry.health.is_some(),
            _ => false,
        })
    }
}
