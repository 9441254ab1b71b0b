//! [`Refusal`]: a request that the rules do not allow.

/// Why a request is refused, and what to do instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct Refusal {
    /// What is wrong with it, in one line.
    pub why: String,
    /// What to do.
    pub help: Option<String>,
}

impl Refusal {
    /// A refusal without help.
    pub fn new(why: impl Into<String>) -> Self {
        Self { why: why.into(), help: None }
    }

    /// With what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}
