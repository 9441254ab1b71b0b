//! [`Pending`]: a cluster that the same run creates, before and when it comes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;
use suimon_model::{Body, Health, HealthStatus, Manifest, ResourceId, TargetIdentity};
use suimon_plan::{APPLIED_ANNOTATION, LiveObject, MASK_PREFIX, Mask, is_masked};
use suimon_provider::{
    ClusterAccess, DryRun, Error, Membership, Observation, Result, Scope, Write,
};
use tokio::time::Instant;

use crate::eks;
use crate::kubernetes::{Inner, put};
use crate::object::{annotation, metadata_map};
use crate::resources::Resources;
use crate::session::Session;

/// Kinds of Kubernetes itself that have no namespace; all others of its groups have one.
const CLUSTER_SCOPED: &[(&str, &[&str])] = &[
    ("", &["Namespace", "Node", "PersistentVolume"]),
    (
        "admissionregistration.k8s.io",
        &[
            "MutatingAdmissionPolicy",
            "MutatingAdmissionPolicyBinding",
            "MutatingWebhookConfiguration",
            "ValidatingAdmissionPolicy",
            "ValidatingAdmissionPolicyBinding",
            "ValidatingWebhookConfiguration",
        ],
    ),
    ("apiextensions.k8s.io", &["CustomResourceDefinition"]),
    ("apiregistration.k8s.io", &["APIService"]),
    ("apps", &[]),
    ("autoscaling", &[]),
    ("batch", &[]),
    ("certificates.k8s.io", &["CertificateSigningRequest", "ClusterTrustBundle"]),
    ("coordination.k8s.io", &[]),
    ("discovery.k8s.io", &[]),
    ("events.k8s.io", &[]),
    ("flowcontrol.apiserver.k8s.io", &["FlowSchema", "PriorityLevelConfiguration"]),
    ("networking.k8s.io", &["IPAddress", "IngressClass", "ServiceCIDR"]),
    ("node.k8s.io", &["RuntimeClass"]),
    ("policy", &[]),
    ("rbac.authorization.k8s.io", &["ClusterRole", "ClusterRoleBinding"]),
    ("resource.k8s.io", &["DeviceClass", "ResourceSlice"]),
    ("scheduling.k8s.io", &["PriorityClass"]),
    (
        "storage.k8s.io",
        &["CSIDriver", "CSINode", "StorageClass", "VolumeAttachment", "VolumeAttributesClass"],
    ),
];

/// Whether objects of a kind of Kubernetes itself live in namespaces; `None` for other kinds.
pub(crate) fn is_namespaced(group: &str, kind: &str) -> Option<bool> {
    let found = CLUSTER_SCOPED.iter().find(|(known, _)| *known == group);
    found.map(|(_, kinds)| !kinds.contains(&kind))
}

/// What is kept for a cluster that the same run creates.
#[derive(Default)]
pub(crate) struct Pending {
    /// Declarations that were prepared before the cluster was there, by the id they got.
    declared: Mutex<HashMap<ResourceId, Manifest>>,
    /// What is to be marked as owned once it is there.
    superset: Mutex<Option<Membership>>,
    /// Why it could not be connected to, once that was tried.
    failed: tokio::sync::Mutex<Option<Error>>,
}

