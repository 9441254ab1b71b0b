//! One write, with everything that may go wrong with it.

use std::time::Duration;

use suimon_model::{Body, Health, HealthStatus, Manifest};
use suimon_plan::{Action, Change, Conflict, Reason};
use suimon_provider::{Delete, Error, Provider, Write, Written};
use tokio::time::Instant;

use crate::Options;

/// How often a write is tried again because the object moved under it.
const STALE_TRIES: usize = 5;

/// Why a step did not get done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) reason: String,
    pub(crate) conflicts: Vec<Conflict>,
}

impl Failure {
    pub(crate) fn new(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), conflicts: Vec::new() }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Conflict(conflicts) => {
                Self { reason: Error::Conflict(conflicts.clone()).to_string(), conflicts }
            }
            Error::Immutable { message, .. } => Self::new(format!(
                "{message}; the plan did not say to replace it, so it was left as it is"
            )),
            other => Self::new(other.to_string()),
        }
    }
}

/// Creates, updates or replaces one object.
pub(crate) async fn write(
    provider: &dyn Provider,
    change: &Change,
    manifest: &Manifest,
    options: &Options,
) -> Result<Written, Failure> {
    if let Some(open) = manifest.refs.first() {
        return Err(Failure::new(format!(
            "`{}` of {} has no value yet",
            open.attribute, open.target
        )));
    }
    match (change.action, change.reason) {
        (Action::Replace, _) => replace(provider, change, manifest, options).await,
        (Action::Create, Reason::BeingDeleted) => {
            wait_until_gone(provider, change, options.timeout).await?;
            fresh(provider, &manifest.body, change, options).await
        }
        (Action::Create, _) => fresh(provider, &manifest.body, change, options).await,
        _ => update(provider, change, &manifest.body, options).await,
    }
}

async fn replace(
    provider: &dyn Provider,
    change: &Change,
    manifest: &Manifest,
    options: &Options,
) -> Result<Written, Failure> {
    let uid = change
        .uid
        .clone()
        .ok_or_else(|| Failure::new("the plan does not say which object to replace; plan again"))?;
    let delete = Delete { id: change.id.clone(), api_version: change.api_version.clone(), uid };
    provider.delete(&delete).await?;
    wait_until_gone(provider, change, options.timeout).await?;
    fresh(provider, &manifest.body, change, options).await
}

async fn fresh(
    provider: &dyn Provider,
    body: &Body,
    change: &Change,
    options: &Options,
) -> Result<Written, Failure> {
    let write = Write {
        id: change.id.clone(),
        body: body.clone(),
        resource_version: None,
        force: options.force_conflicts,
    };
    Ok(provider.write(&write).await?)
}

/// Updates in place. Fields that drifted are taken back, but only from the managers that the plan
/// named: the resource version pins what was looked at, and when it moved the conflicts are asked
/// for again and compared.
async fn update(
    provider: &dyn Provider,
    change: &Change,
    body: &Body,
    options: &Options,
) -> Result<Written, Failure> {
    let mut write = Write {
        id: change.id.clone(),
        body: body.clone(),
        resource_version: None,
        force: options.force_conflicts,
    };
    let repairs = !change.conflicts.is_empty() && change.conflicts.iter().all(|c| c.repairs_drift);
    if options.force_conflicts || !repairs {
        return Ok(provider.write(&write).await?);
    }
    write.force = true;
    write.resource_version.clone_from(&change.resource_version);
    for _ in 0..STALE_TRIES {
        match provider.write(&write).await {
            Err(Error::Stale) => {}
            answer => return Ok(answer?),
        }
        let look = Write { resource_version: None, force: false, ..write.clone() };
        let seen = provider.dry_run(&look).await?;
        let news: Vec<Conflict> = seen
            .conflicts
            .into_iter()
            .filter(|c| {
                !change.conflicts.iter().any(|p| p.field == c.field && p.manager == c.manager)
            })
            .collect();
        if !news.is_empty() {
            return Err(Error::Conflict(news).into());
        }
        write.resource_version = Some(seen.object.resource_version);
    }
    Err(Error::Stale.into())
}

/// Waits until an object of this name is gone.
pub(crate) async fn wait_until_gone(
    provider: &dyn Provider,
    change: &Change,
    timeout: Duration,
) -> Result<(), Failure> {
    let deadline = Instant::now() + timeout;
    let mut pause = Duration::from_millis(50);
    let ids = [(change.id.clone(), change.api_version.clone())];
    loop {
        let health = match provider.health(&ids).await {
            Ok(mut answers) => answers.pop(),
            Err(error) if error.is_retryable() => {
                Some(Health::new(HealthStatus::Unknown, error.to_string()))
            }
            Err(error) => return Err(error.into()),
        };
        let health =
            health.unwrap_or_else(|| Health::new(HealthStatus::Unknown, "the API gave no answer"));
        if health.status == HealthStatus::NotFound {
            return Ok(());
        }
        if Instant::now() + pause > deadline {
            return Err(Failure::new(format!(
                "not gone within {}: {}",
                crate::wait::seconds(timeout),
                health.message
            )));
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(Duration::from_secs(1));
    }
}
