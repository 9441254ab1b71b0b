//! Server-side apply: dry runs and writes.

use serde_json::Value;
use suimon_plan::{Conflict, FIELD_MANAGER};
use suimon_provider::{DryRun, Error, Result, Write, Written};
use tokio::time::Instant;

use crate::call::Call;
use crate::classify::classify;
use crate::conflict::{causes, conflicts};
use crate::health::assess;
use crate::kubernetes::Inner;
use crate::object::meta;
use crate::pending;
use crate::redact::Redaction;
use crate::resource::Resource;
use crate::session::{Session, get, read_object};
use crate::status::Status;

/// How one apply ended when it was not accepted.
enum Refused {
    /// Other managers own fields.
    Conflict(Status),
    /// The precondition on the resource version failed; `after_lost` when an earlier try of this
    /// very write got no answer.
    Version {
        after_lost: bool,
    },
    /// No answer; it may have been done.
    Lost(Error),
    Error(Error),
}

/// One object on its way.
struct Applied<'a> {
    session: &'a Session,
    resource: Resource,
    path: String,
    body: Value,
    write: &'a Write,
}

impl Inner {
    /// What a write would store, and what it would take from others.
    pub(crate) async fn dry_run(&self, write: &Write) -> Result<DryRun> {
        if self.is_pending() {
            return Ok(pending::dry_run(write));
        }
        let session = self.session()?;
        let write = &self.for_cluster(&session, write)?;
        let applied = applied(&session, write)?;
        let (object, found) = match self.apply(&applied, write.force, true).await {
            Ok(object) => (object, Vec::new()),
            Err(Refused::Conflict(status)) => {
                let found = self.conflicts(&applied, &status).await?;
                let forced = self.apply(&applied, true, true).await;
                (forced.map_err(|refused| self.plain(refused, &applied))?, found)
            }
            Err(refused) => return Err(self.plain(refused, &applied)),
        };
        Ok(DryRun { object: self.live(&session, object), conflicts: found })
    }

    /// Applies one object; connects first to a cluster that the same run has created; waits for its kind to be served when its CRD is new, and for its schema
    /// when the CRD was written a moment ago.
    pub(crate) async fn write(&self, write: &Write) -> Result<Written> {
        let started = Instant::now();
        let mut session = self.arrived().await?;
        let write = &self.for_cluster(&session, write)?;
        let mut wait = self.options.policy.backoff;
        loop {
            let error = match applied(&session, write) {
                Ok(applied) => match self.write_once(&applied).await {
                    Err(error @ Error::KindNotServed(_)) => error,
                    Err(error @ Error::Rejected(_)) if self.schemas.may_be_old(&write.id) => error,
                    other => return other,
                },
                Err(error @ Error::KindNotServed(_)) => error,
                Err(error) => return Err(error),
            };
            if started.elapsed() + wait > self.options.policy.discovery_wait {
                return Err(error);
            }
            tokio::time::sleep(wait).await;
            wait = (wait * 2).min(self.options.policy.max_backoff / 2);
            session = self.rediscover(&session).await?;
        }
    }

    async fn write_once(&self, applied: &Applied<'_>) -> Result<Written> {
        let object = match self.apply(applied, applied.write.force, false).await {
            Ok(object) => object,
            Err(Refused::Conflict(status)) => {
                return Err(Error::Conflict(self.conflicts(applied, &status).await?));
            }
            Err(Refused::Version { after_lost: false }) => return Err(Error::Stale),
            Err(Refused::Version { after_lost: true }) => {
                self.read_back(applied).await?.ok_or(Error::Stale)?
            }
            Err(Refused::Lost(error)) => match (self.read_back(applied).await, error) {
                (Ok(Some(object)), _) => object,
                // The server has answered, and it is not done: nothing is under way any more.
                (Ok(None), error @ Error::Transient(_)) => return Err(error),
                (_, error) => return Err(Error::Unknown(error.to_string())),
            },
            Err(Refused::Error(error)) => return Err(error),
        };
        self.schemas.wrote(&applied.write.id, &object);
        let health = assess(&object);
        Ok(Written { object: self.live(applied.session, object), health, more: false })
    }