impl Pending {
    /// Forgets everything.
    pub(crate) async fn reset(&self) {
        *self.failed.lock().await = None;
        self.declared.lock().unwrap_or_else(PoisonError::into_inner).clear();
        *self.superset.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Keeps a declaration, to be prepared again for the cluster that comes.
    pub(crate) fn keep(&self, id: ResourceId, declared: Manifest) {
        let mut all = self.declared.lock().unwrap_or_else(PoisonError::into_inner);
        all.entry(id).or_insert(declared);
    }

    fn declared(&self, id: &ResourceId) -> Option<Manifest> {
        self.declared.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    /// Keeps what is to be marked as owned.
    pub(crate) fn open(&self, superset: &Membership) {
        let mut kept = self.superset.lock().unwrap_or_else(PoisonError::into_inner);
        *kept = Some(superset.clone());
    }

    fn superset(&self) -> Option<Membership> {
        self.superset.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Inner {
    /// Goes on without a cluster: it is declared in this environment, and comes with the apply.
    pub(crate) fn wait_for_cluster(&self, cluster: &str) -> TargetIdentity {
        let (uid, mask, resources) = (String::new(), Mask::new(""), Resources::default());
        put(&self.session, Some(Arc::new(Session { pending: true, uid, mask, resources })));
        TargetIdentity {
            provider: "kubernetes".to_owned(),
            identity: format!("EKS cluster {cluster}, known after apply"),
            endpoint: "(known after apply)".to_owned(),
        }
    }

    /// The session of a cluster that is there; a cluster that the same run has created is connected
    /// to when this is first asked for.
    ///
    /// # Errors
    /// The cluster is not there, does not let us in, or belongs to something else. What was found
    /// once stays: each of many objects would wait as long again.
    pub(crate) async fn arrived(&self) -> Result<Arc<Session>> {
        let session = self.any_session()?;
        let Some(access) = eks::access(&self.options).filter(|_| session.pending) else {
            return Ok(session);
        };
        let mut failed = self.pending.failed.lock().await;
        if let Some(error) = failed.as_ref() {
            return Err(error.clone());
        }
        let session = self.any_session()?;
        if !session.pending {
            return Ok(session);
        }
        match self.arrive(access).await {
            Ok(session) => {
                put(&self.session, Some(Arc::clone(&session)));
                Ok(session)
            }
            Err(error) => {
                *failed = Some(error.clone());
                Err(error)
            }
        }
    }

    async fn arrive(&self, access: &Arc<dyn ClusterAccess>) -> Result<Arc<Session>> {
        if !self.lead_to(access).await? {
            return Err(Error::NotFound(format!(
                "{}: its objects can be applied when it is active",
                access.absence()
            )));
        }
        let session = self.settled().await?;
        if let Some(superset) = self.pending.superset() {
            self.open(&session, &superset).await?;
        }
        Ok(session)
    }

    /// A new API server's address is not known everywhere at once, nor are its permissions.
    async fn settled(&self) -> Result<Arc<Session>> {
        let started = Instant::now();
        let mut wait = self.options.policy.backoff;
        loop {
            let error = match self.identify().await {
                Ok(found) => return Ok(found.session),
                Err(error) => error,
            };
            let may_pass = match &error {
                Error::Unreachable { endpoint, .. } | Error::Unauthenticated { endpoint, .. } => {
                    *endpoint == self.transport.endpoint()
                }
                Error::Forbidden(_) | Error::Transient(_) => true,
                _ => false,
            };
            if !may_pass || started.elapsed() + wait > self.options.policy.cluster_wait {
                return Err(error);
            }
            tracing::info!(%error, "the new cluster does not let us in yet");
            tokio::time::sleep(wait).await;
            wait = (wait * 2).min(self.options.policy.max_backoff);
        }
    }

    /// The write with what only the cluster tells, where its body was prepared before that.
    pub(crate) fn for_cluster(&self, session: &Session, write: &Write) -> Result<Write> {
        let mut write = write.clone();
        let Some(declared) = self.pending.declared(&write.id) else { return Ok(write) };
        let prepared = self.prepare_for(session, &declared)?.body.value();
        let mut body = write.body.value();
        if let (Some(applied), Some(annotations)) =
            (annotation(&prepared, APPLIED_ANNOTATION), metadata_map(&mut body, "annotations"))
        {
            annotations.insert(APPLIED_ANNOTATION.to_owned(), applied.into());
        }
        write.body = Body::new(&body);
        Ok(write)
    }
}

/// Nothing is there.
pub(crate) fn observe(scope: Scope<'_>, sink: &mut (dyn FnMut(Observation) + Send)) {
    for manifest in scope.manifests {
        sink(Observation::Absent(manifest.id.clone()));
    }
}

/// What is stored will be what is declared, as far as can be told.
pub(crate) fn dry_run(write: &Write) -> DryRun {
    let body = masked(write.body.value());
    let object = LiveObject {
        id: write.id.clone(),
        api_version: body["apiVersion"].as_str().unwrap_or_default().to_owned(),
        uid: String::new(),
        resource_version: String::new(),
        body: Body::new(&body),
        owned: true,
        foreign_owner: None,
        terminating: false,
        failed: false,
    };
    DryRun { object, conflicts: Vec::new() }
}

/// How objects are that cannot be anywhere.
pub(crate) fn health(count: usize) -> Vec<Health> {
    vec![Health::new(HealthStatus::Unknown, "the cluster is not there yet"); count]
}

/// An object with its secret values masked, all alike: before the cluster is there, there is no key
/// that nobody else has, and with a known one a digest would let the values be guessed.
pub(crate) fn masked(mut value: Value) -> Value {
    Mask::new("").object(&mut value);
    let mut unread = vec![&mut value];
    while let Some(value) = unread.pop() {
        if is_masked(value) {
            *value = format!("{MASK_PREFIX}{}", "0".repeat(64)).into();
            continue;
        }
        match value {
            Value::Array(items) => unread.extend(items),
            Value::Object(fields) => unread.extend(fields.values_mut()),
            _ => {}
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_of_built_in_kinds_are_known() {
        for (group, kind, namespaced) in [
            ("", "Namespace", Some(false)),
            ("", "ConfigMap", Some(true)),
            ("apps", "Deployment", Some(true)),
            ("networking.k8s.io", "IngressClass", Some(false)),
            ("networking.k8s.io", "Ingress", Some(true)),
            ("example.com", "Thing", None),
        ] {
            assert_eq!(is_namespaced(group, kind), namespaced, "{kind}.{group}");
        }
    }
}
