//! [`Session`]: what is known of the cluster since connecting.

use std::collections::BTreeMap;

use serde_json::Value;
use suimon_model::Body;
use suimon_plan::Mask;
use suimon_provider::{Error, Result};

use crate::call::Call;
use crate::classify::classify;
use crate::list::Pages;
use crate::object::{label, meta};
use crate::redact::Redaction;
use crate::resource::Resource;
use crate::resources::Resources;
use crate::status::Status;
use crate::transport::Transport;

/// What is known of the cluster since connecting.
pub(crate) struct Session {
    /// The cluster is not there yet, and nothing is known of it.
    pub(crate) pending: bool,
    /// UID of `kube-system`; the key of the mask, never shown in a plan.
    pub(crate) uid: String,
    pub(crate) mask: Mask,
    pub(crate) resources: Resources,
}

/// The namespaces of the cluster.
#[derive(Debug, Clone)]
pub(crate) enum Namespaces {
    /// All of them.
    Listed(BTreeMap<String, Namespace>),
    /// They may not be listed: any may exist.
    Unlisted,
}

/// One namespace.
#[derive(Debug, Clone)]
pub(crate) struct Namespace {
    pub(crate) uid: String,
    /// Carries our mark.
    pub(crate) ours: bool,
    /// The object as it was read, not masked.
    pub(crate) body: Body,
}

impl Namespace {
    fn new(object: &Value, applyset: &str) -> Self {
        Self {
            uid: meta(object, "uid").to_owned(),
            ours: label(object, crate::applyset::PART_OF) == Some(applyset),
            body: Body::new(object),
        }
    }
}

impl Namespaces {
    /// Reads all namespaces, in pages; an answer that this may not be done is no error.
    ///
    /// # Errors
    /// The server cannot be reached, or the list was cut short.
    pub(crate) async fn read(transport: &Transport, applyset: &str) -> Result<Self> {
        let mut found = BTreeMap::new();
        let resource = namespace_resource();
        let mut pages = Pages::new(transport, &resource, None, "");
        loop {
            match pages.next().await {
                Ok(Some(items)) => {
                    for item in items {
                        let name = meta(&item, "name").to_owned();
                        found.insert(name, Namespace::new(&item, applyset));
                    }
                }
                Ok(None) => return Ok(Self::Listed(found)),
                Err(Error::Forbidden(_)) => return Ok(Self::Unlisted),
                Err(error) => return Err(error),
            }
        }
    }

    /// Whether a namespace may hold objects.
    pub(crate) fn may_exist(&self, name: &str) -> bool {
        match self {
            Self::Listed(all) => all.contains_key(name),
            Self::Unlisted => true,
        }
    }

    /// UID of the cluster, which is the one of its `kube-system` namespace.
    ///
    /// # Errors
    /// It cannot be read.
    pub(crate) async fn cluster_uid(&self, transport: &Transport) -> Result<String> {
        if let Self::Listed(all) = self
            && let Some(system) = all.get("kube-system")
        {
            return Ok(system.uid.clone());
        }
        let path = namespace_resource().object(None, "kube-system");
        let why = |error: Error| match error {
            Error::Forbidden(text) => Error::Forbidden(format!(
                "the namespace kube-system must be readable, its UID is the cluster's identity: {text}"
            )),
            Error::NotFound(_) => {
                Error::Malformed("the cluster has no namespace kube-system".to_owned())
            }
            other => other,
        };
        let object = get(transport, &namespace_resource(), &path).await.map_err(why)?;
        match object.as_ref().map(|object| meta(object, "uid")) {
            Some("") => Err(Error::Malformed("the namespace kube-system has no UID".to_owned())),
            Some(uid) => Ok(uid.to_owned()),
            None => Err(why(Error::NotFound(String::new()))),
        }
    }
}

/// Where namespaces are; true of every Kubernetes.
pub(crate) fn namespace_resource() -> Resource {
    core("Namespace", "namespaces", false)
}

/// Where `ConfigMap`s are; true of every Kubernetes.
pub(crate) fn config_map_resource() -> Resource {
    core("ConfigMap", "configmaps", true)
}

fn core(kind: &str, plural: &str, namespaced: bool) -> Resource {
    Resource {
        group: String::new(),
        version: "v1".to_owned(),
        kind: kind.to_owned(),
        plural: plural.to_owned(),
        namespaced,
        listable: true,
    }
}

/// Reads one object; `None` when it is not there.
///
/// # Errors
/// Anything but the object or a clear answer that there is none.
pub(crate) async fn get(
    transport: &Transport,
    resource: &Resource,
    path: &str,
) -> Result<Option<Value>> {
    let reply = transport.send(&Call::get(path)).await.map_err(|gone| gone.error)?;
    if reply.status == 200 {
        return read_object(&reply.body, resource, path).map(Some);
    }
    let status = Status::read(reply.status, &reply.body);
    let kind = format!("{} {}", resource.api_version(), resource.kind);
    match classify(&status, &kind, &Redaction::default(), transport) {
        Error::NotFound(_) if reply.status == 404 => Ok(None),
        Error::Rejected(text) if reply.status == 403 => Err(Error::Forbidden(text)),
        error => Err(error),
    }
}

/// An answer's body as the object that was asked for.
///
/// # Errors
/// It is something else.
pub(crate) fn read_object(body: &[u8], resource: &Resource, path: &str) -> Result<Value> {
    let object: Value = serde_json::from_slice(body)
        .map_err(|error| Error::Malformed(format!("{path} cannot be read: {error}")))?;
    let name = path.split(['?']).next().and_then(|path| path.rsplit('/').next());
    let asked = name == Some(crate::resource::encode(meta(&object, "name")).as_str());
    if object["kind"] != resource.kind.as_str()
        || object["apiVersion"] != resource.api_version()
        || !asked
    {
        return Err(Error::Malformed(format!("{path} answered with another object")));
    }
    Ok(object)
}
