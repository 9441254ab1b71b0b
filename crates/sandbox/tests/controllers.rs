//! What the controllers make of objects, and what faults do, seen through the real client.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use kube::{
    Api, Client, Config,
    api::{DeleteParams, DynamicObject, ListParams, Patch, PatchParams, PropagationPolicy},
    config::{KubeConfigOptions, Kubeconfig},
    core::{ApiResource, GroupVersionKind},
};
use serde_json::{Value, json};
use suimon_sandbox::{Clock, Effect, Fault, Options, Sandbox};

async fn start() -> (Sandbox, Client) {
    let clock = Clock::manual("2026-01-01T00:00:00Z".parse().unwrap());
    let sandbox = Sandbox::start(Options { clock, record_requests: true, ..Options::default() })
        .await
        .unwrap();
    let kubeconfig = Kubeconfig::from_yaml(&sandbox.kubeconfig()).unwrap();
    let mut config =
        Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await.unwrap();
    config.default_retry = false;
    (sandbox, Client::try_from(config).unwrap())
}

fn api(client: &Client, version: &str, kind: &str) -> Api<DynamicObject> {
    let (group, version) = version.split_once('/').unwrap_or(("", version));
    let resource = ApiResource::from_gvk(&GroupVersionKind::gvk(group, version, kind));
    Api::namespaced_with(client.clone(), "default", &resource)
}

async fn apply(client: &Client, object: Value) -> DynamicObject {
    let text = |key: &str| object[key].as_str().unwrap().to_owned();
    let name = object["metadata"]["name"].as_str().unwrap().to_owned();
    let api = api(client, &text("apiVersion"), &text("kind"));
    api.patch(&name, &PatchParams::apply("test").force(), &Patch::Apply(&object)).await.unwrap()
}

fn deployment(name: &str, image: &str, replicas: u32) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name},
        "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": name}}, "template": {
            "metadata": {"labels": {"app": name}}, "spec": {"containers": [{"name": "c", "image": image}]}}},
    })
}

/// The conditions as `Type=Status(Reason)`.
fn conditions(object: &DynamicObject) -> Vec<String> {
    let list = object.data["status"]["conditions"].as_array().cloned().unwrap_or_default();
    let text = |c: &Value, key: &str| c[key].as_str().unwrap_or_default().to_owned();
    list.iter()
        .map(|c| format!("{}={}({})", text(c, "type"), text(c, "status"), text(c, "reason")))
        .collect()
}

#[tokio::test]
async fn a_deployment_becomes_available_and_a_broken_one_does_not() {
    let (sandbox, client) = start().await;
    apply(&client, deployment("good", "nginx:1", 3)).await;
    apply(&client, deployment("bad", "nginx:fail", 1)).await;
    sandbox.settle().await;
    let deployments = api(&client, "apps/v1", "Deployment");
    let good = deployments.get("good").await.unwrap();
    assert_eq!(
        good.data["status"]
            .as_object()
            .unwrap()
            .iter()
            .filter(|(k, _)| *k != "conditions")
            .map(|(k, v)| format!("{k}={v}"))
            .collect::<Vec<_>>()
            .join(" "),
        "availableReplicas=3 observedGeneration=1 readyReplicas=3 replicas=3 updatedReplicas=3"
    );
    assert_eq!(
        conditions(&good),
        ["Available=True(MinimumReplicasAvailable)", "Progressing=True(NewReplicaSetAvailable)"]
    );
    let bad = deployments.get("bad").await.unwrap();
    assert_eq!(
        conditions(&bad),
        [
            "Available=False(MinimumReplicasUnavailable)",
            "Progressing=False(ProgressDeadlineExceeded)"
        ]
    );
    let pods =
        api(&client, "v1", "Pod").list(&ListParams::default().labels("app=good")).await.unwrap();
    assert_eq!(pods.items.len(), 3);
}

