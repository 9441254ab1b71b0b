//! Why a ledger could not be read or written.

/// The result of work on a ledger.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a ledger could not be read or written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The repository could not be read or written.
    #[error("{0}")]
    Repository(Box<suimon_model::Diagnostic>),
    /// The chain is not what it says.
    #[error("the ledger of {environment} is damaged: {why}")]
    Damaged {
        /// The environment.
        environment: String,
        /// What is wrong, with the commit's id.
        why: String,
    },
    /// Another run holds the environment.
    #[error("{environment} is being applied by {holder}")]
    Locked {
        /// The environment.
        environment: String,
        /// Who, where and since when.
        holder: String,
    },
    /// Another run took the environment over.
    #[error("the run was taken over: {why}")]
    TakenOver {
        /// By whom and why.
        why: String,
    },
    /// Other writers were faster, again and again.
    #[error("other writers kept being faster")]
    Contention,
}
