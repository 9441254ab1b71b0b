//! ECS services.
//!
//! * [`normal`]: what the API fills in is left out, on both sides; [`mod@wanted`]: what will be live.
//! * [`mod@read`]: lists and descriptions in batches. [`mod@write`]: create, update, delete; [`body`]: what is sent.
//! * [`rollout`]: what ECS tells about deployments; [`mod@health`]: whether *this* deployment succeeded;
//!   [`mod@preview`]: what was rolled back is not applied again, and others' deployments are not cut short.

use async_trait::async_trait;
use aws_sdk_ecs::operation::create_service::CreateServiceInput;
use serde_json::{Map, Value, json};
use suimon_model::{Health, ResourceId};
use suimon_plan::Conflict;
use suimon_provider::Result;

use crate::context::Context;
use crate::marks::Tags;
use crate::resource::{Declared, Done, Kind, Live, Reference};
use crate::shape::{Problem, Shape, reads};

mod body;
mod check;
mod health;
mod json;
mod normal;
mod preview;
mod read;
mod rollout;
mod stopped;
#[cfg(test)]
mod tests;
mod wanted;
mod write;

pub(super) use read::read;

/// The kind.
const KIND: &str = "Service";
/// The group of its API.
const GROUP: &str = "ecs.services.k8s.aws";

/// The latest deployment before the one that the last write began: what is later is ours, or somebody's
/// after us.
const BEFORE: &str = "suimon.dev/before";
/// The task definition, as `family:revision`, of the last write.
const DEFINITION: &str = "suimon.dev/task-definition";

static SHAPE: Shape = Shape::sdk(reads!(CreateServiceInput), "name tags:tags");

static REFERENCES: &[Reference] = &[
    Reference {
        field: "clusterRef",
        into: "cluster",
        target: (GROUP, "Cluster"),
        attribute: "name",
    },
    Reference {
        field: "taskDefinitionRef",
        into: "taskDefinition",
        target: (GROUP, "TaskDefinition"),
        attribute: "arn",
    },
];

/// The kind `Service`.
pub(crate) struct Service;

/// `CLUSTER/NAME`.
fn service_key(spec: &Value) -> String {
    let cluster = normal::cluster_name(json::text(spec, "cluster"));
    format!("{cluster}/{}", json::text(spec, "name"))
}

#[async_trait]
impl Kind for Service {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn shape(&self) -> &'static Shape {
        &SHAPE
    }

    fn references(&self) -> &'static [Reference] {
        REFERENCES
    }

    fn complete(&self, id: &ResourceId, spec: &mut Map<String, Value>) {
        if !spec.contains_key("name") {
            let name = spec.remove("serviceName").unwrap_or_else(|| json!(id.name));
            spec.insert("name".into(), name);
        } else if spec.get("serviceName") == spec.get("name") {
            spec.remove("serviceName");
        }
        if !spec.contains_key("cluster") {
            spec.insert("cluster".into(), "default".into());
        }
    }

    fn check(&self, spec: &Value) -> Vec<Problem> {
        check::check(spec)
    }

    fn key(&self, declared: &Declared) -> String {
        service_key(&declared.spec)
    }

    fn wanted(&self, context: &Context, declared: &Declared, live: Option<&Live>) -> Value {
        wanted::wanted(context, declared, live)
    }

    fn immutable(&self, live: &Value, wanted: &Value) -> Vec<String> {
        wanted::immutable(live, wanted)
    }

    /// Another task definition under the same reference is another declaration.
    fn digests_references(&self) -> bool {
        true
    }

    async fn preview(
        &self,
        context: &Context,
        declared: &Declared,
        live: Option<&Live>,
    ) -> Result<Vec<Conflict>> {
        match live {
            Some(live) => preview::preview(context, declared, live).await,
            None => Ok(Vec::new()),
        }
    }

    async fn write(&self, context: &Context, declared: &Declared, force: bool) -> Result<Done> {
        write::write(context, declared, force).await
    }

    async fn delete(&self, context: &Context, live: &Live) -> Result<()> {
        write::delete(context, live).await
    }

    async fn tag(
        &self,
        context: &Context,
        live: &Live,
        set: &Tags,
        remove: &[String],
    ) -> Result<()> {
        write::tag(context, &live.arn, set, remove).await
    }

    async fn health(&self, context: &Context, wanted: &[(ResourceId, String)]) -> Vec<Health> {
        health::health(context, wanted).await
    }

    fn attribute(&self, body: &Value, name: &str) -> Option<String> {
        self.declared_attribute(body.get("spec")?, name)
    }

    fn declared_attribute(&self, spec: &Value, name: &str) -> Option<String> {
        if crate::shape::is_deferred(&spec["cluster"]) || crate::shape::is_deferred(&spec["name"]) {
            return None;
        }
        match name {
            "name" | "serviceName" => Some(json::text(spec, "name").to_owned()),
            _ if name.eq_ignore_ascii_case("resourceId") => Some(wanted::resource(spec)),
            _ => None,
        }
    }

    fn export(&self, live: &Live) -> Value {
        let mut spec = live.spec.clone();
        if let Value::Object(spec) = &mut spec
            && spec.get("availabilityZoneRebalancing").is_some_and(|value| value == "ENABLED")
        {
            // What a new service gets.
            spec.remove("availabilityZoneRebalancing");
        }
        spec
    }
}
