//! A cluster that the same run creates: planned without it, written to when it has come.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::json;
use suimon_model::{DeferredRef, HealthStatus, Manifest};
use suimon_provider::{Error, Membership, Provider};
use suimon_provider_kubernetes::{Kubernetes, Options, Policy};
use suimon_sandbox::Fault;

use crate::cluster::{Cluster, observed, prepare, write};
use crate::eks::{Access, options};
use crate::manifests::{config_map, deployment, manifest, namespace, object};

fn declared() -> Vec<Manifest> {
    let mut secret = object("v1", "Secret", "web", "db");
    secret["stringData"] = json!({"password": "hunter2"});
    let everywhere = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}});
    vec![
        namespace("web"),
        config_map("web", "a", "v"),
        deployment("web", "api", "api"),
        manifest(&secret),
        manifest(&everywhere),
    ]
}

fn superset(declared: &[Manifest]) -> Membership {
    Membership {
        objects: declared.iter().map(|m| (m.id.clone(), m.api_version.to_string())).collect(),
    }
}

/// A connected adapter for a cluster that is not there.
async fn pending(options: Options) -> Kubernetes {
    let provider = Kubernetes::new(Options { cluster_declared: true, ..options }).await.unwrap();
    provider.connect().await.unwrap();
    provider
}

