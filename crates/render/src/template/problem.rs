//! [`Problem`]: a diagnostic of a template that can cross a process boundary.

use serde::{Deserialize, Serialize};
use suimon_model::{Diagnostic, Location};

/// The codes that templates can answer with.
const CODES: [&str; 14] = [
    "undefined-variable",
    "null-in-output",
    "template-error",
    "template-syntax",
    "template-include",
    "include-cycle",
    "limit-includes",
    "limit-branches",
    "limit-output",
    "impure-function",
    "bad-ref",
    "secret-ref",
    "worker",
    "template-encoding",
];

/// A place: file, line, column.
pub(super) type At = (String, u32, u32);

/// One problem of a template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Problem {
    pub(super) code: String,
    pub(super) summary: String,
    pub(super) at: Option<At>,
    #[serde(default)]
    pub(super) related: Vec<(At, String)>,
    #[serde(default)]
    pub(super) detail: Option<String>,
    #[serde(default)]
    pub(super) help: Option<String>,
}

impl Problem {
    pub(super) fn new(code: &'static str, summary: impl Into<String>, at: Option<At>) -> Self {
        Self {
            code: code.to_owned(),
            summary: summary.into(),
            at,
            related: Vec::new(),
            detail: None,
            help: None,
        }
    }

    pub(super) fn help(mut self, help: impl Into<Option<String>>) -> Self {
        self.help = help.into();
        self
    }

    pub(super) fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// Whether it says that a value is not there.
    pub(super) fn is_absence(&self) -> bool {
        matches!(self.code.as_str(), "undefined-variable" | "null-in-output")
    }

    pub(super) fn internal(summary: &str) -> Self {
        Self::new("worker", summary, None)
    }

    pub(super) fn into_diagnostic(self) -> Diagnostic {
        let code = CODES.iter().find(|code| **code == self.code).copied();
        let place = |(file, line, column): At| Location::new(file, line, column);
        let mut diagnostic = Diagnostic::error(code.unwrap_or("template-error"), self.summary);
        diagnostic.location = self.at.map(place);
        diagnostic.related = self.related.into_iter().map(|(at, what)| (place(at), what)).collect();
        diagnostic.detail = self.detail;
        diagnostic.help = self.help;
        diagnostic
    }
}
