//! [`GateView`] and [`GateSheet`]: what a gate said, to be shown.

use std::borrow::Cow;

use jiff::Timestamp;
use suimon_gate::{Condition, Finding, Mode, State, Verdict};
use suimon_plan::Plan;

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
    /// What conditions come to: one that is denied denies, else one that is held holds.
    pub fn of(conditions: &[Condition]) -> Self {
        match conditions.iter().map(|condition| condition.state).max() {
            Some(State::Denied) => Self::Denied,
            Some(State::Held) => Self::Held,
            _ => Self::Open,
        }
    }

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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GateView<'a> {
    /// The word.
    pub verdict: GateVerdict,
    /// Every condition that is known, those that hold too.
    pub conditions: Cow<'a, [Condition]>,
}

impl<'a> GateView<'a> {
    /// A gate with nothing to say.
    pub fn open() -> Self {
        Self { verdict: GateVerdict::Open, conditions: Cow::Borrowed(&[]) }
    }

    /// The answer that these conditions come to: what [`judge`](suimon_gate::judge) returned.
    pub fn judged(conditions: &'a [Condition]) -> Self {
        Self { verdict: GateVerdict::of(conditions), conditions: Cow::Borrowed(conditions) }
    }

    /// The conditions in one state.
    pub(crate) fn in_state(&self, state: State) -> impl Iterator<Item = &Condition> {
        self.conditions.iter().filter(move |condition| condition.state == state)
    }

    /// The reasons of the verdict; none when it is open.
    pub(crate) fn reasons(&self) -> Vec<&Condition> {
        match self.verdict {
            GateVerdict::Open => Vec::new(),
            GateVerdict::Held => self.in_state(State::Held).collect(),
            GateVerdict::Denied => self.in_state(State::Denied).collect(),
        }
    }
}

impl<'a> From<&'a Verdict> for GateView<'a> {
    /// Without the conditions that hold, where the gate is closed: a verdict has the reasons only.
    fn from(verdict: &'a Verdict) -> Self {
        let closed = |verdict, state, findings: &[Finding]| Self {
            verdict,
            conditions: findings.iter().map(|finding| condition(finding, state)).collect(),
        };
        match verdict {
            Verdict::Open(approved) => Self {
                verdict: GateVerdict::Open,
                conditions: Cow::Borrowed(approved.conditions()),
            },
            Verdict::Held(findings) => closed(GateVerdict::Held, State::Held, findings),
            Verdict::Denied(findings) => closed(GateVerdict::Denied, State::Denied, findings),
        }
    }
}

fn condition(finding: &Finding, state: State) -> Condition {
    Condition {
        rule: finding.rule.clone(),
        state,
        message: finding.message.clone(),
        help: finding.help.clone(),
        who: Vec::new(),
    }
}

/// Everything that `suimon gate` explains.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GateSheet<'a> {
    /// The plan that was judged.
    pub plan: &'a Plan,
    /// Whether it was judged as going forward or back.
    pub mode: Mode,
    /// Every condition, as [`judge`](suimon_gate::judge) gave them.
    pub conditions: &'a [Condition],
    /// Applies that went through the closed gate and that nobody has acknowledged.
    pub broken_glass: &'a [BrokenGlass],
}

/// An apply that went through a closed gate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokenGlass {
    /// Commit id of the record that says so.
    pub record: String,
    /// Who did it.
    pub by: String,
    /// Why.
    pub reason: String,
    /// When.
    pub at: Timestamp,
}

impl BrokenGlass {
    /// The command that says that it was seen.
    pub(crate) fn acknowledge(&self, environment: &str) -> String {
        format!("suimon gate {environment} --acknowledge {}", self.record)
    }
}

/// The command lines that a help text names: what stands in backticks and begins with `suimon `, or all
/// of a text that begins so. Not those that somebody has to complete.
pub(crate) fn commands(help: &str) -> Vec<&str> {
    let named = help.split('`').skip(1).step_by(2);
    let all = (!help.contains('`')).then_some(help.trim());
    let exact = |text: &&str| text.starts_with("suimon ") && !text.contains(['\n', '…']);
    named.chain(all).filter(exact).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_what_stands_in_backticks() {
        for (help, expected) in [
            (
                "ask one of them: `suimon approve prod --role peer`",
                vec!["suimon approve prod --role peer"],
            ),
            ("`suimon a` or `kubectl b`, then `suimon c`", vec!["suimon a", "suimon c"]),
            ("suimon apply prod", vec!["suimon apply prod"]),
            ("take it off `protect.kinds`", vec![]),
            ("see suimon's pages", vec![]),
            ("then `suimon promote dev …` takes it", vec![]),
            ("`suimon a", vec!["suimon a"]),
        ] {
            assert_eq!(commands(help), expected, "{help:?}");
        }
    }

    #[test]
    fn the_worst_condition_decides() {
        let of = |states: &[State]| {
            let conditions: Vec<_> =
                states.iter().map(|state| Condition::new("x", *state, "m")).collect();
            GateVerdict::of(&conditions)
        };
        assert_eq!(of(&[]), GateVerdict::Open);
        assert_eq!(of(&[State::Passed, State::Warned, State::Waived]), GateVerdict::Open);
        assert_eq!(of(&[State::Held, State::Passed]), GateVerdict::Held);
        assert_eq!(of(&[State::Held, State::Denied, State::Warned]), GateVerdict::Denied);
    }
}
