//! What a gate said, as part of a comment or of a change's text.

use std::collections::BTreeSet;

use suimon_gate::{Condition, State};

use super::safe::{code, shorten, size};
use crate::gate_view::commands;
use crate::{GateSheet, GateVerdict, GateView, escape, words};

/// Characters of one message, and of one list of people.
const LONGEST_TEXT: usize = 600;

/// Room for the remark on what is not listed, and for closing what is open.
const REMARK: usize = 200;

/// Most commands under a gate.
const MOST_COMMANDS: usize = 10;

/// What a gate asks for and what is missing: a section with a heading of the fourth level.
///
/// # Guarantees
/// Not longer than `limit` UTF-16 code units, where that is at least 500; what is not listed is counted,
/// and what is missing goes first. Nothing of its content is read as Markdown, HTML, mention or link.
pub fn gate(sheet: &GateSheet<'_>, limit: usize) -> String {
    let mut out = String::new();
    for glass in sheet.broken_glass.iter().take(5) {
        out.push_str(&format!(
            "> **BREAK-GLASS** by {} at {}: {}. To say that it was seen: {}\n\n",
            value(&glass.by),
            code(&crate::time::utc(glass.at)),
            value(&glass.reason),
            value(&glass.acknowledge(&sheet.plan.environment)),
        ));
    }
    let digest = format!("\nPlan digest {}\n", value(&sheet.plan.digest()));
    let room = limit.saturating_sub(size(&out) + size(&digest));
    out.push_str(&section(&GateView::judged(sheet.conditions), &sheet.plan.environment, room));
    out.push_str(&digest);
    out
}

/// The conditions of a gate under their heading; those that hold are folded.
pub(super) fn section(gate: &GateView<'_>, environment: &str, room: usize) -> String {
    let mut out = format!("#### Gate: {}\n", verdict(gate));
    if !gate.reasons().is_empty() || gate.in_state(State::Warned).next().is_some() {
        out.push('\n');
    }
    let mut left = room.saturating_sub(REMARK + size(&out));
    let mut missing = 0;
    let mut push = |out: &mut String, line: String, left: &mut usize| match left
        .checked_sub(size(&line))
        .filter(|_| missing == 0)
    {
        Some(rest) => {
            *left = rest;
            out.push_str(&line);
        }
        None => missing += 1,
    };
    for state in [State::Denied, State::Held, State::Warned] {
        gate.in_state(state).for_each(|one| push(&mut out, line(one), &mut left));
    }
    let next = next(gate);
    if let Some(rest) = left.checked_sub(size(&next)) {
        left = rest;
        out.push_str(&next);
    }
    let holding: Vec<_> =
        gate.in_state(State::Passed).chain(gate.in_state(State::Waived)).collect();
    if !holding.is_empty() {
        let summary = words::count(holding.len(), "condition");
        let hold = if holding.len() == 1 { "holds" } else { "hold" };
        out.push_str(&format!("\n<details><summary>{summary} {hold}</summary>\n\n"));
        holding.iter().for_each(|one| push(&mut out, line(one), &mut left));
        out.push_str("\n</details>\n");
    }
    if missing > 0 {
        let what = words::count(missing, "condition");
        let command = code(&shorten(&format!("suimon gate {environment}"), 60));
        out.push_str(&format!("\n{what} not listed here: {command}\n"));
    }
    out
}

fn verdict(gate: &GateView<'_>) -> String {
    let number = gate.reasons().len();
    match gate.verdict {
        GateVerdict::Open => "open".to_owned(),
        word => format!("{} by {}", word.as_str(), words::count(number, "condition")),
    }
}

fn line(one: &Condition) -> String {
    let mark = match one.state {
        State::Passed => "✓",
        State::Waived => "–",
        State::Warned => "!",
        State::Held => "…",
        State::Denied => "✗",
    };
    let mut line =
        format!("- {mark} **{}** {}: {}\n", one.state, value(&one.rule), value(&one.message));
    if !one.who.is_empty() {
        line.push_str(&format!("  - who can give it: {}\n", value(&one.who.join(", "))));
    }
    if let Some(help) = &one.help {
        // A command that stands alone needs no quotes inside its own.
        let alone = help.strip_prefix('`').and_then(|help| help.strip_suffix('`'));
        let help = alone.filter(|command| !command.contains('`')).unwrap_or(help);
        line.push_str(&format!("  - help: {}\n", value(help)));
    }
    line
}

/// The commands that settle what is missing, to be copied.
fn next(gate: &GateView<'_>) -> String {
    let mut seen = BTreeSet::new();
    let reasons = gate.reasons();
    let named = reasons.iter().filter_map(|one| one.help.as_deref()).flat_map(commands);
    let named: Vec<String> = named
        .filter(|command| seen.insert(*command))
        .take(MOST_COMMANDS)
        .map(|command| format!("- {}\n", value(command)))
        .collect();
    if named.is_empty() { String::new() } else { format!("\nNext:\n\n{}", named.concat()) }
}

fn value(text: &str) -> String {
    code(&shorten(&escape::lines(text).join(" "), LONGEST_TEXT))
}
