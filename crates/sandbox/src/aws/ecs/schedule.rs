//! What the service scheduler does in one step.

use jiff::SignedDuration;
use serde_json::Value;

use super::{
    super::context::Context,
    Ecs, ServiceKey,
    deployments::{BREAKER, add_event, threshold},
    lifecycle::{step_tasks, stop_tasks},
    model::{RolloutState, Service, ServiceStatus, TaskStatus},
};

/// After how many failures in a row the scheduler starts to wait between tries.
const PATIENCE: i64 = 3;

/// The tasks that count, by deployment.
#[derive(Clone, Copy, Debug)]
struct Census {
    /// Of the primary deployment, all and running.
    primary: i64,
    primary_running: i64,
    /// Of the others.
    others: i64,
    others_running: i64,
}

impl Ecs {
    /// Whether a step may change the service.
    pub(super) fn is_moving(service: &Service) -> bool {
        if service.tasks.values().any(super::Task::is_moving) {
            return true;
        }
        match service.status {
            ServiceStatus::Inactive => false,
            ServiceStatus::Draining => true,
            ServiceStatus::Active => {
                !service.steady || census(service).primary_running != service.desired
            }
        }
    }

    /// One step of a service; whether anything happened.
    pub(super) fn step_service(&mut self, context: &mut Context<'_>, key: &ServiceKey) -> bool {
        // Taken out, so that the step can look at everything else.
        let Some(mut service) = self.services.remove(key) else { return false };
        let changed = match service.status {
            ServiceStatus::Active => self.step_active(context, &mut service),
            ServiceStatus::Draining => drain(&mut service, context),
            ServiceStatus::Inactive => step_tasks(&mut service, context.now),
        };
        self.services.insert(key.clone(), service);
        changed
    }

    fn step_active(&mut self, context: &mut Context<'_>, service: &mut Service) -> bool {
        let failed = |service: &Service| service.primary().map_or(0, |primary| primary.failed);
        let failed_before = failed(service);
        let moved = step_tasks(service, context.now);
        if failed(service) > failed_before && self.note_failures(context, service) {
            return true;
        }
        let Some(primary) = service.primary() else { return moved };
        let (id, arn, state) = (primary.id.clone(), primary.rollout.clone(), primary.state);
        let begun = self.begin(context, &arn);
        let staged = self
            .rollouts
            .get(&arn)
            .is_some_and(|rollout| rollout.stage.is_some() && rollout.rollback.is_none());
        let acted = match state {
            RolloutState::InProgress if staged => self.step_stage(context, service, &arn),
            _ => self.reconcile(context, service),
        };
        // A roll-back made another deployment the primary one.
        if service.primary().is_none_or(|primary| primary.id != id) {
            return true;
        }
        let finished = self.finish(context, service);
        moved || begun || acted || finished
    }

    fn begin(&mut self, context: &Context<'_>, arn: &str) -> bool {
        match self.rollouts.get_mut(arn) {
            Some(rollout) if rollout.status == "PENDING" => {
                rollout.status = "IN_PROGRESS";
                rollout.started = Some(context.now);
                rollout.updated = context.now;
                true
            }
            _ => false,
        }
    }

    /// Tasks of the primary deployment failed: the circuit breaker may trip, or the scheduler waits. Whether it
    /// tripped.
    fn note_failures(&mut self, context: &mut Context<'_>, service: &mut Service) -> bool {
        let breaker = |member: &str| {
            let pointer = format!("/deploymentCircuitBreaker/{member}");
            service.deployment_configuration(&pointer).and_then(Value::as_bool) == Some(true)
        };
        let (enabled, rolls_back) = (breaker("enable"), breaker("rollback"));
        let limit = threshold(service);
        let Some(primary) = service.deployments.iter_mut().find(|d| d.primary) else {
            return false;
        };
        let (failures, state) = (primary.failed_in_a_row, primary.state);
        let guarded = enabled && state == RolloutState::InProgress;
        if let Some(rollout) = self.rollouts.get_mut(&primary.rollout) {
            rollout.failures = failures;
            rollout.threshold = limit;
            if guarded && failures >= limit {
                rollout.breaker = "TRIGGERED";
            }
        }
        if guarded && failures >= limit {
            let words = (
                "ECS deployment circuit breaker: tasks failed to start.",
                "deployment failed: tasks failed to start.",
                BREAKER,
            );
            self.fail(context, service, words, rolls_back);
            return true;
        }
        if !guarded && failures >= PATIENCE {
            let doublings = u32::try_from((failures - PATIENCE).min(5)).unwrap_or(5);
            let seconds = 10 * 2_i64.pow(doublings);
            primary.retry = Some(context.now + SignedDuration::from_secs(seconds));
            let message = format!(
                "(service {}) is unable to consistently start tasks successfully. For more information, see the Troubleshooting section of the Amazon ECS Developer Guide.",
                service.name
            );
            add_event(context, service, &message);
        }
        false
    }

