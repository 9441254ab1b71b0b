//! One write, with everything that may go wrong with it.

use std::time::Duration;

use suimon_model::{Body, Health, HealthStatus, Manifest};
use suimon_plan::{Action, Change, Conflict, Reason};
use suimon_provider::{Delete, Error, Provider, Write, Written};
use tokio::time::Instant;

use crate::wait::sleep_unless_stopped;
use crate::{Options, Stop};

/// How often a write is tried again because the object moved under it.
const STALE_TRIES: usize = 5;

/// Why a step did not get done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) reason: String,
    pub(crate) conflicts: Vec<Conflict>,
    /// How the object was when last looked at, when it had been written by then.
    pub(crate) health: Option<Health>,
}

impl Failure {
    pub(crate) fn new(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), conflicts: Vec::new(), health: None }
    }
}

impl Failure {
    /// The same after the object was written.
    pub(crate) fn after_write(mut self, health: Health) -> Self {
        self.health = Some(health);
        self
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Conflict(conflicts) => {
                let reason = Error::Conflict(conflicts.clone()).to_string();
                Self { reason, conflicts, health: None }
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
    stop: &Stop,
) -> Result<Written, Failure> {
    if let Some(open) = manifest.refs.first() {
        return Err(Failure::new(format!(
            "`{}` of {} has no value yet",
            open.attribute, open.target
        )));
    }
    match (change.action, change.reason) {
        (Action::Replace, _) => replace(provider, change, manifest, options, stop).await,
        (Action::Create, Reason::BeingDeleted) => {
            // Something else deleted it, so a failure here comes before our first write.
            wait_until_gone(provider, change, options.patience(provider, &change.id), stop)
                .await
                .map_err(|failure| Failure { health: None, ..failure })?;
            plain(provider, &manifest.body, change, options).await
        }
        (Action::Create, _) => plain(provider, &manifest.body, change, options).await,
        _ => update(provider, change, &manifest.body, options).await,
    }
}

/// Writes what an earlier write of the same object left to be written.
pub(crate) async fn write_rest(
    provider: &dyn Provider,
    change: &Change,
    manifest: &Manifest,
    options: &Options,
) -> Result<Written, Failure> {
    plain(provider, &manifest.body, change, options).await
}

async fn replace(
    provider: &dyn Provider,
    change: &Change,
    manifest: &Manifest,
    options: &Options,
    stop: &Stop,
) -> Result<Written, Failure> {
    provider.delete(&delete_of(change, "replace")?).await?;
    wait_until_gone(provider, change, options.patience(provider, &change.id), stop).await?;
    plain(provider, &manifest.body, change, options).await.map_err(|failure| {
        let health = Health::new(HealthStatus::NotFound, "deleted, and not made again");
        failure.after_write(health)
    })
}

/// The delete of the object that the plan looked at, and of no other.
pub(crate) fn delete_of(change: &Change, verb: &str) -> Result<Delete, Failure> {
    let uid = change.uid.clone().ok_or_else(|| {
        Failure::new(format!("the plan does not say which object to {verb}; plan again"))
    })?;
    Ok(Delete { id: change.id.clone(), api_version: change.api_version.clone(), uid })
}

async fn plain(
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
    let repairs = !change.conflicts.is_empty() && change.conflicts.iter().all(|c| c.repairs_drift);
    if options.force_conflicts || !repairs {
        return plain(provider, body, change, options).await;
    }
    let mut write = Write {
        id: change.id.clone(),
        body: body.clone(),
        resource_version: change.resource_version.clone(),
        force: true,
    };
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

/// A delete was asked for, and how it went is not known.
fn asked_for(failure: Failure) -> Failure {
    let health = Health::new(HealthStatus::Unknown, failure.reason.clone());
    failure.after_write(health)
}

/// Waits until an object of this name is gone.
pub(crate) async fn wait_until_gone(
    provider: &dyn Provider,
    change: &Change,
    timeout: Duration,
    stop: &Stop,
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
            Err(error) => return Err(asked_for(error.into())),
        };
        let health =
            health.unwrap_or_else(|| Health::new(HealthStatus::Unknown, "the API gave no answer"));
        if health.status == HealthStatus::NotFound {
            return Ok(());
        }
        if Instant::now() + pause > deadline {
            let limit = crate::wait::seconds(timeout);
            let reason = format!("not gone within {limit}: {}", health.message);
            return Err(Failure::new(reason).after_write(health));
        }
        if sleep_unless_stopped(stop, pause).await {
            let reason = format!("interrupted, and not gone yet: {}", health.message);
            return Err(Failure::new(reason).after_write(health));
        }
        pause = (pause * 2).min(Duration::from_secs(1));
    }
}
