//! [`Outcome`]: what became of an action.

use serde::{Deserialize, Serialize};

/// What became of one action; past tense, because it is a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Outcome {
    /// Was not there, is now.
    Created,
    /// Was there, is now as declared.
    Configured,
    /// Was as declared.
    Unchanged,
    /// Was there, is not now.
    Deleted,
    /// Not started, because of something else; the report says of what.
    Skipped,
    /// Started and not done.
    Failed,
}
