//! ECS task definitions.

mod cache;
mod check;
mod normal;
mod read;
mod revision;
mod sizes;
mod uses;
mod write;

use async_trait::async_trait;
use aws_sdk_ecs::operation::register_task_definition::RegisterTaskDefinitionInput;
use serde_json::{Map, Value};
use suimon_model::{Health, HealthStatus, ResourceId};
use suimon_plan::Conflict;
use suimon_provider::{Error, Result};

use super::json::{tag_map, text};
use crate::context::Context;
use crate::marks::{self, Tags};
use crate::resource::{Declared, Done, Kind, Live, Reference};
use crate::shape::{Problem, Shape, reads};

pub(super) use read::{families, read};

/// ECS task definitions: the family is the resource, and its revision with the declared content is
/// what is live.
pub(super) struct TaskDefinition;

const KIND: &str = "TaskDefinition";

/// Tag with the digest of the content that a revision was registered with.
const CONTENT: &str = "suimon.dev/content";

/// Annotation: how many revisions are kept when another one is registered.
const KEEP: &str = "suimon.dev/keep-revisions";

static SHAPE: Shape = Shape::sdk(reads!(RegisterTaskDefinitionInput), "tags:tags name");

const SECRET: (&str, &str) = ("secretsmanager.services.k8s.aws", "Secret");

#[async_trait]
impl Kind for TaskDefinition {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn shape(&self) -> &'static Shape {
        &SHAPE
    }

    fn references(&self) -> &'static [Reference] {
        &[
            Reference {
                field: "valueFromRef",
                into: "valueFrom",
                target: SECRET,
                attribute: "arn",
            },
            Reference {
                field: "credentialsParameterRef",
                into: "credentialsParameter",
                target: SECRET,
                attribute: "arn",
            },
        ]
    }

    fn complete(&self, id: &ResourceId, spec: &mut Map<String, Value>) {
        let name = spec.remove("name").unwrap_or_else(|| id.name.as_str().into());
        spec.entry("family").or_insert(name);
    }

    fn check(&self, spec: &Value) -> Vec<Problem> {
        check::check(spec)
    }

    fn key(&self, declared: &Declared) -> String {
        declared.text("family").to_owned()
    }

    fn wanted(&self, _context: &Context, declared: &Declared, live: Option<&Live>) -> Value {
        let content = revision::Content::of(&declared.spec);
        let none = (Value::Null, Tags::new());
        let (is, tags) = live.map_or((&none.0, &none.1), |live| (&live.spec, &live.tags));
        let same = content.digest.is_some() && content.digest.as_ref() == tags.get(CONTENT);
        let mut out = match is.as_object() {
            // What was registered with this digest has this content.
            Some(is) if same => is.clone(),
            _ => normal::aligned(&content.normal, is),
        };
        out.remove("tags");
        let shown = declared.tags().unwrap_or_else(|| marks::visible(tags));
        out.extend(tag_map(&shown).map(|shown| ("tags".to_owned(), shown)));
        Value::Object(out)
    }

    /// Another family is registered beside the one that services still use; that one goes when nothing does.
    fn immutable(&self, _live: &Value, _wanted: &Value) -> Vec<String> {
        Vec::new()
    }

    async fn preview(
        &self,
        context: &Context,
        declared: &Declared,
        _live: Option<&Live>,
    ) -> Result<Vec<Conflict>> {
        write::keep(declared)?;
        let twin = context.declared_of(&declared.id.group, KIND).into_iter().find(|other| {
            other.id != declared.id && other.text("family") == declared.text("family")
        });
        if let Some(twin) = twin {
            let family = declared.text("family");
            let what = format!("{} has the same family, `{family}`", twin.id);
            return Err(Error::Rejected(what));
        }
        let references = write::secrets(&declared.spec);
        let missing = match references.is_empty() {
            true => Vec::new(),
            false => crate::secrets::lookup::missing(context, &references).await?,
        };
        match missing.is_empty() {
            true => Ok(Vec::new()),
            false => Err(Error::Rejected(missing.join("; "))),
        }
    }

    async fn write(&self, context: &Context, declared: &Declared, _force: bool) -> Result<Done> {
        context.note(gone(declared.text("family")), Value::Null);
        write::write(context, declared).await
    }

    async fn delete(&self, context: &Context, live: &Live) -> Result<()> {
        write::delete(context, live).await?;
        context.note(gone(&live.key), Value::Bool(true));
        Ok(())
    }

    async fn tag(
        &self,
        context: &Context,
        live: &Live,
        set: &Tags,
        remove: &[String],
    ) -> Result<()> {
        write::tag(context, live, set, remove).await
    }

    async fn health(&self, context: &Context, wanted: &[(ResourceId, String)]) -> Vec<Health> {
        let of = |(id, family): &(ResourceId, String)| {
            let gone = context.noted(&gone(family)) == Some(Value::Bool(true));
            // A revision that is registered does not change.
            match context.live(id) {
                Some(_) if !gone => Health::current(),
                _ => Health::new(HealthStatus::NotFound, "no revision is active"),
            }
        };
        wanted.iter().map(of).collect()
    }

    fn attribute(&self, body: &Value, name: &str) -> Option<String> {
        let arn = matches!(name, "taskDefinitionArn" | "taskDefinition");
        let arn = arn.then(|| body.pointer("/status/ackResourceMetadata/arn")).flatten();
        let family = (name == "name").then(|| body.pointer("/spec/family")).flatten();
        arn.or(family)?.as_str().map(str::to_owned)
    }

    fn declared_attribute(&self, spec: &Value, name: &str) -> Option<String> {
        let known = matches!(name, "name" | "family" | "spec.family");
        known.then(|| text(spec, "family").to_owned()).filter(|family| !family.is_empty())
    }

    fn moves_with_update(&self, attribute: &str) -> bool {
        ["arn", "revision", "status.revision", "taskDefinitionArn", "taskDefinition"]
            .contains(&attribute)
            || attribute.starts_with("status.")
    }
}

/// The note that a family was deleted in this run.
fn gone(family: &str) -> String {
    format!("ecs deregistered {family}")
}
