//! What Kubernetes itself defines: which kinds are namespaced, and which API versions are gone.

/// Groups of Kubernetes' own kinds, with the namespaced and the cluster-scoped ones.
const KINDS: &[(&str, &[&str], &[&str])] = &[
    (
        "",
        &[
            "ConfigMap",
            "Endpoints",
            "Event",
            "LimitRange",
            "PersistentVolumeClaim",
            "Pod",
            "PodTemplate",
            "ReplicationController",
            "ResourceQuota",
            "Secret",
            "Service",
            "ServiceAccount",
        ],
        &["Namespace", "Node", "PersistentVolume"],
    ),
    ("apps", &["ControllerRevision", "DaemonSet", "Deployment", "ReplicaSet", "StatefulSet"], &[]),
    ("batch", &["CronJob", "Job"], &[]),
    ("autoscaling", &["HorizontalPodAutoscaler"], &[]),
    ("policy", &["PodDisruptionBudget"], &[]),
    (
        "networking.k8s.io",
        &["Ingress", "NetworkPolicy"],
        &["IngressClass", "IPAddress", "ServiceCIDR"],
    ),
    ("rbac.authorization.k8s.io", &["Role", "RoleBinding"], &["ClusterRole", "ClusterRoleBinding"]),
    (
        "storage.k8s.io",
        &["CSIStorageCapacity"],
        &["CSIDriver", "CSINode", "StorageClass", "VolumeAttachment", "VolumeAttributesClass"],
    ),
    ("scheduling.k8s.io", &[], &["PriorityClass"]),
    ("coordination.k8s.io", &["Lease"], &[]),
    ("discovery.k8s.io", &["EndpointSlice"], &[]),
    ("events.k8s.io", &["Event"], &[]),
    ("node.k8s.io", &[], &["RuntimeClass"]),
    ("certificates.k8s.io", &[], &["CertificateSigningRequest"]),
    ("apiextensions.k8s.io", &[], &["CustomResourceDefinition"]),
    ("apiregistration.k8s.io", &[], &["APIService"]),
    (
        "admissionregistration.k8s.io",
        &[],
        &[
            "MutatingAdmissionPolicy",
            "MutatingAdmissionPolicyBinding",
            "MutatingWebhookConfiguration",
            "ValidatingAdmissionPolicy",
            "ValidatingAdmissionPolicyBinding",
            "ValidatingWebhookConfiguration",
        ],
    ),
    ("flowcontrol.apiserver.k8s.io", &[], &["FlowSchema", "PriorityLevelConfiguration"]),
    (
        "resource.k8s.io",
        &["ResourceClaim", "ResourceClaimTemplate"],
        &["DeviceClass", "ResourceSlice"],
    ),
];

/// Whether a kind of Kubernetes itself is namespaced; `None` for other kinds.
pub(crate) fn namespaced(group: &str, kind: &str) -> Option<bool> {
    let (_, namespaced, cluster) = KINDS.iter().find(|(known, ..)| *known == group)?;
    if namespaced.contains(&kind) {
        return Some(true);
    }
    cluster.contains(&kind).then_some(false)
}

