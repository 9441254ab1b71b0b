//! How objects are: one LIST where many of a kind are asked for, single reads otherwise.

use std::collections::{BTreeMap, HashMap};

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use serde_json::Value;
use suimon_model::{Health, HealthStatus, ResourceId};
use suimon_provider::{Error, Result};

use crate::applyset::PART_OF;
use crate::health::assess;
use crate::kubernetes::Inner;
use crate::list::Pages;
use crate::object::meta;
use crate::pending;
use crate::resource::Resource;
use crate::resources::Lookup;
use crate::session::{Session, get};

/// From so many objects of a kind and namespace on, one LIST is cheaper than single reads.
const LIST_FROM: usize = 4;
/// Reads at once; the transport bounds all of them together.
const AT_ONCE: usize = 32;

/// One group of objects that one LIST could read.
type Batch<'a> = (Resource, Option<&'a str>, Vec<&'a ResourceId>);

impl Inner {
    /// How objects are, in the order asked for.
    pub(crate) async fn health(&self, ids: &[(ResourceId, String)]) -> Result<Vec<Health>> {
        if self.is_pending() {
            return Ok(pending::health(ids.len()));
        }
        let session = self.session()?;
        let mut known: HashMap<&ResourceId, Health> = HashMap::new();
        let mut batches: BTreeMap<(Resource, Option<&str>), Vec<&ResourceId>> = BTreeMap::new();
        for (id, api_version) in ids {
            match Self::resource(&session, id, api_version) {
                Ok(resource) => {
                    let key = (resource, id.namespace.as_deref());
                    batches.entry(key).or_default().push(id);
                }
                Err(error) => {
                    known.insert(id, unknown(&error));
                }
            }
        }
        let mut reads = FuturesUnordered::new();
        for ((resource, namespace), ids) in batches {
            reads.push(self.read_batch(&session, (resource, namespace, ids)));
        }
        while let Some(found) = reads.next().await {
            known.extend(found);
        }
        let missing = || Health::new(HealthStatus::Unknown, "not read");
        Ok(ids.iter().map(|(id, _)| known.get(id).cloned().unwrap_or_else(missing)).collect())
    }

    async fn read_batch<'a>(
        &self,
        session: &Session,
        (resource, namespace, ids): Batch<'a>,
    ) -> Vec<(&'a ResourceId, Health)> {
        let mut listed = HashMap::new();
        if ids.len() >= LIST_FROM && resource.listable {
            let selector = format!("{PART_OF}={}", self.applyset.id);
            let mut pages = Pages::new(&self.transport, &resource, namespace, &selector);
            // What a failed list did not show is read singly.
            while let Ok(Some(items)) = pages.next().await {
                let health = |item: &Value| (meta(item, "name").to_owned(), assess(item));
                listed.extend(items.iter().map(health));
            }
        }
        let mut ids = ids.into_iter();
        let mut done = Vec::new();
        let mut reads = FuturesUnordered::new();
        loop {
            while reads.len() < AT_ONCE
                && let Some(id) = ids.next()
            {
                reads.push(self.read_one(session, &resource, id, listed.remove(&id.name)));
            }
            let Some(read) = reads.next().await else { return done };
            done.push(read);
        }
    }

    /// How one object is; read where no list showed it.
    async fn read_one<'a>(
        &self,
        session: &Session,
        resource: &Resource,
        id: &'a ResourceId,
        listed: Option<Health>,
    ) -> (&'a ResourceId, Health) {
        let health = match listed {
            Some(health) => health,
            None => self.get_health(resource, id).await,
        };
        (id, self.unless_first_consumer(session, resource, id, health).await)
    }

    async fn get_health(&self, resource: &Resource, id: &ResourceId) -> Health {
        let path = resource.object(id.namespace.as_deref(), &id.name);
        match get(&self.transport, resource, &path).await {
            Ok(Some(object)) => assess(&object),
            Ok(None) => Health::new(HealthStatus::NotFound, "not found"),
            Err(error) => unknown(&error),
        }
    }

    /// A claim whose class binds it to its first pod stays pending until that pod is there: waiting
    /// for it before the pod is made would be waiting for ever.
    async fn unless_first_consumer(
        &self,
        session: &Session,
        resource: &Resource,
        id: &ResourceId,
        health: Health,
    ) -> Health {
        let is_claim = resource.group.is_empty() && resource.kind == "PersistentVolumeClaim";
        if !is_claim || health.status != HealthStatus::InProgress {
            return health;
        }
        match self.waits_for_consumer(session, resource, id).await {
            Some(true) => Health::new(
                HealthStatus::Current,
                "pending until its first consumer (volumeBindingMode WaitForFirstConsumer)",
            ),
            _ => health,
        }
    }

    async fn waits_for_consumer(
        &self,
        session: &Session,
        resource: &Resource,
        id: &ResourceId,
    ) -> Option<bool> {
        let path = resource.object(id.namespace.as_deref(), &id.name);
        let claim = get(&self.transport, resource, &path).await.ok()??;
        let class = claim["spec"]["storageClassName"].as_str().filter(|class| !class.is_empty())?;
        let classes = session.resources.preferred("storage.k8s.io", "StorageClass");
        let Lookup::Served(classes) = classes else { return None };
        let class = get(&self.transport, &classes, &classes.object(None, class)).await.ok()??;
        Some(class["volumeBindingMode"] == "WaitForFirstConsumer")
    }
}

fn unknown(error: &Error) -> Health {
    Health::new(HealthStatus::Unknown, error.to_string())
}
