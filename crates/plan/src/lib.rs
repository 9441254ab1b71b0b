//! Desired × live × inventory → [`Plan`]: what would be done, why, and by whom it was moved.
//!
//! Pure: the same inputs give the same plan and the same digest. Whatever talks to an API hands in
//! [`LiveObject`]s whose secrets are already masked ([`Mask`]).

mod action;
mod change;
mod digest;
mod live;
mod plan;
mod saved;

pub use action::{Action, Reason};
pub use change::{Change, Conflict, Drift, DriftedField, FieldChange};
pub use live::{LiveObject, Observed, Presence};
pub use plan::{Plan, Refusal, Summary};
pub use saved::{InvalidPlan, PLAN_FORMAT_VERSION};

/// The field manager that suimon applies as.
pub const FIELD_MANAGER: &str = "suimon";

/// Annotation that holds a keyed digest of what was last applied: it tells drift (the declaration
/// has not moved) from change.
pub const APPLIED_ANNOTATION: &str = "suimon.dev/applied";
