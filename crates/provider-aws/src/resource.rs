//! What every kind of resource has in common: [`Declared`], [`Live`], and the verbs of a [`Kind`].

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Map, Value};
use suimon_model::{Health, ResourceId};
use suimon_plan::ADOPTED_ANNOTATION;
use suimon_provider::Result;

use crate::context::Context;
use crate::marks::Tags;
use crate::shape::{Problem, Shape};

/// One declaration, canonical.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Declared {
    /// Its address.
    pub(crate) id: ResourceId,
    /// `apiVersion`.
    pub(crate) api_version: String,
    /// The spec in the API's own spelling; values known only later are markers.
    pub(crate) spec: Value,
    /// `metadata.annotations`, without our mark.
    pub(crate) annotations: Map<String, Value>,
    /// Digest of what is declared.
    pub(crate) digest: String,
}

impl Declared {
    /// A text of the spec; empty where there is none.
    pub(crate) fn text(&self, field: &str) -> &str {
        self.spec.get(field).and_then(Value::as_str).unwrap_or_default()
    }

    /// The tags that are declared, where any are.
    pub(crate) fn tags(&self) -> Option<Tags> {
        let tags = self.spec.get("tags")?.as_object()?;
        Some(tags.iter().map(|(k, v)| (k.clone(), v.as_str().unwrap_or("").to_owned())).collect())
    }

    /// The declared tags with the marks of ownership: what a new resource gets.
    pub(crate) fn marked_tags(&self, context: &Context) -> Tags {
        let mut tags = self.tags().unwrap_or_default();
        tags.extend(self.marks(context));
        tags
    }

    /// Whether it is to be kept when it is no longer declared.
    pub(crate) fn is_kept(&self) -> bool {
        let said = self.annotations.get(crate::marks::PRUNE).and_then(Value::as_str);
        said.is_some_and(|said| {
            ["false", "disabled"].iter().any(|no| said.eq_ignore_ascii_case(no))
        })
    }

    /// The marks of ownership.
    pub(crate) fn marks(&self, context: &Context) -> Tags {
        let keep = self.is_kept();
        let mut marks = crate::marks::of(&context.options, &self.id, &self.digest, keep);
        if let Some(owner) = self.annotations.get(ADOPTED_ANNOTATION).and_then(Value::as_str) {
            marks.insert(crate::marks::ADOPTED.to_owned(), crate::marks::value(owner));
        }
        marks
    }
}

/// One live resource.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Live {
    /// What tells it from others of its kind, in the form of [`Kind::key`].
    pub(crate) key: String,
    /// Its ARN (of a task definition: of the revision).
    pub(crate) arn: String,
    /// When it was made, or anything else that another resource of the same ARN does not have.
    pub(crate) made: String,
    /// What it is, in the shape of a declaration, normalised: what the service fills in by itself is
    /// left out, lists without order are sorted.
    pub(crate) spec: Value,
    /// What the API tells besides (status, endpoints); also what [`Kind::attribute`] reads.
    pub(crate) status: Value,
    /// Every tag, our marks included.
    pub(crate) tags: Tags,
    /// Whether it is being deleted.
    pub(crate) terminating: bool,
    /// Whether what was applied last failed, and is what runs: [`Kind::preview`] says what is to become of it, also
    /// where nothing differs.
    pub(crate) failed: bool,
}

impl Live {
    /// What a delete is for: this one and no other of the same name.
    pub(crate) fn uid(&self) -> String {
        if self.made.is_empty() { self.arn.clone() } else { format!("{}#{}", self.arn, self.made) }
    }
}

/// What reading found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Found {
    /// A resource that is there: declared, ours, or (cheaply seen) somebody else's.
    Live {
        /// `Service`.
        kind: &'static str,
        /// The resource.
        live: Box<Live>,
    },
    /// One declared resource that could not be read.
    Unknown {
        /// Which.
        id: ResourceId,
        /// Why.
        reason: String,
    },
    /// A whole kind that could not be listed: nothing of it is deleted, and what is declared and was
    /// not found otherwise is unknown.
    UnknownKind {
        /// `Service`.
        kind: &'static str,
        /// Why.
        reason: String,
    },
}

impl Found {
    pub(crate) fn live(kind: &'static str, live: Live) -> Self {
        Self::Live { kind, live: Box::new(live) }
    }
}

/// What a write did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Done {
    /// The resource as it is now.
    pub(crate) live: Live,
    /// How it is.
    pub(crate) health: Health,
    /// There is more to write once this is healthy; see [`suimon_provider::Written::more`].
    pub(crate) more: bool,
}

/// A field `fooRef: {from: {name: …}}` that names another resource.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reference {
    /// `taskDefinitionRef`, at any depth.
    pub(crate) field: &'static str,
    /// The field that it stands for: `taskDefinition`.
    pub(crate) into: &'static str,
    /// Group and kind of what it names.
    pub(crate) target: (&'static str, &'static str),
    /// Which of its attributes: `arn`, `name`.
    pub(crate) attribute: &'static str,
}

