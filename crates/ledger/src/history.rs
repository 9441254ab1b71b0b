//! [`History`]: what a ledger says.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use suimon_apply::{End, Report};
use suimon_gate::Mode;
use suimon_model::Inventory;

use crate::{Actor, Attempt, Event, HealthSummary, Lease, Record};

/// A record and the id of its commit.
#[derive(Debug, Clone, PartialEq)]
pub struct Recorded {
    /// Commit id.
    pub id: String,
    /// The record.
    pub record: Record,
}

/// The records of one environment, oldest first. Everything it answers is a pure function of them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct History {
    /// The records.
    pub records: Vec<Arc<Recorded>>,
}

/// A run that holds the environment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OpenRun<'a> {
    /// The record that opened it.
    pub record: &'a Recorded,
    /// Its name.
    pub run: &'a str,
    /// What it applies.
    pub attempt: &'a Attempt,
    /// Who holds the lock.
    pub lease: &'a Lease,
}

/// The run that an environment is what it is by, and its end.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Held<'a> {
    /// The record that opened it.
    pub record: &'a Recorded,
    /// What it applied.
    pub attempt: &'a Attempt,
    /// When it began.
    pub time: Timestamp,
    /// How it ended; `None` while it is open, or when it was taken over.
    pub closed: Option<Closed<'a>>,
}

/// The end of a run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Closed<'a> {
    /// The record that says so.
    pub record: &'a Recorded,
    /// What became of every object.
    pub report: &'a Report,
    /// How the environment was.
    pub health: &'a HealthSummary,
    /// What it owned.
    pub inventory: &'a Inventory,
    /// When.
    pub time: Timestamp,
    /// The run had been taken over before: somebody else may have written meanwhile.
    pub late: bool,
}

/// What was applied whole, and the record that says so.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Applied<'a> {
    /// The record that closed its run.
    pub record: &'a Recorded,
    /// What was applied.
    pub attempt: &'a Attempt,
}

/// An environment that a rollback holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PinRecord<'a> {
    /// The record that says so.
    pub record: &'a Recorded,
    /// Identity of the release.
    pub release_id: &'a str,
    /// Its name.
    pub release: Option<&'a str>,
    /// The commit that reverts.
    pub revision: &'a str,
    /// Identity of the release that was left.
    pub from: &'a str,
    /// Why.
    pub reason: &'a str,
    /// Who.
    pub by: &'a Actor,
    /// When.
    pub at: Timestamp,
}

impl History {
    /// A history of these records, oldest first.
    pub fn new(records: impl IntoIterator<Item = Recorded>) -> Self {
        Self { records: records.into_iter().map(Arc::new).collect() }
    }

    /// The last record.
    pub fn last(&self) -> Option<&Recorded> {
        self.records.last().map(AsRef::as_ref)
    }

    /// The record of this commit id.
    pub fn find(&self, id: &str) -> Option<&Recorded> {
        self.iter().find(|one| one.id == id)
    }

