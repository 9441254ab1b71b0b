//! [`Verdict`] and [`ApprovedPlan`].

use serde::Serialize;
use suimon_plan::Plan;

use crate::Condition;

/// One reason of a verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Stable kebab-case name of the rule: `max-deletes`, `protected-kind`, `unknown-state`, …
    pub rule: String,
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
    pub(crate) conditions: Vec<Condition>,
    pub(crate) break_glass: Option<String>,
}

impl ApprovedPlan {
    /// The plan.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Every condition that was judged, for the record.
    pub fn conditions(&self) -> &[Condition] {
        &self.conditions
    }

    /// The reason of a person who went through a closed gate; `None` when the gate was open.
    pub fn break_glass(&self) -> Option<&str> {
        self.break_glass.as_deref()
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

impl From<&Condition> for Finding {
    fn from(condition: &Condition) -> Self {
        Self {
            rule: condition.rule.clone(),
            message: condition.message.clone(),
            help: condition.help.clone(),
        }
    }
}
