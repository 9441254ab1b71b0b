//! Ledgers to look at.
#![allow(dead_code, unreachable_pub)]

use jiff::Timestamp;
use suimon_apply::{End, Entry, Report};
use suimon_gate::{BreakGlass, Condition, Mode, SignedApproval, State};
use suimon_ledger::{
    Actor, Attempt, Event, HealthSummary, History, Lease, RECORD_FORMAT, Record, Recorded, Trigger,
};
use suimon_model::{Health, HealthStatus, Inventory, Outcome};
use suimon_plan::Action;

use super::common::id;

pub const RELEASE_1: &str =
    "sha256:1111111111111111111111111111111111111111111111111111111111111111";
pub const RELEASE_2: &str =
    "sha256:2222222222222222222222222222222222222222222222222222222222222222";
pub const REVISION_1: &str = "a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1";
pub const REVISION_2: &str = "b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2";
pub const DIGEST: &str = "sha256:dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd";

pub fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// The time that everything is looked at.
pub fn now() -> Timestamp {
    time("2026-11-22T14:30:00Z")
}

/// A ledger in the making: one record an hour, the first one at 06:00.
#[derive(Default)]
pub struct Book {
    pub records: Vec<Recorded>,
}

impl Book {
    pub fn add(&mut self, event: Event) -> &mut Self {
        let number = u64::try_from(self.records.len()).unwrap() + 1;
        let hours = i64::try_from(number).unwrap() - 1;
        let record = Record {
            format: RECORD_FORMAT.into(),
            project: "shop".into(),
            environment: "stg".into(),
            number,
            previous: self.records.last().map(|last| last.id.clone()),
            time: time("2026-11-22T06:00:00Z") + jiff::SignedDuration::from_hours(hours),
            actor: Actor {
                name: "Aiko".into(),
                email: "aiko@example.com".into(),
                tool: "suimon 0.1.0".into(),
            },
            trigger: Trigger::Cli,
            event,
            witnessed: std::collections::BTreeMap::new(),
        };
        self.records.push(Recorded { id: format!("{number:040x}"), record });
        self
    }

    pub fn open(&mut self, run: &str, attempt: Attempt) -> &mut Self {
        self.add(Event::Opened { run: run.into(), attempt: Box::new(attempt), lease: lease() })
    }

    pub fn close(&mut self, run: &str, report: Report, health: HealthSummary) -> &mut Self {
        self.add(Event::Closed {
            run: run.into(),
            report: Box::new(report),
            health,
            inventory: Inventory::default(),
        })
    }

    /// A run of this release that ends well.
    pub fn apply(&mut self, run: &str, release: &str) -> &mut Self {
        self.open(run, attempt(release)).close(run, report(End::Complete, vec![]), healthy())
    }

    pub fn history(&self) -> History {
        History::new(self.records.iter().cloned())
    }
}

pub fn lease() -> Lease {
    Lease { host: "laptop".into(), pid: 42, ..Lease::default() }
}

/// An attempt of one of the two releases.
pub fn attempt(release: &str) -> Attempt {
    let first = release == RELEASE_1;
    Attempt {
        revision: Some(if first { REVISION_1 } else { REVISION_2 }.into()),
        release: Some(if first { "2026-11-21.1" } else { "2026-11-22.1" }.into()),
        release_id: release.into(),
        modules: Some(REVISION_1.into()),
        artifacts: std::collections::BTreeMap::new(),
        digest: DIGEST.into(),
        mode: Mode::Forward,
        targeted: Vec::new(),
        conditions: vec![Condition::new("window", State::Passed, "open until 16:00")],
        approvals: Vec::new(),
        break_glass: None,
    }
}

pub fn glass() -> BreakGlass {
    BreakGlass { reason: "payments are down".into(), by: "aiko@example.com".into() }
}

pub fn approval(who: &str, role: &str) -> SignedApproval {
    let statement = serde_json::json!({"principal": who, "role": role}).to_string();
    SignedApproval { statement, signature: "-----BEGIN SSH SIGNATURE-----".into() }
}

pub fn report(end: End, entries: Vec<Entry>) -> Report {
    Report { environment: "stg".into(), digest: DIGEST.into(), end, entries, problems: Vec::new() }
}

pub fn entry(name: &str, action: Action, outcome: Outcome, reason: Option<&str>) -> Entry {
    Entry {
        id: id(name),
        location: None,
        action,
        outcome,
        reason: reason.map(str::to_owned),
        conflicts: Vec::new(),
        health: (outcome == Outcome::Created).then(Health::current),
    }
}

pub fn healthy() -> HealthSummary {
    HealthSummary { status: Some(HealthStatus::Current), not_current: Vec::new() }
}

pub fn unhealthy() -> HealthSummary {
    HealthSummary {
        status: Some(HealthStatus::Failed),
        not_current: vec![(
            id("Deployment.apps/web/api"),
            HealthStatus::Failed,
            "1 of 3 replicas are ready".into(),
        )],
    }
}
