//! What is added to a declaration before it is compared and applied.

use serde_json::Value;
use suimon_model::{Body, Manifest, ResourceId};
use suimon_plan::APPLIED_ANNOTATION;
use suimon_provider::{Error, Result};

use crate::applyset::PART_OF;
use crate::kubernetes::Inner;
use crate::object::{label, metadata_map};
use crate::pending;
use crate::session::Session;

/// The namespace of a namespaced object that names none.
pub(crate) const DEFAULT_NAMESPACE: &str = "default";

/// What the server alone may write; an exported manifest still has it.
const SERVER_SIDE: [&str; 8] = [
    "managedFields",
    "resourceVersion",
    "uid",
    "generation",
    "creationTimestamp",
    "selfLink",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
];

impl Inner {
    /// The declaration with its namespace and our marks.
    ///
    /// # Errors
    /// The declaration cannot be an object: its scope, name or metadata is wrong.
    pub(crate) fn prepare(&self, manifest: &Manifest) -> Result<Manifest> {
        let session = self.any_session()?;
        let prepared = self.prepare_for(&session, manifest)?;
        if session.pending {
            self.pending.keep(prepared.id.clone(), manifest.clone());
        }
        Ok(prepared)
    }

    /// The same for what is known of a cluster.
    pub(crate) fn prepare_for(&self, session: &Session, manifest: &Manifest) -> Result<Manifest> {
        let mut body = manifest.body.value();
        let id = scoped(session, &manifest.id)?;
        check_name(&id)?;
        if id == self.applyset.parent_id() {
            return Err(Error::Rejected(format!(
                "{id} is where suimon keeps what this environment owns: declare another name"
            )));
        }
        let Some(metadata) = body["metadata"].as_object_mut() else {
            return Err(Error::Rejected("metadata is not a map".to_owned()));
        };
        for key in SERVER_SIDE {
            metadata.remove(key);
        }
        match &id.namespace {
            Some(namespace) => metadata.insert("namespace".to_owned(), namespace.as_str().into()),
            None => metadata.remove("namespace"),
        };
        if let Some(other) = label(&body, PART_OF).filter(|other| *other != self.applyset.id) {
            return Err(Error::Rejected(format!(
                "the label {PART_OF} is set to `{other}`; suimon sets it, leave it out"
            )));
        }
        let text = format!("suimon applied v1\0{}", unmarked(&mut body));
        // Before the cluster is there, nothing is applied, and there is no key to digest with.
        let applied = if session.pending { String::new() } else { session.mask.digest(&text) };
        mark(&mut body, "labels", PART_OF, &self.applyset.id)?;
        mark(&mut body, "annotations", APPLIED_ANNOTATION, &applied)?;
        Ok(Manifest { id, body: Body::new(&body), ..manifest.clone() })
    }
}

/// The declaration's text without our own marks: preparing twice changes nothing.
fn unmarked(body: &mut Value) -> String {
    for (section, key) in [("labels", PART_OF), ("annotations", APPLIED_ANNOTATION)] {
        let Some(map) = body["metadata"].get_mut(section).and_then(Value::as_object_mut) else {
            continue;
        };
        if map.remove(key).is_some() && map.is_empty() {
            body["metadata"].as_object_mut().map(|metadata| metadata.remove(section));
        }
    }
    body.to_string()
}

fn mark(body: &mut Value, section: &str, key: &str, value: &str) -> Result<()> {
    let Some(map) = metadata_map(body, section) else {
        return Err(Error::Rejected(format!("metadata.{section} is not a map")));
    };
    map.insert(key.to_owned(), value.into());
    Ok(())
}

/// The id with the namespace that its kind's scope implies; kinds that are not served yet stay.
fn scoped(session: &Session, id: &ResourceId) -> Result<ResourceId> {
    let is_namespaced = match session.pending {
        true => pending::is_namespaced(&id.group, &id.kind),
        false => session.resources.is_namespaced(&id.group, &id.kind),
    };
    match (is_namespaced, &id.namespace) {
        (Some(true), None) => {
            Ok(ResourceId { namespace: Some(DEFAULT_NAMESPACE.to_owned()), ..id.clone() })
        }
        (Some(false), Some(namespace)) => Err(Error::Rejected(format!(
            "{} is cluster-scoped and cannot be in the namespace `{namespace}`: remove \
             metadata.namespace",
            id.group_kind()
        ))),
        _ => Ok(id.clone()),
    }
}

/// Names that no URL path can hold; the API server checks the rest.
fn check_name(id: &ResourceId) -> Result<()> {
    let parts = [("name", Some(&id.name)), ("namespace", id.namespace.as_ref())];
    for (what, name) in parts {
        let Some(name) = name else { continue };
        if name.is_empty() || name == "." || name == ".." || name.contains(['/', '%']) {
            return Err(Error::Rejected(format!("metadata.{what} `{name}` is not allowed")));
        }
    }
    Ok(())
}
