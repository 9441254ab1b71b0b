//! Service deployments and revisions as they are listed, described, stopped and continued.

use serde_json::{Value, json};

use super::{
    super::{
        context::{Context, stamp},
        error::{AwsError, AwsResult},
        page::page,
    },
    Ecs, ServiceKey,
    clusters::with_token,
    invalid, list,
    model::{Rollout, RolloutState, Service},
    name_of, paging, text, texts,
};

impl Ecs {
    /// The newest first.
    pub(super) fn list_rollouts(&self, body: &Value) -> AwsResult {
        let key = self.service_of(body)?;
        let arn = self.services.get(&key).map(|service| service.arn.as_str()).unwrap_or_default();
        let statuses = list(body, "status");
        let bound =
            |member: &str| body.pointer(&format!("/createdAt/{member}")).and_then(Value::as_f64);
        let within = |rollout: &Rollout| {
            let created = stamp(rollout.created).as_f64().unwrap_or_default();
            bound("before").is_none_or(|before| created < before)
                && bound("after").is_none_or(|after| created > after)
        };
        let mut found: Vec<&Rollout> = self
            .rollouts
            .values()
            .filter(|rollout| rollout.service == arn && within(rollout))
            .filter(|rollout| statuses.is_empty() || statuses.iter().any(|s| s == rollout.status))
            .collect();
        found.sort_by_key(|rollout| std::cmp::Reverse(rollout.number));
        let items =
            found.into_iter().map(|rollout| (rollout.arn.clone(), brief(rollout))).collect();
        let (items, next) = page(items, body, paging(20)).map_err(|error| error.ecs())?;
        Ok(with_token(json!({ "serviceDeployments": items }), next))
    }

    pub(super) fn describe_rollouts(&self, body: &Value) -> AwsResult {
        let wanted = texts(body, "serviceDeploymentArns");
        if wanted.is_empty() || wanted.len() > 20 {
            return Err(invalid("serviceDeploymentArns can have at least 1 and at most 20 items"));
        }
        let (mut found, mut failures) = (Vec::new(), Vec::new());
        for arn in wanted {
            match self.rollouts.get(arn) {
                Some(rollout) => found.push(self.rollout_view(rollout)),
                None => failures.push(json!({ "arn": arn, "reason": "MISSING" })),
            }
        }
        Ok(json!({ "serviceDeployments": found, "failures": failures }))
    }

    pub(super) fn describe_revisions(&self, body: &Value) -> AwsResult {
        let wanted = texts(body, "serviceRevisionArns");
        if wanted.is_empty() || wanted.len() > 20 {
            return Err(invalid("serviceRevisionArns can have at least 1 and at most 20 items"));
        }
        let (mut found, mut failures) = (Vec::new(), Vec::new());
        for arn in wanted {
            match self.revisions.get(arn) {
                Some(revision) => found.push(revision.clone()),
                None => failures.push(json!({ "arn": arn, "reason": "MISSING" })),
            }
        }
        Ok(json!({ "serviceRevisions": found, "failures": failures }))
    }

    /// `ROLLBACK`, the default, goes back to what last completed; `ABORT` leaves everything as it is.
    pub(super) fn stop_rollout(&mut self, context: &mut Context<'_>, body: &Value) -> AwsResult {
        let (key, arn) = self.open_rollout(body)?;
        let rolls_back = text(body, "stopType") != "ABORT";
        let words = (
            "ECS deployment stopped: the deployment was stopped by a user.",
            "deployment failed: the deployment was stopped by a user.",
            "Service deployment was stopped by a user.",
        );
        if let Some(mut service) = self.services.remove(&key) {
            self.fail(context, &mut service, words, rolls_back);
            self.services.insert(key, service);
        }
        Ok(json!({ "serviceDeploymentArn": arn }))
    }

    pub(super) fn continue_rollout(
        &mut self,
        context: &mut Context<'_>,
        body: &Value,
    ) -> AwsResult {
        let (_, arn) = self.open_rollout(body)?;
        let status = match text(body, "action") {
            "" | "CONTINUE" => "SUCCEEDED",
            "ROLLBACK" => "FAILED",
            other => return Err(invalid(format!("Invalid action: {other}"))),
        };
        let id = text(body, "hookId");
        let hook = self.rollouts.get_mut(&arn).and_then(|rollout| {
            rollout.updated = context.now;
            rollout.hooks.iter_mut().find(|hook| text(hook, "hookId") == id)
        });
        match hook {
            Some(hook) if text(hook, "status") == "AWAITING_ACTION" => {
                hook["status"] = status.into();
                Ok(json!({ "serviceDeploymentArn": arn }))
            }
            _ => Err(invalid("The specified lifecycle hook is not awaiting an action.")),
        }
    }

