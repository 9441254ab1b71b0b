//! [`Provider`]: the adapter for one API.

use std::time::Duration;

use async_trait::async_trait;
use suimon_model::{
    Body, DeferredRef, Diagnostic, Health, Manifest, ResourceId, TargetIdentity, UnknownRead,
};
use suimon_plan::{Change, LiveObject};

use crate::Result;

/// What to look at.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    /// The declared objects that this provider serves, as [`Provider::prepare`] left them.
    pub manifests: &'a [Manifest],
    /// Look at these only (`--target`); prune candidates are not read then.
    pub targeted: bool,
}

/// One thing that was observed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Observation {
    /// An object that is live: declared, or marked as ours.
    Live(Box<LiveObject>),
    /// A declared object that is not there.
    Absent(ResourceId),
    /// A declared object whose kind is not served.
    KindNotServed(ResourceId),
    /// Something that could not be read.
    Unknown(UnknownRead),
}

/// The objects that an environment owns, or is about to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Membership {
    /// Every object that is owned now or will be, as `(id, apiVersion)`.
    pub objects: Vec<(ResourceId, String)>,
}

/// One write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Write {
    /// The object.
    pub id: ResourceId,
    /// What to apply: the declaration as [`Provider::prepare`] left it, deferred values filled in.
    pub body: Body,
    /// Refuse when the live object has another resource version (optimistic locking).
    pub resource_version: Option<String>,
    /// Take fields over from other managers.
    pub force: bool,
}

/// The answer to a dry run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DryRun {
    /// What would be stored, masked.
    pub object: LiveObject,
    /// Conflicts that a write without force meets; `object` is then the answer with force.
    pub conflicts: Vec<suimon_plan::Conflict>,
}

/// The answer to a write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// What is stored now, masked.
    pub object: LiveObject,
    /// How it is.
    pub health: Health,
    /// There is more to write, which the API takes only once this is healthy (EKS runs one update
    /// at a time): the same write is to be made again then.
    pub more: bool,
}

/// One delete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delete {
    /// The object.
    pub id: ResourceId,
    /// `apiVersion` to address it by.
    pub api_version: String,
    /// Delete this one and no other of the same name.
    pub uid: String,
}

/// What is live, as somebody would have declared it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Exported {
    /// Manifests, dependencies first.
    pub manifests: Vec<serde_json::Value>,
    /// What was left out, and why, one line each.
    pub left_out: Vec<String>,
}

/// The adapter for one API.
///
/// # Guarantees that implementations give
/// * Everything returned is masked: no secret value leaves.
/// * Every call ends within a deadline of its own; transient failures are retried inside a budget.
/// * *Unknown is not absent*: a read that failed, was forbidden, cut short or stale is reported as
///   [`Observation::Unknown`] or an error, never as [`Observation::Absent`].
/// * A write whose answer was lost is read back before it is called failed.
#[async_trait]
pub trait Provider: Send + Sync {
    /// The provider's name: `kubernetes`, `ecs`, …
    fn name(&self) -> &'static str;

    /// Whether it serves this object.
    fn serves(&self, id: &ResourceId) -> bool;

    /// Connects, and proves that the target is the one that the environment pins.
    ///
    /// # Errors
    /// Unreachable, unauthenticated, or another target than pinned.
    async fn connect(&self) -> Result<TargetIdentity>;

    /// Adds the marks of ownership to a declaration, and fills in what the API implies (the
    /// namespace of a namespaced object that names none).
    ///
    /// # Caveats
    /// May need to know the target (which kinds have namespaces), so [`connect`](Self::connect)
    /// comes first.
    ///
    /// # Errors
    /// The declaration cannot be an object of this API; [`Config`](crate::Error::Config) before
    /// connecting.
    fn prepare(&self, manifest: &Manifest) -> Result<Manifest>;

    /// What is wrong with a declaration, as far as can be told without the API: every problem, at its
    /// place. [`prepare`](Self::prepare) refuses what this finds.
    fn check(&self, manifest: &Manifest) -> Vec<Diagnostic> {
        let _ = manifest;
        Vec::new()
    }

