//! Why there is no plan.

use suimon_model::Diagnostics;

/// The result of a step of the pipeline.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why there is no plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The project's files are wrong.
    #[error("{0}")]
    Files(Diagnostics),
    /// A target could not be read at all.
    #[error("{provider}: {error}")]
    Target {
        /// The provider.
        provider: &'static str,
        /// What it said.
        error: suimon_provider::Error,
    },
}

impl From<Diagnostics> for Error {
    fn from(diagnostics: Diagnostics) -> Self {
        Self::Files(diagnostics)
    }
}