    /// All records, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Recorded> {
        self.records.iter().map(AsRef::as_ref)
    }

    /// The run that holds the environment now.
    pub fn open_run(&self) -> Option<OpenRun<'_>> {
        for one in self.iter().rev() {
            match &one.record.event {
                Event::Opened { run, attempt, lease } => {
                    let ended = self.end_of(run).is_some();
                    return (!ended).then_some(OpenRun { record: one, run, attempt, lease });
                }
                Event::TakenOver { .. } => return None,
                _ => {}
            }
        }
        None
    }

    /// What the environment holds: what the last run applied, also where it failed half-way.
    pub fn holds(&self) -> Option<Held<'_>> {
        self.iter().rev().find_map(|one| match &one.record.event {
            Event::Opened { run, attempt, .. } => {
                Some(Held { record: one, attempt, time: one.record.time, closed: self.closed(run) })
            }
            _ => None,
        })
    }

    /// How a run ended, where it did.
    pub fn closed(&self, run: &str) -> Option<Closed<'_>> {
        let mut closed = None;
        let mut late = false;
        for one in self.iter().rev() {
            match &one.record.event {
                Event::Closed { run: ended, report, health, inventory } if ended == run => {
                    let time = one.record.time;
                    closed = Some(Closed { record: one, report, health, inventory, time, late });
                }
                Event::TakenOver { run: taken, .. } if taken == run => late = true,
                Event::Opened { run: opened, .. } if opened == run => break,
                _ => {}
            }
        }
        closed.map(|closed| Closed { late, ..closed })
    }

    /// The record that ended a run or took it over.
    fn end_of(&self, run: &str) -> Option<&Recorded> {
        let ends = |one: &&Recorded| {
            one.record.event.run() == Some(run) && !matches!(one.record.event, Event::Opened { .. })
        };
        self.iter().rev().find(ends)
    }

    /// Whole runs that ended in time, newest first.
    pub(crate) fn whole(&self) -> impl Iterator<Item = (Applied<'_>, Closed<'_>)> {
        self.closes().filter_map(|(attempt, closed)| {
            let whole =
                closed.report.end == End::Complete && attempt.targeted.is_empty() && !closed.late;
            whole.then_some((Applied { record: closed.record, attempt }, closed))
        })
    }

    /// Every end of a run with what it applied, newest first.
    fn closes(&self) -> impl Iterator<Item = (&Attempt, Closed<'_>)> {
        let mut opened = std::collections::BTreeMap::new();
        let mut taken = BTreeSet::new();
        let mut closes = Vec::new();
        for one in self.iter() {
            match &one.record.event {
                Event::Opened { run, attempt, .. } => {
                    opened.insert(run.as_str(), attempt.as_ref());
                }
                Event::TakenOver { run, .. } => {
                    taken.insert(run.as_str());
                }
                Event::Closed { run, report, health, inventory } => {
                    if let Some(attempt) = opened.get(run.as_str()) {
                        let (late, time) = (taken.contains(run.as_str()), one.record.time);
                        let closed = Closed { record: one, report, health, inventory, time, late };
                        closes.push((*attempt, closed));
                    }
                }
                _ => {}
            }
        }
        closes.into_iter().rev()
    }

    /// The commit whose gate says who may approve the next change: the one that was applied last,
    /// forward and whole.
    pub fn trusted_revision(&self) -> Option<String> {
        self.whole()
            .filter(|(applied, _)| applied.attempt.mode == Mode::Forward)
            .find_map(|(applied, _)| applied.attempt.revision.clone())
    }

    /// The rollback that holds the environment now.
    pub fn pin(&self) -> Option<PinRecord<'_>> {
        self.iter().rev().find_map(|one| match &one.record.event {
            Event::Unpinned { .. } => Some(None),
            Event::Pinned { release_id, release, revision, from, reason } => {
                Some(Some(PinRecord {
                    record: one,
                    release_id,
                    release: release.as_deref(),
                    revision,
                    from,
                    reason,
                    by: &one.record.actor,
                    at: one.record.time,
                }))
            }
            _ => None,
        })?
    }

    /// What the environment owned when it was last known.
    pub fn inventory(&self) -> Option<&Inventory> {
        self.closes().find(|(_, closed)| !closed.late).map(|(_, closed)| closed.inventory)
    }

    /// Attempts that went through a closed gate and that nobody has acknowledged, oldest first.
    pub fn unacknowledged(&self) -> Vec<&Recorded> {
        let known: BTreeSet<&str> = self
            .iter()
            .filter_map(|one| match &one.record.event {
                Event::Acknowledged { record } => Some(record.as_str()),
                _ => None,
            })
            .collect();
        self.iter()
            .filter(|one| {
                let attempt = one.record.event.attempt();
                attempt.is_some_and(|attempt| attempt.break_glass.is_some())
                    && !known.contains(one.id.as_str())
            })
            .collect()
    }
}
