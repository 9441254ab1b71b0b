//! Services.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    super::{
        context::{Context, stamp},
        error::{AwsError, AwsResult},
        page::page,
    },
    Ecs, ServiceKey,
    clusters::{tags_of, with_token},
    given, invalid,
    model::{Deployment, Service, ServiceStatus},
    paging, service_key,
    service_rules::{DEPLOYED, HIDDEN, check_name},
    tags, text, texts,
};

/// How many services one `DescribeServices` takes.
const DESCRIBE_AT_ONCE: usize = 10;

impl Ecs {
    /// The same client token with the same name is answered with the service that it made.
    pub(super) fn create_service(&mut self, context: &mut Context<'_>, body: &Value) -> AwsResult {
        let cluster = self.cluster_of(body)?;
        let name = text(body, "serviceName");
        check_name(name)?;
        let new_tags = tags::read(body)?;
        let spec = self.new_spec(context, &cluster, body)?;
        let daemon = spec.get("schedulingStrategy").and_then(Value::as_str) == Some("DAEMON");
        let desired = match given(body, "desiredCount").and_then(Value::as_i64) {
            Some(_) if daemon => {
                return Err(invalid(
                    "The daemon scheduling strategy does not support a desired count for services. Remove the desired count value and try again.",
                ));
            }
            // As if there were one container instance.
            None if daemon => 1,
            Some(count @ 0..) => count,
            Some(_) => return Err(invalid("desiredCount cannot be negative.")),
            None => {
                return Err(invalid(
                    "desiredCount must be specified for services with the REPLICA scheduling strategy.",
                ));
            }
        };
        let token = given(body, "clientToken").and_then(Value::as_str).map(str::to_owned);
        let key = (cluster.clone(), name.to_owned());
        if let Some(old) = self.services.get(&key) {
            match old.status {
                ServiceStatus::Active if token.is_some() && old.token == token => {
                    return Ok(json!({ "service": self.service_view(&key, true) }));
                }
                ServiceStatus::Active => {
                    return Err(invalid("Creation of service was not idempotent."));
                }
                ServiceStatus::Draining => {
                    return Err(invalid("Unable to Start a service that is still Draining."));
                }
                ServiceStatus::Inactive => {}
            }
        }
        let managed = spec.get("deploymentController").map(|c| text(c, "type")) == Some("ECS");
        let service = Service {
            arn: context.arn("ecs", &format!("service/{cluster}/{name}")),
            name: name.to_owned(),
            cluster,
            status: ServiceStatus::Active,
            desired,
            spec,
            deployments: Vec::new(),
            completed: None,
            events: Vec::new(),
            tags: new_tags,
            created: context.now,
            created_by: context.caller.to_owned(),
            token,
            tasks: std::collections::BTreeMap::new(),
            steady: false,
        };
        self.services.insert(key.clone(), service);
        if managed {
            self.deploy(context, &key);
        }
        Ok(json!({ "service": self.service_view(&key, true) }))
    }

    /// A new deployment starts when it is forced or when something changes that a deployment fixes.
    pub(super) fn update_service(&mut self, context: &mut Context<'_>, body: &Value) -> AwsResult {
        let key = self.service_of(body)?;
        let Some(service) = self.services.get(&key).filter(|s| s.status == ServiceStatus::Active)
        else {
            return Err(AwsError::client("ServiceNotActiveException", "Service was not ACTIVE."));
        };
        let desired = match given(body, "desiredCount").and_then(Value::as_i64) {
            Some(..0) => return Err(invalid("desiredCount cannot be negative.")),
            Some(_) if service.text("schedulingStrategy") == "DAEMON" => {
                return Err(invalid(
                    "The daemon scheduling strategy does not support a desired count for services. Remove the desired count value and try again.",
                ));
            }
            desired => desired,
        };
        let spec = self.updated_spec(&service.spec, &key.0, body)?;
        let forced = body.get("forceNewDeployment").and_then(Value::as_bool) == Some(true);
        let changed =
            DEPLOYED.into_iter().any(|member| spec.get(member) != service.spec.get(member));
        let managed = spec.get("deploymentController").map(|c| text(c, "type")) == Some("ECS");
        if let Some(service) = self.services.get_mut(&key) {
            service.spec = spec;
            if let Some(desired) = desired {
                Self::set_desired(service, desired, context.now);
            }
        }
        if managed && (forced || changed) {
            self.deploy(context, &key);
        }
        Ok(json!({ "service": self.service_view(&key, true) }))
    }

    /// A service that is deleted drains, and is inactive once its tasks stopped.
    pub(super) fn delete_service(&mut self, context: &mut Context<'_>, body: &Value) -> AwsResult {
        let key = self.service_of(body)?;
        let force = body.get("force").and_then(Value::as_bool) == Some(true);
        let now = context.now;
        let mut stopped = Vec::new();
        if let Some(service) = self.services.get_mut(&key) {
            if service.status == ServiceStatus::Inactive {
                return Err(AwsError::client("ServiceNotFoundException", "Service not found."));
            }
            let daemon = service.text("schedulingStrategy") == "DAEMON";
            if !force && !daemon && service.desired > 0 {
                return Err(invalid("The service cannot be stopped while it is scaled above 0."));
            }
            service.status = ServiceStatus::Draining;
            service.desired = 0;
            for task in service.tasks.values_mut() {
                task.stop("ServiceSchedulerInitiated", "Scaling activity initiated by deployment");
            }
            for deployment in &mut service.deployments {
                deployment.updated = now;
                stopped.push(deployment.rollout.clone());
            }
        }
        for arn in stopped {
            self.close_rollout(&arn, "STOPPED", "The service was deleted.", now);
        }
        Ok(json!({ "service": self.service_view(&key, true) }))
    }

