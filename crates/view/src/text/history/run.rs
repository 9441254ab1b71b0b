//! A run: from its first record to its last.

use suimon_apply::{End, Report};
use suimon_gate::Mode;
use suimon_ledger::{Attempt, Event, HealthSummary, Lease};
use suimon_model::{HealthStatus, Outcome};

use super::{Body, Teller, more};
use crate::history::Entry;
use crate::style::Color;
use crate::text::Totals;
use crate::text::report::result;
use crate::{escape, time, words};

/// Objects that are listed for a failure or for health, without `-v`.
const FEW: usize = 10;

impl Teller<'_> {
    pub(super) fn run(
        &self,
        entry: &Entry<'_>,
        attempt: &Attempt,
        lease: &Lease,
        body: &mut Body,
    ) -> (Color, String) {
        self.attempt(attempt, Some(&self.acknowledged(entry)), body);
        if let Some(taker) = entry.taken_over
            && let Event::TakenOver { why, .. } = &taker.record.event
        {
            let by = escape::line(&taker.record.actor.email).into_owned();
            let why = escape::line(why);
            body.push("taken", format!("over by {by} with #{}: {why}", taker.record.number));
        }
        let Some(closed) = entry.closed else {
            let holder = format!("process {} on {}", lease.pid, escape::line(&lease.host));
            let (color, word, what) = match entry.taken_over {
                Some(_) => (Color::Error, "abandoned", format!("no end is on record: {holder}")),
                None => (Color::Warning, "running", format!("{holder} has the lock")),
            };
            body.push("end", what);
            return (color, with_mode(word, attempt.mode));
        };
        let Event::Closed { report, health, .. } = &closed.record.event else {
            return (Color::Plain, String::new());
        };
        let (color, word) = self.closed(report, health, body);
        if entry.taken_over.is_none_or(|taker| taker.record.number > closed.record.number) {
            body.push("took", time::age(closed.record.time, entry.first.record.time));
        } else {
            body.push(
                "late",
                format!(
                    "the end is on record as #{}, after it was taken over",
                    closed.record.number
                ),
            );
        }
        (color, with_mode(&word, attempt.mode))
    }

    /// How a run ended.
    pub(super) fn closed(
        &self,
        report: &Report,
        health: &HealthSummary,
        body: &mut Body,
    ) -> (Color, String) {
        body.push("done", counts(Totals::of(report)));
        self.objects(report, body);
        for problem in &report.problems {
            body.under(format!("problem: {}", escape::line(problem)));
        }
        self.health(health, body);
        match report.end {
            End::Complete if health.is_healthy() => (Color::Add, "applied".to_owned()),
            End::Complete => (Color::Error, "applied, not healthy".to_owned()),
            End::Partial if report.wrote() => (Color::Error, "applied in part".to_owned()),
            End::Partial => (Color::Error, "failed".to_owned()),
            End::Interrupted => (Color::Warning, "interrupted".to_owned()),
        }
    }

    /// The objects that failed; with `-v` all of them.
    fn objects(&self, report: &Report, body: &mut Body) {
        let all = self.options.verbose;
        let told: Vec<_> =
            report.entries.iter().filter(|one| all || one.outcome == Outcome::Failed).collect();
        let most = if all { usize::MAX } else { FEW };
        for one in told.iter().take(most) {
            let id = one.id.to_string();
            let why = one.reason.as_deref().map(|why| format!(": {}", escape::line(why)));
            let line = format!("{}: {}{}", escape::line(&id), result(one), why.unwrap_or_default());
            body.under(line);
        }
        if told.len() > most {
            body.under(more(told.len() - most, "other failure"));
        }
    }

    /// How the environment was.
    pub(super) fn health(&self, health: &HealthSummary, body: &mut Body) {
        if health.is_healthy() {
            body.push("health", "healthy");
            return;
        }
        let number = words::count(health.not_current.len(), "object");
        let status = health.status.map_or("Unknown", status_word);
        body.push("health", format!("{status}: {number} not healthy"));
        let most = if self.options.verbose { usize::MAX } else { FEW };
        for (id, status, message) in health.not_current.iter().take(most) {
            let id = id.to_string();
            let message = escape::line(message);
            body.under(format!("{}: {}: {message}", escape::line(&id), status_word(*status)));
        }
        if health.not_current.len() > most {
            body.under(more(health.not_current.len() - most, "other object"));
        }
    }

    fn acknowledged(&self, entry: &Entry<'_>) -> String {
        match entry.acknowledged {
            Some(seen) => {
                let who = escape::line(&seen.record.actor.email).into_owned();
                format!("seen by {who} with #{}", seen.record.number)
            }
            None => format!(
                "nobody has said that it was seen: suimon gate {} --acknowledge {}",
                escape::line(self.environment),
                escape::line(&entry.first.id)
            ),
        }
    }
}

fn with_mode(word: &str, mode: Mode) -> String {
    match (mode, word) {
        (Mode::Forward, _) => word.to_owned(),
        (Mode::Rollback, "applied") => "rolled back".to_owned(),
        (Mode::Rollback, _) => format!("rollback {word}"),
    }
}

/// Kstatus' word.
pub(crate) fn status_word(status: HealthStatus) -> &'static str {
    match status {
        HealthStatus::Current => "Current",
        HealthStatus::InProgress => "InProgress",
        HealthStatus::Failed => "Failed",
        HealthStatus::Terminating => "Terminating",
        HealthStatus::NotFound => "NotFound",
        HealthStatus::Unknown => "Unknown",
    }
}

/// `3 created, 1 changed`: what is not zero.
fn counts(totals: Totals) -> String {
    let parts: Vec<String> = [
        (totals.added, "created"),
        (totals.changed, "changed"),
        (totals.destroyed, "destroyed"),
        (totals.forgotten, "forgotten"),
        (totals.unchanged, "unchanged"),
        (totals.failed, "failed"),
        (totals.skipped, "not started"),
    ]
    .into_iter()
    .filter(|(number, _)| *number > 0)
    .map(|(number, word)| format!("{number} {word}"))
    .collect();
    if parts.is_empty() { "nothing to do".to_owned() } else { parts.join(", ") }
}
