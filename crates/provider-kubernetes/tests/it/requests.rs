//! What is asked of a server, and how often.

use serde_json::json;
use suimon_model::Manifest;
use suimon_provider::{Membership, Provider};

use crate::cluster::{Cluster, observe, prepare, write};
use crate::manifests::{config_map, deployment, manifest, namespace, object};

const EACH: usize = 4;

/// Five kinds in one namespace, and the namespace.
fn platform(name: &str) -> Vec<Manifest> {
    let mut all = vec![namespace(name)];
    for index in 0..EACH {
        let app = format!("app-{index}");
        let mut service = object("v1", "Service", name, &app);
        service["spec"] = json!({"selector": {"app": app}, "ports": [{"port": 80}]});
        let mut budget = object("policy/v1", "PodDisruptionBudget", name, &app);
        budget["spec"] = json!({"maxUnavailable": 1, "selector": {"matchLabels": {"app": app}}});
        let mut scaler = object("autoscaling/v2", "HorizontalPodAutoscaler", name, &app);
        scaler["spec"] = json!({"maxReplicas": 3, "scaleTargetRef":
            {"apiVersion": "apps/v1", "kind": "Deployment", "name": app}});
        all.push(config_map(name, &app, "v"));
        all.push(deployment(name, &app, &app));
        all.extend([service, budget, scaler].iter().map(manifest));
    }
    all
}

/// Method and path of every request, each with how often; queries only where they matter.
fn asked(cluster: &Cluster) -> String {
    let requests = cluster.faulty().requests();
    let mut lines: Vec<String> = requests
        .iter()
        .map(|request| format!("{} {}?{}", request.method, request.path, request.query))
        .collect();
    lines.sort();
    lines.join("\n")
}

