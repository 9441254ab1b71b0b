//! The ApplySet's parent: widened before the first write, narrowed after the last.

use std::sync::atomic::Ordering;

use serde_json::Value;
use suimon_model::ResourceId;
use suimon_provider::{Error, Membership, Result};

use crate::applyset::{Contents, PARENT_MANAGER, PARENT_NAMESPACE};
use crate::call::Call;
use crate::classify::classify;
use crate::eks;
use crate::kubernetes::{Inner, put};
use crate::object::meta;
use crate::prepare::DEFAULT_NAMESPACE;
use crate::redact::Redaction;
use crate::session::{Session, config_map_resource, read_object};
use crate::status::Status;

/// Tries against other runs that write the same parent.
const TRIES: usize = 5;

impl Inner {
    /// Makes sure that the parent names every kind and namespace of these objects.
    pub(crate) async fn open(&self, session: &Session, superset: &Membership) -> Result<()> {
        let needed = contents(session, superset);
        for _ in 0..TRIES {
            let live = self.read_parent().await?;
            let before = live.as_ref().map(|live| self.applyset.read(live)).transpose()?;
            let wanted = before.as_ref().map_or_else(|| needed.clone(), |b| b.union(&needed));
            if before.as_ref() == Some(&wanted) {
                put(&self.parent, live);
                return Ok(());
            }
            match self.write_parent(&wanted, live.as_ref()).await {
                Err(Error::Stale) => {}
                other => return other,
            }
        }
        Err(Error::Transient(format!(
            "ConfigMap/{PARENT_NAMESPACE}/{} keeps changing",
            self.applyset.parent
        )))
    }

    /// Makes the parent name exactly the kinds and namespaces of these objects.
    ///
    /// Only when the last observation saw everything: what was not looked at (`--target`, a kind
    /// that could not be read) may have members that nobody has told of.
    pub(crate) async fn close(&self, members: &Membership) -> Result<()> {
        if !self.saw_all.load(Ordering::Acquire) || self.is_pending() {
            return Ok(());
        }
        match self.shrink(members).await {
            Err(_) if self.is_gone().await => Ok(()),
            other => other,
        }
    }

    async fn shrink(&self, members: &Membership) -> Result<()> {
        let wanted = contents(&*self.session()?, members);
        let known = self.parent.read().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
        let live = match known {
            Some(parent) => Some(parent),
            None => self.read_parent().await?,
        };
        let before = live.as_ref().map(|live| self.applyset.read(live)).transpose()?;
        if before.as_ref() == Some(&wanted) || (live.is_none() && members.objects.is_empty()) {
            return Ok(());
        }
        match self.write_parent(&wanted, live.as_ref()).await {
            // Another run has widened it since: naming too much is harmless, too little is not.
            Err(Error::Stale) => {
                put(&self.parent, None);
                Ok(())
            }
            other => other,
        }
    }

    /// Whether the same run has deleted the cluster, and the record with it.
    async fn is_gone(&self) -> bool {
        match eks::access(&self.options) {
            Some(access) => matches!(access.endpoint().await, Ok(None)),
            None => false,
        }
    }

    async fn write_parent(&self, contents: &Contents, live: Option<&Value>) -> Result<()> {
        let version = live.map(|live| meta(live, "resourceVersion"));
        let body = self.applyset.parent(contents, version);
        let resource = config_map_resource();
        let path = resource.object(Some(PARENT_NAMESPACE), &self.applyset.parent);
        let call = Call::apply(format!("{path}?fieldManager={PARENT_MANAGER}&force=true"), &body);
        let reply = match self.transport.send(&call).await {
            Ok(reply) => reply,
            Err(gone) => return self.parent_written(contents, gone.error).await,
        };
        if matches!(reply.status, 200 | 201) {
            put(&self.parent, Some(read_object(&reply.body, &resource, &path)?));
            return Ok(());
        }
        let status = Status::read(reply.status, &reply.body);
        match classify(&status, "v1 ConfigMap", &Redaction::default(), &self.transport) {
            Error::Stale if reply.after_lost => self.parent_written(contents, Error::Stale).await,
            error => Err(error),
        }
    }

    /// After a lost answer: whether the parent says what it should.
    async fn parent_written(&self, contents: &Contents, error: Error) -> Result<()> {
        let Ok(Some(live)) = self.read_parent().await else { return Err(error) };
        if self.applyset.read(&live)? != *contents {
            return Err(error);
        }
        put(&self.parent, Some(live));
        Ok(())
    }
}

/// What these objects need. One that names no namespace is in `default` unless its kind has none;
/// that is not known of a kind whose definition comes with them.
fn contents(session: &Session, members: &Membership) -> Contents {
    let mut contents = Contents::of(members.objects.iter().map(|(id, _)| id));
    let placed = |id: &ResourceId| {
        id.namespace.is_some()
            || session.resources.is_namespaced(&id.group, &id.kind) == Some(false)
    };
    if !members.objects.iter().all(|(id, _)| placed(id)) {
        contents.namespaces.insert(DEFAULT_NAMESPACE.to_owned());
    }
    contents
}
