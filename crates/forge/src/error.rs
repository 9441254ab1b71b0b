//! What a forge refuses.

/// The result of a call.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a call to a forge failed. Messages hold no credential.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A setting, or an address, that cannot be used.
    #[error("{what}: {why}")]
    Settings {
        /// What was to be set or asked.
        what: String,
        /// Why it cannot be.
        why: String,
    },
    /// No answer, or not in time.
    #[error("{what}: no answer: {why}")]
    Unreachable {
        /// What was asked.
        what: String,
        /// Why.
        why: String,
    },
    /// The token is missing or wrong.
    #[error("{what}: not authenticated: {why}")]
    Unauthenticated {
        /// What was asked.
        what: String,
        /// What the forge said.
        why: String,
    },
    /// The token may not do this.
    #[error("{what}: forbidden: {why}")]
    Forbidden {
        /// What was asked.
        what: String,
        /// What the forge said.
        why: String,
    },
    /// Too many requests, and waiting longer makes no sense.
    #[error("{what}: too many requests: {why}")]
    RateLimited {
        /// What was asked.
        what: String,
        /// What the forge said.
        why: String,
    },
    /// Any other refusal.
    #[error("{what}: {why}")]
    Refused {
        /// What was asked.
        what: String,
        /// What the forge said.
        why: String,
    },
    /// An answer that makes no sense.
    #[error("{what}: an answer that cannot be read: {why}")]
    Malformed {
        /// What was asked.
        what: String,
        /// What is wrong with it.
        why: String,
    },
}
