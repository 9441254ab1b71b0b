//! Amazon ECS: clusters, task definitions, services with their deployments, tasks.
//!
//! Tasks run at once on whatever launch type is asked for, as if there were capacity for all. A task definition is
//! marked as failing by the docker label [`FAIL_LABEL`] or the environment variable [`FAIL_VARIABLE`] on a container,
//! or by an image whose name or tag contains `fail`: its tasks stop when they start.

mod clusters;
mod counts;
mod definition_rules;
mod definitions;
mod deployments;
mod lifecycle;
mod model;
mod rollouts;
mod schedule;
mod service_rules;
mod services;
mod stages;
mod tags;
mod task_sizes;
mod tasks;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    context::Context,
    error::{AwsError, AwsResult},
    page::Paging,
};
use model::{Cluster, Rollout, Service, ServiceStatus, Task, TaskDefinition};

/// A container with this docker label set to `true` makes its task definition fail.
const FAIL_LABEL: &str = "sandbox.suimon.dev/fail";

/// A container with this environment variable set to `true` makes its task definition fail.
const FAIL_VARIABLE: &str = "SANDBOX_FAIL";

/// A cluster's name and a service's.
type ServiceKey = (String, String);

/// What one account holds in one region.
#[derive(Debug, Default)]
pub(crate) struct Ecs {
    clusters: BTreeMap<String, Cluster>,
    /// The revisions of a family; the first one is number 1.
    families: BTreeMap<String, Vec<TaskDefinition>>,
    services: BTreeMap<ServiceKey, Service>,
    /// Service deployments by ARN.
    rollouts: BTreeMap<String, Rollout>,
    /// Service revisions by ARN, as they are described.
    revisions: BTreeMap<String, Value>,
    /// The tasks of no service, by cluster and id.
    tasks: BTreeMap<(String, String), Task>,
    /// The ids of the tasks that a client token started.
    runs: BTreeMap<String, Vec<String>>,
}

impl Ecs {
    pub(crate) fn call(
        &mut self,
        context: &mut Context<'_>,
        operation: &str,
        body: &Value,
    ) -> AwsResult {
        match operation {
            "CreateCluster" => self.create_cluster(context, body),
            "DescribeClusters" => self.describe_clusters(context, body),
            "ListClusters" => self.list_clusters(body),
            "UpdateCluster" => self.update_cluster(body, false),
            "UpdateClusterSettings" => self.update_cluster(body, true),
            "PutClusterCapacityProviders" => self.put_capacity_providers(body),
            "DeleteCluster" => self.delete_cluster(body),
            "RegisterTaskDefinition" => self.register(context, body),
            "DescribeTaskDefinition" => self.describe_definition(body),
            "ListTaskDefinitions" => self.list_definitions(body),
            "ListTaskDefinitionFamilies" => self.list_families(body),
            "DeregisterTaskDefinition" => self.deregister(context, body),
            "DeleteTaskDefinitions" => self.delete_definitions(context, body),
            "CreateService" => self.create_service(context, body),
            "UpdateService" => self.update_service(context, body),
            "DeleteService" => self.delete_service(context, body),
            "DescribeServices" => self.describe_services(context, body),
            "ListServices" => self.list_services(body),
            "ListServiceDeployments" => self.list_rollouts(body),
            "DescribeServiceDeployments" => self.describe_rollouts(body),
            "DescribeServiceRevisions" => self.describe_revisions(body),
            "StopServiceDeployment" => self.stop_rollout(context, body),
            "ContinueServiceDeployment" => self.continue_rollout(context, body),
            "RunTask" => self.run_task(context, body),
            "StopTask" => self.stop_task(context, body),
            "ListTasks" => self.list_tasks(body),
            "DescribeTasks" => self.describe_tasks(context, body),
            "TagResource" => self.tag(body),
            "UntagResource" => self.untag(body),
            "ListTagsForResource" => self.list_tags(body),
            _ => Err(AwsError::unknown_operation()),
        }
    }

