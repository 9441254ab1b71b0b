//! The vocabulary of suimon: the words that every other crate speaks.
//!
//! No I/O, no clock, no environment. Everything here is a value.

mod body;
mod desired;
mod diagnostic;
mod environment;
mod gate;
mod health;
mod id;
mod live;
mod release;
mod report;
mod sensitive;
mod snapshot;

pub use body::Body;
pub use desired::{DeferredRef, DesiredState, Manifest, Origin, REF_MARKER_PREFIX};
pub use diagnostic::{Diagnostic, Diagnostics, Location, Severity};
pub use environment::{
    AssumedRole, AwsTarget, Environment, ForgeKind, ForgeSettings, KubernetesTarget,
    LedgerSettings, Platform, Project, Protect, Targets,
};
pub use gate::{
    ApprovalRule, Approvers, BreakGlassRule, Check, Gate, GateFiles, HttpProbe, Probe,
    ProjectPolicy, RollbackRule, Rule, UpstreamRule, Window, WindowTimes,
};
pub use health::{Health, HealthStatus};
pub use id::{InvalidResourceId, ResourceId};
pub use live::{Inventory, InventoryEntry, TargetIdentity, UnknownRead};
pub use release::{Artifact, Release, ReleaseId};
pub use report::Outcome;
pub use sensitive::Sensitive;
pub use snapshot::{Entry, EntryKind, MemorySnapshot, Snapshot};
