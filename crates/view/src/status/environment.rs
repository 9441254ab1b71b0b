//! [`Facts`]: what the rest asks about one environment.

use jiff::Timestamp;
use suimon_apply::End;
use suimon_gate::Proof;
use suimon_ledger::{Attempt, Event, HealthSummary, History, OpenRun, PinRecord};
use suimon_model::HealthStatus;

use super::{Declared, Environment, Ledger, Live};
use crate::{BrokenGlass, GateVerdict};

/// What an environment holds, by its ledger.
#[derive(Debug, Clone)]
pub(crate) struct Recorded<'a> {
    /// What was applied last.
    pub(crate) attempt: &'a Attempt,
    /// When that ended; when it began, where its end is not on record.
    pub(crate) at: Timestamp,
    /// How it ended; `None` where its end is not on record.
    pub(crate) end: Option<End>,
    /// How the environment was when somebody looked last.
    pub(crate) health: Option<(&'a HealthSummary, Timestamp)>,
    /// Whether it counts as proved.
    pub(crate) proof: Proof,
}

impl Recorded<'_> {
    /// Whether all of it was applied.
    pub(crate) fn is_whole(&self) -> bool {
        self.end == Some(End::Complete) && self.attempt.targeted.is_empty()
    }
}

/// What the rest asks about one environment.
#[derive(Debug, Clone)]
pub(crate) struct Facts<'a> {
    pub(crate) name: &'a str,
    pub(crate) seen: &'a Environment<'a>,
    pub(crate) records: Option<&'a History>,
    pub(crate) holds: Option<Recorded<'a>>,
    pub(crate) running: Option<OpenRun<'a>>,
    pub(crate) pin: Option<PinRecord<'a>>,
    pub(crate) broken_glass: Vec<BrokenGlass>,
}

impl<'a> Facts<'a> {
    pub(crate) fn of(seen: &'a Environment<'a>) -> Self {
        let records = match &seen.ledger {
            Ledger::Read(history) => Some(*history),
            _ => None,
        };
        Self {
            name: seen.name,
            seen,
            records,
            holds: records.and_then(holds),
            running: records.and_then(History::open_run),
            pin: records.and_then(History::pin),
            broken_glass: records.map(broken_glass).unwrap_or_default(),
        }
    }

    pub(crate) fn declared(&self) -> Option<&'a Declared> {
        self.seen.declared.known()
    }

    /// Whether what is declared is another release than the one that is applied, or that one was not
    /// applied whole.
    pub(crate) fn awaits_apply(&self) -> bool {
        match (self.declared(), &self.holds) {
            (Some(declared), Some(holds)) => {
                holds.attempt.release_id != declared.release_id || !holds.is_whole()
            }
            (Some(_), None) => self.records.is_some(),
            (None, _) => false,
        }
    }

    /// How it is: what is live, else what is on record; `None` where nothing was ever applied.
    pub(crate) fn health(&self) -> Option<&HealthSummary> {
        if self.records.is_some() && self.holds.is_none() {
            return None;
        }
        match &self.seen.live {
            Live::Seen { health, .. } => Some(health),
            Live::Unreachable(_) => None,
            Live::NotAsked => self.holds.as_ref()?.health.map(|(health, _)| health),
        }
    }

    pub(crate) fn verdict(&self) -> Option<GateVerdict> {
        match &self.seen.live {
            Live::Seen { conditions, .. } => Some(GateVerdict::of(conditions)),
            _ => None,
        }
    }

    /// Objects that something else wrote to; `None` where nobody looked.
    pub(crate) fn drift(&self) -> Option<usize> {
        match &self.seen.live {
            Live::Seen { plan, .. } => Some(plan.drift.len()),
            _ => None,
        }
    }

    /// The release that it has proved and holds.
    pub(crate) fn proved(&self) -> Option<&'a Attempt> {
        let holds = self.holds.as_ref()?;
        let proved = matches!(holds.proof, Proof::Healthy { until: None, .. });
        (holds.is_whole() && proved).then_some(holds.attempt)
    }
}

/// The word for a health, in a table.
pub(crate) fn health_word(health: &HealthSummary) -> &'static str {
    if health.is_healthy() {
        return "healthy";
    }
    match health.status {
        Some(HealthStatus::InProgress | HealthStatus::Terminating) => "in progress",
        Some(HealthStatus::Unknown) => "unknown",
        _ => "unhealthy",
    }
}

fn holds(history: &History) -> Option<Recorded<'_>> {
    let held = history.holds()?;
    let closed = held.closed;
    Some(Recorded {
        attempt: held.attempt,
        at: closed.map_or(held.time, |closed| closed.time),
        end: closed.map(|closed| closed.report.end),
        health: last_health(history, &held.attempt.release_id),
        proof: history.proof(&held.attempt.release_id),
    })
}

/// What the last look at a release found.
fn last_health<'a>(history: &'a History, release: &str) -> Option<(&'a HealthSummary, Timestamp)> {
    history.iter().rev().find_map(|one| match &one.record.event {
        Event::Closed { health, .. } => Some(Some((health, one.record.time))),
        Event::Checked { release_id, health } if release_id == release => {
            Some(Some((health, one.record.time)))
        }
        Event::Opened { .. } => Some(None),
        _ => None,
    })?
}

/// The records that nobody has acknowledged.
fn broken_glass(history: &History) -> Vec<BrokenGlass> {
    let told = history.unacknowledged().into_iter().filter_map(|one| {
        let glass = one.record.event.attempt()?.break_glass.as_ref()?;
        Some(BrokenGlass {
            record: one.id.clone(),
            by: glass.by.clone(),
            reason: glass.reason.clone(),
            at: one.record.time,
        })
    });
    told.collect()
}