    /// One apply, with its retries.
    async fn apply(&self, applied: &Applied<'_>, force: bool, dry: bool) -> Result<Value, Refused> {
        let dry_run = if dry { "&dryRun=All" } else { "" };
        let path = format!(
            "{}?fieldManager={FIELD_MANAGER}&force={force}&fieldValidation=Strict{dry_run}",
            applied.path
        );
        let call = Call::apply(path, &applied.body);
        let reply = match self.transport.send(&call).await {
            Ok(reply) => reply,
            Err(gone) => {
                let error = clean(gone.error, &Redaction::of(&applied.body));
                let lost = gone.lost && !dry;
                return Err(if lost { Refused::Lost(error) } else { Refused::Error(error) });
            }
        };
        if matches!(reply.status, 200 | 201) {
            // The write is done; an unreadable answer makes what is stored unknown, not undone.
            return read_object(&reply.body, &applied.resource, &applied.path)
                .map_err(|error| if dry { Refused::Error(error) } else { Refused::Lost(error) });
        }
        let status = Status::read(reply.status, &reply.body);
        if !causes(&status).is_empty() {
            return Err(Refused::Conflict(status));
        }
        let kind = format!("{} {}", applied.resource.api_version(), applied.resource.kind);
        let redaction = Redaction::of(&applied.body);
        Err(match classify(&status, &kind, &redaction, &self.transport) {
            Error::Stale => Refused::Version { after_lost: reply.after_lost },
            error => Refused::Error(error),
        })
    }

    /// After a lost answer: the live object, when applying it once more would change nothing.
    async fn read_back(&self, applied: &Applied<'_>) -> Result<Option<Value>> {
        let Some(live) = get(&self.transport, &applied.resource, &applied.path).await? else {
            return Ok(None);
        };
        let mut body = applied.body.clone();
        if let Some(metadata) = body["metadata"].as_object_mut() {
            metadata.remove("resourceVersion");
        }
        let again = Applied {
            body,
            resource: applied.resource.clone(),
            path: applied.path.clone(),
            ..*applied
        };
        let would = match self.apply(&again, applied.write.force, true).await {
            Ok(would) => would,
            Err(refused) => return Err(self.plain(refused, applied)),
        };
        let ours = |object: &Value| {
            let entries = object["metadata"]["managedFields"].as_array();
            let is_ours =
                |entry: &&Value| entry["manager"] == FIELD_MANAGER && entry["operation"] == "Apply";
            entries.and_then(|all| all.iter().find(is_ours).map(|e| e["fieldsV1"].clone()))
        };
        let same = ours(&would) == ours(&live)
            && without_counters(would) == without_counters(live.clone());
        Ok(same.then_some(live))
    }

    async fn conflicts(&self, applied: &Applied<'_>, status: &Status) -> Result<Vec<Conflict>> {
        let live = get(&self.transport, &applied.resource, &applied.path).await?;
        let mut theirs = live.unwrap_or(Value::Null);
        let mut ours = applied.body.clone();
        applied.session.mask.object(&mut theirs);
        applied.session.mask.object(&mut ours);
        Ok(conflicts(&causes(status), &ours, &theirs))
    }

    /// The error for a caller that has no use for the details.
    fn plain(&self, refused: Refused, applied: &Applied<'_>) -> Error {
        match refused {
            Refused::Error(error) | Refused::Lost(error) => error,
            Refused::Version { .. } => Error::Stale,
            Refused::Conflict(status) => {
                Error::Transient(Redaction::of(&applied.body).clean(&status.text()))
            }
        }
    }
}

fn applied<'a>(session: &'a Session, write: &'a Write) -> Result<Applied<'a>> {
    let mut body = write.body.value();
    let api_version = body["apiVersion"].as_str().unwrap_or_default().to_owned();
    let resource = Inner::resource(session, &write.id, &api_version)?;
    let Some(metadata) = body["metadata"].as_object_mut() else {
        return Err(Error::Rejected("metadata is not a map".to_owned()));
    };
    if let Some(version) = &write.resource_version {
        metadata.insert("resourceVersion".to_owned(), version.as_str().into());
    }
    // A kind that was not served when the declaration was prepared has its scope only now.
    let mut namespace = write.id.namespace.clone();
    if resource.namespaced && namespace.is_none() {
        namespace = Some("default".to_owned());
        metadata.insert("namespace".to_owned(), "default".into());
    }
    if !resource.namespaced && namespace.is_some() {
        return Err(Error::Rejected(format!(
            "{} is cluster-scoped and cannot be in a namespace: remove metadata.namespace",
            resource.group_kind()
        )));
    }
    let path = resource.object(namespace.as_deref(), meta(&body, "name"));
    Ok(Applied { session, resource, path, body, write })
}

/// Retried answers are transient errors whose text may repeat the object.
fn clean(error: Error, redaction: &Redaction) -> Error {
    match error {
        Error::Transient(text) => Error::Transient(redaction.clean(&text)),
        other => other,
    }
}

/// The object without what changes at every write, and what controllers write meanwhile.
fn without_counters(mut object: Value) -> Value {
    if let Some(object) = object.as_object_mut() {
        object.remove("status");
    }
    if let Some(metadata) = object["metadata"].as_object_mut() {
        metadata.remove("managedFields");
        metadata.remove("resourceVersion");
        metadata.remove("generation");
    }
    object
}
