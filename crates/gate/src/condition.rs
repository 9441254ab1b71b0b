//! [`Condition`]: one line of a judgement.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How a condition stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// It holds.
    Passed,
    /// It need not hold, such as approvals of a plan without changes, or after breaking the glass.
    Waived,
    /// It does not hold, and only says so.
    Warned,
    /// It does not hold yet; somebody can give what is missing, or time will.
    Held,
    /// It does not hold, and nobody can wave it through.
    Denied,
}

impl State {
    /// Whether it keeps a gate closed.
    pub fn is_closed(self) -> bool {
        matches!(self, Self::Held | Self::Denied)
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Passed => "passed",
            Self::Waived => "waived",
            Self::Warned => "warned",
            Self::Held => "held",
            Self::Denied => "denied",
        })
    }
}

/// One condition of a gate and how it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Condition {
    /// Stable kebab-case name: `approvals`, `upstream`, `window`, `max-deletes`, …
    pub rule: String,
    /// How it stands.
    pub state: State,
    /// What is the matter, in one line.
    pub message: String,
    /// Who or what can settle it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// People who can give what is missing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub who: Vec<String>,
}

impl Condition {
    /// A condition without help.
    pub fn new(rule: impl Into<String>, state: State, message: impl Into<String>) -> Self {
        Self { rule: rule.into(), state, message: message.into(), help: None, who: Vec::new() }
    }

    /// With what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// With who can settle it.
    #[must_use]
    pub fn who(mut self, who: impl IntoIterator<Item = String>) -> Self {
        self.who = who.into_iter().collect();
        self
    }
}