#[tokio::test]
async fn a_new_image_replaces_the_pods_and_a_broken_one_keeps_the_old() {
    let (sandbox, client) = start().await;
    apply(&client, deployment("d", "nginx:1", 2)).await;
    sandbox.settle().await;
    apply(&client, deployment("d", "nginx:2", 2)).await;
    sandbox.settle().await;
    let images = |pods: kube::core::ObjectList<DynamicObject>| -> Vec<String> {
        pods.items
            .iter()
            .map(|pod| pod.data["spec"]["containers"][0]["image"].as_str().unwrap().to_owned())
            .collect()
    };
    let pods = api(&client, "v1", "Pod");
    assert_eq!(images(pods.list(&ListParams::default()).await.unwrap()), ["nginx:2", "nginx:2"]);
    apply(&client, deployment("d", "nginx:fail", 2)).await;
    sandbox.settle().await;
    let live = api(&client, "apps/v1", "Deployment").get("d").await.unwrap();
    assert_eq!(
        conditions(&live),
        ["Available=True(MinimumReplicasAvailable)", "Progressing=False(ProgressDeadlineExceeded)"]
    );
    assert_eq!(live.data["status"]["availableReplicas"], 2);
}

#[tokio::test]
async fn an_autoscaler_raises_replicas_under_its_own_name() {
    let (sandbox, client) = start().await;
    let mut without_replicas = deployment("d", "nginx:1", 1);
    without_replicas["spec"].as_object_mut().unwrap().remove("replicas");
    apply(&client, without_replicas).await;
    apply(&client, json!({"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "h"},
        "spec": {"minReplicas": 3, "maxReplicas": 5, "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "d"}}}))
    .await;
    sandbox.settle().await;
    let live = api(&client, "apps/v1", "Deployment").get("d").await.unwrap();
    assert_eq!(live.data["spec"]["replicas"], 3);
    let owner = live
        .metadata
        .managed_fields
        .unwrap()
        .into_iter()
        .find(|m| m.subresource.as_deref() == Some("scale"))
        .unwrap();
    assert_eq!(owner.manager.as_deref(), Some("kube-controller-manager"));
}

#[tokio::test]
async fn jobs_claims_and_sets_come_to_their_end() {
    let (sandbox, client) = start().await;
    let job = |name: &str, image: &str| {
        json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": name}, "spec": {"template": {"spec": {
            "restartPolicy": "Never", "containers": [{"name": "c", "image": image}]}}}})
    };
    apply(&client, job("good", "x:1")).await;
    apply(&client, job("bad", "x:fail")).await;
    apply(
        &client,
        json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "v"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}}),
    )
    .await;
    let mut set = deployment("s", "x:1", 2);
    set["kind"] = "StatefulSet".into();
    set["spec"]["serviceName"] = "s".into();
    apply(&client, set).await;
    sandbox.settle().await;
    let jobs = api(&client, "batch/v1", "Job");
    assert_eq!(
        conditions(&jobs.get("good").await.unwrap()),
        ["SuccessCriteriaMet=True(CompletionsReached)", "Complete=True(CompletionsReached)"]
    );
    assert_eq!(
        conditions(&jobs.get("bad").await.unwrap()),
        ["FailureTarget=True(BackoffLimitExceeded)", "Failed=True(BackoffLimitExceeded)"]
    );
    assert_eq!(
        api(&client, "v1", "PersistentVolumeClaim").get("v").await.unwrap().data["status"]["phase"],
        "Bound"
    );
    assert_eq!(
        api(&client, "apps/v1", "StatefulSet").get("s").await.unwrap().data["status"]["readyReplicas"],
        2
    );
}

#[tokio::test]
async fn what_nobody_owns_is_collected_unless_it_is_orphaned() {
    let (sandbox, client) = start().await;
    let sets = api(&client, "apps/v1", "ReplicaSet");
    let deployments = api(&client, "apps/v1", "Deployment");
    for (policy, left) in [
        (PropagationPolicy::Background, 0),
        (PropagationPolicy::Foreground, 0),
        (PropagationPolicy::Orphan, 1),
    ] {
        apply(&client, deployment("d", "nginx:1", 1)).await;
        sandbox.settle().await;
        let parameters =
            DeleteParams { propagation_policy: Some(policy.clone()), ..DeleteParams::default() };
        deployments.delete("d", &parameters).await.unwrap();
        sandbox.settle().await;
        assert!(deployments.get_opt("d").await.unwrap().is_none(), "{policy:?}");
        assert_eq!(
            sets.list(&ListParams::default()).await.unwrap().items.len(),
            left,
            "{policy:?}"
        );
    }
}

