//! Declarations for what is live: `suimon import`.

mod fields;

use futures::stream::{self, StreamExt};
use serde_json::{Map, Value};
use suimon_model::ResourceId;
use suimon_provider::{Error, Exported, Result};

use crate::kubernetes::Inner;
use crate::list::Pages;
use crate::live::id_of;
use crate::object::controller;
use crate::owner::foreign_owner;
use crate::resource::Resource;
use crate::resources::Lookup;
use crate::session::{Session, get};

/// Lists in flight at once.
const LISTS: usize = 8;

/// Kinds that the cluster makes by itself, group and kind.
const MADE_BY_THE_CLUSTER: &[(&str, &str)] = &[
    ("", "Endpoints"),
    ("", "Event"),
    ("", "Binding"),
    ("events.k8s.io", "Event"),
    ("discovery.k8s.io", "EndpointSlice"),
    ("coordination.k8s.io", "Lease"),
    ("metrics.k8s.io", "PodMetrics"),
    ("apps", "ControllerRevision"),
];

impl Inner {
    /// See [`Provider::export`](suimon_provider::Provider::export).
    pub(crate) async fn export(&self, name: &str) -> Result<Option<Exported>> {
        let Ok(id) = name.parse::<ResourceId>() else { return Ok(None) };
        if id.is_aws() {
            return Ok(None);
        }
        let session = self.session()?;
        let resource = match session.resources.preferred(&id.group, &id.kind) {
            Lookup::Served(resource) => resource,
            Lookup::NotServed => return Err(Error::KindNotServed(id.group_kind())),
            Lookup::Unknown => return Err(Error::Transient(crate::kubernetes::stale(&id.group))),
        };
        let namespace = match (&id.namespace, resource.namespaced) {
            (Some(namespace), _) => Some(namespace.as_str()),
            (None, true) => Some("default"),
            (None, false) => None,
        };
        let path = resource.object(namespace, &id.name);
        let Some(object) = get(&self.transport, &resource, &path).await? else {
            return Err(Error::NotFound(format!("there is no {id}")));
        };
        let mut exported = Exported::default();
        self.take(&object, &mut exported);
        if id.group.is_empty() && id.kind == "Namespace" {
            for object in self.everything_in(&session, &id.name).await? {
                self.take(&object, &mut exported);
            }
        }
        Ok(Some(exported))
    }

    /// Every object of a namespace, by kind and name.
    async fn everything_in(&self, session: &Session, namespace: &str) -> Result<Vec<Value>> {
        let own: Vec<Resource> = session
            .resources
            .all_preferred()
            .filter(|r| r.namespaced && r.listable && !is_made_by_the_cluster(r))
            .cloned()
            .collect();
        let mut lists = stream::iter(own)
            .map(|resource| async move { self.list_all(&resource, namespace).await })
            .buffer_unordered(LISTS);
        let mut found = Vec::new();
        while let Some(objects) = lists.next().await {
            found.extend(objects?);
        }
        found.sort_by_key(id_of);
        Ok(found)
    }

    async fn list_all(&self, resource: &Resource, namespace: &str) -> Result<Vec<Value>> {
        let mut pages = Pages::new(&self.transport, resource, Some(namespace), "");
        let mut found = Vec::new();
        while let Some(items) = pages.next().await? {
            found.extend(items);
        }
        Ok(found)
    }

    /// Adds the declaration of one object, or why there is none.
    fn take(&self, object: &Value, exported: &mut Exported) {
        let id = id_of(object);
        if controller(object).is_some() || is_made_with_the_namespace(&id) {
            return;
        }
        if let Some(owner) = foreign_owner(object, &self.applyset.id) {
            exported.left_out.push(format!("{id}: it belongs to {owner}"));
            return;
        }
        if id.group.is_empty() && id.kind == "Secret" {
            if object.get("type") != Some(&Value::from("kubernetes.io/service-account-token")) {
                let why = "values of secrets do not belong in Git";
                exported.left_out.push(format!("{id}: {why}"));
            }
            return;
        }
        exported.manifests.push(declaration(object));
    }
}

fn is_made_by_the_cluster(resource: &Resource) -> bool {
    MADE_BY_THE_CLUSTER.contains(&(resource.group.as_str(), resource.kind.as_str()))
}

fn is_made_with_the_namespace(id: &ResourceId) -> bool {
    matches!(
        (id.group.as_str(), id.kind.as_str(), id.name.as_str()),
        ("", "ServiceAccount", "default") | ("", "ConfigMap", "kube-root-ca.crt")
    )
}

