//! Which kinds go first where no dependency decides, and which bodies are worth reading.

use suimon_model::ResourceId;

/// Groups of kinds in the order in which a cluster likes to meet them. What is in none of them goes
/// between the last two groups: custom resources after the workloads, webhooks last of all. AWS
/// resources come first: Kubernetes objects may live on them, and go before them when all goes.
const ORDER: &[&[(&str, &str)]] = &[
    &[("secretsmanager.services.k8s.aws", "Secret")],
    &[("ecs.services.k8s.aws", "Cluster")],
    &[("ecs.services.k8s.aws", "TaskDefinition")],
    &[("ecs.services.k8s.aws", "Service")],
    &[("applicationautoscaling.services.k8s.aws", "ScalableTarget")],
    &[("applicationautoscaling.services.k8s.aws", "ScalingPolicy")],
    &[("eks.services.k8s.aws", "Cluster")],
    &[("eks.services.k8s.aws", "AccessEntry")],
    &[("eks.services.k8s.aws", "PodIdentityAssociation")],
    &[("eks.services.k8s.aws", "FargateProfile")],
    &[("eks.services.k8s.aws", "Nodegroup")],
    &[("eks.services.k8s.aws", "Addon")],
    &[("", "Namespace")],
    &[("apiextensions.k8s.io", "CustomResourceDefinition")],
    &[("networking.k8s.io", "NetworkPolicy"), ("", "ResourceQuota"), ("", "LimitRange")],
    &[("scheduling.k8s.io", "PriorityClass"), ("node.k8s.io", "RuntimeClass")],
    &[("", "ServiceAccount")],
    &[("", "Secret"), ("", "ConfigMap")],
    &[("storage.k8s.io", "StorageClass")],
    &[("", "PersistentVolume")],
    &[("", "PersistentVolumeClaim")],
    &[("rbac.authorization.k8s.io", "ClusterRole"), ("rbac.authorization.k8s.io", "Role")],
    &[
        ("rbac.authorization.k8s.io", "ClusterRoleBinding"),
        ("rbac.authorization.k8s.io", "RoleBinding"),
    ],
    &[("", "Service")],
    &[("apps", "DaemonSet"), ("", "Pod"), ("", "ReplicationController"), ("apps", "ReplicaSet")],
    &[("apps", "Deployment"), ("apps", "StatefulSet")],
    &[("autoscaling", "HorizontalPodAutoscaler"), ("policy", "PodDisruptionBudget")],
    &[("batch", "Job"), ("batch", "CronJob")],
    &[("networking.k8s.io", "IngressClass")],
    &[("networking.k8s.io", "Ingress")],
    &[("apiregistration.k8s.io", "APIService")],
];

/// Kinds outside [`ORDER`] that come after everything.
const LAST: &str = "admissionregistration.k8s.io";

/// The place of a kind; smaller goes first where no dependency decides.
pub(crate) fn rank(id: &ResourceId) -> usize {
    let found =
        ORDER.iter().position(|group| group.iter().any(|(g, k)| *g == id.group && *k == id.kind));
    found.unwrap_or(if id.group == LAST { ORDER.len() + 1 } else { ORDER.len() })
}

/// Where the pod template of a workload is, as a JSON pointer; `None` for what is not a workload.
pub(crate) fn pod_template(id: &ResourceId) -> Option<&'static str> {
    match (id.group.as_str(), id.kind.as_str()) {
        ("", "Pod") => Some(""),
        ("apps", "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet")
        | ("", "ReplicationController")
        | ("batch", "Job") => Some("/spec/template"),
        ("batch", "CronJob") => Some("/spec/jobTemplate/spec/template"),
        _ => None,
    }
}
