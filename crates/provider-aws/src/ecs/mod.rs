//! The `ecs` API: clusters, services and task definitions.

mod cluster;
mod json;
mod service;
mod tags;
mod task_definition;

use std::sync::Arc;

use async_trait::async_trait;
use suimon_provider::Result;

use crate::context::Context;
use crate::resource::{Declared, Family, Found, Kind};

/// The `ecs` API.
pub(crate) struct Ecs;

#[async_trait]
impl Family for Ecs {
    fn group(&self) -> &'static str {
        "ecs.services.k8s.aws"
    }

    fn kinds(&self) -> &'static [&'static dyn Kind] {
        &[&cluster::Cluster, &service::Service, &task_definition::TaskDefinition]
    }

    async fn read(
        &self,
        context: &Context,
        declared: &[Arc<Declared>],
        targeted: bool,
    ) -> Result<Vec<Found>> {
        let of = |kind: &str| -> Vec<Arc<Declared>> {
            declared.iter().filter(|d| d.id.kind == kind).cloned().collect()
        };
        let [clusters, services, definitions] = ["Cluster", "Service", "TaskDefinition"].map(of);
        let resources = async {
            let read = cluster::read(context, &clusters, targeted).await;
            let running = service::read(context, &read.names, &services, targeted).await;
            (read.found, running)
        };
        let families = task_definition::families(context, &definitions, targeted);
        let ((mut found, running), families) = futures::join!(resources, families);
        // A revision that a service runs and that is known from an earlier run is not read again.
        let used = running.iter().filter_map(|found| match found {
            Found::Live { kind: "Service", live } => live.spec.get("taskDefinition")?.as_str(),
            _ => None,
        });
        let used = used.map(str::to_owned).collect();
        found.extend(task_definition::read(context, &definitions, families, &used).await);
        found.extend(running);
        Ok(found)
    }
}
