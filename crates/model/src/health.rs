//! [`Health`]: kstatus' words for how an object is.

use serde::{Deserialize, Serialize};

/// How a live object is, in the words of kstatus
/// (<https://github.com/kubernetes-sigs/cli-utils/tree/master/pkg/kstatus>).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum HealthStatus {
    /// As declared, and done.
    Current,
    /// On its way.
    InProgress,
    /// Will not get there by itself.
    Failed,
    /// Being deleted.
    Terminating,
    /// Not there.
    NotFound,
    /// Could not be read.
    Unknown,
}

/// A status and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// The status.
    pub status: HealthStatus,
    /// One line for people, for example `1 of 3 replicas are ready`.
    pub message: String,
}

impl Health {
    /// A status and why.
    pub fn new(status: HealthStatus, message: impl Into<String>) -> Self {
        Self { status, message: message.into() }
    }

    /// As declared, and done.
    pub fn current() -> Self {
        Self::new(HealthStatus::Current, "current")
    }
}
