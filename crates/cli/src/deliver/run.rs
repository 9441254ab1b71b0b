//! A run: the lock, the writes, the record.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use jiff::Timestamp;
use suimon_apply::{End, Entry, Report, Stop};
use suimon_gate::Mode;
use suimon_ledger::{Error, Event, HealthSummary, Opening, Run};
use suimon_model::{HealthStatus, Outcome};
use tokio::sync::watch;

use super::record::{append, attempt, note_unless};
use super::{Delivered, Delivery, Judged};
use crate::console::Console;
use crate::failure::Failure;
use crate::ground::{blocking, liveness, own_lease};
use crate::progress::Progress;
use crate::signals;

/// How often a run looks whether the environment is still its own.
const LOOK_EVERY: Duration = Duration::from_secs(3);
/// How long the last look at the health may take.
const LAST_LOOK: Duration = Duration::from_secs(60);

/// Locks the environment, does what the plan says, and records how it ended.
pub(super) async fn run(
    delivery: &Delivery<'_>,
    judged: &Judged,
    stop: Stop,
) -> Result<Delivered, Failure> {
    let run = open(delivery, judged)?;
    if run.is_none() {
        let note = "Nothing is recorded: the project is in no Git repository.";
        delivery.session.console.note(note);
    }
    let progress = Progress::new(delivery.session.console);
    let events = |event| progress.show(&event);
    let (puller, pulled) = suimon_apply::stop_channel();
    let taken: Arc<OnceLock<String>> = Arc::default();
    let console = delivery.session.console.clone();
    let watcher = tokio::spawn(watch(run.clone(), stop, puller, Arc::clone(&taken), console));
    let report = suimon_engine::apply(
        delivery.planned,
        &judged.approved,
        delivery.registry,
        &delivery.options,
        pulled,
        &events,
    )
    .await;
    watcher.abort();
    drop(progress);
    if let Some(run) = run {
        let health = health(delivery, &report).await;
        // Another run may have come between the last look and the last write.
        if let Err(Error::TakenOver { why }) = blocking(|| run.check()) {
            let _ = taken.set(why);
        }
        close(delivery, &run, &report, health).await;
        if taken.get().is_none() {
            unpin(delivery, judged, &report);
        }
    }
    Ok(match taken.get() {
        Some(why) => Delivered::TakenOver(Box::new(report), why.clone()),
        None => Delivered::Applied(Box::new(report)),
    })
}

/// Takes the lock; `None` where there is no repository to take it in.
pub(super) fn open(delivery: &Delivery<'_>, judged: &Judged) -> Result<Option<Run>, Failure> {
    let ground = delivery.ground;
    if !ground.has_repository() {
        return Ok(None);
    }
    let environment = delivery.planned.plan.environment.as_str();
    let (facts, approved) = (&judged.gathered.facts, &judged.approved);
    let through = approved.break_glass().is_some();
    let now = Timestamp::now();
    let opening = Opening {
        actor: ground.actor.clone(),
        trigger: ground.trigger,
        time: now,
        attempt: attempt(delivery, facts, approved.conditions().to_vec(), through),
        lease: own_lease(),
        run: name(now),
        take_over: delivery.take_over,
        basis: delivery.basis.clone(),
    };
    let run =
        blocking(|| ground.ledger(environment)?.open(opening, &liveness).map_err(Failure::from))?;
    let Some(first) = delivery.first.clone() else { return Ok(Some(run)) };
    if let Err(failure) = append(ground, environment, first) {
        let report = skipped(delivery, &failure.line());
        let unknown = HealthSummary { status: Some(HealthStatus::Unknown), ..<_>::default() };
        blocking(|| {
            let inventory = judged.gathered.history.as_ref().and_then(|h| h.inventory()).cloned();
            let inventory = inventory.unwrap_or_default();
            let closed = run.close(report, unknown, inventory, Timestamp::now()).map(drop);
            note_unless(delivery.session, closed.map_err(Failure::from));
        });
        return Err(failure);
    }
    Ok(Some(run))
}

/// A name that no other run has: the time, the process, and what differs when both are the same.
fn name(now: Timestamp) -> String {
    use std::hash::{BuildHasher, Hasher};
    let random = std::hash::RandomState::new().build_hasher().finish();
    format!("{}-{}-{random:016x}", now.strftime("%Y%m%dT%H%M%SZ"), std::process::id())
}