/// One AWS API: its kinds, and reading them in batches.
#[async_trait]
pub(crate) trait Family: Send + Sync {
    /// `ecs.services.k8s.aws`.
    fn group(&self) -> &'static str;

    /// Its kinds.
    fn kinds(&self) -> &'static [&'static dyn Kind];

    /// Reads what is declared and what is ours; `targeted`: only what is declared. A declared resource
    /// that is in no answer is taken to be absent, so whatever could not be read must be told.
    async fn read(
        &self,
        context: &Context,
        declared: &[Arc<Declared>],
        targeted: bool,
    ) -> Result<Vec<Found>>;
}

/// The verbs of one kind of resource.
#[async_trait]
pub(crate) trait Kind: Send + Sync {
    /// `Service`.
    fn kind(&self) -> &'static str;

    /// Which fields a spec has.
    fn shape(&self) -> &'static Shape;

    /// Its reference fields.
    fn references(&self) -> &'static [Reference] {
        &[]
    }

    /// Fills in what the declaration implies (`name` from `metadata.name`), once it is canonical.
    fn complete(&self, id: &ResourceId, spec: &mut Map<String, Value>);

    /// What is wrong with a spec beyond its shape, as far as can be told without the API. Markers of
    /// deferred values may stand for any text.
    fn check(&self, spec: &Value) -> Vec<Problem>;

    /// What tells a resource from others of its kind in the account: `cluster/name`.
    fn key(&self, declared: &Declared) -> String;

    /// What will be live once the declaration is applied, in the form of [`Live::spec`]. Fields that
    /// are not declared and that the service or another controller decides are taken from `live`.
    fn wanted(&self, context: &Context, declared: &Declared, live: Option<&Live>) -> Value;

    /// Fields (`spec.launchType`) that differ and cannot change in place.
    fn immutable(&self, live: &Value, wanted: &Value) -> Vec<String>;

    /// What only the API can tell about a planned write, without writing: a missing secret, an
    /// upgrade that skips versions, a declaration that was rolled back, a deployment of somebody
    /// else's in progress (as [`suimon_plan::Conflict`]s).
    ///
    /// # Errors
    /// `Rejected`, `RolledBack`, or a read failed.
    async fn preview(
        &self,
        context: &Context,
        declared: &Declared,
        live: Option<&Live>,
    ) -> Result<Vec<suimon_plan::Conflict>> {
        let _ = (context, declared, live);
        Ok(Vec::new())
    }

    /// Creates it, or changes it to what is declared; looks first. Marks and tags are part of it.
    ///
    /// # Errors
    /// See [`suimon_provider::Error`].
    async fn write(&self, context: &Context, declared: &Declared, force: bool) -> Result<Done>;

    /// Deletes it; gone already is fine. Does not wait.
    ///
    /// # Errors
    /// See [`suimon_provider::Error`].
    async fn delete(&self, context: &Context, live: &Live) -> Result<()>;

    /// Sets and removes tags, and changes nothing else.
    ///
    /// # Errors
    /// See [`suimon_provider::Error`].
    async fn tag(
        &self,
        context: &Context,
        live: &Live,
        set: &Tags,
        remove: &[String],
    ) -> Result<()>;

    /// How resources are, by [`key`](Self::key), in the order asked for.
    async fn health(&self, context: &Context, wanted: &[(ResourceId, String)]) -> Vec<Health>;

    /// An attribute that has no value of its own name in the body: [`Live::spec`], [`Live::status`]
    /// and `arn` are looked at by the caller.
    fn attribute(&self, body: &Value, name: &str) -> Option<String> {
        let _ = (body, name);
        None
    }

    /// Whether values of other resources are part of what is applied: else only that they are referred to is.
    fn digests_references(&self) -> bool {
        false
    }

    /// Attributes that are known before the resource is live, such as `name`.
    fn declared_attribute(&self, spec: &Value, name: &str) -> Option<String> {
        let text = |field: &str| spec.get(field)?.as_str().map(str::to_owned);
        (name == "name").then(|| text("name")).flatten()
    }

    /// Whether an attribute gets another value by an update in place.
    fn moves_with_update(&self, attribute: &str) -> bool {
        let _ = attribute;
        false
    }

    /// How long it may well take to become healthy, where that is long.
    fn usual_time(&self) -> Option<Duration> {
        None
    }

    /// The spec of a manifest for what is live: as somebody would have written it, so that its first
    /// plan has no change.
    fn export(&self, live: &Live) -> Value {
        live.spec.clone()
    }

    /// The spec with secret values replaced by keyed digests; most kinds have none.
    fn masked(&self, context: &Context, declared: &Declared, wanted: Value) -> Value {
        let _ = (context, declared);
        wanted
    }
}