    /// One step of all tasks and deployments; whether anything happened.
    pub(crate) fn step(&mut self, context: &mut Context<'_>) -> bool {
        let jobs = self.step_jobs(context);
        let keys: Vec<ServiceKey> = self
            .services
            .iter()
            .filter(|(_, service)| Self::is_moving(service))
            .map(|(key, _)| key.clone())
            .collect();
        keys.iter().fold(jobs, |changed, key| self.step_service(context, key) || changed)
    }

    /// The desired count of a service that is active, for the scaler.
    pub(crate) fn desired_count(&self, cluster: &str, service: &str) -> Option<i64> {
        self.services
            .get(&(cluster.to_owned(), service.to_owned()))
            .filter(|service| service.status == ServiceStatus::Active)
            .map(|service| service.desired)
    }

    /// Sets the desired count of a service, as the scaler does.
    pub(crate) fn scale(
        &mut self,
        context: &Context<'_>,
        (cluster, service): (&str, &str),
        to: i64,
    ) {
        if let Some(service) = self.services.get_mut(&(cluster.to_owned(), service.to_owned())) {
            Self::set_desired(service, to, context.now);
        }
    }

    /// The name of the cluster that a request is about, `default` when it names none; it is active.
    fn cluster_of(&self, body: &Value) -> Result<String, AwsError> {
        let name = name_of(text(body, "cluster"), "cluster");
        let name = if name.is_empty() { "default" } else { name };
        match self.clusters.get(name) {
            Some(cluster) if cluster.active => Ok(name.to_owned()),
            _ => Err(AwsError::client("ClusterNotFoundException", "Cluster not found.")),
        }
    }

    /// The service that a request is about, in whatever status.
    fn service_of(&self, body: &Value) -> Result<ServiceKey, AwsError> {
        let cluster = self.cluster_of(body)?;
        let key = service_key(&cluster, text(body, "service"));
        match key.filter(|key| self.services.contains_key(key)) {
            Some(key) => Ok(key),
            None => Err(AwsError::client("ServiceNotFoundException", "Service not found.")),
        }
    }
}

/// How the lists of ECS page.
const fn paging(default: usize) -> Paging {
    Paging { token: "nextToken", size: "maxResults", default, max: 100 }
}

fn text<'a>(body: &'a Value, member: &str) -> &'a str {
    body.get(member).and_then(Value::as_str).unwrap_or_default()
}

fn list<'a>(body: &'a Value, member: &str) -> &'a [Value] {
    body.get(member).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn texts<'a>(body: &'a Value, member: &str) -> Vec<&'a str> {
    list(body, member).iter().filter_map(Value::as_str).collect()
}

fn includes(body: &Value, what: &str) -> bool {
    texts(body, "include").contains(&what)
}

/// A member that is there and not null.
fn given<'a>(body: &'a Value, member: &str) -> Option<&'a Value> {
    body.get(member).filter(|value| !value.is_null())
}

fn invalid(message: impl Into<String>) -> AwsError {
    AwsError::client("InvalidParameterException", message)
}

fn client(message: impl Into<String>) -> AwsError {
    AwsError::client("ClientException", message)
}

/// The last part of an ARN of this resource type, or the name itself.
fn name_of<'a>(reference: &'a str, kind: &str) -> &'a str {
    if !reference.starts_with("arn:") {
        return reference;
    }
    let resource = reference.splitn(6, ':').nth(5).unwrap_or_default();
    match resource.split_once('/') {
        Some((found, name)) if found == kind => name,
        _ => "",
    }
}

/// The key of a service by its name or ARN; `None` when the ARN names another cluster.
fn service_key(cluster: &str, reference: &str) -> Option<ServiceKey> {
    let name = name_of(reference, "service");
    match name.split_once('/') {
        None => Some((cluster.to_owned(), name.to_owned())),
        Some((of, name)) if of == cluster => Some((cluster.to_owned(), name.to_owned())),
        Some(_) => None,
    }
}

/// Whether it is a name as clusters and services have: letters, digits, `-` and `_`, at most 255.
fn is_name(name: &str) -> bool {
    (1..=255).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}
