//! `no-default-namespace`.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Inspected;
use super::rules::Found;
use super::settings::Settings;

/// Kinds without a namespace: those of Kubernetes, and of tools that are widely run in clusters.
const CLUSTER_SCOPED: [(&str, &[&str]); 24] = [
    ("", &["Namespace", "Node", "PersistentVolume", "ComponentStatus"]),
    ("admissionregistration.k8s.io", &["*"]),
    ("apiextensions.k8s.io", &["*"]),
    ("apiregistration.k8s.io", &["*"]),
    ("certificates.k8s.io", &["*"]),
    ("flowcontrol.apiserver.k8s.io", &["*"]),
    ("networking.k8s.io", &["IngressClass", "IPAddress", "ServiceCIDR"]),
    ("node.k8s.io", &["*"]),
    ("policy", &["PodSecurityPolicy"]),
    ("rbac.authorization.k8s.io", &["ClusterRole", "ClusterRoleBinding"]),
    ("resource.k8s.io", &["DeviceClass", "ResourceSlice"]),
    ("scheduling.k8s.io", &["*"]),
    (
        "storage.k8s.io",
        &["CSIDriver", "CSINode", "StorageClass", "VolumeAttachment", "VolumeAttributesClass"],
    ),
    ("snapshot.storage.k8s.io", &["VolumeSnapshotClass", "VolumeSnapshotContent"]),
    ("gateway.networking.k8s.io", &["GatewayClass"]),
    ("cert-manager.io", &["ClusterIssuer"]),
    ("external-secrets.io", &["ClusterSecretStore", "ClusterExternalSecret"]),
    ("kyverno.io", &["ClusterPolicy", "ClusterCleanupPolicy"]),
    ("karpenter.sh", &["NodePool", "NodeClaim"]),
    ("karpenter.k8s.aws", &["EC2NodeClass"]),
    ("elbv2.k8s.aws", &["IngressClassParams"]),
    ("eks.amazonaws.com", &["NodeClass", "IngressClassParams"]),
    ("templates.gatekeeper.sh", &["*"]),
    ("constraints.gatekeeper.sh", &["*"]),
];

/// Nothing is in the namespace `default`, by its name or for want of another.
///
/// An object of a kind that nobody here knows counts as namespaced, unless its CustomResourceDefinition is
/// declared and says otherwise, or its kind begins with `Cluster`.
pub(super) fn no_default(settings: &Settings, objects: &[Inspected]) -> Found {
    let mut found = Found::default();
    let custom = custom_cluster_scoped(objects);
    for object in objects.iter().filter(|object| !settings.excepts(&object.id)) {
        let id = &object.id;
        let scoped = || is_cluster_scoped(&id.group, &id.kind, &custom);
        match id.namespace.as_deref() {
            _ if id.is_aws() => {}
            Some("default") => {
                found.judge(object, ["is in the namespace `default`".to_owned()]);
            }
            Some(_) => found.judge(object, []),
            None if scoped() => {}
            None => found.judge(object, ["has no namespace".to_owned()]),
        }
    }
    found
}

fn is_cluster_scoped(group: &str, kind: &str, custom: &BTreeSet<(&str, &str)>) -> bool {
    let known = CLUSTER_SCOPED.iter().find(|(known, _)| *known == group);
    known.is_some_and(|(_, kinds)| kinds.contains(&kind) || kinds.contains(&"*"))
        || custom.contains(&(group, kind))
        || (group.contains('.') && !group.ends_with(".k8s.io") && kind.starts_with("Cluster"))
}

/// Group and kind of what the declared CustomResourceDefinitions make cluster-scoped.
fn custom_cluster_scoped(objects: &[Inspected]) -> BTreeSet<(&str, &str)> {
    objects.iter().filter_map(cluster_scope).collect()
}

fn cluster_scope(object: &Inspected) -> Option<(&str, &str)> {
    let text = |pointer| object.body.pointer(pointer).and_then(Value::as_str);
    let is_definition = object.id.kind == "CustomResourceDefinition";
    let cluster = is_definition && text("/spec/scope") == Some("Cluster");
    cluster.then_some((text("/spec/group")?, text("/spec/names/kind")?))
}