    /// The value of an attribute that a declaration already tells, such as a name: it is known
    /// before the object is live.
    fn declared_attribute(&self, manifest: &Manifest, reference: &DeferredRef) -> Option<String> {
        let _ = (manifest, reference);
        None
    }

    /// Whether an attribute gets another value when the object is updated in place, such as the ARN
    /// of a task definition's revision: it is not known while the plan updates the object.
    fn moves_with_update(&self, reference: &DeferredRef) -> bool {
        let _ = reference;
        false
    }

    /// Whether a live object is on its way to what was applied last: a deployment or an update is running.
    fn in_progress(&self, live: &LiveObject) -> bool {
        let _ = live;
        false
    }

    /// What the object is in the API, however the declaration calls it: two declarations of one such thing would
    /// undo each other. `None` where the id says it all.
    fn stands_for(&self, manifest: &Manifest) -> Option<String> {
        let _ = manifest;
        None
    }

    /// How long an object of this kind may well take to become healthy; `None` where nothing is known.
    fn usual_time(&self, id: &ResourceId) -> Option<Duration> {
        let _ = id;
        None
    }

    /// The declaration as it may be shown and compared: secret values masked the same way as live
    /// ones.
    fn mask(&self, manifest: &Manifest) -> Body;

    /// Reads the live state of what is declared and of what is owned, in batches.
    ///
    /// # Errors
    /// Nothing at all could be read. Anything less is an [`Observation::Unknown`].
    async fn observe(
        &self,
        scope: Scope<'_>,
        sink: &mut (dyn FnMut(Observation) + Send),
    ) -> Result<()>;

    /// What a write would store.
    ///
    /// # Errors
    /// [`Immutable`](crate::Error::Immutable), [`Rejected`](crate::Error::Rejected), or the call failed.
    async fn dry_run(&self, write: &Write) -> Result<DryRun>;

    /// Marks everything that will be owned, before the first write.
    ///
    /// # Errors
    /// The mark belongs to something else, or cannot be written; nothing may be written then.
    async fn open(&self, superset: &Membership) -> Result<()>;

    /// Creates or updates one object.
    ///
    /// # Errors
    /// See [`Error`](crate::Error).
    async fn write(&self, write: &Write) -> Result<Written>;

    /// Deletes one object; `Ok` also when it is gone already. Does not wait.
    ///
    /// # Errors
    /// [`Stale`](crate::Error::Stale) when another object has the name now.
    async fn delete(&self, delete: &Delete) -> Result<()>;

    /// Takes our marks off one object and leaves it.
    ///
    /// # Errors
    /// See [`Error`](crate::Error).
    async fn forget(&self, change: &Change) -> Result<()>;

    /// How objects are, in the order asked for; in batches where the API allows.
    ///
    /// # Errors
    /// Nothing could be read. One object that could not be read is `Unknown` in the answer.
    async fn health(&self, ids: &[(ResourceId, String)]) -> Result<Vec<Health>>;

    /// The value of another object's attribute, for a deferred reference; `None` while it is not
    /// known.
    fn attribute(&self, object: &LiveObject, reference: &DeferredRef) -> Option<String>;

    /// The `apiVersion`s that an object's kind is served as, preferred first; empty where there is
    /// none or it is not known. For messages about a version that is not served.
    fn served_versions(&self, id: &ResourceId) -> Vec<String> {
        let _ = id;
        Vec::new()
    }

    /// Declarations for what is live under a name: an id (`Namespace/web` is everything in it), or whatever else the
    /// API calls it (an ARN). `None` when this provider does not know such names.
    ///
    /// # Guarantees
    /// No secret value is in the answer. Planning the manifests finds no change.
    ///
    /// # Errors
    /// There is no such object, or it could not be read.
    async fn export(&self, name: &str) -> Result<Option<Exported>> {
        let _ = name;
        Ok(None)
    }

    /// Records what is owned after a run that succeeded.
    ///
    /// # Errors
    /// See [`Error`](crate::Error).
    async fn close(&self, members: &Membership) -> Result<()>;
}
