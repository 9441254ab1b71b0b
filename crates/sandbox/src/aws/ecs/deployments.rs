//! How deployments start, fail, roll back and complete.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    super::context::{Context, stamp},
    Ecs, ServiceKey, list,
    model::{Completed, Deployment, Members, Rollout, RolloutState, Service},
    service_rules::DEPLOYED,
    text,
};

/// How many events a service shows.
const EVENTS: usize = 100;

/// Why a service deployment rolls back when the circuit breaker asks for it.
pub(super) const BREAKER: &str =
    "Service deployment rolled back because the circuit breaker threshold was exceeded.";

const NO_CANDIDATE: &str = "No rollback candidate was found to run the rollback.";

impl Ecs {
    /// Starts a deployment of the service as it is specified now.
    pub(super) fn deploy(&mut self, context: &mut Context<'_>, key: &ServiceKey) {
        let Some(mut service) = self.services.remove(key) else { return };
        let now = context.now;
        let revision = self.new_revision(context, &service);
        let rollout = self.new_rollout(context, &service, &revision);
        if let Some(old) = service.primary().map(|primary| primary.rollout.clone()) {
            self.close_rollout(
                &old,
                "STOPPED",
                "The service deployment was replaced by a newer one.",
                now,
            );
        }
        let id = format!("ecs-svc/{}", context.ids.digits(19));
        let reason = format!("ECS deployment {id} in progress.");
        let deployment = Deployment {
            id,
            primary: true,
            spec: deployed(&service.spec),
            revision,
            rollout,
            state: RolloutState::InProgress,
            reason,
            failed: 0,
            failed_in_a_row: 0,
            created: now,
            updated: now,
            retry: None,
        };
        make_primary(&mut service, deployment);
        self.services.insert(key.clone(), service);
    }

    fn new_revision(&mut self, context: &mut Context<'_>, service: &Service) -> String {
        let path = format!(
            "service-revision/{}/{}/{}",
            service.cluster,
            service.name,
            context.ids.digits(19)
        );
        let arn = context.arn("ecs", &path);
        let definition = self.definition(service.text("taskDefinition"));
        let images = definition.map_or(&[][..], |d| list(&d.value, "containerDefinitions"));
        let images: Vec<Value> = images
            .iter()
            .map(|c| {
                let (name, image) = (text(c, "name"), text(c, "image"));
                match image.split_once('@') {
                    Some((_, digest)) => {
                        json!({ "containerName": name, "image": image, "imageDigest": digest })
                    }
                    None => json!({ "containerName": name, "image": image }),
                }
            })
            .collect();
        let mut value = json!({
            "serviceRevisionArn": arn,
            "serviceArn": service.arn,
            "clusterArn": service.cluster_arn(),
            "containerImages": images,
            "guardDutyEnabled": false,
            "createdAt": context.stamp(),
        });
        for (member, part) in deployed(&service.spec) {
            value[member] = part;
        }
        self.revisions.insert(arn.clone(), value);
        arn
    }

    fn new_rollout(
        &mut self,
        context: &mut Context<'_>,
        service: &Service,
        target: &str,
    ) -> String {
        let path = format!(
            "service-deployment/{}/{}/{}",
            service.cluster,
            service.name,
            context.ids.letters(21)
        );
        let arn = context.arn("ecs", &path);
        let running = |deployment: &&Deployment| {
            let (running, pending) = service.counts(Some(&deployment.id));
            running + pending > 0 || deployment.primary
        };
        let strategy = service.deployment_configuration("/strategy").and_then(Value::as_str);
        let breaker = service
            .deployment_configuration("/deploymentCircuitBreaker/enable")
            .and_then(Value::as_bool);
        let rollout = Rollout {
            number: self.rollouts.len(),
            arn: arn.clone(),
            service: service.arn.clone(),
            cluster: service.cluster_arn(),
            created: context.now,
            started: None,
            finished: None,
            stopped: None,
            updated: context.now,
            sources: service
                .deployments
                .iter()
                .filter(running)
                .map(|d| d.revision.clone())
                .collect(),
            target: target.to_owned(),
            status: "PENDING",
            reason: None,
            stage: (strategy != Some("ROLLING")).then_some("RECONCILE_SERVICE"),
            hooks: Vec::new(),
            configuration: service.spec.get("deploymentConfiguration").cloned().unwrap_or_default(),
            rollback: None,
            breaker: if breaker == Some(true) { "MONITORING" } else { "DISABLED" },
            failures: 0,
            threshold: threshold(service),
            weight: 0.0,
        };
        self.rollouts.insert(arn.clone(), rollout);
        arn
    }

    /// Ends a service deployment that is under way.
    pub(super) fn close_rollout(
        &mut self,
        arn: &str,
        status: &'static str,
        reason: &str,
        now: Timestamp,
    ) {
        let Some(rollout) = self.rollouts.get_mut(arn).filter(|rollout| rollout.is_open()) else {
            return;
        };
        rollout.status = status;
        rollout.updated = now;
        rollout.hooks.clear();
        if !reason.is_empty() {
            rollout.reason = Some(reason.to_owned());
        }
        match status {
            "STOPPED" => rollout.stopped = Some(now),
            _ => rollout.finished = Some(now),
        }
        if rollout.breaker == "MONITORING" {
            rollout.breaker = "MONITORING_COMPLETE";
        }
    }

