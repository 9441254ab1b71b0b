//! Why a gate holds or denies, under a plan.

use suimon_gate::{Condition, State};

use crate::style::{Color, Style};
use crate::{GateVerdict, GateView, escape, words};

/// What a gate says, with every reason and every warning; an open gate without warnings gives an empty
/// text.
pub fn findings(gate: &GateView<'_>, style: &Style) -> String {
    let of = |state| gate.in_state(state).collect::<Vec<_>>();
    let mut out = String::new();
    let mut section = |color, title: &str, conditions: Vec<&Condition>| {
        if conditions.is_empty() {
            return;
        }
        let gap = if out.is_empty() { "" } else { "\n" };
        let title = title.replace("{}", &words::count(conditions.len(), "reason"));
        out.push_str(&format!("{gap}{}\n\n", style.paint(color, &title)));
        for condition in conditions {
            out.push_str(&one(condition));
        }
    };
    if gate.verdict == GateVerdict::Denied {
        let title = "Denied: the rules refuse this plan, for {}:";
        section(Color::Error, title, of(State::Denied));
        section(Color::Warning, "Held besides, for {}:", of(State::Held));
    } else {
        section(Color::Warning, "Held: the gate is not open, for {}:", of(State::Held));
    }
    section(Color::Warning, "Warnings of the gate:", of(State::Warned));
    out
}

fn one(condition: &Condition) -> String {
    let message = escape::lines(&condition.message).join("\n      ");
    let mut out = format!("  ! {message} ({})\n", escape::line(&condition.rule));
    if !condition.who.is_empty() {
        out.push_str(&format!("      who:  {}\n", people(&condition.who)));
    }
    if let Some(help) = &condition.help {
        out.push_str(&format!("      help: {}\n", escape::lines(help).join("\n            ")));
    }
    out
}

/// Names in a list, safe to print.
pub(super) fn people(who: &[String]) -> String {
    who.iter().map(|name| escape::line(name)).collect::<Vec<_>>().join(", ")
}
