//! Desired × live × inventory → [`Plan`]: what would be done, why, and by whom it was moved.
//!
//! Pure: the same inputs give the same plan and the same digest. Whatever talks to an API hands in
//! [`LiveObject`]s whose secrets are already masked ([`Mask`]).

mod action;
mod canonical;
mod change;
mod compare;
mod diff;
mod digest;
mod fields;
mod hex;
mod keys;
mod live;
mod marks;
mod mask;
mod path;
mod plan;
mod planner;
mod quantity;
mod replicas;
mod saved;
mod split;
mod strip;
mod workload;

pub use action::{Action, Reason};
pub use change::{Change, Conflict, Drift, DriftedField, FieldChange};
pub use compare::{Comparison, Difference, Owner, compare};
pub use diff::diff;
pub use live::{LiveObject, Observed, Presence};
pub use mask::{MASK_PREFIX, Mask, is_masked};
pub use plan::{Plan, Refusal, Summary};
pub use planner::{Declared, Inputs, Preview, candidates, plan};
pub use replicas::{hpa_targets, live_replicas, restore_replicas, yield_replicas};
pub use saved::{InvalidPlan, PLAN_FORMAT_VERSION};
pub use strip::strip;
pub use workload::{Container, Field, Workload, WorkloadDifference, compare_workloads, workloads};

/// The field manager that suimon applies as.
pub const FIELD_MANAGER: &str = "suimon";

/// Annotation that names the other engine an object was taken over from.
pub const ADOPTED_ANNOTATION: &str = "suimon.dev/adopted";

/// Annotation that holds a keyed digest of what was last applied: it tells drift (the declaration
/// has not moved) from change.
pub const APPLIED_ANNOTATION: &str = "suimon.dev/applied";

/// Label that marks an object as a member of an ApplySet; its value is the set's id.
pub const PART_OF_LABEL: &str = "applyset.kubernetes.io/part-of";
