//! The port to live APIs: what the engine and apply need of Kubernetes, ECS, EKS and Secrets Manager.

mod cluster;
pub mod conformance;
mod error;
#[cfg(feature = "testing")]
mod fake;
mod provider;
mod registry;

pub use cluster::{BearerToken, ClusterAccess, ClusterEndpoint};
pub use error::{Error, Result};
#[cfg(feature = "testing")]
pub use fake::FakeProvider;
pub use provider::{
    Delete, DryRun, Exported, Membership, Observation, Provider, Scope, Write, Written,
};
pub use registry::Registry;
