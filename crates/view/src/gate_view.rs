//! [`GateView`]: a verdict without the plan that it is about.

use suimon_gate::{Finding, Verdict};

/// The word of a verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GateVerdict {
    /// Go on.
    Open,
    /// Something is missing that somebody can give.
    Held,
    /// The rules refuse.
    Denied,
}

impl GateVerdict {
    /// The word as JSON output has it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Held => "held",
            Self::Denied => "denied",
        }
    }
}

/// What a gate said about a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GateView<'a> {
    /// The word.
    pub verdict: GateVerdict,
    /// The reasons; empty when open.
    pub findings: &'a [Finding],
}

impl GateView<'_> {
    /// A gate with nothing to say.
    pub fn open() -> Self {
        Self { verdict: GateVerdict::Open, findings: &[] }
    }
}

impl<'a> From<&'a Verdict> for GateView<'a> {
    fn from(verdict: &'a Verdict) -> Self {
        match verdict {
            Verdict::Open(_) => Self::open(),
            Verdict::Held(findings) => Self { verdict: GateVerdict::Held, findings },
            Verdict::Denied(findings) => Self { verdict: GateVerdict::Denied, findings },
        }
    }
}
