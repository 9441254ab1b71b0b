//! Kubernetes objects and the cluster that they live on in one graph.

use insta::assert_snapshot;
use serde_json::{Value, json};
use suimon_graph::{Order, declares_target, format, order_for};
use suimon_model::{KubernetesTarget, Manifest};

use crate::support::{annotated, edges, in_wave, manifest, manifests, object, reading, with};

fn eks(kind: &str, name: &str, spec: &Value) -> Value {
    with(object("eks.services.k8s.aws/v1alpha1", kind, name), &json!({"spec": spec}))
}

fn cluster() -> Value {
    eks("Cluster", "cluster", &json!({"name": "prod"}))
}

fn on(manifests: &[Manifest], cluster: &str) -> Order {
    let target = KubernetesTarget::EksCluster(cluster.to_owned());
    order_for(manifests, Some(&target)).unwrap_or_else(|problems| panic!("{problems}"))
}

#[test]
fn every_object_waits_for_the_cluster_and_its_parts() {
    let by_ref = json!({"clusterRef": {"from": {"name": "cluster"}}});
    let mut declared = manifests(&[
        object("v1", "Namespace", "web"),
        object("v1", "ConfigMap", "web/a"),
        cluster(),
        eks("Nodegroup", "nodes", &json!({"clusterName": "prod"})),
        eks("Addon", "dns", &by_ref),
        eks("Addon", "elsewhere", &json!({"clusterName": "other"})),
        object("ecs.services.k8s.aws/v1alpha1", "Cluster", "ecs"),
    ]);
    let profile = eks("FargateProfile", "fargate", &json!({}));
    declared.push(reading(&profile, "Cluster.eks.services.k8s.aws/cluster", "name"));
    let order = on(&declared, "prod");
    assert_snapshot!(edges(&order), @"
    Addon.eks.services.k8s.aws/dns -> Cluster.eks.services.k8s.aws/cluster (clusterRef)
    ConfigMap/web/a -> Addon.eks.services.k8s.aws/dns (EKS cluster)
    ConfigMap/web/a -> Cluster.eks.services.k8s.aws/cluster (EKS cluster)
    ConfigMap/web/a -> FargateProfile.eks.services.k8s.aws/fargate (EKS cluster)
    ConfigMap/web/a -> Namespace/web (namespace)
    ConfigMap/web/a -> Nodegroup.eks.services.k8s.aws/nodes (EKS cluster)
    FargateProfile.eks.services.k8s.aws/fargate -> Cluster.eks.services.k8s.aws/cluster (ref() reads name)
    Namespace/web -> Addon.eks.services.k8s.aws/dns (EKS cluster)
    Namespace/web -> Cluster.eks.services.k8s.aws/cluster (EKS cluster)
    Namespace/web -> FargateProfile.eks.services.k8s.aws/fargate (EKS cluster)
    Namespace/web -> Nodegroup.eks.services.k8s.aws/nodes (EKS cluster)
    Nodegroup.eks.services.k8s.aws/nodes -> Cluster.eks.services.k8s.aws/cluster (cluster)
    ");
    assert_snapshot!(format::tree(&order), @"
    Cluster.ecs.services.k8s.aws/ecs
    FargateProfile.eks.services.k8s.aws/fargate
    └── Cluster.eks.services.k8s.aws/cluster (ref() reads name)
    Nodegroup.eks.services.k8s.aws/nodes
    └── Cluster.eks.services.k8s.aws/cluster (cluster)
    Addon.eks.services.k8s.aws/dns
    └── Cluster.eks.services.k8s.aws/cluster (clusterRef)
    Addon.eks.services.k8s.aws/elsewhere
    ConfigMap/web/a
    ├── Namespace/web (namespace)
    │   └── 4 objects (EKS cluster)
    └── 4 objects (EKS cluster)
    ");
}

#[test]
fn objects_of_another_cluster_wait_for_nothing() {
    let declared = manifests(&[object("v1", "ConfigMap", "web/a"), cluster()]);
    assert_eq!(edges(&on(&declared, "other")), "");
    let context = KubernetesTarget::Context("prod".into());
    assert_eq!(edges(&order_for(&declared, Some(&context)).unwrap()), "");
    assert_eq!(edges(&order_for(&declared, None).unwrap()), "");
    let named =
        manifests(&[object("v1", "ConfigMap", "web/a"), eks("Cluster", "prod", &json!({}))]);
    assert_snapshot!(edges(&on(&named, "prod")), @"ConfigMap/web/a -> Cluster.eks.services.k8s.aws/prod (EKS cluster)");
}

#[test]
fn the_cluster_is_declared_by_its_name() {
    let declared = manifests(&[object("v1", "ConfigMap", "web/prod"), cluster()]);
    let target = |name: &str| KubernetesTarget::EksCluster(name.to_owned());
    assert!(declares_target(&declared, Some(&target("prod"))));
    assert!(!declares_target(&declared, Some(&target("cluster"))));
    assert!(!declares_target(&declared, Some(&KubernetesTarget::Context("prod".to_owned()))));
    assert!(!declares_target(&declared, None));
}

#[test]
fn a_part_that_needs_objects_is_waited_for_by_the_others() {
    let addon = |name: &str| eks("Addon", name, &json!({"clusterName": "prod"}));
    let mut declared = manifests(&[
        object("v1", "Namespace", "web"),
        object("v1", "ConfigMap", "web/read"),
        object("v1", "ConfigMap", "web/other"),
        cluster(),
        addon("plain"),
    ]);
    declared.push(reading(&addon("reader"), "ConfigMap/web/read", "data.x"));
    assert_snapshot!(edges(&on(&declared, "prod")), @"
    Addon.eks.services.k8s.aws/plain -> Cluster.eks.services.k8s.aws/cluster (cluster)
    Addon.eks.services.k8s.aws/reader -> Cluster.eks.services.k8s.aws/cluster (cluster)
    Addon.eks.services.k8s.aws/reader -> ConfigMap/web/read (ref() reads data.x)
    ConfigMap/web/other -> Addon.eks.services.k8s.aws/plain (EKS cluster)
    ConfigMap/web/other -> Addon.eks.services.k8s.aws/reader (EKS cluster)
    ConfigMap/web/other -> Cluster.eks.services.k8s.aws/cluster (EKS cluster)
    ConfigMap/web/other -> Namespace/web (namespace)
    ConfigMap/web/read -> Addon.eks.services.k8s.aws/plain (EKS cluster)
    ConfigMap/web/read -> Cluster.eks.services.k8s.aws/cluster (EKS cluster)
    ConfigMap/web/read -> Namespace/web (namespace)
    Namespace/web -> Addon.eks.services.k8s.aws/plain (EKS cluster)
    Namespace/web -> Cluster.eks.services.k8s.aws/cluster (EKS cluster)
    ");
}

#[test]
fn a_cluster_that_needs_its_own_objects_is_a_cycle() {
    let mut declared = vec![manifest(&object("v1", "ConfigMap", "web/a"))];
    declared.push(reading(&cluster(), "ConfigMap/web/a", "data.x"));
    let target = KubernetesTarget::EksCluster("prod".into());
    assert_snapshot!(order_for(&declared, Some(&target)).unwrap_err(), @"
    error[dependency-cycle]: `Cluster.eks.services.k8s.aws/cluster` and `ConfigMap/web/a` wait for each other
      --> cluster-cluster.yaml:1:1
      ::: cluster-cluster.yaml:1:1: `Cluster.eks.services.k8s.aws/cluster` waits for `ConfigMap/web/a` (ref() reads data.x)
      ::: configmap-a.yaml:1:1: `ConfigMap/web/a` waits for `Cluster.eks.services.k8s.aws/cluster` (EKS cluster)
      help: remove one of these references
    ");
}

#[test]
fn waves_of_objects_come_after_the_cluster() {
    let declared = manifests(&[
        in_wave("web/first", "-1"),
        object("v1", "ConfigMap", "web/second"),
        in_wave("web/third", "1"),
        cluster(),
        eks("Nodegroup", "nodes", &json!({"clusterName": "prod"})),
        annotated(
            eks("Addon", "late", &json!({"clusterName": "elsewhere"})),
            "argocd.argoproj.io/sync-wave",
            "2",
        ),
    ]);
    assert_snapshot!(edges(&on(&declared, "prod")), @"
    Addon.eks.services.k8s.aws/late -> ConfigMap/web/third (sync-wave 2 after 1)
    ConfigMap/web/first -> Cluster.eks.services.k8s.aws/cluster (EKS cluster)
    ConfigMap/web/first -> Nodegroup.eks.services.k8s.aws/nodes (EKS cluster)
    ConfigMap/web/second -> Cluster.eks.services.k8s.aws/cluster (EKS cluster)
    ConfigMap/web/second -> ConfigMap/web/first (sync-wave 0 after -1)
    ConfigMap/web/second -> Nodegroup.eks.services.k8s.aws/nodes (EKS cluster)
    ConfigMap/web/third -> Cluster.eks.services.k8s.aws/cluster (EKS cluster)
    ConfigMap/web/third -> ConfigMap/web/second (sync-wave 1 after 0)
    ConfigMap/web/third -> Nodegroup.eks.services.k8s.aws/nodes (EKS cluster)
    Nodegroup.eks.services.k8s.aws/nodes -> Cluster.eks.services.k8s.aws/cluster (cluster)
    ");
}

#[test]
fn thousands_of_objects_on_a_cluster_are_thousands_of_edges() {
    let parts =
        (0..100).map(|n| eks("Nodegroup", &format!("n{n}"), &json!({"clusterName": "prod"})));
    let objects = (0..2_000).map(|n| object("v1", "ConfigMap", &format!("web/c{n}")));
    let declared: Vec<Value> = parts.chain(objects).chain([cluster()]).collect();
    let order = on(&manifests(&declared), "prod");
    let barriers: usize = order.barriers().map(|b| b.dependents.len() + b.dependencies.len()).sum();
    assert_eq!(order.edges().count() + barriers, 100 + 2_000 + 101);
}