/// A report of a run that wrote nothing.
fn skipped(delivery: &Delivery<'_>, why: &str) -> Report {
    let plan = &delivery.planned.plan;
    let entry = |change: &suimon_plan::Change| Entry {
        id: change.id.clone(),
        location: change.location.clone(),
        action: change.action,
        outcome: Outcome::Skipped,
        reason: Some(why.to_owned()),
        conflicts: Vec::new(),
        health: None,
    };
    Report {
        environment: plan.environment.clone(),
        digest: plan.digest(),
        end: End::Interrupted,
        entries: plan.changes.iter().map(entry).collect(),
        problems: vec![why.to_owned()],
    }
}

/// Passes the user's wish to stop on, and stops too when another run took the environment over.
async fn watch(
    run: Option<Run>,
    mut stop: Stop,
    puller: watch::Sender<bool>,
    taken: Arc<OnceLock<String>>,
    console: Console,
) {
    loop {
        tokio::select! {
            () = signals::stopped(&mut stop) => {
                puller.send_replace(true);
                return;
            }
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
        let Some(run) = run.clone() else { continue };
        // A ledger that cannot be read now says nothing; the next look is soon.
        if let Ok(Err(Error::TakenOver { why })) =
            tokio::task::spawn_blocking(move || run.check()).await
        {
            console.note("Taken over by another run: no further write begins.");
            // Only set here, and only once.
            let _ = taken.set(why);
            puller.send_replace(true);
            return;
        }
    }
}

/// How the environment is at the end of a run.
pub(super) async fn health(delivery: &Delivery<'_>, report: &Report) -> HealthSummary {
    let look = suimon_engine::health(delivery.planned, delivery.registry);
    let looked = match report.end {
        // Whoever interrupts does not want to wait.
        End::Interrupted => None,
        _ => tokio::time::timeout(LAST_LOOK, look).await.ok(),
    };
    looked.unwrap_or_else(|| {
        let entries = report.entries.iter();
        let not_current = entries.filter_map(|entry| {
            let health = entry.health.as_ref()?;
            let current = health.status == HealthStatus::Current;
            (!current).then(|| (entry.id.clone(), health.status, health.message.clone()))
        });
        let not_current = not_current.collect();
        HealthSummary { status: Some(HealthStatus::Unknown), not_current }
    })
}

/// Records the end. What cannot be recorded now is kept, and said: the writes are done.
pub(super) async fn close(
    delivery: &Delivery<'_>,
    run: &Run,
    report: &Report,
    health: HealthSummary,
) {
    let environment = &delivery.planned.plan.environment;
    let targeted = !delivery.planned.plan.targeted.is_empty();
    let before = targeted.then(|| blocking(|| delivery.ground.history(environment).ok())).flatten();
    let before = before.as_ref().and_then(|history| history.inventory());
    let inventory =
        suimon_engine::inventory(delivery.planned, report, delivery.registry, before).await;
    if report.end == End::Complete && !health.is_healthy() {
        let unhealthy: Vec<String> =
            health.not_current.iter().take(3).map(|(id, ..)| id.to_string()).collect();
        let unhealthy =
            if unhealthy.is_empty() { "it was not read".to_owned() } else { unhealthy.join(", ") };
        delivery.session.console.note(&format!(
            "Recorded as not healthy ({unhealthy}): the release is not proved in {environment} yet."
        ));
    }
    let closed =
        blocking(|| run.close(report.clone(), health, inventory, Timestamp::now())).map(drop);
    note_unless(delivery.session, closed.map_err(Failure::from));
}

/// What a rollback held follows its declaration again, once that has the revert in it.
pub(super) fn unpin(delivery: &Delivery<'_>, judged: &Judged, report: &Report) {
    let facts = &judged.gathered.facts;
    let plan = &delivery.planned.plan;
    let whole = report.end == End::Complete && plan.targeted.is_empty();
    let Some(Some(pin)) = facts.pin.known() else { return };
    if !whole || !pin.merged || facts.mode != Mode::Forward {
        return;
    }
    let at = plan.revision.as_deref().unwrap_or("uncommitted files");
    // The branch of the revert has it too, and is not what everybody applies next.
    if !blocking(|| delivery.ground.is_merged(at)) {
        return;
    }
    let event = Event::Unpinned { why: format!("the revert is in {at}, which was applied") };
    note_unless(delivery.session, append(delivery.ground, &plan.environment, event));
}
