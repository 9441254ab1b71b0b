//! [`Part`]: what the kinds of EKS differ in; [`Managed`] makes a [`Kind`] of it.

use std::time::Duration;

use async_trait::async_trait;
use futures::future::join_all;
use serde_json::{Map, Value, json};
use suimon_model::{Health, HealthStatus, ResourceId};
use suimon_provider::{Error, Result};

use super::api::{retag, tags, token, write_tags};
use super::health;
use super::rules::{Rules, remove, text};
use super::updates::{Target, newest};
use crate::context::Context;
use crate::failure::ApiError;
use crate::marks::{self, Tags};
use crate::resource::{Declared, Done, Kind, Live, Reference};
use crate::shape::{Problem, Shape, is_deferred};

/// The group of all kinds here.
pub(super) const GROUP: &str = "eks.services.k8s.aws";

/// Children name their cluster.
const CLUSTER_REF: &[Reference] = &[Reference {
    field: "clusterRef",
    into: "clusterName",
    target: (GROUP, "Cluster"),
    attribute: "name",
}];

/// One call that brings a resource nearer to what is declared.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Step {
    /// `UpdateClusterVersion`.
    pub(super) operation: &'static str,
    /// The body, without a token.
    pub(super) body: Value,
}

/// What the kinds of EKS differ in. Keys are `NAME` for a cluster, and `CLUSTER/…` for everything in one.
#[async_trait]
pub(super) trait Part: Send + Sync {
    /// `Nodegroup`.
    fn kind(&self) -> &'static str;

    /// Which fields a spec has.
    fn shape(&self) -> &'static Shape;

    /// How specs become comparable.
    fn rules(&self) -> &'static Rules;

    /// What the API calls `name`; `None` for what has no name.
    fn api_name(&self) -> Option<&'static str>;

    /// See [`Kind::key`].
    fn key(&self, spec: &Value) -> String;

    /// Where the API tells the ARN.
    fn arn(&self) -> &'static str;

    /// See [`Kind::check`].
    fn check(&self, spec: &Value, problems: &mut Vec<Problem>);

    /// Brings fields that can be written in more than one way into one form, in a declaration as in what is live.
    fn settle(&self, spec: &mut Value) {
        let _ = spec;
    }

    /// What is still to say about what is wanted, once what is live has filled it in.
    fn adjust(&self, wanted: &mut Value, live: &Value) {
        let _ = (wanted, live);
    }

    /// The keys of all that are in a cluster.
    async fn list(&self, context: &Context, cluster: &str) -> Result<Vec<String>, ApiError>;

    /// Reads one; `None` when there is none.
    async fn describe(&self, context: &Context, key: &str) -> Result<Option<Value>, ApiError>;

    /// Creates one, and answers with it. The body has the API's own names.
    async fn create(&self, context: &Context, body: &Value) -> Result<Value, ApiError>;

    /// The calls that make what is live what is wanted, in their order.
    fn steps(&self, live: &Value, wanted: &Value) -> Vec<Step>;

    /// Declared fields that are not compared and go with every update.
    fn sent_with(&self) -> &'static [&'static str] {
        &[]
    }

    /// Makes one of them; the answer may tell of an `update`.
    async fn update(&self, context: &Context, live: &Live, step: &Step) -> Result<Value, ApiError>;

    /// Deletes one.
    async fn delete(&self, context: &Context, live: &Live) -> Result<(), ApiError>;

    /// Whose updates run in the service; `None` where they are done at once.
    fn target(&self, key: &str) -> Option<Target> {
        let _ = key;
        None
    }

    /// Whether the cluster makes or deletes another one of this kind just now, which holds this one back; in words.
    async fn busy(&self, context: &Context, key: &str) -> Result<Option<String>, ApiError> {
        let _ = (context, key);
        Ok(None)
    }

    /// Why the API will refuse what is planned.
    async fn refusal(
        &self,
        context: &Context,
        spec: &Value,
        live: Option<&Live>,
    ) -> Result<Option<String>, ApiError> {
        let _ = (context, spec, live);
        Ok(None)
    }

    /// Why it may not be deleted.
    fn refuses_delete(&self, live: &Live) -> Option<Error> {
        let _ = live;
        None
    }

    /// What is in the way of a delete that was refused, in words.
    async fn in_the_way(&self, context: &Context, key: &str) -> Option<String> {
        let _ = (context, key);
        None
    }

    /// Attributes by another name than the API's own: name and pointer into a manifest.
    fn attributes(&self) -> &'static [(&'static str, &'static str)] {
        &[]
    }

    /// Attributes that an update in place changes.
    fn moving(&self) -> &'static [&'static str] {
        &[]
    }

    /// How many minutes it may well take to become active; 0 where it is there at once.
    fn minutes(&self) -> u64 {
        0
    }

    /// What nobody would write down, although it can be declared.
    fn unexported(&self) -> &'static [&'static str] {
        &[]
    }
}

