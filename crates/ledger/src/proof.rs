//! What a ledger says about releases.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use suimon_apply::{End, Report};
use suimon_gate::{Mode, Proof};
use suimon_model::Outcome;

use crate::{Applied, Attempt, Event, HealthSummary, History, Recorded};

/// A release that was once applied whole and healthy.
#[derive(Debug, Clone, PartialEq)]
pub struct ProvedRelease<'a> {
    /// Its last proof.
    pub applied: Applied<'a>,
    /// When that was.
    pub time: Timestamp,
    /// How it stands now.
    pub proof: Proof,
    /// Whether the environment holds it.
    pub holds: bool,
}

/// How a release stands while a history is read.
#[derive(Debug, Clone, PartialEq)]
enum Standing {
    Unhealthy(String),
    Healthy { since: Timestamp, until: Option<Timestamp>, record: String },
    Revoked { at: Timestamp, why: String },
}

/// How all releases stand.
#[derive(Debug, Default)]
struct Standings<'a> {
    releases: BTreeMap<&'a str, Standing>,
    runs: BTreeMap<&'a str, Run<'a>>,
    /// The release that the environment holds.
    holds: Option<&'a Attempt>,
    /// The run that has not ended, and when it began.
    open: Option<(&'a str, Timestamp)>,
}

#[derive(Debug)]
struct Run<'a> {
    attempt: &'a Attempt,
    taken_over: bool,
}

impl History {
    /// What this environment has proved about a release.
    ///
    /// A release is proved by a run of all of it that ended complete and with everything Current. It
    /// stays so until another release is opened. A later run of it or check that is not healthy, a run
    /// of it that was abandoned, and a rollback away from it revoke the proof, until it is proved again.
    /// While it is applied again, the proof counts up to the beginning of that run.
    pub fn proof(&self, release_id: &str) -> Proof {
        self.standings().proof(release_id)
    }

    /// What may be promoted from here: the release that the environment holds, when it is proved.
    ///
    /// # Errors
    /// Why nothing may, in one line.
    pub fn eligible(&self) -> Result<Applied<'_>, String> {
        let Some(held) = self.holds() else {
            return Err("nothing was applied yet".to_owned());
        };
        let name = name(held.attempt);
        if let Some(open) = self.open_run() {
            let by = &open.record.record.actor.name;
            return Err(format!("{name} is being applied by {by}"));
        }
        if let Some(pin) = self.pin() {
            let (to, by) = (pin.release.unwrap_or(pin.release_id), &pin.by.name);
            return Err(format!("a rollback by {by} holds it at {to}: {}", pin.reason));
        }
        match self.proof(&held.attempt.release_id) {
            Proof::Healthy { .. } => {}
            Proof::Never { .. } => return Err(format!("{name} was never applied whole")),
            Proof::Unhealthy { why } => return Err(format!("{name} is not healthy: {why}")),
            Proof::Revoked { at, why } => {
                return Err(format!("{name} is not healthy since {}: {why}", seconds(at)));
            }
        }
        let proved = self.whole().find(|(applied, closed)| {
            applied.attempt.release_id == held.attempt.release_id && closed.health.is_healthy()
        });
        match proved {
            None => Err(format!("{name} was never applied whole")),
            Some((applied, _)) if applied.attempt.revision.is_none() => {
                Err(format!("{name} was applied from files that are not committed"))
            }
            Some((applied, _)) => Ok(applied),
        }
    }

    /// What may be promoted from here, where anything may.
    pub fn proved(&self) -> Option<&Attempt> {
        self.eligible().ok().map(|applied| applied.attempt)
    }

    /// Every release that was once applied whole and healthy, the last proved first.
    pub fn releases(&self) -> Vec<ProvedRelease<'_>> {
        let standings = self.standings();
        let mut known = BTreeSet::new();
        self.whole()
            .filter(|(_, closed)| closed.health.is_healthy())
            .filter(|(applied, _)| known.insert(applied.attempt.release_id.as_str()))
            .map(|(applied, closed)| ProvedRelease {
                applied,
                time: closed.time,
                proof: standings.proof(&applied.attempt.release_id),
                holds: standings.is_held(&applied.attempt.release_id),
            })
            .collect()
    }

    fn standings(&self) -> Standings<'_> {
        let mut standings = Standings::default();
        for one in self.iter() {
            standings.read(one);
        }
        standings
    }
}

impl<'a> Standings<'a> {
    fn proof(&self, release: &str) -> Proof {
        match self.releases.get(release).cloned() {
            None => Proof::Never { holds: self.holds.map(name) },
            Some(Standing::Unhealthy(why)) => Proof::Unhealthy { why },
            Some(Standing::Healthy { since, until, record }) => {
                // How it is while it is applied again is known when that has ended.
                let until =
                    until.or(self.open.filter(|_| self.is_held(release)).map(|open| open.1));
                Proof::Healthy { since, until, record }
            }
            Some(Standing::Revoked { at, why }) => Proof::Revoked { at, why },
        }
    }

    fn is_held(&self, release: &str) -> bool {
        self.holds.is_some_and(|held| held.release_id == release)
    }