/// What somebody declared of an object: the fields that managers other than the cluster's own own.
fn declaration(object: &Value) -> Value {
    let mut declared = match fields::declared(object) {
        Some(owned) => fields::project(object, &owned),
        None => object.clone(),
    };
    let metadata = object.get("metadata").cloned().unwrap_or_default();
    let Value::Object(map) = &mut declared else { return declared };
    map.remove("status");
    for key in ["apiVersion", "kind"] {
        map.insert(key.to_owned(), object.get(key).cloned().unwrap_or_default());
    }
    let kept = map.entry("metadata").or_insert_with(|| Value::Object(Map::new()));
    if let Value::Object(kept) = kept {
        let wanted = ["name", "namespace", "labels", "annotations", "finalizers"];
        kept.retain(|key, _| wanted.contains(&key.as_str()));
        for key in ["name", "namespace"] {
            if let Some(value) = metadata.get(key) {
                kept.insert(key.to_owned(), value.clone());
            }
        }
        tidy(kept);
    }
    picked_by_the_server(&mut declared);
    declared
}

/// Notes that tools and controllers leave in annotations.
fn tidy(metadata: &mut Map<String, Value>) {
    const NOTES: [&str; 6] = [
        "kubectl.kubernetes.io/last-applied-configuration",
        "deployment.kubernetes.io/revision",
        "pv.kubernetes.io/bind-completed",
        "pv.kubernetes.io/bound-by-controller",
        "volume.kubernetes.io/selected-node",
        "volume.kubernetes.io/storage-provisioner",
    ];
    for section in ["labels", "annotations"] {
        let Some(Value::Object(map)) = metadata.get_mut(section) else { continue };
        map.retain(|key, _| {
            !NOTES.contains(&key.as_str())
                && key != "kubernetes.io/metadata.name"
                && !key.starts_with("suimon.dev/")
                && key != crate::applyset::PART_OF
        });
        if map.is_empty() {
            metadata.remove(section);
        }
    }
}

/// Takes out what the API server gives to an object, and nobody declares.
fn picked_by_the_server(object: &mut Value) {
    let kind = object.get("kind").and_then(Value::as_str).unwrap_or_default().to_owned();
    let Some(Value::Object(spec)) = object.get_mut("spec") else { return };
    match kind.as_str() {
        "Service" => {
            if spec.get("clusterIP") != Some(&Value::from("None")) {
                spec.remove("clusterIP");
            }
            for key in ["clusterIPs", "ipFamilies", "ipFamilyPolicy", "healthCheckNodePort"] {
                spec.remove(key);
            }
            if spec.get("type").is_none_or(|t| *t == "ClusterIP" || *t == "LoadBalancer")
                && let Some(Value::Array(ports)) = spec.get_mut("ports")
            {
                for port in ports.iter_mut().filter_map(Value::as_object_mut) {
                    port.remove("nodePort");
                }
            }
        }
        "PersistentVolumeClaim" => drop(spec.remove("volumeName")),
        "Namespace" => drop(spec.remove("finalizers")),
        "Job" => {
            spec.remove("selector");
            if let Some(Value::Object(labels)) =
                spec.get_mut("template").and_then(|t| t.pointer_mut("/metadata/labels"))
            {
                labels.retain(|key, _| {
                    !key.ends_with("controller-uid") && !key.ends_with("job-name")
                });
            }
        }
        _ => {}
    }
    if spec.is_empty()
        && let Value::Object(map) = object
    {
        map.remove("spec");
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_somebody_declared_is_left() {
        let live = json!({
            "apiVersion": "v1", "kind": "Service",
            "metadata": {"name": "api", "namespace": "web", "uid": "u", "resourceVersion": "7",
                "labels": {"app": "api"},
                "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}"},
                "managedFields": [
                    {"manager": "kubectl", "operation": "Update", "fieldsV1": {
                        "f:metadata": {"f:labels": {".": {}, "f:app": {}},
                            "f:annotations": {".": {}, "f:kubectl.kubernetes.io/last-applied-configuration": {}}},
                        "f:spec": {"f:ports": {".": {}, "k:{\"port\":80,\"protocol\":\"TCP\"}":
                            {".": {}, "f:port": {}}}, "f:clusterIP": {}}}},
                    {"manager": "kube-controller-manager", "operation": "Update", "subresource": "status",
                        "fieldsV1": {"f:status": {"f:loadBalancer": {}}}}]},
            "spec": {"clusterIP": "10.0.0.1", "clusterIPs": ["10.0.0.1"], "sessionAffinity": "None",
                "ports": [{"port": 80, "protocol": "TCP", "targetPort": 80}]},
            "status": {"loadBalancer": {}}
        });
        assert_eq!(
            declaration(&live),
            json!({
                "apiVersion": "v1", "kind": "Service",
                "metadata": {"name": "api", "namespace": "web", "labels": {"app": "api"}},
                "spec": {"ports": [{"port": 80, "protocol": "TCP"}]}
            })
        );
    }
}
