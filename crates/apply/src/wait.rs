//! Waiting for health, for all objects in flight at once.

use std::collections::BTreeMap;
use std::time::Duration;

use suimon_model::{Health, HealthStatus, Outcome, ResourceId};
use suimon_provider::Registry;
use tokio::time::Instant;

use crate::Stop;

/// An object that was written, or that others wait for.
#[derive(Debug, Clone)]
pub(crate) struct Waiting {
    pub(crate) id: ResourceId,
    pub(crate) api_version: String,
    /// Index into the plan's changes; `None` for an object the plan does not touch.
    pub(crate) change: Option<usize>,
    pub(crate) outcome: Outcome,
    pub(crate) deadline: Instant,
    pub(crate) health: Health,
    /// The number of the next write, where there is more to write once it is healthy.
    pub(crate) rest: Option<usize>,
}

/// Asks how objects are, in one batch for each provider, after a pause: the number of each with its answer.
pub async fn poll(
    registry: &Registry,
    waiting: Vec<(usize, ResourceId, String)>,
    pause: Duration,
) -> Vec<(usize, Health)> {
    tokio::time::sleep(pause).await;
    let mut groups: BTreeMap<&str, Vec<&(usize, ResourceId, String)>> = BTreeMap::new();
    let mut answers = Vec::with_capacity(waiting.len());
    for item in &waiting {
        match registry.provider(&item.1) {
            Some(provider) => groups.entry(provider.name()).or_default().push(item),
            None => answers.push((item.0, Health::new(HealthStatus::Unknown, "no provider"))),
        }
    }
    for provider in registry.iter() {
        let Some(items) = groups.get(provider.name()) else { continue };
        let ids: Vec<_> =
            items.iter().map(|(_, id, version)| (id.clone(), version.clone())).collect();
        let healths = match provider.health(&ids).await {
            Ok(healths) if healths.len() == items.len() => healths,
            Ok(_) => vec![Health::new(HealthStatus::Unknown, "incomplete answer"); items.len()],
            Err(error) => {
                vec![Health::new(HealthStatus::Unknown, error.to_string()); items.len()]
            }
        };
        answers.extend(items.iter().map(|item| item.0).zip(healths));
    }
    answers
}

/// Sleeps, but not past a request to stop; whether there was one.
pub(crate) async fn sleep_unless_stopped(stop: &Stop, pause: Duration) -> bool {
    let mut stop = stop.clone();
    let asked = async {
        // An error means that nobody is left who could ask.
        if stop.wait_for(|asked| *asked).await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        () = tokio::time::sleep(pause) => false,
        () = asked => true,
    }
}

/// `600s`, `90s`: durations in messages.
pub(crate) fn seconds(duration: Duration) -> String {
    if duration.as_secs() >= 60 && duration.as_secs().is_multiple_of(60) {
        format!("{}m", duration.as_secs() / 60)
    } else {
        format!("{}s", duration.as_secs_f64())
    }
}