    pub(super) fn describe_services(&self, context: &Context<'_>, body: &Value) -> AwsResult {
        let wanted = texts(body, "services");
        if wanted.is_empty() {
            return Err(invalid("Services cannot be empty."));
        }
        if wanted.len() > DESCRIBE_AT_ONCE {
            return Err(invalid(format!(
                "service names can have at most {DESCRIBE_AT_ONCE} items"
            )));
        }
        let cluster = self.cluster_of(body)?;
        let (mut services, mut failures) = (Vec::new(), Vec::new());
        for reference in wanted {
            let key = service_key(&cluster, reference);
            match key.filter(|key| self.services.contains_key(key)) {
                Some(key) => {
                    let mut view = self.service_view(&key, false);
                    if let Some(service) = self.services.get(&key)
                        && let Some(tags) = tags_of(body, &service.tags)
                    {
                        view["tags"] = tags;
                    }
                    services.push(view);
                }
                None => {
                    let arn = match reference.starts_with("arn:") {
                        true => reference.to_owned(),
                        false => context.arn("ecs", &format!("service/{cluster}/{reference}")),
                    };
                    failures.push(json!({ "arn": arn, "reason": "MISSING" }));
                }
            }
        }
        Ok(json!({ "services": services, "failures": failures }))
    }

    /// The services that are active or draining.
    pub(super) fn list_services(&self, body: &Value) -> AwsResult {
        let cluster = self.cluster_of(body)?;
        let fits = |service: &Service, member: &str| {
            given(body, member).is_none_or(|wanted| service.spec.get(member) == Some(wanted))
        };
        let arns = self
            .services
            .values()
            .filter(|s| s.cluster == cluster && s.status != ServiceStatus::Inactive)
            .filter(|s| fits(s, "launchType") && fits(s, "schedulingStrategy"))
            .map(|service| (service.arn.clone(), service.arn.clone()))
            .collect();
        let (arns, next) = page(arns, body, paging(10)).map_err(|error| error.ecs())?;
        Ok(with_token(json!({ "serviceArns": arns }), next))
    }

    /// Also without a deployment, tasks start and stop to reach it.
    pub(super) fn set_desired(service: &mut Service, desired: i64, now: Timestamp) {
        if service.desired != desired {
            service.desired = desired;
            service.steady = false;
            if let Some(primary) = service.deployments.iter_mut().find(|d| d.primary) {
                primary.updated = now;
            }
        }
    }

    /// As it is described; `with_tags` as in the answers to writes.
    fn service_view(&self, key: &ServiceKey, with_tags: bool) -> Value {
        let Some(service) = self.services.get(key) else { return Value::Null };
        let (running, pending) = service.counts(None);
        let deployments = match service.status {
            ServiceStatus::Inactive => Vec::new(),
            _ => service.deployments.iter().map(|d| deployment_view(service, d)).collect(),
        };
        let mut view = json!({
            "serviceArn": service.arn,
            "serviceName": service.name,
            "clusterArn": service.cluster_arn(),
            "status": service.status.name(),
            "desiredCount": service.desired,
            "runningCount": running,
            "pendingCount": pending,
            "deployments": deployments,
            "events": service.events,
            "createdAt": stamp(service.created),
            "createdBy": service.created_by,
        });
        for (member, value) in &service.spec {
            if !HIDDEN.contains(&member.as_str()) {
                view[member] = value.clone();
            }
        }
        if with_tags && !service.tags.is_empty() {
            view["tags"] = json!(service.tags);
        }
        if let Some(primary) = service.primary() {
            let open = self.rollouts.get(&primary.rollout).is_some_and(|rollout| rollout.is_open());
            if open {
                view["currentServiceDeployment"] = primary.rollout.clone().into();
            }
            let revisions = service.deployments.iter().map(|deployment| {
                let (running, pending) = service.counts(Some(&deployment.id));
                json!({
                    "arn": deployment.revision, "requestedTaskCount": requested(service, deployment),
                    "runningTaskCount": running, "pendingTaskCount": pending,
                })
            });
            view["currentServiceRevisions"] = revisions.collect();
        }
        view
    }
}

/// How many tasks a deployment is to have.
pub(super) fn requested(service: &Service, deployment: &Deployment) -> i64 {
    if deployment.primary {
        return service.desired;
    }
    let wanted = |task: &&super::Task| task.started_by == deployment.id && task.counts();
    i64::try_from(service.tasks.values().filter(wanted).count()).unwrap_or(i64::MAX)
}

fn deployment_view(service: &Service, deployment: &Deployment) -> Value {
    let (running, pending) = service.counts(Some(&deployment.id));
    let mut view = json!({
        "id": deployment.id,
        "status": if deployment.primary { "PRIMARY" } else { "ACTIVE" },
        "desiredCount": requested(service, deployment),
        "pendingCount": pending,
        "runningCount": running,
        "failedTasks": deployment.failed,
        "createdAt": stamp(deployment.created),
        "updatedAt": stamp(deployment.updated),
        "rolloutState": deployment.state.name(),
        "rolloutStateReason": deployment.reason,
    });
    for (member, value) in &deployment.spec {
        if !matches!(member.as_str(), "loadBalancers" | "serviceRegistries") {
            view[member] = value.clone();
        }
    }
    if view.get("platformVersion").and_then(Value::as_str) == Some("LATEST") {
        view["platformVersion"] = "1.4.0".into();
    }
    view
}