/// API versions that no supported Kubernetes serves: group, versions, kinds (all where empty), what
/// to write, the Kubernetes release that stopped serving it.
type Removed =
    (&'static str, &'static [&'static str], &'static [&'static str], &'static str, &'static str);

/// See [`Removed`].
const REMOVED: &[Removed] = &[
    ("extensions", &["v1beta1"], &["Ingress"], "networking.k8s.io/v1", "1.22"),
    ("extensions", &["v1beta1"], &["NetworkPolicy"], "networking.k8s.io/v1", "1.16"),
    ("extensions", &["v1beta1"], &["PodSecurityPolicy"], POD_SECURITY, "1.16"),
    ("extensions", &["v1beta1"], &[], "apps/v1", "1.16"),
    ("apps", &["v1beta1", "v1beta2"], &[], "apps/v1", "1.16"),
    (
        "networking.k8s.io",
        &["v1beta1"],
        &["Ingress", "IngressClass"],
        "networking.k8s.io/v1",
        "1.22",
    ),
    ("policy", &["v1beta1"], &["PodSecurityPolicy"], POD_SECURITY, "1.25"),
    ("policy", &["v1beta1"], &[], "policy/v1", "1.25"),
    ("batch", &["v1beta1", "v2alpha1"], &[], "batch/v1", "1.25"),
    ("autoscaling", &["v2beta1"], &[], "autoscaling/v2", "1.25"),
    ("autoscaling", &["v2beta2"], &[], "autoscaling/v2", "1.26"),
    ("apiextensions.k8s.io", &["v1beta1"], &[], "apiextensions.k8s.io/v1", "1.22"),
    ("apiregistration.k8s.io", &["v1beta1"], &[], "apiregistration.k8s.io/v1", "1.22"),
    (
        "admissionregistration.k8s.io",
        &["v1beta1"],
        &["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"],
        "admissionregistration.k8s.io/v1",
        "1.22",
    ),
    (
        "rbac.authorization.k8s.io",
        &["v1alpha1", "v1beta1"],
        &[],
        "rbac.authorization.k8s.io/v1",
        "1.22",
    ),
    (
        "storage.k8s.io",
        &["v1beta1"],
        &["CSIDriver", "CSINode", "StorageClass", "VolumeAttachment"],
        "storage.k8s.io/v1",
        "1.22",
    ),
    ("storage.k8s.io", &["v1beta1"], &["CSIStorageCapacity"], "storage.k8s.io/v1", "1.27"),
    (
        "scheduling.k8s.io",
        &["v1alpha1", "v1beta1"],
        &["PriorityClass"],
        "scheduling.k8s.io/v1",
        "1.22",
    ),
    ("coordination.k8s.io", &["v1beta1"], &["Lease"], "coordination.k8s.io/v1", "1.22"),
    ("discovery.k8s.io", &["v1beta1"], &[], "discovery.k8s.io/v1", "1.25"),
    ("events.k8s.io", &["v1beta1"], &[], "events.k8s.io/v1", "1.25"),
    ("node.k8s.io", &["v1beta1"], &[], "node.k8s.io/v1", "1.25"),
    (
        "certificates.k8s.io",
        &["v1beta1"],
        &["CertificateSigningRequest"],
        "certificates.k8s.io/v1",
        "1.22",
    ),
    (
        "flowcontrol.apiserver.k8s.io",
        &["v1beta1", "v1beta2", "v1beta3"],
        &[],
        "flowcontrol.apiserver.k8s.io/v1",
        "1.32",
    ),
];

const POD_SECURITY: &str = "";

/// For an API version that is gone: what to write, and since which Kubernetes release it is gone.
/// The replacement is empty where there is none.
pub(crate) fn removed(
    group: &str,
    version: &str,
    kind: &str,
) -> Option<(&'static str, &'static str)> {
    let row = REMOVED.iter().find(|(known, versions, kinds, ..)| {
        *known == group
            && versions.contains(&version)
            && (kinds.is_empty() || kinds.contains(&kind))
    })?;
    Some((row.3, row.4))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_and_removed_versions() {
        assert_eq!(namespaced("", "ConfigMap"), Some(true));
        assert_eq!(namespaced("", "Namespace"), Some(false));
        assert_eq!(namespaced("example.com", "ConfigMap"), None);
        assert_eq!(
            removed("policy", "v1beta1", "PodDisruptionBudget"),
            Some(("policy/v1", "1.25"))
        );
        assert_eq!(removed("policy", "v1beta1", "PodSecurityPolicy"), Some(("", "1.25")));
        assert_eq!(removed("networking.k8s.io", "v1beta1", "IPAddress"), None);
        assert_eq!(removed("apps", "v1", "Deployment"), None);
    }
}