    /// Starts and stops tasks within the limits of a rolling update.
    fn reconcile(&mut self, context: &mut Context<'_>, service: &mut Service) -> bool {
        let Some(primary) = service.primary() else { return false };
        let id = primary.id.clone();
        let waits = primary.retry.is_some_and(|retry| context.now < retry);
        let starts = primary.state != RolloutState::Failed && !waits;
        let now = census(service);
        let (most, fewest) = limits(service);
        let total = now.primary + now.others;
        let old: Vec<String> = others(service);
        let mut acted = false;
        let missing = service.desired - now.primary;
        if missing > 0 && starts {
            let room = if now.others == 0 { missing } else { most - total };
            if missing.min(room) > 0 {
                self.start_tasks(context, service, missing.min(room));
                acted = true;
            } else {
                let spare = now.primary_running + now.others_running - fewest;
                let waiting = now.others - now.others_running;
                let stops = now.others.min(missing).min(spare + waiting);
                if stops > 0 {
                    stop_tasks(context, service, &old, stops);
                    acted = true;
                } else if now.primary == now.primary_running {
                    acted = stuck(context, service);
                }
            }
        }
        if missing < 0 {
            stop_tasks(context, service, &[id], -missing);
            acted = true;
        }
        // Old tasks stay until new ones run in their place.
        let now = census(service);
        let excess = now.others - (service.desired - now.primary_running).max(0);
        if excess > 0 {
            stop_tasks(context, service, &old, excess);
            acted = true;
        }
        acted
    }

    /// Completes the deployment and announces the steady state.
    fn finish(&mut self, context: &mut Context<'_>, service: &mut Service) -> bool {
        let now = census(service);
        let settled = now.primary == service.desired
            && now.primary_running == service.desired
            && now.others == 0;
        let Some(primary) = service.primary() else { return false };
        let (state, arn) = (primary.state, primary.rollout.clone());
        let staged = self.rollouts.get(&arn).is_some_and(|rollout| {
            rollout.rollback.is_none() && rollout.stage.is_some_and(|stage| stage != "CLEAN_UP")
        });
        if !settled || state == RolloutState::Failed {
            return false;
        }
        if state == RolloutState::InProgress {
            if staged {
                return false;
            }
            self.complete(context, service);
        } else if service.steady {
            return false;
        }
        service.steady = true;
        let message = format!("(service {}) has reached a steady state.", service.name);
        add_event(context, service, &message);
        true
    }
}

fn drain(service: &mut Service, context: &Context<'_>) -> bool {
    let moved = step_tasks(service, context.now);
    if service.tasks.values().all(|task| task.last == TaskStatus::Stopped) {
        service.status = ServiceStatus::Inactive;
        return true;
    }
    moved
}

fn census(service: &Service) -> Census {
    let primary = service.primary().map_or("", |primary| primary.id.as_str());
    let mut census = Census { primary: 0, primary_running: 0, others: 0, others_running: 0 };
    for task in service.tasks.values().filter(|task| task.counts()) {
        let runs = i64::from(task.last == TaskStatus::Running);
        if task.started_by == primary {
            census.primary += 1;
            census.primary_running += runs;
        } else {
            census.others += 1;
            census.others_running += runs;
        }
    }
    census
}

/// How many tasks there may be at most, and how many must run at least.
fn limits(service: &Service) -> (i64, i64) {
    let percent = |member: &str, default: i64| {
        service
            .deployment_configuration(&format!("/{member}"))
            .and_then(Value::as_i64)
            .unwrap_or(default)
    };
    let most = service.desired * percent("maximumPercent", 200) / 100;
    let fewest = (service.desired * percent("minimumHealthyPercent", 100) + 99) / 100;
    (most, fewest)
}

/// The deployments that are being replaced.
pub(super) fn others(service: &Service) -> Vec<String> {
    service.deployments.iter().filter(|d| !d.primary).map(|d| d.id.clone()).collect()
}

/// The limits leave no room to start or to stop a task.
fn stuck(context: &mut Context<'_>, service: &mut Service) -> bool {
    let message = format!(
        "(service {}) was unable to stop or start tasks during a deployment because of the service deployment configuration. Update the minimumHealthyPercent or maximumPercent value and try again.",
        service.name
    );
    let told = service.events.first().is_some_and(|event| super::text(event, "message") == message);
    if !told {
        add_event(context, service, &message);
    }
    !told
}

/// How many tasks of the primary deployment there are, and how many of them run.
pub(super) fn primary_tasks(service: &Service) -> (i64, i64) {
    let census = census(service);
    (census.primary, census.primary_running)
}

/// How many tasks the other deployments have.
pub(super) fn other_tasks(service: &Service) -> i64 {
    census(service).others
}
