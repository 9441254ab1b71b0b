//! What keeps a plan from being complete or from being applied.

use suimon_model::UnknownRead;
use suimon_plan::{Plan, Refusal};

use super::object::place;
use crate::style::{Color, Style};
use crate::{escape, words};

/// What could not be read.
pub(crate) fn unknown(plan: &Plan, style: &Style) -> String {
    if plan.unknown.is_empty() {
        return String::new();
    }
    let title = style.paint(Color::Error, "Error: The plan is incomplete").into_owned();
    let prose = "Some live state could not be read. What is unknown is neither created nor changed, \
                 and nothing will be deleted:";
    let mut out = format!("{title}\n\n{}\n\n", style.wrap(prose, ""));
    for read in &plan.unknown {
        out.push_str(&format!("  ? {}: {}\n", subject(read), escape::line(&read.reason)));
    }
    out.push('\n');
    out
}

/// The object or the kind that could not be read, safe to print.
pub(crate) fn subject(read: &UnknownRead) -> String {
    match &read.id {
        Some(id) => escape::line(&id.to_string()).into_owned(),
        None => format!("every {}", escape::line(&read.group_kind)),
    }
}

/// What the rules refuse.
pub(crate) fn refused(plan: &Plan, style: &Style) -> String {
    if plan.refused.is_empty() {
        return String::new();
    }
    let what = words::count(plan.refused.len(), "object");
    let verb = if plan.refused.len() == 1 { "is" } else { "are" };
    let title = format!("Error: The plan cannot be applied: {what} {verb} refused");
    let mut out = format!("{}\n\n", style.paint(Color::Error, &title));
    for refusal in &plan.refused {
        out.push_str(&one(refusal));
    }
    out.push('\n');
    out
}

fn one(refusal: &Refusal) -> String {
    let id = refusal.id.to_string();
    let mut out = format!("  ! {} ({})\n", escape::line(&id), escape::line(&refusal.code));
    for line in escape::lines(&refusal.message) {
        out.push_str(&format!("      {line}\n"));
    }
    if let Some(location) = &refusal.location {
        out.push_str(&format!("      at {}\n", place(location)));
    }
    if let Some(help) = &refusal.help {
        let lines = escape::lines(help).join("\n            ");
        out.push_str(&format!("      help: {lines}\n"));
    }
    out
}

/// How many conflicts stop apply.
pub(crate) fn conflicts(plan: &Plan, style: &Style) -> String {
    let objects = plan.changes.iter().filter(|change| change.needs_force()).count();
    if objects == 0 {
        return String::new();
    }
    let what = words::count(objects, "object");
    let title = format!("Warning: {what} with conflicts");
    let prose = "Another manager wants a field with another value. Apply refuses before its first \
                 write, unless it is run with --force-conflicts.";
    format!("{}\n\n{}\n\n", style.paint(Color::Warning, &title), style.wrap(prose, ""))
}
