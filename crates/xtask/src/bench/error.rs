//! Why a bench stops.

use std::io;

/// The result of a part of a bench.
pub(crate) type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a bench stops.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The arguments of `bench`.
    #[error("{0}")]
    Usage(String),
    /// A program that the bench needs is not on this machine.
    #[error("{0}")]
    Missing(String),
    /// A file, folder or process.
    #[error("cannot {what}")]
    Io {
        /// What was tried.
        what: String,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// A program that was measured, or that prepares a measurement, was not content.
    #[error("`{command}` ended with {status}: {stderr}")]
    Failed {
        /// How to run it.
        command: String,
        /// Its exit code, or the signal.
        status: String,
        /// The end of what it said.
        stderr: String,
    },
    /// The numbers would be about different things.
    #[error("the contenders did not do the same work: {0}")]
    Different(String),
    /// The API server that is measured against.
    #[error("{program} did not become ready; the end of its log: {log}")]
    NotReady {
        /// `etcd` or `kube-apiserver`.
        program: &'static str,
        /// The last lines it wrote.
        log: String,
    },
    /// A program's output is not what it always is.
    #[error("cannot read {what}: {why}")]
    Unreadable {
        /// Whose output.
        what: String,
        /// What is wrong with it.
        why: String,
    },
    /// All ran, and not all is well.
    #[error("{missed} of {all} goals missed")]
    Missed {
        /// Goals that were missed.
        missed: usize,
        /// Goals in all.
        all: usize,
    },
    /// Nobody reads what the bench says.
    #[error("cannot write to stdout")]
    Output(#[source] io::Error),
}

impl Error {
    /// For `map_err`: what was tried.
    pub(crate) fn io(what: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let what = what.into();
        move |source| Self::Io { what, source }
    }
}

impl From<crate::step::Error> for Error {
    fn from(error: crate::step::Error) -> Self {
        match error {
            crate::step::Error::Output(source) => Self::Output(source),
            other => Self::Io { what: "run a step".to_owned(), source: io::Error::other(other) },
        }
    }
}