    /// The primary deployment failed: `why` in the words of the deployment, `reason` in those of the service
    /// deployment.
    pub(super) fn fail(
        &mut self,
        context: &mut Context<'_>,
        service: &mut Service,
        (why, event, reason): (&str, &str, &str),
        rolls_back: bool,
    ) {
        let now = context.now;
        let Some(failed) = service.deployments.iter_mut().find(|d| d.primary) else { return };
        failed.state = RolloutState::Failed;
        failed.reason = why.to_owned();
        failed.updated = now;
        let (failed_id, rollout) = (failed.id.clone(), failed.rollout.clone());
        let message = format!("(service {}) (deployment {failed_id}) {event}", service.name);
        add_event(context, service, &message);
        if !rolls_back {
            self.close_rollout(&rollout, "STOPPED", reason, now);
            return;
        }
        let Some(completed) = service.completed.clone() else {
            self.close_rollout(&rollout, "ROLLBACK_FAILED", NO_CANDIDATE, now);
            if let Some(rollout) = self.rollouts.get_mut(&rollout) {
                rollout.rollback = Some(json!({ "reason": reason, "startedAt": stamp(now) }));
            }
            return;
        };
        if let Some(rollout) = self.rollouts.get_mut(&rollout) {
            rollout.status = "ROLLBACK_IN_PROGRESS";
            rollout.reason = Some(reason.to_owned());
            rollout.updated = now;
            rollout.hooks.clear();
            rollout.weight = 0.0;
            rollout.rollback = Some(json!({
                "reason": reason, "startedAt": stamp(now), "serviceRevisionArn": completed.revision,
            }));
        }
        let message =
            format!("(service {}) rolling back to deployment {}.", service.name, completed.id);
        add_event(context, service, &message);
        start_roll_back(context, service, &completed, rollout, why);
    }

    /// The primary deployment is done: it alone is left.
    pub(super) fn complete(&mut self, context: &mut Context<'_>, service: &mut Service) {
        let now = context.now;
        let Some(primary) = service.deployments.iter_mut().find(|d| d.primary) else { return };
        primary.state = RolloutState::Completed;
        primary.reason = format!("ECS deployment {} completed.", primary.id);
        primary.updated = now;
        let (id, rollout) = (primary.id.clone(), primary.rollout.clone());
        service.completed = Some(Completed {
            id: id.clone(),
            revision: primary.revision.clone(),
            spec: primary.spec.clone(),
        });
        service.deployments.retain(|deployment| deployment.primary);
        let rolled_back = self.rollouts.get(&rollout).is_some_and(|r| r.rollback.is_some());
        let status = if rolled_back { "ROLLBACK_SUCCESSFUL" } else { "SUCCESSFUL" };
        self.close_rollout(&rollout, status, "", now);
        if let Some(rollout) = self.rollouts.get_mut(&rollout)
            && !rolled_back
        {
            rollout.weight = 100.0;
        }
        add_event(
            context,
            service,
            &format!("(service {}) (deployment {id}) deployment completed.", service.name),
        );
    }
}

/// A new primary deployment of what last completed; it takes over the tasks that still run it.
fn start_roll_back(
    context: &mut Context<'_>,
    service: &mut Service,
    completed: &Completed,
    rollout: String,
    why: &str,
) {
    let now = context.now;
    for member in DEPLOYED {
        service.spec.remove(member);
    }
    service.spec.extend(completed.spec.clone());
    let id = format!("ecs-svc/{}", context.ids.digits(19));
    let cause = why.split(':').next().unwrap_or(why);
    let deployment = Deployment {
        id: id.clone(),
        primary: true,
        spec: completed.spec.clone(),
        revision: completed.revision.clone(),
        rollout,
        state: RolloutState::InProgress,
        reason: format!("{cause}: rolling back to deploymentId {}.", completed.id),
        failed: 0,
        failed_in_a_row: 0,
        created: now,
        updated: now,
        retry: None,
    };
    for task in service.tasks.values_mut().filter(|task| task.started_by == completed.id) {
        task.started_by.clone_from(&id);
    }
    service.deployments.retain(|deployment| deployment.id != completed.id);
    make_primary(service, deployment);
}

fn make_primary(service: &mut Service, deployment: Deployment) {
    for old in &mut service.deployments {
        old.primary = false;
    }
    service.deployments.insert(0, deployment);
    service.steady = false;
}

/// The part of a service that a deployment fixes.
fn deployed(spec: &Members) -> Members {
    DEPLOYED
        .into_iter()
        .filter_map(|member| Some((member.to_owned(), spec.get(member)?.clone())))
        .collect()
}

/// After how many failed tasks the circuit breaker gives up.
pub(super) fn threshold(service: &Service) -> i64 {
    let configured = |member: &str| {
        let pointer = format!("/deploymentCircuitBreaker/thresholdConfiguration/{member}");
        service.deployment_configuration(&pointer).cloned()
    };
    let value = configured("value").and_then(|value| value.as_i64()).unwrap_or(50);
    let share = (service.desired * value + 99) / 100;
    match configured("type").as_ref().and_then(Value::as_str) {
        Some("COUNT") => value.max(1),
        Some("UNBOUNDED_PERCENT") => share.max(1),
        _ => share.clamp(3, 200),
    }
}

/// Adds an event of the service, in front.
pub(super) fn add_event(context: &mut Context<'_>, service: &mut Service, message: &str) {
    let event =
        json!({ "id": context.ids.uuid(), "createdAt": context.stamp(), "message": message });
    service.events.insert(0, event);
    service.events.truncate(EVENTS);
}
