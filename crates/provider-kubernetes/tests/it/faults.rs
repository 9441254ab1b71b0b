//! Servers that fail: unknown is not absent, and what was done is not called failed.

use serde_json::json;
use suimon_provider::{Delete, Error, Membership, Provider, Write};
use suimon_sandbox::{Effect, Fault};

use crate::cluster::{Cluster, observe, observed, prepare, write};
use crate::manifests::{config_map, deployment, object};

const MAPS: &str = "/api/v1/namespaces/web/configmaps";

fn fault(path: &str, method: &str, times: Option<usize>, effect: Effect) -> Fault {
    Fault { method: Some(method.to_owned()), path_prefix: path.to_owned(), times, effect }
}

fn answer(body: &serde_json::Value) -> Effect {
    Effect::Answer { status: 200, body: body.to_string(), retry_after: None }
}

/// A sandbox with a ConfigMap and a Deployment of ours in the namespace `web`.
async fn prepared() -> (Cluster, suimon_provider_kubernetes::Kubernetes, Vec<suimon_model::Manifest>)
{
    let cluster = Cluster::sandbox().await;
    cluster.namespace("web").await;
    let provider = cluster.provider("dev").await;
    let declared = prepare(&provider, &[config_map("web", "c", "v"), deployment("web", "d", "d")]);
    let objects = declared.iter().map(|m| (m.id.clone(), m.api_version.to_string())).collect();
    provider.open(&Membership { objects }).await.unwrap();
    for manifest in &declared {
        provider.write(&write(manifest)).await.unwrap();
    }
    (cluster, provider, declared)
}

#[tokio::test]
async fn a_kind_that_cannot_be_read_is_unknown_and_the_others_go_on() {
    let (cluster, provider, declared) = prepared().await;
    let maps = |items: serde_json::Value, more: &str| json!({"apiVersion": "v1", "kind": "ConfigMapList", "metadata": {"continue": more}, "items": items});
    let stranger = json!([{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "c", "uid": "u",
        "namespace": "web"}}]);
    let elsewhere = json!([{"metadata": {"name": "c", "uid": "u", "namespace": "other"}}]);
    for (effect, reason) in [
        (
            Effect::Answer { status: 403, retry_after: None, body: json!({
                "kind": "Status", "code": 403, "reason": "Forbidden",
                "message": "configmaps is forbidden: User \"u\" cannot list resource \"configmaps\"",
            }).to_string() },
            "forbidden: configmaps is forbidden: User \"u\" cannot list resource \"configmaps\"",
        ),
        (
            Effect::Answer { status: 410, retry_after: None, body: json!({
                "kind": "Status", "code": 410, "reason": "Expired", "message": "too old",
            }).to_string() },
            "expired: too old",
        ),
        (answer(&maps(json!([]), "again")), "unusable answer: the list of ConfigMap never ends: a continue token came twice"),
        (answer(&maps(stranger, "")), "unusable answer: the list of ConfigMap holds an object of another kind"),
        (answer(&maps(elsewhere, "")), "unusable answer: the list of ConfigMap holds an object of another namespace"),
        (answer(&json!({"apiVersion": "v1", "kind": "PodList", "items": []})), "unusable answer: the list of ConfigMap is a `PodList` of `v1`"),
        (answer(&json!({"kind": "Status"})), "unusable answer: the list of ConfigMap is a `Status` of ``"),
        (
            Effect::Answer { status: 200, retry_after: None, body: r#"{"kind": "ConfigMapList", "items": [{"#.to_owned() },
            "unusable answer: the list of ConfigMap cannot be read: EOF while parsing an object at line 1 column 37",
        ),
    ] {
        cluster.faulty().fault(fault(MAPS, "GET", None, effect));
        let told = observed(&provider, &declared).await;
        cluster.faulty().clear_faults();
        let lines: Vec<&str> = told.lines().collect();
        assert_eq!(lines, [
            format!("ConfigMap is unknown: {reason}").as_str(),
            format!("ConfigMap/web/c is unknown: {reason}").as_str(),
            "Deployment.apps/web/d is live, ours",
        ]);
    }
}

#[tokio::test]
async fn a_list_that_breaks_off_is_read_again() {
    let (cluster, provider, declared) = prepared().await;
    let all = "ConfigMap/web/c is live, ours\nDeployment.apps/web/d is live, ours";
    let body = json!({"kind": "Status", "code": 410, "reason": "Expired"}).to_string();
    for effect in [
        Effect::Reset,
        Effect::Truncate,
        Effect::Answer { status: 503, body: String::new(), retry_after: Some(0) },
        Effect::Answer { status: 429, body: String::new(), retry_after: None },
        Effect::Answer { status: 410, body, retry_after: None },
    ] {
        cluster.faulty().fault(fault(MAPS, "GET", Some(1), effect.clone()));
        assert_eq!(observed(&provider, &declared).await, all, "{effect:?}");
    }
}

#[tokio::test]
async fn a_server_that_stays_broken_is_unknown_not_absent() {
    let (cluster, provider, declared) = prepared().await;
    for (effect, reason) in [
        (Effect::Reset, "cannot reach URL: "),
        (Effect::Truncate, "cannot reach URL: "),
        (
            Effect::Answer { status: 503, body: "down".into(), retry_after: None },
            "HTTP status 503: down",
        ),
        (
            Effect::Answer { status: 503, body: "down".into(), retry_after: Some(3600) },
            "HTTP status 503: down",
        ),
    ] {
        cluster.faulty().fault(fault(MAPS, "GET", None, effect));
        let told = observed(&provider, &declared).await.replace(&cluster.faulty().url(), "URL");
        cluster.faulty().clear_faults();
        assert!(told.starts_with(&format!("ConfigMap is unknown: {reason}")), "{told}");
        assert!(
            !told.contains("absent") && told.contains("Deployment.apps/web/d is live"),
            "{told}"
        );
    }
}

