//! Waiting for what an earlier run began: a plan without changes is not done while a deployment is under way.

use std::time::Duration;

use suimon_apply::{End, Entry, Event, Options, Report, Stop};
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
    let mut open = planned.in_progress.clone();
    let deadline = Instant::now() + options.timeout;
    while !open.is_empty() {
        let mut still = Vec::new();
        for (id, api_version) in open {
            let health = ask(registry, &id, &api_version).await;
            match health.status {
                HealthStatus::Current => report.entries.push(entry(&id, None, health)),
                HealthStatus::Failed | HealthStatus::NotFound => {
                    let reason = health.message.clone();
                    report.entries.push(entry(&id, Some(reason), health));
                }
                _ if Instant::now() >= deadline => {
                    let reason = format!("not healthy in time: {}", health.message);
                    report.entries.push(entry(&id, Some(reason), health));
                }
                _ => {
                    events(Event::Waiting { id: id.clone(), health });
                    still.push((id, api_version));
                }
            }
        }
        open = still;
        if open.is_empty() {
            break;
        }
        tokio::select! {
            () = tokio::time::sleep(PAUSE) => {}
            _ = stop.wait_for(|asked| *asked) => {
                report.end = End::Interrupted;
                return report;
            }
        }
    }
    if report.entries.iter().any(|entry| entry.outcome == Outcome::Failed) {
        report.end = End::Partial;
    }
    report
}

async fn ask(registry: &Registry, id: &ResourceId, api_version: &str) -> Health {
    let unknown = |why: String| Health::new(HealthStatus::Unknown, why);
    let Some(provider) = registry.provider(id) else { return unknown("no provider".to_owned()) };
    match provider.health(&[(id.clone(), api_version.to_owned())]).await {
        Ok(mut answers) => answers.pop().unwrap_or_else(|| unknown("no answer".to_owned())),
        Err(error) => unknown(error.to_string()),
    }
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