#[tokio::test]
async fn a_deleted_namespace_takes_its_contents_along() {
    let (sandbox, client) = start().await;
    let namespaces: Api<DynamicObject> = Api::all_with(
        client.clone(),
        &ApiResource::from_gvk(&GroupVersionKind::gvk("", "v1", "Namespace")),
    );
    let object = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "gone"}});
    namespaces.patch("gone", &PatchParams::apply("t"), &Patch::Apply(&object)).await.unwrap();
    let maps: Api<DynamicObject> = Api::namespaced_with(
        client.clone(),
        "gone",
        &ApiResource::from_gvk(&GroupVersionKind::gvk("", "v1", "ConfigMap")),
    );
    let object = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}});
    maps.patch("c", &PatchParams::apply("t"), &Patch::Apply(&object)).await.unwrap();
    namespaces.delete("gone", &DeleteParams::default()).await.unwrap();
    sandbox.settle().await;
    assert!(namespaces.get_opt("gone").await.unwrap().is_none());
    assert!(maps.list(&ListParams::default()).await.unwrap().items.is_empty());
}

#[tokio::test]
async fn faults_hit_as_often_as_asked() {
    let (sandbox, client) = start().await;
    let maps = api(&client, "v1", "ConfigMap");
    sandbox.fault(Fault::status(
        "/api/v1/namespaces/default/configmaps",
        503,
        "ServiceUnavailable",
        "later",
        1,
    ));
    let error = maps.list(&ListParams::default()).await.unwrap_err();
    assert!(matches!(&error, kube::Error::Api(status) if status.code == 503), "{error:?}");
    assert!(maps.list(&ListParams::default()).await.is_ok());

    let path = "/api/v1/namespaces/default/configmaps/c".to_owned();
    sandbox.fault(Fault {
        method: Some("PATCH".to_owned()),
        path_prefix: path.clone(),
        times: Some(1),
        effect: Effect::LoseReply,
    });
    let object = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}});
    assert!(maps.patch("c", &PatchParams::apply("t"), &Patch::Apply(&object)).await.is_err());
    assert!(maps.get("c").await.is_ok(), "the write took effect");
    for effect in [Effect::Reset, Effect::Truncate] {
        sandbox.fault(Fault {
            method: None,
            path_prefix: path.clone(),
            times: Some(1),
            effect: effect.clone(),
        });
        assert!(maps.get("c").await.is_err(), "{effect:?}");
        assert!(maps.get("c").await.is_ok(), "{effect:?}");
    }
    sandbox.fault(Fault::forbid("/api/v1/secrets"));
    let secrets: Api<DynamicObject> = Api::all_with(
        client.clone(),
        &ApiResource::from_gvk(&GroupVersionKind::gvk("", "v1", "Secret")),
    );
    for _ in 0..2 {
        assert!(
            matches!(secrets.list(&ListParams::default()).await, Err(kube::Error::Api(status)) if status.code == 403)
        );
    }
    assert!(sandbox.requests().iter().any(|r| r.status == 403 && r.path == "/api/v1/secrets"));
}

#[tokio::test]
async fn a_list_in_pages_is_one_snapshot_until_history_is_gone() {
    let (sandbox, client) = start().await;
    let maps = api(&client, "v1", "ConfigMap");
    for index in 0..5 {
        apply(&client, json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": format!("c{index}")}})).await;
    }
    let first = maps.list(&ListParams::default().limit(2)).await.unwrap();
    maps.delete("c3", &DeleteParams::default()).await.unwrap();
    apply(&client, json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c9"}}))
        .await;
    let token = first.metadata.continue_.unwrap();
    let rest = maps.list(&ListParams::default().limit(9).continue_token(&token)).await.unwrap();
    let names: Vec<String> = rest.items.iter().map(|m| m.metadata.name.clone().unwrap()).collect();
    assert_eq!(names, ["c2", "c3", "c4"], "the page shows what was there at first");
    sandbox.compact();
    let error =
        maps.list(&ListParams::default().limit(9).continue_token(&token)).await.unwrap_err();
    assert!(
        matches!(&error, kube::Error::Api(status) if status.code == 410 && status.reason == "Expired"),
        "{error:?}"
    );
}
