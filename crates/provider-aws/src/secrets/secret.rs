//! The kind `Secret`.

use async_trait::async_trait;
use serde_json::{Map, Value, json};
use suimon_model::{Health, ResourceId};
use suimon_plan::Conflict;
use suimon_provider::{Error, Result};

use super::content::resolve;
use super::key::Answer;
use super::normal::{self, WINDOW, is_rotations};
use super::{check, health, seen, steps, value, write};
use crate::call::call;
use crate::context::Context;
use crate::marks::Tags;
use crate::resource::{Declared, Done, Kind, Live};
use crate::shape::{Problem, Shape};

static SHAPE: Shape = Shape::text(
    "name description kmsKeyId tags:tags resourcePolicy:json blockPublicPolicy:bool \
     rotation{enabled:bool rotationLambdaArn rotationRules{automaticallyAfterDays:int duration \
     scheduleExpression} rotateImmediately:bool} replicaRegions[{region kmsKeyId}] \
     forceOverwriteReplicaSecret:bool recoveryWindowInDays:int secretString:json secretBinary:json",
);

/// A secret.
pub(super) struct Secret;

#[async_trait]
impl Kind for Secret {
    fn kind(&self) -> &'static str {
        super::KIND
    }

    fn shape(&self) -> &'static Shape {
        &SHAPE
    }

    fn complete(&self, id: &ResourceId, spec: &mut Map<String, Value>) {
        check::complete(&id.name, spec);
    }

    fn check(&self, spec: &Value) -> Vec<Problem> {
        check::check(spec)
    }

    fn key(&self, declared: &Declared) -> String {
        declared.text("name").to_owned()
    }

    fn wanted(&self, context: &Context, declared: &Declared, live: Option<&Live>) -> Value {
        normal::wanted(context, declared, live)
    }

    fn immutable(&self, live: &Value, wanted: &Value) -> Vec<String> {
        match live.get("name") == wanted.get("name") {
            true => Vec::new(),
            false => vec!["spec.name".to_owned()],
        }
    }

    async fn preview(
        &self,
        context: &Context,
        declared: &Declared,
        live: Option<&Live>,
    ) -> Result<Vec<Conflict>> {
        readable(context, declared, live)?;
        let Some(live) = live else { return Ok(Vec::new()) };
        let told = |field: &str| live.status.get(field).and_then(Value::as_str);
        if let Some(region) = told("replicaOf") {
            return Err(Error::Rejected(format!(
                "the secret `{}` is a replica of the one in {region}: declare it there",
                live.key
            )));
        }
        Ok(match told("pendingVersionId") {
            Some(pending) => vec![steps::conflict(context, &live.arn, pending).await],
            None => Vec::new(),
        })
    }

    async fn write(&self, context: &Context, declared: &Declared, _force: bool) -> Result<Done> {
        write::write(context, declared).await
    }

    async fn delete(&self, context: &Context, live: &Live) -> Result<()> {
        let Some(seen) = seen::describe(context, &live.arn).await? else { return Ok(()) };
        if seen.deletion().is_some() {
            return Ok(());
        }
        steps::refuse_rotation(context, &seen).await?;
        steps::remove_replicas(context, &seen).await?;
        let days = live.tags.get(WINDOW).and_then(|days| days.parse::<i64>().ok());
        let days = days.filter(|days| (7..=30).contains(days)).unwrap_or(30);
        let body = json!({"SecretId": live.arn, "RecoveryWindowInDays": days});
        let answer =
            call!(context.session, secretsmanager, DeleteSecret, Repeatable, delete_secret(), body);
        let Err(error) = answer else { return Ok(()) };
        // An answer that was lost may have been one of success.
        let gone = |seen: Option<seen::Seen>| seen.is_none_or(|seen| seen.deletion().is_some());
        match gone(seen::describe(context, &live.arn).await?) {
            true => Ok(()),
            false => Err(error.into()),
        }
    }

    async fn tag(
        &self,
        context: &Context,
        live: &Live,
        set: &Tags,
        remove: &[String],
    ) -> Result<()> {
        steps::tag(context, &live.arn, set, remove).await
    }

    async fn health(&self, context: &Context, wanted: &[(ResourceId, String)]) -> Vec<Health> {
        health::health(context, wanted).await
    }

    fn moves_with_update(&self, attribute: &str) -> bool {
        attribute == "versionId"
    }

    fn export(&self, live: &Live) -> Value {
        let mut spec = live.spec.clone();
        if let Value::Object(spec) = &mut spec {
            for field in ["deletionDate", "secretString", "secretBinary"] {
                spec.remove(field);
            }
        }
        spec
    }
}

/// Whether the declared value can be read, where it is going to be written or compared.
fn readable(context: &Context, declared: &Declared, live: Option<&Live>) -> Result<()> {
    let Ok(Some(declaration)) = value::read(&declared.spec) else { return Ok(()) };
    if live.is_some_and(|live| is_rotations(declared, live)) {
        return Ok(());
    }
    if declaration.needs_key()
        && let Answer::Unreadable(reason) = context.secrets.key()
    {
        return Err(Error::Forbidden(reason));
    }
    match resolve(&declaration, &context.options) {
        Ok(_) => Ok(()),
        Err(reason) => Err(Error::Rejected(format!("{}: {reason}", declared.id))),
    }
}
