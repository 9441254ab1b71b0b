//! [`Event`]: what apply says while it works.

use suimon_model::{Health, ResourceId};
use suimon_plan::Action;

use crate::Entry;

/// What apply says while it works; in the order it happens, per object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A write has begun.
    Started {
        /// The object.
        id: ResourceId,
        /// What is done to it.
        action: Action,
    },
    /// Written; waiting until it is healthy, or gone.
    Waiting {
        /// The object.
        id: ResourceId,
        /// How it is.
        health: Health,
    },
    /// Done, failed or skipped.
    Finished(Entry),
}