    /// A service deployment that is under way and not yet rolling back, and its service.
    fn open_rollout(&self, body: &Value) -> Result<(ServiceKey, String), AwsError> {
        let arn = text(body, "serviceDeploymentArn");
        let rollout = self.rollouts.get(arn).ok_or_else(|| {
            AwsError::client("ServiceDeploymentNotFoundException", "Service deployment not found.")
        })?;
        let name = name_of(&rollout.service, "service");
        let (cluster, service) = name.split_once('/').unwrap_or(("default", name));
        let key = (cluster.to_owned(), service.to_owned());
        let current = self.services.get(&key).and_then(Service::primary);
        let open = matches!(rollout.status, "PENDING" | "IN_PROGRESS")
            && current.is_some_and(|d| d.rollout == arn && d.state == RolloutState::InProgress);
        if !open {
            return Err(AwsError {
                extra: json!({ "resourceIds": [arn] }),
                ..AwsError::client(
                    "ConflictException",
                    format!(
                        "The service deployment is not in progress. Its status is {}.",
                        rollout.status
                    ),
                )
            });
        }
        Ok((key, arn.to_owned()))
    }

    fn rollout_view(&self, rollout: &Rollout) -> Value {
        let mut view = brief(rollout);
        if let Some(members) = view.as_object_mut() {
            members.remove("targetServiceRevisionArn");
        }
        view["updatedAt"] = stamp(rollout.updated);
        let remaining = 100.0 - rollout.weight;
        let sources =
            rollout.sources.iter().map(|arn| self.revision_summary(rollout, arn, remaining));
        view["sourceServiceRevisions"] = sources.collect();
        view["targetServiceRevision"] =
            self.revision_summary(rollout, &rollout.target, rollout.weight);
        view["deploymentConfiguration"] = rollout.configuration.clone();
        view["deploymentCircuitBreaker"] = json!({
            "status": rollout.breaker, "failureCount": rollout.failures, "threshold": rollout.threshold,
        });
        if let Some(alarms) = rollout.configuration.get("alarms") {
            let enabled = alarms.get("enable").and_then(Value::as_bool) == Some(true);
            let status = match (enabled, rollout.is_open()) {
                (false, _) => "DISABLED",
                (true, true) => "MONITORING",
                (true, false) => "MONITORING_COMPLETE",
            };
            view["alarms"] = json!({
                "status": status, "alarmNames": list(alarms, "alarmNames"), "triggeredAlarmNames": [],
            });
        }
        if let Some(rollback) = &rollout.rollback {
            view["rollback"] = rollback.clone();
        }
        if let Some(stage) = rollout.stage {
            view["lifecycleStage"] = stage.into();
            view["lifecycleHookDetails"] = rollout.hooks.clone().into();
        }
        if let Some(stopped) = rollout.stopped {
            view["stoppedAt"] = stamp(stopped);
        }
        view
    }

    fn revision_summary(&self, rollout: &Rollout, arn: &str, weight: f64) -> Value {
        let name = name_of(&rollout.service, "service");
        let (cluster, service) = name.split_once('/').unwrap_or(("default", name));
        let service = self.services.get(&(cluster.to_owned(), service.to_owned()));
        let deployment = service.and_then(|service| {
            service.deployments.iter().find(|d| d.revision == arn).map(|d| (service, d))
        });
        let (requested, (running, pending)) = deployment.map_or((0, (0, 0)), |(service, d)| {
            (super::services::requested(service, d), service.counts(Some(&d.id)))
        });
        let mut view = json!({
            "arn": arn, "requestedTaskCount": requested, "runningTaskCount": running,
            "pendingTaskCount": pending,
        });
        if rollout.stage.is_some() {
            view["requestedProductionTrafficWeight"] = weight.into();
        }
        view
    }
}

fn brief(rollout: &Rollout) -> Value {
    let mut view = json!({
        "serviceDeploymentArn": rollout.arn,
        "serviceArn": rollout.service,
        "clusterArn": rollout.cluster,
        "createdAt": stamp(rollout.created),
        "targetServiceRevisionArn": rollout.target,
        "status": rollout.status,
    });
    for (member, time) in [("startedAt", rollout.started), ("finishedAt", rollout.finished)] {
        if let Some(time) = time {
            view[member] = stamp(time);
        }
    }
    if let Some(reason) = &rollout.reason {
        view["statusReason"] = reason.as_str().into();
    }
    view
}
