//! The port to live APIs: what the engine and apply need of Kubernetes, ECS, EKS and Secrets Manager.

mod error;
mod provider;
mod registry;

pub use error::{Error, Result};
pub use provider::{Delete, DryRun, Membership, Observation, Provider, Scope, Write, Written};
pub use registry::Registry;