    fn read(&mut self, one: &'a Recorded) {
        let at = one.record.time;
        let ended = one.record.event.run();
        self.open = self.open.filter(|(run, _)| ended != Some(run));
        match &one.record.event {
            Event::Opened { run, attempt, .. } => self.opened(run, attempt, at),
            Event::Closed { run, report, health, .. } => self.closed(run, report, health, one),
            Event::TakenOver { run, .. } => {
                if let Some(run) = self.runs.get_mut(run.as_str()) {
                    run.taken_over = true;
                    let release = run.attempt.release_id.as_str();
                    self.bad(release, at, "its run was abandoned".to_owned());
                }
            }
            Event::Checked { release_id, health }
                if !health.is_healthy() && self.is_held(release_id) =>
            {
                self.bad(release_id, at, health.line());
            }
            Event::Pinned { release_id, release, from, .. } => {
                let to = release.as_deref().unwrap_or(release_id);
                let held = self.holds.map(|held| held.release_id.as_str());
                for left in [Some(from.as_str()), held].into_iter().flatten() {
                    if left != release_id {
                        self.revoke(left, at, format!("it was rolled back to {to}"));
                    }
                }
            }
            Event::Checked { .. }
            | Event::Refused { .. }
            | Event::PlanFailed { .. }
            | Event::Unpinned { .. }
            | Event::Acknowledged { .. } => {}
        }
    }

    fn opened(&mut self, run: &'a str, attempt: &'a Attempt, at: Timestamp) {
        let left = self.holds.filter(|held| held.release_id != attempt.release_id);
        if let Some(left) = left {
            if attempt.mode == Mode::Rollback {
                let why = format!("it was rolled back to {}", name(attempt));
                self.revoke(&left.release_id, at, why);
            } else if let Some(Standing::Healthy { until, .. }) =
                self.releases.get_mut(left.release_id.as_str())
            {
                until.get_or_insert(at);
            }
        }
        let standing = self.releases.entry(&attempt.release_id);
        standing.or_insert_with(|| Standing::Unhealthy("it is being applied".to_owned()));
        self.runs.insert(run, Run { attempt, taken_over: false });
        self.holds = Some(attempt);
        self.open = Some((run, at));
    }

    fn closed(&mut self, run: &str, report: &Report, health: &HealthSummary, one: &Recorded) {
        let Some(run) = self.runs.get(run) else { return };
        let (attempt, late) = (run.attempt, run.taken_over);
        let (release, at) = (attempt.release_id.as_str(), one.record.time);
        let bad = match report.end {
            End::Complete if health.is_healthy() => None,
            End::Complete => Some(health.line()),
            End::Partial => Some(failed(report)),
            End::Interrupted => Some("its apply was interrupted".to_owned()),
        };
        match bad {
            // An environment that holds another release by now says nothing about this one.
            Some(why) if self.is_held(release) => self.bad(release, at, why),
            None if attempt.targeted.is_empty() && !late => self.prove(release, at, &one.id),
            None if !late => {
                if let Some(Standing::Unhealthy(why)) = self.releases.get_mut(release) {
                    *why = "only a part of it was applied (--target)".to_owned();
                }
            }
            _ => {}
        }
    }

    fn prove(&mut self, release: &'a str, since: Timestamp, record: &str) {
        if !matches!(self.releases.get(release), Some(Standing::Healthy { until: None, .. })) {
            let record = record.to_owned();
            self.releases.insert(release, Standing::Healthy { since, until: None, record });
        }
    }

    /// The environment, which holds this release, is not healthy.
    fn bad(&mut self, release: &'a str, at: Timestamp, why: String) {
        let next = match self.releases.get(release) {
            Some(Standing::Healthy { .. }) => Standing::Revoked { at, why },
            Some(Standing::Revoked { .. }) => return,
            Some(Standing::Unhealthy(_)) | None => Standing::Unhealthy(why),
        };
        self.releases.insert(release, next);
    }

    fn revoke(&mut self, release: &'a str, at: Timestamp, why: String) {
        if matches!(self.releases.get(release), Some(Standing::Healthy { .. })) {
            self.releases.insert(release, Standing::Revoked { at, why });
        }
    }
}

fn name(attempt: &Attempt) -> String {
    attempt.release.clone().unwrap_or_else(|| attempt.release_id.clone())
}

fn failed(report: &Report) -> String {
    let failed = report.count(Outcome::Failed);
    let first = report.entries.iter().find(|entry| entry.outcome == Outcome::Failed);
    match first {
        Some(entry) => format!("{failed} of its objects failed, the first was {}", entry.id),
        None => "its apply ended before everything was done".to_owned(),
    }
}

fn seconds(time: Timestamp) -> String {
    Timestamp::from_second(time.as_second()).unwrap_or(time).to_string()
}

impl HealthSummary {
    /// What is not healthy, in one line.
    pub fn line(&self) -> String {
        match (self.not_current.as_slice(), self.status) {
            ([(id, status, message)], _) => format!("{id} is {status:?}: {message}"),
            ([(id, status, message), rest @ ..], _) => {
                format!("{id} is {status:?}: {message} (and {} more)", rest.len())
            }
            ([], Some(status)) => format!("the environment is {status:?}"),
            ([], None) => "nothing is declared".to_owned(),
        }
    }
}
