//! Waiting for what an earlier run began: a plan without changes is not done while a deployment is under way.

use std::collections::BTreeMap;
use std::time::Duration;

use suimon_apply::{End, Entry, Event, Options, Report, Stop, poll};
use suimon_model::{Health, HealthStatus, Outcome, ResourceId};
use suimon_plan::Action;
use suimon_provider::Registry;
use tokio::time::Instant;

use crate::Planned;

const PAUSE: Duration = Duration::from_secs(1);

/// Waits until the unchanged objects that are on their way are healthy, or have failed; the report has an
/// entry for each of them.
pub async fn follow(
    planned: &Planned,
    registry: &Registry,
    options: &Options,
    mut stop: Stop,
    events: &(dyn Fn(Event) + Send + Sync),
) -> Report {
    let mut report = Report {
        environment: planned.plan.environment.clone(),
        digest: planned.plan.digest(),
        end: End::Complete,
        entries: Vec::new(),
        problems: Vec::new(),
    };
    let numbered = planned.in_progress.iter().enumerate();
    let mut open: BTreeMap<usize, (ResourceId, String)> =
        numbered.map(|(number, one)| (number, one.clone())).collect();
    let deadline = Instant::now() + options.timeout;
    let mut pause = Duration::ZERO;
    while !open.is_empty() {
        let asked =
            open.iter().map(|(number, (id, version))| (*number, id.clone(), version.clone()));
        let answers = tokio::select! {
            answers = poll(registry, asked.collect(), pause) => answers,
            _ = stop.wait_for(|asked| *asked) => {
                report.end = End::Interrupted;
                return report;
            }
        };
        pause = PAUSE;
        for (number, health) in answers {
            let Some((id, _)) = open.get(&number).cloned() else { continue };
            let reason = match health.status {
                HealthStatus::Current => None,
                HealthStatus::Failed | HealthStatus::NotFound => Some(health.message.clone()),
                _ if Instant::now() >= deadline => {
                    Some(format!("not healthy in time: {}", health.message))
                }
                _ => {
                    events(Event::Waiting { id, health });
                    continue;
                }
            };
            open.remove(&number);
            report.entries.push(entry(&id, reason, health));
        }
    }
    if report.entries.iter().any(|entry| entry.outcome == Outcome::Failed) {
        report.end = End::Partial;
    }
    report
}

fn entry(id: &ResourceId, reason: Option<String>, health: Health) -> Entry {
    Entry {
        id: id.clone(),
        location: None,
        action: Action::NoOp,
        outcome: if reason.is_some() { Outcome::Failed } else { Outcome::Unchanged },
        reason,
        conflicts: Vec::new(),
        health: Some(health),
    }
}
