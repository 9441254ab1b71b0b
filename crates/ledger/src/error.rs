//! Why a ledger could not be read or written.

/// The result of work on a ledger.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a ledger could not be read or written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The repository could not be read or written.
    #[error("{}", .0.summary)]
    Repository(Box<suimon_model::Diagnostic>),
    /// The chain is not what it says, or not what this machine has seen of it.
    #[error("the ledger of {environment} is damaged: {why}")]
    Damaged {
        /// The environment.
        environment: String,
        /// What is wrong, with the commit's id.
        why: String,
    },
    /// A newer suimon wrote it.
    #[error(
        "record {record} of {environment} has the format {format:?}, which this suimon does not know: use a newer one"
    )]
    Newer {
        /// The environment.
        environment: String,
        /// Commit id of the record.
        record: String,
        /// Its format.
        format: String,
    },
    /// A limit.
    #[error("{0}")]
    TooLarge(String),
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
    /// Something was applied since the judgement.
    #[error("{environment} has changed since this was planned: {by}")]
    Moved {
        /// The environment.
        environment: String,
        /// By what and by whom.
        by: String,
    },
    /// The event cannot follow what is recorded.
    #[error("this cannot be recorded in the ledger of {environment}: {why}")]
    Impossible {
        /// The environment.
        environment: String,
        /// Why.
        why: String,
    },
    /// The record could not be signed as the project wants it.
    #[error("the record could not be signed: {0}")]
    Unsigned(String),
    /// The end of a run could not be recorded; it is kept on this machine and recorded by the next
    /// command that writes.
    #[error("the end of the run could not be recorded, and is kept on this machine: {why}")]
    CloseKept {
        /// Why.
        why: String,
    },
    /// Other writers were faster, again and again.
    #[error("other writers kept being faster")]
    Contention,
}

impl From<suimon_model::Diagnostic> for Error {
    fn from(diagnostic: suimon_model::Diagnostic) -> Self {
        Self::Repository(Box::new(diagnostic))
    }
}
