//! Plans without changes: what an earlier run began is followed, and the release is proved.

use suimon_apply::{End, Report, Stop};
use suimon_ledger::HealthSummary;

use super::run::{close, health, open};
use super::{Delivered, Delivery, Judged};
use crate::failure::Failure;
use crate::progress::Progress;

/// Ends a delivery of a plan without changes.
pub(super) async fn conclude(
    delivery: &Delivery<'_>,
    judged: &Judged,
    stop: Stop,
) -> Result<Delivered, Failure> {
    let planned = delivery.planned;
    if !planned.is_in_progress() || !delivery.options.wait {
        let report = Report {
            environment: planned.plan.environment.clone(),
            digest: planned.plan.digest(),
            end: End::Complete,
            entries: Vec::new(),
            problems: Vec::new(),
        };
        prove(delivery, judged, &report).await?;
        return Ok(Delivered::Nothing);
    }
    let mut report = {
        let progress = Progress::new(delivery.session.console);
        let events = |event| progress.show(&event);
        let options = &delivery.options;
        suimon_engine::follow(planned, delivery.registry, options, stop, &events).await
    };
    let mut left = None;
    if report.end == End::Complete {
        // ECS may have gone back to what ran before: healthy, and not what is declared.
        let again = delivery.session.plan(&planned.plan.environment, delivery.scope).await?.0.plan;
        if !(again.is_empty() && again.refused.is_empty() && again.unknown.is_empty()) {
            report.end = End::Partial;
            report.problems.push("what an earlier run began did not last".to_owned());
            left = Some(Box::new(again));
        }
    }
    // Who stops waiting has found nothing out.
    if report.end != End::Interrupted {
        prove(delivery, judged, &report).await?;
    }
    Ok(Delivered::Followed { report: Box::new(report), left })
}

/// Records a run that wrote nothing, unless that says nothing new.
async fn prove(delivery: &Delivery<'_>, judged: &Judged, report: &Report) -> Result<(), Failure> {
    let targeted = !delivery.planned.plan.targeted.is_empty();
    if !delivery.ground.has_repository() || (targeted && delivery.first.is_none()) {
        return Ok(());
    }
    let health = health(delivery, report).await;
    if says_so_already(delivery, judged, report, &health) {
        return Ok(());
    }
    let Some(run) = open(delivery, judged)? else { return Ok(()) };
    close(delivery, &run, report, health).await;
    super::run::unpin(delivery, judged, report);
    Ok(())
}

/// Whether the last run ended with exactly this.
fn says_so_already(
    delivery: &Delivery<'_>,
    judged: &Judged,
    report: &Report,
    health: &HealthSummary,
) -> bool {
    let plan = &delivery.planned.plan;
    let held = judged.gathered.history.as_ref().and_then(|history| history.holds());
    let Some((held, closed)) = held.and_then(|held| Some((held, held.closed?))) else {
        return false;
    };
    let attempt = held.attempt;
    delivery.first.is_none()
        && judged.approved.break_glass().is_none()
        && attempt.revision == plan.revision
        && attempt.release_id == plan.release_id
        && attempt.mode == judged.gathered.facts.mode
        && attempt.targeted.is_empty()
        && !closed.late
        && closed.report.end == report.end
        && closed.health.status == health.status
        && closed.health.is_healthy() == health.is_healthy()
}
