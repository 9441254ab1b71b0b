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
    let seconds = elapsed.as_secs();
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
            Some(format!("{}: {what}... [{} elapsed]{why}", escape::line(&id), span(seconds)))
        }
        Event::Finished(entry) => Some(finished(entry, style, seconds)),
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

/// `5s`, `1m5s`.
pub(crate) fn span(seconds: u64) -> String {
    if seconds < 60 { format!("{seconds}s") } else { format!("{}m{}s", seconds / 60, seconds % 60) }
}

fn finished(entry: &Entry, style: &Style, seconds: u64) -> String {
    let id = entry.id.to_string();
    let reason =
        entry.reason.as_deref().map(|r| format!(": {}", escape::line(r))).unwrap_or_default();
    let result = match entry.outcome {
        Outcome::Created | Outcome::Configured | Outcome::Deleted => {
            format!("{} complete after {}", done(entry.action), span(seconds))
        }
        Outcome::Unchanged => "Unchanged".to_owned(),
        Outcome::Skipped => format!("Not started{reason}"),
        Outcome::Failed => {
            let failed = format!("Failed after {}", span(seconds));
            format!("{}{reason}", style.paint(Color::Error, &failed))
        }
    };
    format!("{}: {result}", escape::line(&id))
}
