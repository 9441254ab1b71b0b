//! [`Failure`]: how a command ends badly.

use std::fmt;
use std::sync::Arc;

use suimon_model::{Diagnostic, Diagnostics, Snapshot};

/// Exit code: an error, or a request that the rules refuse.
pub(crate) const ERROR: u8 = 1;
/// Exit code: the plan has changes.
pub(crate) const CHANGES: u8 = 2;
/// Exit code: held by a gate.
pub(crate) const HELD: u8 = 3;
/// Exit code: stale plan or conflict.
pub(crate) const CONFLICT: u8 = 4;
/// Exit code: applied in part.
pub(crate) const PARTIAL: u8 = 5;
/// Exit code: interrupted.
pub(crate) const INTERRUPTED: u8 = 130;

/// How a command ends badly: what to print on standard error, and the exit code.
pub(crate) struct Failure {
    pub(crate) code: u8,
    pub(crate) message: Message,
    /// Where the lines that diagnostics are about can be read.
    pub(crate) sources: Option<Arc<dyn Snapshot>>,
}

#[derive(Debug)]
pub(crate) enum Message {
    /// Problems in files.
    Diagnostics(Diagnostics),
    /// One error with hints.
    Text {
        /// What.
        error: String,
        /// What to do.
        hints: Vec<String>,
    },
    /// Everything was said already.
    Said,
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "exit code {}: {:?}", self.code, self.message)
    }
}

impl Failure {
    pub(crate) fn new(error: impl fmt::Display) -> Self {
        let message = Message::Text { error: error.to_string(), hints: Vec::new() };
        Self { code: ERROR, message, sources: None }
    }

    pub(crate) fn said(code: u8) -> Self {
        Self { code, message: Message::Said, sources: None }
    }

    pub(crate) fn code(mut self, code: u8) -> Self {
        self.code = code;
        self
    }

    /// What went wrong in one line, without hints: for a record, or for a gate.
    pub(crate) fn line(&self) -> String {
        match &self.message {
            Message::Diagnostics(diagnostics) => {
                let mut lines = diagnostics.iter().map(|one| match &one.location {
                    Some(location) => format!("{location}: {}", one.summary),
                    None => one.summary.clone(),
                });
                let first: Vec<String> = lines.by_ref().take(3).collect();
                match lines.count() {
                    0 => first.join("; "),
                    more => format!("{}; and {more} more", first.join("; ")),
                }
            }
            Message::Text { error, .. } => error.clone(),
            Message::Said => format!("it ended with exit code {}", self.code),
        }
    }

    /// Lets diagnostics quote the lines they are about.
    pub(crate) fn quoting(mut self, snapshot: &Arc<dyn Snapshot>) -> Self {
        self.sources = Some(snapshot.clone());
        self
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        if let Message::Text { hints, .. } = &mut self.message {
            hints.push(hint.into());
        }
        self
    }
}

impl From<Diagnostics> for Failure {
    fn from(diagnostics: Diagnostics) -> Self {
        Self { code: ERROR, message: Message::Diagnostics(diagnostics), sources: None }
    }
}

impl From<Diagnostic> for Failure {
    fn from(diagnostic: Diagnostic) -> Self {
        Diagnostics::from(diagnostic).into()
    }
}

impl From<suimon_engine::Error> for Failure {
    fn from(error: suimon_engine::Error) -> Self {
        use suimon_provider::Error as Provider;
        match error {
            suimon_engine::Error::Files(diagnostics) => diagnostics.into(),
            suimon_engine::Error::Target { provider, error } => {
                let failure = Self::new(format!("{provider}: {error}"));
                match error {
                    Provider::Unreachable { .. } if provider == "aws" => failure.hint(
                        "nothing was written; check the network, the region and AWS_ENDPOINT_URL, then \
                         run the same command again",
                    ),
                    Provider::Unreachable { .. } => failure.hint(
                        "nothing was read and nothing was written; check the address, the network \
                         and the kubeconfig, then run the same command again",
                    ),
                    Provider::Unauthenticated { .. } if provider == "aws" => failure,
                    Provider::Unauthenticated { .. } => {
                        failure.hint("log in again, then run the same command again")
                    }
                    Provider::WrongTarget(_) if provider == "aws" => failure.hint(
                        "the environment pins its account: use credentials of it, assume a role in it \
                         with targets.aws.assumeRole, or correct targets.aws.accountId",
                    ),
                    Provider::WrongTarget(_) => failure.hint(
                        "the environment pins its target; point the kubeconfig context at the \
                         right cluster",
                    ),
                    _ => failure,
                }
            }
            other => Self::new(other),
        }
    }
}
