//! `suimon gate`: the verdict, line by line.

use std::collections::BTreeSet;

use suimon_gate::{Condition, Mode, State};

use super::findings::people;
use crate::gate_view::commands;
use crate::style::{Color, Style};
use crate::{GateSheet, GateVerdict, escape, text, words};

/// The parts of a gate, and the rules that belong to them. Whatever is in none is a rule about what is
/// declared.
const PARTS: [(&str, &[&str]); 8] = [
    (
        "Where it comes from",
        &["uncommitted", "on-branch", "branch", "trusted-policy", "policy-changed", "pinned"],
    ),
    ("Upstream", &["upstream"]),
    ("Approvals", &["approvals", "approval"]),
    ("Windows", &["window", "windows"]),
    ("Checks", &["check", "checks"]),
    ("Rules and policies", &[]),
    (
        "The plan itself",
        &[
            "refused",
            "unknown-state",
            "conflict",
            "protected-kind",
            "max-deletes",
            "empty-environment",
        ],
    ),
    ("Break-glass", &["break-glass"]),
];

/// Explains a verdict: every condition with its mark, what is missing, who can give it, and the next
/// command.
///
/// # Guarantees
/// As the crate's; every condition is in it, each on lines of its own that begin with its state.
pub fn gate(sheet: &GateSheet<'_>, style: &Style) -> String {
    let mut out = format!("{}\n", title(sheet, style));
    for (number, (name, _)) in PARTS.iter().enumerate() {
        let conditions: Vec<_> =
            sheet.conditions.iter().filter(|one| part(&one.rule) == number).collect();
        if conditions.is_empty() {
            continue;
        }
        out.push_str(&format!("\n{}\n", style.paint(Color::Heading, name)));
        conditions.iter().for_each(|one| out.push_str(&condition(one, style)));
    }
    out.push_str(&broken_glass(sheet, style));
    out.push_str(&subject(sheet));
    out.push_str(&next(sheet, style));
    out
}

fn title(sheet: &GateSheet<'_>, style: &Style) -> String {
    let name = escape::line(&sheet.plan.environment);
    let how = if sheet.mode == Mode::Rollback { ", for a rollback" } else { "" };
    let of = |state| sheet.conditions.iter().filter(|one| one.state == state).count();
    let (held, denied) = (of(State::Held), of(State::Denied));
    let (color, word) = match GateVerdict::of(sheet.conditions) {
        GateVerdict::Open if sheet.conditions.is_empty() => {
            (Color::Add, "open: it asks for nothing.".to_owned())
        }
        GateVerdict::Open => (Color::Add, "open.".to_owned()),
        GateVerdict::Held => (Color::Warning, format!("held by {}.", conditions(held))),
        GateVerdict::Denied if held > 0 => {
            (Color::Error, format!("denied by {}, and held by {held} more.", conditions(denied)))
        }
        GateVerdict::Denied => (Color::Error, format!("denied by {}.", conditions(denied))),
    };
    format!("Gate of {name}{how}: {}", style.paint(color, &word))
}

fn conditions(number: usize) -> String {
    words::count(number, "condition")
}

fn part(rule: &str) -> usize {
    let of = |(_, rules): &(&str, &[&str])| rules.contains(&rule);
    let found = PARTS.iter().position(of);
    found.or_else(|| PARTS.iter().position(|(_, rules)| rules.is_empty())).unwrap_or(0)
}

fn condition(one: &Condition, style: &Style) -> String {
    let (color, mark) = match one.state {
        State::Passed => (Color::Add, "✓"),
        State::Waived => (Color::Comment, "-"),
        State::Warned => (Color::Warning, "!"),
        State::Held => (Color::Warning, "…"),
        State::Denied => (Color::Error, "✗"),
    };
    let mark = if style.unicode { format!("{mark} ") } else { String::new() };
    let indent = " ".repeat(if style.unicode { 12 } else { 10 });
    let word = format!("{mark}{:<6}", one.state.to_string());
    let message = escape::lines(&one.message).join(&format!("\n{indent}"));
    let rule = escape::line(&one.rule);
    let mut out = format!("  {}  {message} ({rule})\n", style.paint(color, &word));
    if !one.who.is_empty() {
        out.push_str(&format!("{indent}who:  {}\n", people(&one.who)));
    }
    if let Some(help) = &one.help {
        let lines = escape::lines(help).join(&format!("\n{indent}      "));
        out.push_str(&format!("{indent}help: {lines}\n"));
    }
    out
}

fn broken_glass(sheet: &GateSheet<'_>, style: &Style) -> String {
    let mut out = String::new();
    for glass in sheet.broken_glass {
        let what = format!(
            "BREAK-GLASS by {} at {}: {}",
            escape::line(&glass.by),
            crate::time::utc(glass.at),
            escape::line(&glass.reason)
        );
        let command = glass.acknowledge(&sheet.plan.environment);
        out.push_str(&format!(
            "\n{}\n  to say that it was seen: {}\n",
            style.paint(Color::Error, &what),
            escape::line(&command)
        ));
    }
    out
}

/// What was judged.
fn subject(sheet: &GateSheet<'_>) -> String {
    let plan = sheet.plan;
    let revision = match &plan.revision {
        Some(revision) => format!("revision {}", escape::line(revision)),
        None => "uncommitted files".to_owned(),
    };
    let release = match &plan.release {
        Some(name) => format!("{} ({})", escape::line(name), escape::line(&plan.release_id)),
        None => escape::line(&plan.release_id).into_owned(),
    };
    let summary = text::summary(plan);
    let digest = escape::line(&plan.digest()).into_owned();
    format!("\n{summary}\nRelease {release}, {revision}\nPlan digest: {digest}\n")
}

/// What to do now: commands that the conditions name, once each. What is denied needs another plan.
fn next(sheet: &GateSheet<'_>, style: &Style) -> String {
    let environment = &sheet.plan.environment;
    let mut seen = BTreeSet::new();
    let lines: Vec<String> = match GateVerdict::of(sheet.conditions) {
        GateVerdict::Open if sheet.mode == Mode::Rollback => {
            vec![format!("suimon rollback {environment}")]
        }
        GateVerdict::Open if sheet.plan.is_empty() => Vec::new(),
        GateVerdict::Open => vec![format!("suimon apply {environment}")],
        GateVerdict::Denied => Vec::new(),
        GateVerdict::Held => {
            let held = sheet.conditions.iter().filter(|one| one.state == State::Held);
            let named = held.filter_map(|one| one.help.as_deref()).flat_map(commands);
            named.filter(|command| seen.insert(*command)).map(str::to_owned).collect()
        }
    };
    if lines.is_empty() {
        return String::new();
    }
    let lines: String =
        lines.iter().map(|command| format!("  {}\n", escape::line(command))).collect();
    format!("\n{}\n{lines}", style.paint(Color::Heading, "Next"))
}
