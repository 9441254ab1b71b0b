//! Progress, one line at a time.

use std::time::Duration;

use suimon_apply::{Entry, Event};
use suimon_model::{HealthStatus, Outcome};
use suimon_plan::Action;

use crate::escape;
use crate::style::{Color, Style};

/// A plain progress line without line feed; `elapsed` is the time since the object was started.
///
/// `None` where there is nothing to say: a wait that is over.
pub fn event(event: &Event, style: &Style, elapsed: Duration) -> Option<String> {
    message(event, style, Some(elapsed))
}

/// As [`event`]; the time is left out where it is not known.
pub(crate) fn message(event: &Event, style: &Style, elapsed: Option<Duration>) -> Option<String> {
    match event {
        Event::Started { id, action } => {
            let id = id.to_string();
            Some(format!("{}: {}...", escape::line(&id), doing(*action)))
        }
        Event::Waiting { health, .. } if health.status == HealthStatus::Current => None,
        Event::Waiting { id, health } => {
            let id = id.to_string();
            let what = match health.status {
                HealthStatus::Terminating => "Still being deleted",
                _ => "Still waiting until it is healthy",
            };
            let message = escape::line(&health.message);
            let why = if message.is_empty() { String::new() } else { format!(": {message}") };
            Some(format!(
                "{}: {what}...{}{why}",
                escape::line(&id),
                span(" [", elapsed, " elapsed]")
            ))
        }
        Event::Finished(entry) => Some(finished(entry, style, elapsed)),
    }
}

/// The gerund of an action.
pub(crate) fn doing(action: Action) -> &'static str {
    match action {
        Action::Create => "Creating",
        Action::Update => "Modifying",
        Action::Replace => "Replacing",
        Action::Delete => "Destroying",
        Action::Forget => "Forgetting",
        Action::NoOp => "Checking",
    }
}

fn done(action: Action) -> &'static str {
    match action {
        Action::Create => "Creation",
        Action::Update => "Modifications",
        Action::Replace => "Replacement",
        Action::Delete => "Destruction",
        Action::Forget => "Release",
        Action::NoOp => "Check",
    }
}

/// `5s`, `1m5s`, between two texts; nothing where the time is not known.
fn span(before: &str, elapsed: Option<Duration>, after: &str) -> String {
    match elapsed.map(|time| time.as_secs()) {
        None => String::new(),
        Some(seconds) if seconds < 60 => format!("{before}{seconds}s{after}"),
        Some(seconds) => format!("{before}{}m{}s{after}", seconds / 60, seconds % 60),
    }
}

fn finished(entry: &Entry, style: &Style, elapsed: Option<Duration>) -> String {
    let id = entry.id.to_string();
    let reason =
        entry.reason.as_deref().map(|r| format!(": {}", escape::line(r))).unwrap_or_default();
    let result = match entry.outcome {
        Outcome::Created | Outcome::Configured | Outcome::Deleted => {
            format!("{} complete{}", done(entry.action), span(" after ", elapsed, ""))
        }
        Outcome::Unchanged => "Unchanged".to_owned(),
        Outcome::Skipped => format!("Not started{reason}"),
        Outcome::Failed => {
            let failed = format!("Failed{}", span(" after ", elapsed, ""));
            format!("{}{reason}", style.paint(Color::Error, &failed))
        }
    };
    format!("{}: {result}", escape::line(&id))
}
