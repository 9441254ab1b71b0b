//! [`Verdict`] and [`ApprovedPlan`].

use serde::Serialize;
use suimon_plan::Plan;

/// One reason of a verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Stable kebab-case name of the rule: `max-deletes`, `protected-kind`, `unknown-state`, …
    pub rule: &'static str,
    /// What is the matter, in one line.
    pub message: String,
    /// Who or what can settle it.
    pub help: Option<String>,
}

/// A plan that passed its gate.
///
/// # Guarantees
/// Only [`authorize`](crate::authorize) makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApprovedPlan {
    pub(crate) plan: Plan,
}

impl ApprovedPlan {
    /// The plan.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }
}

/// The gate's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Go on.
    Open(Box<ApprovedPlan>),
    /// Something is missing that somebody can give.
    Held(Vec<Finding>),
    /// The rules refuse; nobody can wave it through.
    Denied(Vec<Finding>),
}