#[tokio::test]
async fn looking_at_six_kinds_takes_nine_requests() {
    let cluster = Cluster::sandbox().await;
    let provider = cluster.provider("dev").await;
    let declared = prepare(&provider, &platform("web"));
    let objects = declared.iter().map(|m| (m.id.clone(), m.api_version.to_string())).collect();
    provider.open(&Membership { objects }).await.unwrap();
    for manifest in &declared {
        provider.write(&write(manifest)).await.unwrap();
    }
    cluster.faulty().clear_requests();
    let provider = cluster.provider("dev").await;
    assert_eq!(observe(&provider, &declared).await.len(), declared.len());
    insta::assert_snapshot!(asked(&cluster), @r"
    GET /api/v1/namespaces/default/configmaps/suimon.shop.dev?
    GET /api/v1/namespaces/web/configmaps?labelSelector=applyset.kubernetes.io%2Fpart-of%3Dapplyset-qR7Nsq9kZ5v0xwIL5ZpJ39GIgpSuhDRIEAgp62ou5LE-v1&limit=500
    GET /api/v1/namespaces/web/services?labelSelector=applyset.kubernetes.io%2Fpart-of%3Dapplyset-qR7Nsq9kZ5v0xwIL5ZpJ39GIgpSuhDRIEAgp62ou5LE-v1&limit=500
    GET /api/v1/namespaces?limit=500
    GET /api?
    GET /apis/apps/v1/namespaces/web/deployments?labelSelector=applyset.kubernetes.io%2Fpart-of%3Dapplyset-qR7Nsq9kZ5v0xwIL5ZpJ39GIgpSuhDRIEAgp62ou5LE-v1&limit=500
    GET /apis/autoscaling/v2/namespaces/web/horizontalpodautoscalers?labelSelector=applyset.kubernetes.io%2Fpart-of%3Dapplyset-qR7Nsq9kZ5v0xwIL5ZpJ39GIgpSuhDRIEAgp62ou5LE-v1&limit=500
    GET /apis/policy/v1/namespaces/web/poddisruptionbudgets?labelSelector=applyset.kubernetes.io%2Fpart-of%3Dapplyset-qR7Nsq9kZ5v0xwIL5ZpJ39GIgpSuhDRIEAgp62ou5LE-v1&limit=500
    GET /apis?
    ");
}

#[tokio::test]
async fn a_first_look_asks_for_nothing_in_namespaces_that_are_not_there() {
    let cluster = Cluster::sandbox().await;
    let provider = cluster.provider("dev").await;
    let declared = prepare(&provider, &platform("web"));
    let found = observe(&provider, &declared).await;
    assert_eq!(found.len(), declared.len());
    insta::assert_snapshot!(asked(&cluster), @r"
    GET /api/v1/namespaces/default/configmaps/suimon.shop.dev?
    GET /api/v1/namespaces?limit=500
    GET /api?
    GET /apis?
    ");
}

#[tokio::test]
async fn kinds_in_several_namespaces_are_listed_once() {
    let cluster = Cluster::sandbox().await;
    for name in ["a", "b", "c"] {
        cluster.namespace(name).await;
    }
    let provider = cluster.provider("dev").await;
    let declared = ["a", "b", "c", "d"].map(|name| config_map(name, "c", "v"));
    let declared = prepare(&provider, &declared);
    cluster.faulty().clear_requests();
    observe(&provider, &declared).await;
    insta::assert_snapshot!(asked(&cluster), @r"
    GET /api/v1/configmaps?labelSelector=applyset.kubernetes.io%2Fpart-of%3Dapplyset-qR7Nsq9kZ5v0xwIL5ZpJ39GIgpSuhDRIEAgp62ou5LE-v1&limit=500
    GET /api/v1/namespaces/a/configmaps/c?
    GET /api/v1/namespaces/b/configmaps/c?
    GET /api/v1/namespaces/c/configmaps/c?
    ");
}

#[tokio::test]
async fn many_objects_come_in_pages() {
    let cluster = Cluster::sandbox().await;
    cluster.namespace("web").await;
    let provider = cluster.provider("dev").await;
    let declared: Vec<Manifest> =
        (0..501).map(|index| config_map("web", &format!("c-{index}"), "v")).collect();
    let declared = prepare(&provider, &declared);
    for manifest in &declared {
        provider.write(&write(manifest)).await.unwrap();
    }
    cluster.faulty().clear_requests();
    let found = observe(&provider, &declared).await;
    assert_eq!(found.len(), 501);
    let lists = cluster.faulty().requests();
    let lists = lists.iter().filter(|request| request.query.contains("labelSelector")).count();
    assert_eq!(lists, 2);
}

#[tokio::test]
async fn health_of_many_objects_is_one_list() {
    let cluster = Cluster::sandbox().await;
    let provider = cluster.provider("dev").await;
    let declared = prepare(&provider, &platform("web"));
    for manifest in &declared {
        provider.write(&write(manifest)).await.unwrap();
    }
    cluster.faulty().clear_requests();
    let ids: Vec<_> = declared.iter().map(|m| (m.id.clone(), m.api_version.to_string())).collect();
    let health = provider.health(&ids).await.unwrap();
    let told = ids.iter().zip(health).map(|((id, _), h)| format!("{id}: {:?}", h.status));
    insta::assert_snapshot!(told.take(3).collect::<Vec<_>>().join("\n"), @r"
    Namespace/web: Current
    ConfigMap/web/app-0: Current
    Deployment.apps/web/app-0: InProgress
    ");
    insta::assert_snapshot!(asked(&cluster), @r"
    GET /api/v1/namespaces/web/configmaps?labelSelector=applyset.kubernetes.io%2Fpart-of%3Dapplyset-qR7Nsq9kZ5v0xwIL5ZpJ39GIgpSuhDRIEAgp62ou5LE-v1&limit=500
    GET /api/v1/namespaces/web/services?labelSelector=applyset.kubernetes.io%2Fpart-of%3Dapplyset-qR7Nsq9kZ5v0xwIL5ZpJ39GIgpSuhDRIEAgp62ou5LE-v1&limit=500
    GET /api/v1/namespaces/web?
    GET /apis/apps/v1/namespaces/web/deployments?labelSelector=applyset.kubernetes.io%2Fpart-of%3Dapplyset-qR7Nsq9kZ5v0xwIL5ZpJ39GIgpSuhDRIEAgp62ou5LE-v1&limit=500
    GET /apis/autoscaling/v2/namespaces/web/horizontalpodautoscalers?labelSelector=applyset.kubernetes.io%2Fpart-of%3Dapplyset-qR7Nsq9kZ5v0xwIL5ZpJ39GIgpSuhDRIEAgp62ou5LE-v1&limit=500
    GET /apis/policy/v1/namespaces/web/poddisruptionbudgets?labelSelector=applyset.kubernetes.io%2Fpart-of%3Dapplyset-qR7Nsq9kZ5v0xwIL5ZpJ39GIgpSuhDRIEAgp62ou5LE-v1&limit=500
    ");
}

#[tokio::test]
async fn opening_and_closing_write_only_what_changes() {
    let cluster = Cluster::sandbox().await;
    let provider = cluster.provider("dev").await;
    let one = prepare(&provider, &[config_map("default", "c", "v")]);
    let membership = Membership { objects: vec![(one[0].id.clone(), "v1".into())] };
    cluster.faulty().clear_requests();
    for _ in 0..2 {
        provider.open(&membership).await.unwrap();
        provider.close(&membership).await.unwrap();
    }
    insta::assert_snapshot!(asked(&cluster), @r"
    GET /api/v1/namespaces/default/configmaps/suimon.shop.dev?
    GET /api/v1/namespaces/default/configmaps/suimon.shop.dev?
    PATCH /api/v1/namespaces/default/configmaps/suimon.shop.dev?fieldManager=suimon-applyset&force=true
    ");
}

#[tokio::test]
async fn a_bad_manifest_is_asked_about_once() {
    let cluster = Cluster::sandbox().await;
    let provider = cluster.provider("dev").await;
    let mut bad = object("v1", "ConfigMap", "default", "c");
    bad["dat"] = json!({"a": "b"});
    let bad = prepare(&provider, &[manifest(&bad)]).remove(0);
    cluster.faulty().clear_requests();
    provider.dry_run(&write(&bad)).await.unwrap_err();
    insta::assert_snapshot!(asked(&cluster), @"PATCH /api/v1/namespaces/default/configmaps/c?fieldManager=suimon&force=false&fieldValidation=Strict&dryRun=All");
}
