//! The commit message and the author of a record, derived from it.

use suimon_apply::{End, Report};
use suimon_gate::{Mode, State};

use crate::{Actor, Attempt, Event, Record};

/// Most characters of one part of a message.
const PART: usize = 120;

/// The message of a record's commit: a subject for people, and trailers.
pub(crate) fn message(record: &Record) -> String {
    let (environment, number) = (line(&record.environment), record.number);
    let mut text = format!("{environment} #{number}: {}\n\n", subject(&record.event));
    let mut trailer = |key: &str, value: &str| {
        text.push_str(key);
        text.push_str(": ");
        text.push_str(&line(value));
        text.push('\n');
    };
    trailer("Suimon-Ledger", &format!("{}/{environment}#{number}", line(&record.project)));
    if let Some(run) = record.event.run() {
        trailer("Suimon-Run", run);
    }
    if let Some(attempt) = record.event.attempt() {
        trailer("Suimon-Plan", &attempt.digest);
        trailer("Suimon-Release", &attempt.release_id);
        if let Some(revision) = &attempt.revision {
            trailer("Suimon-Revision", revision);
        }
        if let Some(glass) = &attempt.break_glass {
            trailer("Suimon-Break-Glass", &format!("{}: {}", glass.by, glass.reason));
        }
    }
    text
}

fn subject(event: &Event) -> String {
    match event {
        Event::Opened { attempt, .. } => {
            let verb = match attempt.mode {
                Mode::Forward => "apply",
                Mode::Rollback => "roll back to",
            };
            format!("{verb} {}", what(attempt))
        }
        Event::Closed { report, health, .. } => closed(report, health.is_healthy()),
        Event::TakenOver { run, why } => format!("run {} taken over: {}", line(run), line(why)),
        Event::Refused { attempt } => {
            let denied = attempt.conditions.iter().any(|one| one.state == State::Denied);
            format!("{} of {}", if denied { "denied apply" } else { "held apply" }, what(attempt))
        }
        Event::PlanFailed { reason, .. } => format!("no plan: {}", line(reason)),
        Event::Checked { health, .. } => {
            format!("checked: {}", if health.is_healthy() { "healthy" } else { "not healthy" })
        }
        Event::Pinned { release, release_id, reason, .. } => {
            let release = release.as_deref().unwrap_or(release_id);
            format!("pinned to {}: {}", line(release), line(reason))
        }
        Event::Unpinned { why } => format!("unpinned: {}", line(why)),
        Event::Acknowledged { record } => format!("acknowledged {}", line(record)),
    }
}

fn what(attempt: &Attempt) -> String {
    let release = line(attempt.release.as_deref().unwrap_or(&attempt.release_id));
    match &attempt.revision {
        Some(revision) => {
            format!("{release} at {}", line(revision).chars().take(12).collect::<String>())
        }
        None => format!("{release} from uncommitted files"),
    }
}

fn closed(report: &Report, healthy: bool) -> String {
    let end = match report.end {
        End::Complete => "complete",
        End::Partial => "partial",
        End::Interrupted => "interrupted",
    };
    format!("{end}, {}", if healthy { "healthy" } else { "not healthy" })
}

/// Text as one line that cannot be taken for something else.
pub(crate) fn line(text: &str) -> String {
    let mut line: String = text
        .chars()
        .map(|one| if one.is_control() || is_invisible(one) { ' ' } else { one })
        .take(PART)
        .collect();
    if text.chars().nth(PART).is_some() {
        line.push('…');
    }
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Line separators and marks that change the direction of text.
fn is_invisible(one: char) -> bool {
    matches!(one, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

impl Actor {
    /// As it is recorded: Git allows neither angle brackets nor line feeds in names, nor empty ones.
    pub(crate) fn settled(&self) -> Self {
        let part = |text: &str| {
            let text = line(&text.replace(['<', '>'], ""));
            let text = text.trim_matches(|one: char| ".,:;\"'\\ ".contains(one)).to_owned();
            if text.is_empty() { "unknown".to_owned() } else { text }
        };
        let email = part(&self.email).replace(' ', "");
        Self { name: part(&self.name), email, tool: line(&self.tool) }
    }

    /// `name <email>`, as commits have it.
    pub fn signature(&self) -> String {
        format!("{} <{}>", self.name, self.email)
    }
}