/// The cluster and the rest of a child's key.
pub(super) fn split(key: &str) -> (&str, &str) {
    key.split_once('/').unwrap_or((key, ""))
}

/// What the API told, as a live resource.
pub(super) fn live(part: &dyn Part, raw: &Value) -> Live {
    let mut told = raw.clone();
    if let (Some(name), Value::Object(told)) = (part.api_name(), &mut told)
        && let Some(value) = told.remove(name)
    {
        told.insert("name".to_owned(), value);
    }
    let tags = tags(raw);
    // Fields that only the API has are not part of a spec, and told so for nobody.
    let (mut spec, _) = part.shape().canonical(&told);
    if let Value::Object(spec) = &mut spec {
        spec.retain(|_, value| value.as_str() != Some(""));
        spec.insert("tags".to_owned(), json!(marks::visible(&tags)));
    }
    part.settle(&mut spec);
    part.rules().normal(&mut spec);
    let mut status = raw.clone();
    if let Value::Object(status) = &mut status {
        status.retain(|field, _| field != "tags" && field != "clientRequestToken");
    }
    Live {
        key: part.key(&spec),
        arn: text(raw, part.arn()).to_owned(),
        made: raw.get("createdAt").map(ToString::to_string).unwrap_or_default(),
        terminating: text(raw, "status") == "DELETING",
        failed: false,
        spec,
        status,
        tags,
    }
}

/// What will be live once the declaration is applied.
pub(super) fn wanted(part: &dyn Part, declared: &Value, live: Option<&Live>) -> Value {
    let mut wanted = declared.clone();
    part.settle(&mut wanted);
    if let Some(live) = live {
        if declared.get("tags").is_none_or(Value::is_null) {
            wanted["tags"] = json!(marks::visible(&live.tags));
        }
        part.rules().normal(&mut wanted);
        part.rules().complete(&mut wanted, live);
        part.adjust(&mut wanted, &live.spec);
    }
    part.rules().normal(&mut wanted);
    wanted
}

/// What a write came to before there was anything to update.
enum Made {
    Here(Value),
    Waits(Box<Done>),
}

/// A [`Kind`] made of a [`Part`].
pub(super) struct Managed<P>(pub(super) P);

impl<P: Part> Managed<P> {
    fn waits(key: &str) -> String {
        format!("eks-waits:{key}")
    }

