//! One object of a plan.

use suimon_model::Location;
use suimon_plan::{Action, Change, Drift};

use crate::diff::{self, Line, Sign};
use crate::style::{Color, Style};
use crate::{escape, words};

/// A change: header, reason, place, fields, conflicts.
pub(crate) fn change(change: &Change, style: &Style) -> String {
    let id = change.id.to_string();
    let id = escape::line(&id);
    let mut out = header(&format!("{id} {}", words::fate(change.action)), style);
    out.push_str(&comment(&format!("(because {})", words::because(change.reason)), style));
    if let Some(location) = &change.location {
        out.push_str(&comment(&place(location), style));
    }
    out.push_str(&format!("{} {id}", symbol(change.action, style)));
    let body = diff::change(change);
    out.push_str(if body.is_empty() { "\n" } else { ":\n" });
    for line in &body {
        push_line(&mut out, line, style);
    }
    out.push_str(&conflicts(change, style));
    out
}

/// What something else wrote to one object.
pub(crate) fn drift(drift: &Drift, deleted: bool, style: &Style) -> String {
    let id = drift.id.to_string();
    let id = escape::line(&id);
    let fate = if deleted { "has been deleted" } else { "has changed" };
    let mut out = header(&format!("{id} {fate}"), style);
    let action = if deleted { Action::Delete } else { Action::Update };
    let colon = if drift.fields.is_empty() { "" } else { ":" };
    out.push_str(&format!("{} {id}{colon}\n", symbol(action, style)));
    for field in &drift.fields {
        for line in diff::drifted(&drift.id, field) {
            push_line(&mut out, &line, style);
        }
    }
    out
}

/// `file:line:column`, safe to print.
pub(crate) fn place(location: &Location) -> String {
    escape::line(&location.to_string()).into_owned()
}

/// The symbol in the gutter, three columns wide.
pub(crate) fn symbol(action: Action, style: &Style) -> String {
    let padding = " ".repeat(3_usize.saturating_sub(action.symbol().len()));
    let painted = match action {
        Action::Replace => {
            format!("{}/{}", style.paint(Color::Remove, "-"), style.paint(Color::Add, "+"))
        }
        other => style.paint(color(other), other.symbol()).into_owned(),
    };
    format!("{padding}{painted}")
}

fn color(action: Action) -> Color {
    match action {
        Action::Create => Color::Add,
        Action::Update => Color::Change,
        Action::Delete | Action::Replace => Color::Remove,
        Action::Forget | Action::NoOp => Color::Plain,
    }
}

fn header(text: &str, style: &Style) -> String {
    format!("  {}\n", style.paint(Color::Heading, &format!("# {text}")))
}

fn comment(text: &str, style: &Style) -> String {
    format!("  {}\n", style.paint(Color::Comment, &format!("# {text}")))
}

fn push_line(out: &mut String, line: &Line, style: &Style) {
    let (mark, color) = match line.sign {
        Sign::Same => ("   ", Color::Plain),
        Sign::Add => ("  +", Color::Add),
        Sign::Remove => ("  -", Color::Remove),
        Sign::Change => ("  ~", Color::Change),
    };
    out.push_str(&style.paint(color, mark));
    out.push(' ');
    for _ in 0..=line.depth {
        out.push_str("  ");
    }
    let color = if line.comment { Color::Comment } else { Color::Plain };
    out.push_str(&style.paint(color, &line.text));
    if let Some(note) = &line.note {
        out.push_str("   ");
        let color = if note.contains("forces replacement") { Color::Error } else { Color::Comment };
        out.push_str(&style.paint(color, &format!("# {note}")));
    }
    out.push('\n');
}

fn conflicts(change: &Change, style: &Style) -> String {
    let mut out = String::new();
    for conflict in &change.conflicts {
        let (ours, theirs) = diff::sides(&change.id, conflict);
        let field = escape::line(&conflict.field);
        let manager = escape::line(&conflict.manager);
        let (title, what) = if conflict.repairs_drift {
            (Color::Comment, "apply takes it back, because that repairs drift")
        } else {
            (Color::Warning, "apply refuses; to take it over: --force-conflicts")
        };
        let heading = format!("! conflict: {field} is managed by {manager}");
        out.push_str(&format!("      {}\n", style.paint(title, &heading)));
        out.push_str(&format!("          declared: {ours}\n"));
        out.push_str(&format!("          live:     {theirs}\n"));
        out.push_str(&format!("          {what}\n"));
    }
    out
}
