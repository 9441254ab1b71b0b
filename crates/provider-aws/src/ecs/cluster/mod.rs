//! ECS clusters.

mod normal;
mod read;
mod write;

use async_trait::async_trait;
use aws_sdk_ecs::operation::create_cluster::CreateClusterInput;
use serde_json::{Map, Value, json};
use suimon_model::{Health, HealthStatus, ResourceId};
use suimon_provider::Result;

use super::json::{is_open, tag_map, text, texts};
use super::tags;
use crate::call::call;
use crate::context::Context;
use crate::marks::Tags;
use crate::resource::{Declared, Done, Kind, Live};
use crate::shape::{Problem, Shape, reads};

pub(super) use read::{list_all, read};

/// ECS clusters.
pub(super) struct Cluster;

pub(super) const KIND: &str = "Cluster";

/// The name of the Cloud Map namespace and the ARN that the service made of it, as `NAME@ARN`.
const NAMESPACE: &str = "suimon.dev/namespace";

static SHAPE: Shape = Shape::sdk(reads!(CreateClusterInput), "name tags:tags");

#[async_trait]
impl Kind for Cluster {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn shape(&self) -> &'static Shape {
        &SHAPE
    }

    fn complete(&self, id: &ResourceId, spec: &mut Map<String, Value>) {
        let long = spec.remove("clusterName");
        if let Some(name) = long.or_else(|| Some(Value::from(id.name.as_str()))) {
            spec.entry("name").or_insert(name);
        }
    }

    fn check(&self, spec: &Value) -> Vec<Problem> {
        let mut problems = Vec::new();
        let name = text(spec, "name");
        if !is_open(name) && !is_name(name) {
            let what = format!("`{name}` is not a name of up to 255 letters, digits, `-` and `_`");
            problems.push(Problem::new("spec.name", what));
        }
        for (at, setting) in super::json::list(spec, "settings").iter().enumerate() {
            let (name, value) = (text(setting, "name"), text(setting, "value"));
            let known = ["enabled", "disabled", "enhanced"];
            if name == "containerInsights" && !known.contains(&value) && !is_open(value) {
                let what = format!("`{value}` is not a value of containerInsights");
                let problem = Problem::new(format!("spec.settings[{at}].value"), what);
                problems.push(problem.help(format!("it has {}", known.join(", "))));
            }
        }
        let providers = texts(spec, "capacityProviders");
        let strategy = super::json::list(spec, "defaultCapacityProviderStrategy");
        for (at, item) in strategy.iter().enumerate() {
            let name = text(item, "capacityProvider");
            if !providers.contains(&name) && !is_open(name) {
                let what = format!("the capacity provider `{name}` is not among the cluster's");
                let place = format!("spec.defaultCapacityProviderStrategy[{at}].capacityProvider");
                let problem = Problem::new(place, what);
                problems.push(problem.help("list it in spec.capacityProviders"));
            }
        }
        problems
    }

    fn key(&self, declared: &Declared) -> String {
        declared.text("name").to_owned()
    }

    fn wanted(&self, _context: &Context, declared: &Declared, live: Option<&Live>) -> Value {
        normal::wanted(declared, live)
    }

    fn immutable(&self, live: &Value, wanted: &Value) -> Vec<String> {
        let renamed = text(live, "name") != text(wanted, "name");
        renamed.then(|| "spec.name".to_owned()).into_iter().collect()
    }

    async fn write(&self, context: &Context, declared: &Declared, _force: bool) -> Result<Done> {
        write::write(context, declared).await
    }

    async fn delete(&self, context: &Context, live: &Live) -> Result<()> {
        let body = json!({"cluster": live.arn});
        match call!(context.session, ecs, DeleteCluster, Repeatable, delete_cluster(), body) {
            Ok(_) => Ok(()),
            Err(error) if error.code() == "ClusterNotFoundException" => Ok(()),
            // It is going to be taken once what is under way has ended.
            Err(error) if error.code() == "UpdateInProgressException" => {
                Err(suimon_provider::Error::Transient(error.to_string()))
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn tag(
        &self,
        context: &Context,
        live: &Live,
        set: &Tags,
        remove: &[String],
    ) -> Result<()> {
        tags::apply(context, &live.arn, set, remove).await
    }

    async fn health(&self, context: &Context, wanted: &[(ResourceId, String)]) -> Vec<Health> {
        let names: Vec<String> = wanted.iter().map(|(_, key)| key.clone()).collect();
        let clusters = read::describe(context, &names).await;
        let of = |name: &String| match clusters.get(name) {
            Some(Ok(Some(cluster))) => health(cluster),
            Some(Err(error)) => Health::new(HealthStatus::Unknown, error.to_string()),
            _ => Health::new(HealthStatus::NotFound, "there is no such cluster"),
        };
        names.iter().map(of).collect()
    }

    fn attribute(&self, body: &Value, name: &str) -> Option<String> {
        let field = match name {
            "clusterName" => body.pointer("/spec/name"),
            "clusterArn" => body.pointer("/status/ackResourceMetadata/arn"),
            _ => None,
        };
        field?.as_str().map(str::to_owned)
    }

    fn declared_attribute(&self, spec: &Value, name: &str) -> Option<String> {
        let known = matches!(name, "name" | "clusterName" | "spec.name");
        known.then(|| text(spec, "name").to_owned()).filter(|name| !name.is_empty())
    }
}

/// How a described cluster is.
pub(super) fn health(cluster: &Value) -> Health {
    let status = text(cluster, "status");
    let attached = text(cluster, "attachmentsStatus");
    match (status, attached) {
        ("ACTIVE", "UPDATE_IN_PROGRESS") => {
            Health::new(HealthStatus::InProgress, "its capacity providers are being attached")
        }
        ("ACTIVE", "UPDATE_FAILED") => {
            Health::new(HealthStatus::Failed, "its capacity providers could not be attached")
        }
        ("ACTIVE", _) => Health::current(),
        ("PROVISIONING", _) => Health::new(HealthStatus::InProgress, "it is being made"),
        ("DEPROVISIONING", _) => Health::new(HealthStatus::Terminating, "it is being deleted"),
        ("INACTIVE", _) => Health::new(HealthStatus::NotFound, "it is inactive"),
        ("FAILED", _) => Health::new(HealthStatus::Failed, "its resources could not be made"),
        (other, _) => Health::new(HealthStatus::Unknown, format!("its status is `{other}`")),
    }
}

/// Names of clusters, families and containers.
pub(super) fn is_name(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    !name.is_empty() && name.len() <= 255 && name.chars().all(allowed)
}

/// A described cluster, as every kind reports what is live.
pub(super) fn live(cluster: &Value) -> Live {
    let name = text(cluster, "clusterName");
    let live_tags = super::json::read_tags(cluster);
    let mut spec = normal::normal(cluster);
    spec.insert("name".to_owned(), name.into());
    if let Some(visible) = tag_map(&crate::marks::visible(&live_tags)) {
        spec.insert("tags".to_owned(), visible);
    }
    let mut status = Map::new();
    for member in ["status", "activeServicesCount", "runningTasksCount", "pendingTasksCount"] {
        if let Some(value) = cluster.get(member) {
            status.insert(member.to_owned(), value.clone());
        }
    }
    Live {
        key: name.to_owned(),
        arn: text(cluster, "clusterArn").to_owned(),
        made: String::new(),
        spec: Value::Object(spec),
        status: Value::Object(status),
        tags: live_tags,
        terminating: text(cluster, "status") == "DEPROVISIONING",
        failed: false,
    }
}
