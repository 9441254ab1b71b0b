//! `suimon history`: what was done, newest first.

mod attempt;
mod run;
mod verification;

pub(crate) use run::status_word;
pub use verification::verification;

use jiff::Timestamp;
use suimon_gate::{Condition, State};
use suimon_ledger::{Event, History, Recorded, Trigger};

use crate::history::{Entry, entries};
use crate::style::{Color, Style};
use crate::{escape, time, words};

/// How a history is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HistoryOptions {
    /// Now; ages are counted from here.
    pub now: Timestamp,
    /// Most entries; `None` is all of them.
    pub limit: Option<usize>,
    /// With every condition and every object.
    pub verbose: bool,
}

/// What was done to an environment: one entry for a run, newest first.
///
/// # Guarantees
/// As the crate's; every record is told of, where the limit leaves room.
pub fn history(
    environment: &str,
    history: &History,
    options: &HistoryOptions,
    style: &Style,
) -> String {
    let name = escape::line(environment);
    let all = entries(history);
    if all.is_empty() {
        return format!("Nothing was ever applied to {name}.\n");
    }
    let shown = options.limit.unwrap_or(usize::MAX).min(all.len());
    let teller = Teller { environment, history, options, style };
    let mut out = String::new();
    for entry in all.iter().rev().take(shown) {
        out.push_str(&teller.entry(entry));
        out.push('\n');
    }
    let hidden = all.len() - shown;
    if hidden > 0 {
        let older = if hidden == 1 {
            "1 older entry".to_owned()
        } else {
            format!("{hidden} older entries")
        };
        out.push_str(&format!("{older} not shown.\n"));
    } else {
        out.pop();
    }
    out
}

/// What every entry is told with.
struct Teller<'a> {
    environment: &'a str,
    history: &'a History,
    options: &'a HistoryOptions,
    style: &'a Style,
}

/// What an entry says beside its first line.
#[derive(Default)]
struct Body {
    lines: Vec<String>,
}

impl Body {
    /// A line with a label of its own column.
    fn push(&mut self, label: &str, text: impl AsRef<str>) {
        self.lines.push(format!("    {label:<9} {}\n", text.as_ref()));
    }

    /// A line under the one before it.
    fn under(&mut self, text: impl AsRef<str>) {
        self.lines.push(format!("      {}\n", text.as_ref()));
    }
}

impl Teller<'_> {
    fn entry(&self, entry: &Entry<'_>) -> String {
        let record = &entry.first.record;
        let mut body = Body::default();
        let (color, word) = match &record.event {
            Event::Opened { attempt, lease, .. } => self.run(entry, attempt, lease, &mut body),
            Event::Refused { attempt } => self.refused(attempt, &mut body),
            Event::Closed { report, health, .. } => self.closed(report, health, &mut body),
            _ => self.other(entry, &mut body),
        };
        if self.options.verbose {
            self.ids(entry, &mut body);
        }
        let who = format!(
            "{} <{}>, {}",
            escape::line(&record.actor.name),
            escape::line(&record.actor.email),
            trigger(record.trigger)
        );
        format!(
            "#{} {}  {} ({} ago)\n    {:<9} {who}\n{}",
            record.number,
            self.style.paint(color, &word),
            time::utc(record.time),
            time::age(self.options.now, record.time),
            "by",
            body.lines.concat()
        )
    }

    /// Records that are not of an apply.
    fn other(&self, entry: &Entry<'_>, body: &mut Body) -> (Color, String) {
        match &entry.first.record.event {
            Event::PlanFailed { revision, reason } => {
                body.push("what", revision_text(revision.as_deref()));
                for (number, line) in escape::lines(reason).iter().enumerate() {
                    body.push(if number == 0 { "why" } else { "" }, line);
                }
                (Color::Error, "plan failed".to_owned())
            }
            Event::Checked { release_id, health } => {
                body.push("what", format!("release {}", short_id(release_id)));
                self.health(health, body);
                let healthy = health.is_healthy();
                let color = if healthy { Color::Add } else { Color::Error };
                (color, format!("checked: {}", if healthy { "healthy" } else { "unhealthy" }))
            }
            Event::Pinned { release_id, release, revision, from, reason } => {
                let release = release_text(release.as_deref(), release_id);
                body.push("what", format!("held at {release}, away from {}", short_id(from)));
                body.push("until", format!("the revert is merged: {}", escape::line(revision)));
                body.push("why", escape::line(reason));
                (Color::Warning, "pinned".to_owned())
            }
            Event::Unpinned { why } => {
                body.push("why", escape::line(why));
                (Color::Plain, "unpinned".to_owned())
            }
            Event::TakenOver { run, why } => {
                let name = self.number_of_run(run);
                body.push("what", name);
                body.push("why", escape::line(why));
                (Color::Warning, "took over".to_owned())
            }
            Event::Acknowledged { record } => {
                body.push("what", self.number_of(record));
                (Color::Plain, "acknowledged".to_owned())
            }
            Event::Opened { .. } | Event::Closed { .. } | Event::Refused { .. } => {
                (Color::Plain, String::new())
            }
        }
    }

    /// `#7`, where the record is here.
    fn number_of(&self, id: &str) -> String {
        match self.history.find(id) {
            Some(logged) => format!("#{}", logged.record.number),
            None => format!("record {}", escape::line(id)),
        }
    }

    fn number_of_run(&self, name: &str) -> String {
        let opens =
            |one: &&Recorded| matches!(&one.record.event, Event::Opened { run, .. } if run == name);
        match self.history.iter().find(opens) {
            Some(logged) => format!("#{}", logged.record.number),
            None => format!("run {}", escape::line(name)),
        }
    }

    fn ids(&self, entry: &Entry<'_>, body: &mut Body) {
        let records = [Some(entry.first), entry.closed];
        for logged in records.into_iter().flatten() {
            let what = format!("#{} {}", logged.record.number, escape::line(&logged.id));
            body.push("record", what);
            body.push("tool", escape::line(&logged.record.actor.tool));
        }
    }

    /// The conditions in these states, each with its reason.
    fn conditions(&self, conditions: &[Condition], states: &[State], body: &mut Body) {
        for one in conditions.iter().filter(|one| states.contains(&one.state)) {
            let lines = escape::lines(&one.message).join("\n          ");
            body.under(format!(
                "{:<6}  {lines} ({})",
                one.state.to_string(),
                escape::line(&one.rule)
            ));
        }
    }
}

fn trigger(trigger: Trigger) -> &'static str {
    match trigger {
        Trigger::Cli => "command line",
        Trigger::Ci => "pipeline",
        Trigger::Controller => "controller",
    }
}

/// `2026-11-22.3 (1a2b3c4d5e6f)`, safe to print.
pub(crate) fn release_text(name: Option<&str>, id: &str) -> String {
    match name {
        Some(name) => format!("{} ({})", escape::line(name), short_id(id)),
        None => short_id(id),
    }
}

/// The first twelve digits of a digest or of a commit id, safe to print.
pub(crate) fn short_id(id: &str) -> String {
    let digits = id.strip_prefix("sha256:").unwrap_or(id);
    escape::line(&digits.chars().take(12).collect::<String>()).into_owned()
}

fn revision_text(revision: Option<&str>) -> String {
    match revision {
        Some(revision) => format!("revision {}", short_id(revision)),
        None => "uncommitted files".to_owned(),
    }
}

fn more(number: usize, noun: &str) -> String {
    format!("and {}; -v lists them", words::count(number, noun))
}