    async fn create(&self, context: &Context, declared: &Declared, key: &str) -> Result<Made> {
        let part = &self.0;
        // Everything that is declared is said, also what is the default today.
        let mut body = declared.spec.clone();
        part.settle(&mut body);
        Rules::PLAIN.normal(&mut body);
        if let (Some(name), Value::Object(body)) = (part.api_name(), &mut body)
            && let Some(value) = body.remove("name")
        {
            body.insert(name.to_owned(), value);
        }
        body["tags"] = json!(declared.marked_tags(context));
        let parts = [context.options.run.as_str(), part.kind(), key, &declared.digest];
        body["clientRequestToken"] = json!(token(&parts));
        match part.create(context, &body).await {
            Ok(raw) => Ok(Made::Here(raw)),
            Err(error) if error.code() == "ResourceInUseException" => {
                if let Some(raw) = part.describe(context, key).await? {
                    return Ok(Made::Here(raw));
                }
                let Some(busy) = part.busy(context, key).await? else { return Err(error.into()) };
                context.note(Self::waits(key), json!(true));
                let spec = wanted(part, &declared.spec, None);
                let live = Live { key: key.to_owned(), spec, ..Live::default() };
                let health = Health::new(HealthStatus::InProgress, format!("it waits: {busy}"));
                Ok(Made::Waits(Box::new(Done { live, health, more: true })))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// How a live resource is; `id`: its declaration tells whether it is as declared.
    async fn assess(&self, context: &Context, id: &ResourceId, key: &str, raw: &Value) -> Health {
        let Some(target) = self.0.target(key) else { return health::of_status(raw) };
        let as_declared = context.declared(id).is_none_or(|declared| {
            let live = live(&self.0, raw);
            // What is known only later says nothing about how it is now.
            is_deferred(&Value::String(declared.spec.to_string()))
                || wanted(&self.0, &declared.spec, Some(&live)) == live.spec
        });
        health::with_update(context, &target, raw, as_declared).await
    }

    async fn one_health(&self, context: &Context, id: &ResourceId, key: &str) -> Health {
        match self.0.describe(context, key).await {
            Ok(Some(raw)) => {
                context.note(Self::waits(key), Value::Null);
                self.assess(context, id, key, &raw).await
            }
            Ok(None) if context.noted(&Self::waits(key)).is_some_and(|waits| !waits.is_null()) => {
                match self.0.busy(context, key).await {
                    Ok(Some(busy)) => {
                        Health::new(HealthStatus::InProgress, format!("it waits: {busy}"))
                    }
                    // Its turn: the write is made again.
                    Ok(None) => Health::current(),
                    Err(error) => health::unread(&error),
                }
            }
            Ok(None) => Health::new(HealthStatus::NotFound, "it is not there"),
            Err(error) => health::unread(&error),
        }
    }

    /// Makes the steps that can be made now; what runs, and how many are left.
    async fn advance(
        &self,
        context: &Context,
        declared: &Declared,
        live: &Live,
        steps: &[Step],
    ) -> Result<Advance> {
        let Some(target) = self.0.target(&live.key) else {
            for step in steps {
                self.0.update(context, live, step).await?;
            }
            return Ok(Advance::Made { left: 0 });
        };
        let Some(step) = steps.first() else { return Ok(Advance::Made { left: 0 }) };
        if matches!(text(&live.status, "status"), "CREATING" | "PENDING" | "UPDATING") {
            return Ok(Advance::Busy);
        }
        let mut body = step.body.clone();
        for field in self.0.sent_with() {
            if let Some(value) = declared.spec.get(*field) {
                body[*field] = value.clone();
            }
        }
        let (run, digest) = (context.options.run.as_str(), declared.digest.as_str());
        let (before, what) = (live.spec.to_string(), body.to_string());
        let parts = [run, step.operation, &live.key, &live.made, digest, &before, &what];
        body["clientRequestToken"] = json!(token(&parts));
        let step = Step { operation: step.operation, body };
        match self.0.update(context, live, &step).await {
            Ok(answer) => {
                let running = answer
                    .get("update")
                    .filter(|update| text(update, "status") == "InProgress")
                    .map(|update| text(update, "id"));
                target.remember(context, running);
                Ok(Advance::Made { left: steps.len() - 1 })
            }
            Err(error) if error.code() == "ResourceInUseException" => {
                match newest(context, &target).await? {
                    Some(update) if text(&update, "status") == "InProgress" => {
                        target.remember(context, Some(text(&update, "id")));
                        Ok(Advance::Busy)
                    }
                    _ => Err(error.into()),
                }
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// What came of trying to make steps.
enum Advance {
    /// Something else runs.
    Busy,
    /// One was begun, or all were made.
    Made { left: usize },
}

#[async_trait]
impl<P: Part> Kind for Managed<P> {
    fn kind(&self) -> &'static str {
        self.0.kind()
    }

    fn shape(&self) -> &'static Shape {
        self.0.shape()
    }

    fn references(&self) -> &'static [Reference] {
        if self.0.kind() == "Cluster" { &[] } else { CLUSTER_REF }
    }

    fn complete(&self, id: &ResourceId, spec: &mut Map<String, Value>) {
        let Some(name) = self.0.api_name() else { return };
        if !spec.contains_key("name") {
            let own = if name == "name" { None } else { spec.remove(name) };
            spec.insert("name".to_owned(), own.unwrap_or_else(|| json!(id.name)));
        }
    }

    fn check(&self, spec: &Value) -> Vec<Problem> {
        let mut problems = Vec::new();
        if let Some(name) = self.0.api_name().filter(|name| *name != "name")
            && spec.get(name).is_some()
        {
            let what = format!("`name` and `{name}` are both there, and mean the same");
            problems.push(Problem::new(format!("spec.{name}"), what));
        }
        if self.0.kind() != "Cluster" && super::rules::missing(spec, "clusterName") {
            let problem = Problem::new("spec.clusterName", "it is missing");
            let help = "name the cluster, or refer to it: `clusterRef: {from: {name: …}}`";
            problems.push(problem.help(help));
        }
        self.0.check(spec, &mut problems);
        problems
    }

    fn key(&self, declared: &Declared) -> String {
        self.0.key(&declared.spec)
    }

    fn wanted(&self, _context: &Context, declared: &Declared, live: Option<&Live>) -> Value {
        wanted(&self.0, &declared.spec, live)
    }

    fn immutable(&self, live: &Value, wanted: &Value) -> Vec<String> {
        self.0.rules().immutable(live, wanted)
    }

    async fn preview(
        &self,
        context: &Context,
        declared: &Declared,
        live: Option<&Live>,
    ) -> Result<Vec<suimon_plan::Conflict>> {
        match self.0.refusal(context, &declared.spec, live).await? {
            Some(why) => Err(Error::Rejected(why)),
            None => Ok(Vec::new()),
        }
    }

    async fn write(&self, context: &Context, declared: &Declared, _force: bool) -> Result<Done> {
        let part = &self.0;
        let key = part.key(&declared.spec);
        let raw = match part.describe(context, &key).await? {
            Some(raw) => raw,
            None => match self.create(context, declared, &key).await? {
                Made::Here(raw) => raw,
                Made::Waits(done) => return Ok(*done),
            },
        };
        let found = live(part, &raw);
        if found.terminating {
            let what =
                format!("{} is still being deleted; it can be created after that", found.arn);
            return Err(Error::Transient(what));
        }
        let wanted = wanted(part, &declared.spec, Some(&found));
        let fields = self.immutable(&found.spec, &wanted);
        if !fields.is_empty() {
            let message = format!("{} cannot change in place", fields.join(", "));
            return Err(Error::Immutable { fields, message });
        }
        if let Some(why) = part.refusal(context, &declared.spec, Some(&found)).await? {
            return Err(Error::Rejected(why));
        }
        let steps = part.steps(&found.spec, &wanted);
        let more = match self.advance(context, declared, &found, &steps).await? {
            Advance::Busy => true,
            Advance::Made { left } => left > 0,
        };
        // The mark of what was applied comes last: until then it shows as not applied yet.
        let tagged = !more && retag(context, declared, &found).await?;
        let (mut now, mut raw) = (found, raw);
        if tagged || !steps.is_empty() {
            let gone = || Error::NotFound(format!("{key} was deleted while it was written"));
            raw = part.describe(context, &key).await?.ok_or_else(gone)?;
            now = live(part, &raw);
        }
        let health = self.assess(context, &declared.id, &key, &raw).await;
        Ok(Done { live: now, health, more })
    }

    async fn delete(&self, context: &Context, live: &Live) -> Result<()> {
        if let Some(error) = self.0.refuses_delete(live) {
            return Err(error);
        }
        match self.0.delete(context, live).await {
            Ok(()) => Ok(()),
            Err(error) if error.code() == "ResourceNotFoundException" => Ok(()),
            Err(error) if error.code() == "ResourceInUseException" => {
                match self.0.in_the_way(context, &live.key).await {
                    Some(what) => Err(Error::Rejected(format!("{what} ({error})"))),
                    None => Err(error.into()),
                }
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
        Ok(write_tags(context, &live.arn, set, remove).await?)
    }

    async fn health(&self, context: &Context, wanted: &[(ResourceId, String)]) -> Vec<Health> {
        join_all(wanted.iter().map(|(id, key)| self.one_health(context, id, key))).await
    }

    fn attribute(&self, body: &Value, name: &str) -> Option<String> {
        let (_, pointer) = self.0.attributes().iter().find(|(known, _)| *known == name)?;
        let text = body.pointer(pointer)?.as_str()?;
        (!text.is_empty()).then(|| text.to_owned())
    }

    fn moves_with_update(&self, attribute: &str) -> bool {
        self.0.moving().contains(&attribute)
    }

    fn usual_time(&self) -> Option<Duration> {
        let minutes = self.0.minutes();
        (minutes > 0).then(|| Duration::from_secs(60 * minutes))
    }

    fn export(&self, live: &Live) -> Value {
        let mut spec = live.spec.clone();
        for path in self.0.unexported() {
            remove(&mut spec, path);
        }
        spec
    }
}
