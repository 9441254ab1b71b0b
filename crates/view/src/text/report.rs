//! What became of a plan.

use suimon_apply::{End, Entry, Report};
use suimon_model::{HealthStatus, Outcome};
use suimon_plan::Action;

use super::object::{place, symbol};
use crate::style::{Color, Style};
use crate::{diff, escape, words};

/// What was added, changed and so on, as the API answered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    pub(crate) added: usize,
    pub(crate) changed: usize,
    pub(crate) destroyed: usize,
    pub(crate) forgotten: usize,
    pub(crate) unchanged: usize,
    pub(crate) failed: usize,
    pub(crate) skipped: usize,
}

impl Totals {
    pub(crate) fn of(report: &Report) -> Self {
        let mut totals = Self::default();
        for entry in &report.entries {
            match (entry.outcome, entry.action) {
                (Outcome::Failed, _) => totals.failed += 1,
                (Outcome::Skipped, _) => totals.skipped += 1,
                (Outcome::Unchanged, _) => totals.unchanged += 1,
                (Outcome::Deleted, _) => totals.destroyed += 1,
                (_, Action::Forget) => totals.forgotten += 1,
                (_, Action::Replace) => {
                    totals.added += 1;
                    totals.destroyed += 1;
                }
                (Outcome::Created, _) => totals.added += 1,
                (Outcome::Configured, _) => totals.changed += 1,
            }
        }
        totals
    }

    fn line(self) -> String {
        let forgotten = if self.forgotten > 0 {
            format!(", {} forgotten", self.forgotten)
        } else {
            String::new()
        };
        format!(
            "{} added, {} changed, {} destroyed{forgotten}",
            self.added, self.changed, self.destroyed
        )
    }
}

/// A report as text: every object with what became of it, and how the run ended.
pub fn report(report: &Report, style: &Style) -> String {
    let mut out = String::new();
    let (failed, rest): (Vec<_>, Vec<_>) =
        report.entries.iter().partition(|entry| entry.outcome == Outcome::Failed);
    let (skipped, done): (Vec<_>, Vec<_>) =
        rest.into_iter().partition(|entry| entry.outcome == Outcome::Skipped);
    let titled = report.end != End::Complete || !failed.is_empty() || !skipped.is_empty();
    section(&mut out, if titled { "Done" } else { "" }, &done, style);
    section(&mut out, "Failed", &failed, style);
    section(&mut out, "Not started", &skipped, style);
    for problem in &report.problems {
        let warning = style.paint(Color::Warning, "Warning:").into_owned();
        out.push_str(&format!("{warning} {}\n\n", escape::line(problem)));
    }
    out.push_str(&ending(report, Totals::of(report), done.len(), style));
    out
}

fn section(out: &mut String, title: &str, entries: &[&Entry], style: &Style) {
    if entries.is_empty() {
        return;
    }
    if !title.is_empty() {
        let title = format!("{title} ({}):", entries.len());
        out.push_str(&format!("{}\n", style.paint(Color::Heading, &title)));
    }
    for entry in entries {
        out.push_str(&one(entry, style));
    }
    out.push('\n');
}

fn one(entry: &Entry, style: &Style) -> String {
    let id = entry.id.to_string();
    let result = result(entry);
    let mut line = format!("{} {}: ", symbol(entry.action, style), escape::line(&id));
    match entry.outcome {
        Outcome::Failed => line.push_str(&style.paint(Color::Error, result)),
        _ => line.push_str(result),
    }
    if let Some(reason) = &entry.reason {
        line.push_str(&format!(": {}", escape::line(reason)));
    }
    if let Some(health) = &entry.health
        && health.status != HealthStatus::Current
        && !entry.reason.as_ref().is_some_and(|reason| reason.contains(&health.message))
    {
        line.push_str(&format!(" ({})", escape::line(&health.message)));
    }
    line.push('\n');
    if entry.outcome == Outcome::Failed
        && let Some(location) = &entry.location
    {
        line.push_str(&format!("      at {}\n", place(location)));
    }
    for conflict in &entry.conflicts {
        let (ours, theirs) = diff::sides(&entry.id, conflict);
        let (field, manager) = (escape::line(&conflict.field), escape::line(&conflict.manager));
        line.push_str(&format!("      ! conflict: {field} is managed by {manager}\n"));
        line.push_str(&format!("          declared: {ours}\n          live:     {theirs}\n"));
        line.push_str("          to take it over: --force-conflicts\n");
    }
    line
}

/// The past participle of what became of an action.
pub(crate) fn result(entry: &Entry) -> &'static str {
    match (entry.outcome, entry.action) {
        (Outcome::Failed, _) => "failed",
        (Outcome::Skipped, _) => "not started",
        (Outcome::Unchanged, _) => "unchanged",
        (Outcome::Deleted, _) => "destroyed",
        (_, Action::Forget) => "forgotten",
        (_, Action::Replace) => "replaced",
        (Outcome::Created, _) => "created",
        (Outcome::Configured, _) => "changed",
    }
}

fn ending(report: &Report, totals: Totals, done: usize, style: &Style) -> String {
    let env = escape::line(&report.environment).into_owned();
    let counts = totals.line();
    let exact = format!(
        "{done} of {} done, {} failed, {} not started",
        words::count(report.entries.len(), "object"),
        totals.failed,
        totals.skipped
    );
    let again = "Running the same command again continues from here.";
    match report.end {
        End::Complete if totals.failed + totals.skipped == 0 => {
            let text = format!("Apply complete! Resources: {counts}.");
            format!("{}\n", style.paint(Color::Add, &text))
        }
        End::Complete | End::Partial => {
            let text = format!("Apply incomplete: {exact}.");
            let next = format!(
                "To see what is left: suimon plan {env}. When the cause is gone, running the same command again continues from here."
            );
            let text = style.paint(Color::Error, &text).into_owned();
            format!("{text}\nResources: {counts}.\n{}\n", style.wrap(&next, ""))
        }
        End::Interrupted => {
            let text = format!("Apply interrupted: {exact}.");
            let text = style.paint(Color::Warning, &text).into_owned();
            format!("{text}\nResources: {counts}.\n{again}\n")
        }
    }
}