#[tokio::test]
async fn a_plan_is_made_without_the_cluster() {
    let access = Arc::new(Access::default());
    let provider = pending(options(&access)).await;
    let identity = provider.connect().await.unwrap();
    assert_eq!(identity, provider.connect().await.unwrap());
    insta::assert_snapshot!(format!("{} at {}", identity.identity, identity.endpoint), @"EKS cluster shop, known after apply at (known after apply)");
    let mut all = declared();
    all.push(manifest(
        &json!({"apiVersion": "example.com/v1", "kind": "Thing", "metadata": {"name": "t"}}),
    ));
    let prepared = prepare(&provider, &all);
    insta::assert_snapshot!(observed(&provider, &prepared).await, @"
    ConfigMap/default/c is absent
    ConfigMap/web/a is absent
    Deployment.apps/web/api is absent
    Namespace/web is absent
    Secret/web/db is absent
    Thing.example.com/t is absent
    ");

    let wrong = manifest(&object("v1", "Namespace", "web", "inner"));
    insta::assert_snapshot!(provider.prepare(&wrong).unwrap_err(), @"Namespace is cluster-scoped and cannot be in the namespace `web`: remove metadata.namespace");

    let secret = &prepared[3];
    let stored = provider.dry_run(&write(secret)).await.unwrap();
    assert!(stored.conflicts.is_empty());
    insta::assert_snapshot!(serde_json::to_string_pretty(&stored.object.body).unwrap(), @r#"
    {
      "apiVersion": "v1",
      "data": {
        "password": "(sensitive value) 0000000000000000000000000000000000000000000000000000000000000000"
      },
      "kind": "Secret",
      "metadata": {
        "annotations": {
          "suimon.dev/applied": ""
        },
        "labels": {
          "applyset.kubernetes.io/part-of": "applyset-qR7Nsq9kZ5v0xwIL5ZpJ39GIgpSuhDRIEAgp62ou5LE-v1"
        },
        "name": "db",
        "namespace": "web"
      }
    }
    "#);
    assert_eq!(provider.mask(secret), stored.object.body);
    assert_eq!(prepare(&provider, &prepared), prepared);

    let health = provider.health(&[(secret.id.clone(), "v1".to_owned())]).await.unwrap();
    assert_eq!(health[0].status, HealthStatus::Unknown);
    provider.close(&Membership::default()).await.unwrap();
}

#[tokio::test]
async fn the_first_write_connects_and_marks_before_it_writes() {
    let cluster = Cluster::sandbox().await;
    let access = Arc::new(Access::default());
    let provider = pending(options(&access)).await;
    let prepared = prepare(&provider, &declared());
    assert_eq!(observed(&provider, &prepared).await.lines().count(), prepared.len());
    provider.open(&superset(&prepared)).await.unwrap();
    assert!(cluster.faulty().requests().is_empty());

    access.tell(&cluster.faulty().url()).await;
    provider.write(&write(&prepared[0])).await.unwrap();
    let writes = prepared[1..].iter().map(write).collect::<Vec<_>>();
    futures::future::try_join_all(writes.iter().map(|w| provider.write(w))).await.unwrap();
    assert_eq!(access.endpoints.load(Ordering::SeqCst), 2);
    let requests = cluster.faulty().requests();
    let patched: Vec<&str> =
        requests.iter().filter(|r| r.method == "PATCH").map(|r| r.path.as_str()).collect();
    assert_eq!(
        patched[..2],
        ["/api/v1/namespaces/default/configmaps/suimon.shop.dev", "/api/v1/namespaces/web"]
    );
    provider.close(&superset(&prepared)).await.unwrap();

    let later = Kubernetes::new(options(&access)).await.unwrap();
    later.connect().await.unwrap();
    let again = prepare(&later, &declared());
    insta::assert_snapshot!(observed(&later, &again).await, @"
    ConfigMap/default/c is live, ours
    ConfigMap/web/a is live, ours
    Deployment.apps/web/api is live, ours
    Namespace/web is live, ours
    Secret/web/db is live, ours
    ");
    let ids = superset(&again).objects;
    let health = provider.health(&ids).await.unwrap();
    assert!(health.iter().all(|h| h.status != HealthStatus::NotFound), "{health:?}");
    for (manifest, path) in [
        (&again[1], "/api/v1/namespaces/web/configmaps/a"),
        (&again[4], "/api/v1/namespaces/default/configmaps/c"),
    ] {
        let live = cluster.get(path).await;
        let declared = manifest.body.value();
        let mark = |object: &serde_json::Value| object["metadata"]["annotations"].clone();
        assert_eq!(mark(&live), mark(&declared), "the marks are those of the next run");
    }
}

#[tokio::test]
async fn what_is_in_no_namespace_as_far_as_is_known_is_found_again_in_the_default_one() {
    let cluster = Cluster::sandbox().await;
    let access = Arc::new(Access::default());
    let provider = pending(options(&access)).await;
    let definition = json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "things.example.com"},
        "spec": {
            "group": "example.com", "scope": "Namespaced",
            "names": {"kind": "Thing", "plural": "things"},
            "versions": [{"name": "v1", "served": true, "storage": true,
                "schema": {"openAPIV3Schema": {"type": "object"}}}],
        },
    });
    let thing = json!({"apiVersion": "example.com/v1", "kind": "Thing", "metadata": {"name": "t"}});
    let prepared = prepare(&provider, &[manifest(&definition), manifest(&thing)]);
    observed(&provider, &prepared).await;
    provider.open(&superset(&prepared)).await.unwrap();
    access.tell(&cluster.faulty().url()).await;
    for manifest in &prepared {
        provider.write(&write(manifest)).await.unwrap();
    }
    let health = provider.health(&superset(&prepared[1..]).objects).await.unwrap();
    assert_eq!(health[0].status, HealthStatus::Current);
    provider.close(&superset(&prepared)).await.unwrap();

    let later = Kubernetes::new(options(&access)).await.unwrap();
    later.connect().await.unwrap();
    insta::assert_snapshot!(observed(&later, &[]).await, @"
    CustomResourceDefinition.apiextensions.k8s.io/things.example.com is live, ours
    Thing.example.com/default/t is live, ours
    ");
}

#[tokio::test]
async fn values_that_came_late_do_not_change_the_mark() {
    let cluster = Cluster::sandbox().await;
    let access = Arc::new(Access::default());
    let target = "Cluster.eks.services.k8s.aws/shop".parse().unwrap();
    let reference =
        DeferredRef { pointer: "/data/key".to_owned(), target, attribute: "arn".to_owned() };
    let mut reading = config_map("default", "a", &reference.marker());
    reading.refs.push(reference);

    let provider = pending(options(&access)).await;
    let prepared = provider.prepare(&reading).unwrap();
    provider.open(&superset(std::slice::from_ref(&prepared))).await.unwrap();
    access.tell(&cluster.faulty().url()).await;
    let resolved = prepared.resolve(|_, _| Some("arn:aws:eks:…".to_owned()));
    provider.write(&write(&resolved)).await.unwrap();

    let later = Kubernetes::new(options(&access)).await.unwrap();
    later.connect().await.unwrap();
    let next = later.prepare(&reading).unwrap().body.value();
    let live = cluster.get("/api/v1/namespaces/default/configmaps/a").await;
    assert_eq!(live["data"]["key"], "arn:aws:eks:…");
    assert_eq!(live["metadata"]["annotations"], next["metadata"]["annotations"]);
}

#[tokio::test]
async fn a_new_cluster_may_take_a_while_to_let_us_in() {
    let cluster = Cluster::sandbox().await;
    let access = Arc::new(Access::default());
    let provider = pending(options(&access)).await;
    let prepared = prepare(&provider, &declared());
    provider.open(&superset(&prepared)).await.unwrap();
    access.tell(&cluster.faulty().url()).await;
    cluster.faulty().fault(Fault::status("/", 401, "Unauthorized", "Unauthorized", 20));
    provider.write(&write(&prepared[0])).await.unwrap();
    assert_eq!(cluster.get("/api/v1/namespaces/web").await["metadata"]["name"], "web");
}

#[tokio::test]
async fn a_cluster_that_does_not_come_is_waited_for_once() {
    let access = Arc::new(Access::default());
    let provider = pending(options(&access)).await;
    let prepared = prepare(&provider, &declared());
    let writes = prepared.iter().map(write).collect::<Vec<_>>();
    let answers = futures::future::join_all(writes.iter().map(|w| provider.write(w))).await;
    let mut errors: Vec<String> = answers.into_iter().map(|a| a.unwrap_err().to_string()).collect();
    errors.dedup();
    insta::assert_snapshot!(errors.join("\n"), @"not found: there is no EKS cluster `shop` in account 111111111111, region ap-northeast-1: its objects can be applied when it is active");
    assert_eq!(access.endpoints.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_cluster_that_does_not_let_us_in_is_written_nothing() {
    let cluster = Cluster::sandbox().await;
    let access = Arc::new(Access::default());
    let impatient = Policy { cluster_wait: Duration::ZERO, ..options(&access).policy };
    for (options, fault, expected) in [
        (
            Options { policy: impatient, ..options(&access) },
            Some(Fault::status("/apis", 401, "Unauthorized", "Unauthorized", 2)),
            "not authenticated at ",
        ),
        (
            Options { cluster_uid: Some("another".to_owned()), ..options(&access) },
            None,
            "wrong target: ",
        ),
    ] {
        *access.told.lock().await = None;
        let provider = pending(options).await;
        let prepared = prepare(&provider, &declared());
        provider.open(&superset(&prepared)).await.unwrap();
        access.tell(&cluster.faulty().url()).await;
        if let Some(fault) = fault {
            cluster.faulty().fault(fault);
        }
        let error = provider.write(&write(&prepared[0])).await.unwrap_err();
        assert!(error.to_string().starts_with(expected), "{error}");
        assert!(cluster.faulty().requests().iter().all(|r| r.method == "GET"));
    }
}

#[tokio::test]
async fn a_mark_that_belongs_to_something_else_keeps_all_from_being_written() {
    let cluster = Cluster::sandbox().await;
    cluster.apply_as("helm", &object("v1", "ConfigMap", "default", "suimon.shop.dev")).await;
    cluster.faulty().clear_requests();
    let access = Arc::new(Access::default());
    let provider = pending(options(&access)).await;
    let prepared = prepare(&provider, &declared());
    provider.open(&superset(&prepared)).await.unwrap();
    access.tell(&cluster.faulty().url()).await;
    for manifest in &prepared[..2] {
        let error = provider.write(&write(manifest)).await.unwrap_err();
        assert!(matches!(error, Error::Rejected(_)), "{error:?}");
        assert!(cluster.faulty().requests().iter().all(|r| r.method == "GET"));
    }
}

#[tokio::test]
async fn a_cluster_that_was_deleted_needs_no_record() {
    let cluster = Cluster::sandbox().await;
    let access = Arc::new(Access::default());
    access.tell(&cluster.faulty().url()).await;
    let provider = Kubernetes::new(options(&access)).await.unwrap();
    provider.connect().await.unwrap();
    let prepared = prepare(&provider, &[config_map("default", "a", "v")]);
    observed(&provider, &prepared).await;
    provider.open(&superset(&prepared)).await.unwrap();
    cluster.faulty().fault(Fault::status("/", 401, "Unauthorized", "Unauthorized", 99));
    let error = provider.close(&Membership::default()).await.unwrap_err();
    assert!(matches!(error, Error::Unauthenticated { .. }), "{error:?}");
    *access.told.lock().await = None;
    provider.close(&Membership::default()).await.unwrap();
}
