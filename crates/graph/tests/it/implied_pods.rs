use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::support::{edges, object, ordered, with};

fn pod_spec() -> Value {
    json!({
        "serviceAccountName": "account",
        "priorityClassName": "high",
        "runtimeClassName": "gvisor",
        "imagePullSecrets": [{"name": "registry"}],
        "initContainers": [{"env": [{"name": "A", "valueFrom": {"configMapKeyRef": {"name": "init-map", "key": "k"}}}]}],
        "containers": [{
            "env": [
                {"name": "A", "value": "plain"},
                {"name": "B", "valueFrom": {"secretKeyRef": {"name": "env-secret", "key": "k"}}},
            ],
            "envFrom": [{"configMapRef": {"name": "from-map"}}, {"secretRef": {"name": "from-secret"}}],
        }],
        "volumes": [
            {"configMap": {"name": "volume-map"}},
            {"secret": {"secretName": "volume-secret"}},
            {"persistentVolumeClaim": {"claimName": "data"}},
            {"projected": {"sources": [{"configMap": {"name": "projected-map"}}, {"secret": {"name": "projected-secret"}}]}},
            {"csi": {"nodePublishSecretRef": {"name": "csi-secret"}}},
            {"ephemeral": {"volumeClaimTemplate": {"spec": {"storageClassName": "fast"}}}},
            {"emptyDir": {}},
        ],
    })
}

fn named() -> Vec<Value> {
    let mut objects = vec![
        object("v1", "ServiceAccount", "web/account"),
        object("v1", "PersistentVolumeClaim", "web/data"),
        object("scheduling.k8s.io/v1", "PriorityClass", "high"),
        object("node.k8s.io/v1", "RuntimeClass", "gvisor"),
        object("storage.k8s.io/v1", "StorageClass", "fast"),
        object("v1", "ConfigMap", "other/from-map"),
    ];
    for name in ["init-map", "from-map", "volume-map", "projected-map", "unused-map"] {
        objects.push(object("v1", "ConfigMap", &format!("web/{name}")));
    }
    for name in
        ["registry", "env-secret", "from-secret", "volume-secret", "projected-secret", "csi-secret"]
    {
        objects.push(object("v1", "Secret", &format!("web/{name}")));
    }
    objects
}

#[test]
fn a_pod_waits_for_everything_it_names() {
    let mut objects = named();
    objects.push(with(object("v1", "Pod", "web/p"), &json!({"spec": pod_spec()})));
    assert_snapshot!(edges(&ordered(&objects)), @"
    Pod/web/p -> ConfigMap/web/from-map (config map)
    Pod/web/p -> ConfigMap/web/init-map (config map)
    Pod/web/p -> ConfigMap/web/projected-map (config map)
    Pod/web/p -> ConfigMap/web/volume-map (config map)
    Pod/web/p -> PersistentVolumeClaim/web/data (persistent volume claim)
    Pod/web/p -> PriorityClass.scheduling.k8s.io/high (priority class)
    Pod/web/p -> RuntimeClass.node.k8s.io/gvisor (runtime class)
    Pod/web/p -> Secret/web/csi-secret (secret)
    Pod/web/p -> Secret/web/env-secret (secret)
    Pod/web/p -> Secret/web/from-secret (secret)
    Pod/web/p -> Secret/web/projected-secret (secret)
    Pod/web/p -> Secret/web/registry (image pull secret)
    Pod/web/p -> Secret/web/volume-secret (secret)
    Pod/web/p -> ServiceAccount/web/account (service account)
    Pod/web/p -> StorageClass.storage.k8s.io/fast (storage class)
    ");
}

#[test]
fn every_workload_waits_like_its_pods() {
    let template = json!({"spec": pod_spec()});
    let workloads = [
        ("apps/v1", "Deployment", json!({"template": template})),
        ("apps/v1", "StatefulSet", json!({"template": template})),
        ("apps/v1", "DaemonSet", json!({"template": template})),
        ("apps/v1", "ReplicaSet", json!({"template": template})),
        ("v1", "ReplicationController", json!({"template": template})),
        ("batch/v1", "Job", json!({"template": template})),
        ("batch/v1", "CronJob", json!({"jobTemplate": {"spec": {"template": template}}})),
    ];
    for (api_version, kind, spec) in workloads {
        let mut objects = named();
        objects.push(with(object(api_version, kind, "web/w"), &json!({"spec": spec})));
        assert_eq!(edges(&ordered(&objects)).lines().count(), 15, "{kind}");
    }
}

#[test]
fn bodies_of_unexpected_shape_are_not_a_problem() {
    for spec in [
        json!(null),
        json!(7),
        json!([]),
        json!({"containers": {"env": 1}}),
        json!({"volumes": [[], 1, null]}),
    ] {
        let pod =
            with(object("v1", "Pod", "web/p"), &json!({"spec": spec, "metadata": {"name": "p"}}));
        assert_eq!(ordered(&[pod]).len(), 1);
    }
}
