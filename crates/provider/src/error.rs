//! Why a call to a live API did not give what was asked for.

use suimon_plan::Conflict;

/// The result of a call to a live API.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a call to a live API did not give what was asked for.
///
/// # Guarantees
/// The texts hold no secret value and no credential.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The endpoint cannot be reached, or did not answer in time.
    #[error("cannot reach {endpoint}: {reason}")]
    Unreachable {
        /// Where.
        endpoint: String,
        /// Why.
        reason: String,
    },
    /// Credentials are missing, expired or not accepted.
    #[error("not authenticated at {endpoint}: {reason}")]
    Unauthenticated {
        /// Where.
        endpoint: String,
        /// Why.
        reason: String,
    },
    /// Authenticated, and not allowed.
    #[error("forbidden: {0}")]
    Forbidden(String),
    /// The target is not the one that the environment pins.
    #[error("wrong target: {0}")]
    WrongTarget(String),
    /// Configuration of the connection is wrong (kubeconfig, context, endpoint).
    #[error("{0}")]
    Config(String),
    /// Other managers own fields that the write sets to other values.
    #[error("conflicts with {}", managers(.0))]
    Conflict(Vec<Conflict>),
    /// The object moved since it was looked at.
    #[error("the live object has changed since it was read")]
    Stale,
    /// An immutable field would change.
    #[error("immutable: {}", .fields.join(", "))]
    Immutable {
        /// The fields, as the API names them.
        fields: Vec<String>,
        /// The API's whole message.
        message: String,
    },
    /// The API refuses the object; trying again will not help.
    #[error("{0}")]
    Rejected(String),
    /// What is to be applied was applied before, failed, and was rolled back: applying it again would
    /// fail again.
    #[error("{0}")]
    RolledBack(String),
    /// The kind is not served.
    #[error("the API server does not serve {0}")]
    KindNotServed(String),
    /// The namespace, or whatever it lives in, is not there.
    #[error("not found: {0}")]
    NotFound(String),
    /// Trying again may help, and the retry budget is used up.
    #[error("{0}")]
    Transient(String),
    /// The write may or may not have happened.
    #[error("no answer to a write ({0}); what it did is unknown")]
    Unknown(String),
    /// An answer that makes no sense (truncated, not the object that was asked for).
    #[error("unusable answer: {0}")]
    Malformed(String),
}

impl Error {
    /// Whether the same call may succeed later, unchanged.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::Transient(_) | Self::Unknown(_))
    }
}

fn managers(conflicts: &[Conflict]) -> String {
    let mut parts: Vec<String> =
        conflicts.iter().map(|c| format!("{} on {}", c.manager, c.field)).collect();
    parts.dedup();
    parts.join(", ")
}
