//! What the tests record.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use suimon_apply::{End, Entry as Outcome, Report};
use suimon_gate::{Condition, Mode, State};
use suimon_ledger::{
    Actor, Attempt, Basis, Event, HealthSummary, Lease, Ledger, Liveness, MemoryStore, Opening,
    Trigger,
};
use suimon_model::{HealthStatus, Inventory, InventoryEntry, ResourceId};

pub(crate) const T0: i64 = 1_780_000_000;

pub(crate) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(T0 + second).unwrap()
}

pub(crate) fn actor() -> Actor {
    Actor {
        name: "Aiko".to_owned(),
        email: "aiko@example.com".to_owned(),
        tool: "suimon 0.1.0".to_owned(),
    }
}

pub(crate) fn attempt(release: &str) -> Attempt {
    Attempt {
        revision: Some(format!("{release}-commit")),
        release: Some(release.to_owned()),
        release_id: format!("sha256:{release}"),
        modules: Some(format!("{release}-modules")),
        artifacts: BTreeMap::new(),
        digest: format!("sha256:plan-{release}"),
        mode: Mode::Forward,
        targeted: Vec::new(),
        conditions: vec![Condition::new("upstream", State::Passed, "dev proved it")],
        approvals: Vec::new(),
        break_glass: None,
    }
}

pub(crate) fn lease(pid: u32) -> Lease {
    Lease {
        host: "laptop".to_owned(),
        machine: Some("m1".to_owned()),
        boot: Some("b1".to_owned()),
        pid_namespace: Some("pid:[1]".to_owned()),
        pid,
        started: Some(100),
    }
}

pub(crate) fn opening(run: &str, release: &str, second: i64) -> Opening {
    Opening {
        actor: actor(),
        trigger: Trigger::Cli,
        time: at(second),
        attempt: attempt(release),
        lease: lease(7),
        run: run.to_owned(),
        take_over: false,
        basis: Basis::Any,
    }
}

pub(crate) fn report(environment: &str, digest: &str, end: End) -> Report {
    let entries: Vec<Outcome> = Vec::new();
    Report {
        environment: environment.to_owned(),
        digest: digest.to_owned(),
        end,
        entries,
        problems: Vec::new(),
    }
}

pub(crate) fn done(environment: &str, release: &str) -> Report {
    report(environment, &attempt(release).digest, End::Complete)
}

pub(crate) fn healthy() -> HealthSummary {
    HealthSummary { status: Some(HealthStatus::Current), not_current: Vec::new() }
}

pub(crate) fn api() -> ResourceId {
    ResourceId::new("apps", "Deployment", Some("web"), "api")
}

pub(crate) fn sick() -> HealthSummary {
    HealthSummary {
        status: Some(HealthStatus::Failed),
        not_current: vec![(api(), HealthStatus::Failed, "0 of 3 replicas are ready".to_owned())],
    }
}

pub(crate) fn inventory() -> Inventory {
    let entry = InventoryEntry { api_version: "apps/v1".to_owned(), uid: "u1".to_owned() };
    Inventory { entries: BTreeMap::from([(api(), entry)]) }
}

pub(crate) fn unknown(_: &Lease) -> Liveness {
    Liveness::Unknown
}

pub(crate) fn ledger(store: &MemoryStore, environment: &str) -> Ledger {
    Ledger::new(Arc::new(store.clone()), "shop", environment)
}

/// A whole run.
pub(crate) fn apply(ledger: &Ledger, run: &str, release: &str, second: i64) -> String {
    let run = ledger.open(opening(run, release, second), &unknown).unwrap();
    let report = done(ledger.environment(), release);
    run.close(report, healthy(), inventory(), at(second + 5)).unwrap()
}

pub(crate) fn checked(release: &str, health: HealthSummary) -> Event {
    Event::Checked { release_id: attempt(release).release_id, health }
}
