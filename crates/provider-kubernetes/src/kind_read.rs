//! [`KindRead`]: the read of one kind.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use serde_json::Value;
use suimon_model::{ResourceId, UnknownRead};
use suimon_plan::LiveObject;
use suimon_provider::{Error, Observation, Result};
use tokio::sync::mpsc;

use crate::applyset::PART_OF;
use crate::kubernetes::Inner;
use crate::list::Pages;
use crate::live::id_of;
use crate::object::{controller, label};
use crate::resource::Resource;
use crate::session::{Namespaces, Session, get};

/// Single reads of one kind at once; the transport bounds all of them together.
const GETS: usize = 32;

/// What a read hands on.
pub(crate) enum Seen {
    /// Declared, in the version that was read.
    Declared(Box<LiveObject>),
    /// Ours, and not declared in this version.
    Other(Box<LiveObject>),
    Told(Observation),
}

/// What is to be read of one kind.
pub(crate) struct KindRead {
    resource: Resource,
    pub(crate) declared: BTreeSet<ResourceId>,
    /// Where members may be; empty for cluster-scoped kinds.
    pub(crate) namespaces: BTreeSet<String>,
}

type Batches = mpsc::Sender<Vec<Seen>>;

impl KindRead {
    pub(crate) fn new(resource: Resource) -> Self {
        Self { resource, declared: BTreeSet::new(), namespaces: BTreeSet::new() }
    }

    /// Leaves out namespaces that are not there: nothing can be in them.
    pub(crate) fn keep_existing(&mut self, namespaces: &Namespaces) {
        self.namespaces.retain(|name| namespaces.may_exist(name));
    }

    /// Reads declared objects one by one, and looks for no others.
    pub(crate) fn without_list(&mut self) {
        self.resource.listable = false;
    }

    /// Lists the kind's members, then reads the declared objects that are not among them.
    pub(crate) async fn run(self, inner: Arc<Inner>, session: Arc<Session>, to: Batches) {
        let mut found = HashSet::new();
        if let Err(error) = self.list_all(&inner, &session, &to, &mut found).await {
            self.tell_unknown(&error, &found, &to).await;
            return;
        }
        self.get_missing(&inner, &session, &to, &found).await;
    }

    async fn list_all(
        &self,
        inner: &Inner,
        session: &Session,
        to: &Batches,
        found: &mut HashSet<ResourceId>,
    ) -> Result<()> {
        if !self.resource.listable || (self.resource.namespaced && self.namespaces.is_empty()) {
            return Ok(());
        }
        let only = self.namespaces.first().filter(|_| self.namespaces.len() == 1);
        let first = self.list_in(inner, session, only.map(String::as_str), to, found).await;
        match first {
            Err(Error::Forbidden(_)) if self.resource.namespaced && only.is_none() => {}
            other => return other,
        }
        // Rights in single namespaces are enough.
        for namespace in &self.namespaces {
            self.list_in(inner, session, Some(namespace), to, found).await?;
        }
        Ok(())
    }

    async fn list_in(
        &self,
        inner: &Inner,
        session: &Session,
        namespace: Option<&str>,
        to: &Batches,
        found: &mut HashSet<ResourceId>,
    ) -> Result<()> {
        let selector = format!("{PART_OF}={}", inner.applyset.id);
        let mut pages = Pages::new(&inner.transport, &self.resource, namespace, &selector);
        while let Some(items) = pages.next().await? {
            let mut batch = Vec::with_capacity(items.len());
            for item in items {
                let id = id_of(&item);
                let declared = self.declared.contains(&id);
                if !declared && !is_member(&item, inner) {
                    continue;
                }
                let mut object = inner.live(session, item);
                inner.owners.name(&inner.transport, &mut object).await;
                let object = Box::new(object);
                if declared {
                    found.insert(id);
                    batch.push(Seen::Declared(object));
                } else {
                    batch.push(Seen::Other(object));
                }
            }
            // Nobody listens any more only when the whole observation was given up.
            let _ = to.send(batch).await;
        }
        Ok(())
    }

    async fn get_missing(
        &self,
        inner: &Inner,
        session: &Session,
        to: &Batches,
        found: &HashSet<ResourceId>,
    ) {
        let mut missing = self.declared.iter();
        let mut reads = FuturesUnordered::new();
        loop {
            while reads.len() < GETS
                && let Some(id) = missing.next()
            {
                if !found.contains(id) {
                    reads.push(self.get_one(inner, session, id));
                }
            }
            let Some(seen) = reads.next().await else { return };
            let _ = to.send(vec![seen]).await;
        }
    }

    async fn get_one(&self, inner: &Inner, session: &Session, id: &ResourceId) -> Seen {
        if let Some(namespace) = &id.namespace
            && !self.namespaces.contains(namespace)
        {
            return Seen::Told(Observation::Absent(id.clone()));
        }
        let path = self.resource.object(id.namespace.as_deref(), &id.name);
        match get(&inner.transport, &self.resource, &path).await {
            Ok(Some(object)) => {
                let mut object = inner.live(session, object);
                inner.owners.name(&inner.transport, &mut object).await;
                Seen::Declared(Box::new(object))
            }
            Ok(None) => Seen::Told(Observation::Absent(id.clone())),
            Err(error) => Seen::Told(unknown(Some(id), &self.resource, &error)),
        }
    }

    async fn tell_unknown(&self, error: &Error, found: &HashSet<ResourceId>, to: &Batches) {
        let objects = self.declared.iter().filter(|id| !found.contains(*id));
        let batch = std::iter::once(None)
            .chain(objects.map(Some))
            .map(|id| Seen::Told(unknown(id, &self.resource, error)))
            .collect();
        let _ = to.send(batch).await;
    }
}

/// A server that ignores the selector shows more than was asked for; and what a controller made from
/// an object of ours carries our label and is that controller's.
fn is_member(item: &Value, inner: &Inner) -> bool {
    label(item, PART_OF) == Some(&inner.applyset.id) && controller(item).is_none()
}

fn unknown(id: Option<&ResourceId>, resource: &Resource, error: &Error) -> Observation {
    Observation::Unknown(UnknownRead {
        id: id.cloned(),
        group_kind: resource.group_kind(),
        reason: error.to_string(),
    })
}