#[tokio::test]
async fn rights_in_single_namespaces_are_enough() {
    let (cluster, provider, _) = prepared().await;
    cluster.namespace("web2").await;
    let declared = prepare(&provider, &[config_map("web", "c", "v"), config_map("web2", "c", "v")]);
    provider.write(&write(&declared[1])).await.unwrap();
    cluster.faulty().fault(Fault::forbid("/api/v1/configmaps"));
    let told = observed(&provider, &declared).await;
    assert!(
        told.starts_with("ConfigMap/web/c is live, ours\nConfigMap/web2/c is live, ours"),
        "{told}"
    );
}

#[tokio::test]
async fn an_unreadable_parent_stops_before_anything_is_written() {
    let (cluster, provider, declared) = prepared().await;
    let parent = "/api/v1/namespaces/default/configmaps/suimon.shop.dev";
    cluster.faulty().fault(Fault::forbid(parent));
    let scope = suimon_provider::Scope { manifests: &declared, targeted: false };
    let error = provider.observe(scope, &mut |_| {}).await.unwrap_err();
    assert!(matches!(error, Error::Forbidden(_)), "{error:?}");
    let objects = vec![(config_map("other", "c", "v").id, "v1".into())];
    let error = provider.open(&Membership { objects }).await.unwrap_err();
    assert!(matches!(error, Error::Forbidden(_)), "{error:?}");
}

#[tokio::test]
async fn a_write_whose_answer_is_lost_is_done() {
    let (cluster, provider, declared) = prepared().await;
    let found = observe(&provider, &declared[..1]).await;
    let suimon_provider::Observation::Live(live) = &found[0] else { panic!() };
    let changed = prepare(&provider, &[config_map("web", "c", "other")]).remove(0);
    let on_version =
        Write { resource_version: Some(live.resource_version.clone()), ..write(&changed) };

    // Once: the retry meets the version that the lost try made.
    cluster.faulty().fault(fault(MAPS, "PATCH", Some(1), Effect::LoseReply));
    let written = provider.write(&on_version).await.unwrap().object;
    assert_eq!(written.body.value()["data"]["key"], "other");

    // Six times: every answer of the write is lost, and it is read back.
    let again = prepare(&provider, &[config_map("web", "c", "third")]).remove(0);
    cluster.faulty().fault(fault(MAPS, "PATCH", Some(6), Effect::LoseReply));
    let written = provider.write(&write(&again)).await.unwrap().object;
    assert_eq!(written.body.value()["data"]["key"], "third");
}

#[tokio::test]
async fn a_write_that_did_not_happen_is_not_called_done() {
    let (cluster, provider, _) = prepared().await;
    let changed = prepare(&provider, &[config_map("web", "c", "other")]).remove(0);
    cluster.faulty().fault(fault(MAPS, "PATCH", Some(6), Effect::Reset));
    let error = provider.write(&write(&changed)).await.unwrap_err();
    assert!(matches!(error, Error::Unknown(_)), "{error:?}");
    // Answers that say no are answers: nothing is under way any more.
    let busy = Effect::Answer { status: 500, body: "busy".into(), retry_after: None };
    cluster.faulty().fault(fault(MAPS, "PATCH", Some(6), busy));
    let error = provider.write(&write(&changed)).await.unwrap_err();
    assert_eq!(error, Error::Transient("HTTP status 500: busy".into()));
    // A version that somebody else made is stale, lost answer or not.
    cluster.faulty().fault(fault(MAPS, "PATCH", Some(1), Effect::Reset));
    let stale = Write { resource_version: Some("1".into()), ..write(&changed) };
    assert_eq!(provider.write(&stale).await, Err(Error::Stale));
}

#[tokio::test]
async fn a_delete_whose_answer_is_lost_is_done() {
    let (cluster, provider, declared) = prepared().await;
    let found = observe(&provider, &declared[..1]).await;
    let suimon_provider::Observation::Live(live) = &found[0] else { panic!() };
    let delete = Delete { id: live.id.clone(), api_version: "v1".into(), uid: live.uid.clone() };
    cluster.faulty().fault(fault(MAPS, "DELETE", Some(1), Effect::LoseReply));
    provider.delete(&delete).await.unwrap();
    // Somebody makes another object of that name: it is left alone.
    cluster.apply_as("somebody", &object("v1", "ConfigMap", "web", "c")).await;
    assert_eq!(provider.delete(&delete).await, Err(Error::Stale));
}

#[tokio::test]
async fn a_parent_whose_answer_is_lost_is_written() {
    let (cluster, provider, _) = prepared().await;
    let parent = "/api/v1/namespaces/default/configmaps/suimon.shop.dev";
    cluster.faulty().fault(fault(parent, "PATCH", Some(1), Effect::LoseReply));
    let objects = vec![(config_map("other", "c", "v").id, "v1".into())];
    provider.open(&Membership { objects }).await.unwrap();
    let live = cluster.get(parent).await;
    assert_eq!(live["metadata"]["annotations"]["suimon.dev/namespaces"], "other,web");
}

#[tokio::test]
async fn health_that_cannot_be_read_is_unknown() {
    let (cluster, provider, declared) = prepared().await;
    cluster.faulty().fault(Fault::forbid(MAPS));
    let ids: Vec<_> = declared.iter().map(|m| (m.id.clone(), m.api_version.to_string())).collect();
    let health = provider.health(&ids).await.unwrap();
    let statuses: Vec<String> = health.iter().map(|h| format!("{:?}", h.status)).collect();
    assert_eq!(statuses, ["Unknown", "InProgress"]);
}
