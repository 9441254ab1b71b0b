//! Deleting objects, and letting go of them.

use serde_json::{Value, json};
use suimon_plan::{APPLIED_ANNOTATION, Change, FIELD_MANAGER};
use suimon_provider::{Delete, Error, Result};

use crate::applyset::PART_OF;
use crate::call::Call;
use crate::classify::classify;
use crate::kubernetes::Inner;
use crate::object::{annotation, is_terminating, label, meta};
use crate::redact::Redaction;
use crate::resource::Resource;
use crate::session::get;
use crate::status::Status;

/// Tries to take the marks off an object that others write to at the same time.
const TRIES: usize = 5;

impl Inner {
    /// Deletes the object with this UID; a retry after a lost answer can hit no other.
    pub(crate) async fn delete(&self, delete: &Delete) -> Result<()> {
        let session = self.session()?;
        let resource = match Self::resource(&session, &delete.id, &delete.api_version) {
            // Its CRD went before it, and took it along.
            Err(Error::KindNotServed(_)) => return Ok(()),
            other => other?,
        };
        let path = resource.object(delete.id.namespace.as_deref(), &delete.id.name);
        let options = json!({
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "preconditions": {"uid": delete.uid},
            "propagationPolicy": "Background",
        });
        let reply = match self.transport.send(&Call::delete(path.clone(), &options)).await {
            Ok(reply) => reply,
            Err(gone) if gone.lost => {
                return match self.is_going(&resource, &path, &delete.uid).await {
                    Ok(true) => Ok(()),
                    Ok(false) | Err(_) => Err(Error::Unknown(gone.error.to_string())),
                };
            }
            Err(gone) => return Err(gone.error),
        };
        match reply.status {
            200..=299 | 404 => Ok(()),
            // A namespace that is being emptied says so with a conflict, too.
            409 if self.is_going(&resource, &path, &delete.uid).await? => Ok(()),
            _ => Err(self.refusal(&resource, reply.status, &reply.body)),
        }
    }

    /// Whether the object with this UID is gone, or on its way out.
    async fn is_going(&self, resource: &Resource, path: &str, uid: &str) -> Result<bool> {
        Ok(match get(&self.transport, resource, path).await? {
            None => true,
            Some(live) => meta(&live, "uid") == uid && is_terminating(&live),
        })
    }

    /// Takes our marks and our field ownership off an object, and changes nothing else.
    pub(crate) async fn forget(&self, change: &Change) -> Result<()> {
        let session = self.session()?;
        let resource = match Self::resource(&session, &change.id, &change.api_version) {
            Err(Error::KindNotServed(_)) => return Ok(()),
            other => other?,
        };
        let path = resource.object(change.id.namespace.as_deref(), &change.id.name);
        for _ in 0..TRIES {
            let Some(live) = get(&self.transport, &resource, &path).await? else {
                return Ok(());
            };
            if change.uid.as_deref().is_some_and(|uid| uid != meta(&live, "uid")) {
                return Err(Error::Stale);
            }
            let Some(patch) = self.unmark(&live) else { return Ok(()) };
            let call = Call::json_patch(format!("{path}?fieldManager={FIELD_MANAGER}"), &patch);
            let reply = match self.transport.send(&call).await {
                Ok(reply) => reply,
                // Looking again tells whether it was done.
                Err(gone) if gone.lost => continue,
                Err(gone) => return Err(gone.error),
            };
            match reply.status {
                200..=299 | 404 => return Ok(()),
                409 => {}
                // A failed `test` of the patch: somebody else wrote in between.
                422 if String::from_utf8_lossy(&reply.body).contains("test") => {}
                _ => return Err(self.refusal(&resource, reply.status, &reply.body)),
            }
        }
        Err(Error::Stale)
    }

    /// The patch that makes the object nobody's; `None` when it is not ours.
    fn unmark(&self, live: &Value) -> Option<Value> {
        let mut steps = vec![
            json!({"op": "test", "path": "/metadata/uid", "value": meta(live, "uid")}),
            json!({"op": "test", "path": "/metadata/resourceVersion",
                "value": meta(live, "resourceVersion")}),
        ];
        let tests = steps.len();
        let mut remove = |section: &str, key: &str| {
            let key = key.replace('~', "~0").replace('/', "~1");
            steps.push(json!({"op": "remove", "path": format!("/metadata/{section}/{key}")}));
        };
        if label(live, PART_OF) == Some(&self.applyset.id) {
            remove("labels", PART_OF);
        }
        if annotation(live, APPLIED_ANNOTATION).is_some() {
            remove("annotations", APPLIED_ANNOTATION);
        }
        let managers = live["metadata"]["managedFields"].as_array();
        let managers = managers.map(Vec::as_slice).unwrap_or_default();
        let others: Vec<&Value> = managers.iter().filter(|entry| !is_ours(entry)).collect();
        if others.len() < managers.len() {
            // An empty list is ignored; a list of one empty entry means "none".
            let value = if others.is_empty() { json!([{}]) } else { json!(others) };
            steps.push(json!({"op": "replace", "path": "/metadata/managedFields", "value": value}));
        }
        (steps.len() > tests).then_some(Value::Array(steps))
    }

    fn refusal(&self, resource: &Resource, status: u16, body: &[u8]) -> Error {
        let status = Status::read(status, body);
        let kind = format!("{} {}", resource.api_version(), resource.kind);
        classify(&status, &kind, &Redaction::default(), &self.transport)
    }
}

fn is_ours(entry: &Value) -> bool {
    entry["manager"] == FIELD_MANAGER && entry["operation"] == "Apply"
}
