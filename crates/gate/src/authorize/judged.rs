//! [`Judged`]: a condition, and whether breaking the glass waives it.

use crate::{Condition, State};

/// A condition before the glass is looked at.
#[derive(Debug, Clone)]
pub(super) struct Judged {
    pub(super) condition: Condition,
    /// Of the gate, not of the plan or of the limits: a person may go through it where the gate says so.
    pub(super) waivable: bool,
}

impl Judged {
    /// One that stands whatever anybody says.
    pub(super) fn firm(condition: Condition) -> Self {
        Self { condition, waivable: false }
    }

    /// One that may be gone through.
    pub(super) fn waivable(condition: Condition) -> Self {
        Self { condition, waivable: true }
    }

    /// Whether it keeps the gate closed.
    pub(super) fn is_closed(&self) -> bool {
        matches!(self.condition.state, State::Held | State::Denied)
    }
}
