//! Servers that a sandbox cannot be: old ones, ones with an aggregated API that is down, and ones
//! where namespaces may not be listed.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use kube::client::Body;
use serde_json::{Value, json};
use suimon_provider::{Error, Provider};
use suimon_provider_kubernetes::{Kubernetes, Options, Policy};

use crate::cluster::{observed, prepare};
use crate::manifests::{config_map, manifest, namespace};

/// Answers by path, without the query but with `+` for further pages; everything else is a bare 404.
type Answers = BTreeMap<&'static str, (u16, Value)>;

fn provider(answers: Answers) -> Kubernetes {
    let answers = Arc::new(answers);
    let service = tower::service_fn(move |request: http::Request<Body>| {
        let more = request.uri().query().is_some_and(|query| query.contains("continue="));
        let path = format!("{}{}", request.uri().path(), if more { "+" } else { "" });
        let (status, body) = match answers.get(path.as_str()) {
            Some((status, body)) => (*status, body.to_string()),
            None => (404, "404 page not found".to_owned()),
        };
        let response = http::Response::builder().status(status).body(Body::from(body.into_bytes()));
        async move { response }
    });
    let policy = Policy { backoff: Duration::from_millis(1), tries: 2, ..Policy::default() };
    let options = Options { policy, ..Options::new(None, "shop", "dev") };
    Kubernetes::from_client(kube::Client::new(service, "default"), options)
}

fn denied(what: &str) -> (u16, Value) {
    let message = format!("{what} is forbidden: User \"u\" cannot list resource \"{what}\"");
    (403, json!({"kind": "Status", "code": 403, "reason": "Forbidden", "message": message}))
}

fn missing(kind: &str, name: &str) -> (u16, Value) {
    (
        404,
        json!({"kind": "Status", "code": 404, "reason": "NotFound",
        "message": format!("{kind} \"{name}\" not found"), "details": {"kind": kind, "name": name}}),
    )
}

fn system() -> Value {
    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "kube-system", "uid": "u"}})
}

/// Discovery in the old form, with namespaces that may be listed.
fn legacy() -> Answers {
    let resource = |name: &str, kind: &str, namespaced: bool| json!({"name": name, "kind": kind, "namespaced": namespaced, "verbs": ["list", "get"]});
    BTreeMap::from([
        ("/api", (200, json!({"kind": "APIVersions", "versions": ["v1"]}))),
        (
            "/api/v1",
            (
                200,
                json!({"kind": "APIResourceList", "resources": [
                    resource("configmaps", "ConfigMap", true),
                    resource("namespaces", "Namespace", false),
                    resource("namespaces/status", "Namespace", false),
                ]}),
            ),
        ),
        (
            "/apis",
            (
                200,
                json!({"kind": "APIGroupList", "groups": [
                    {"name": "down.example.com", "versions": [{"version": "v1"}]},
                    {"name": "up.example.com", "versions": [{"version": "v1beta1"}, {"version": "v1"}],
                        "preferredVersion": {"version": "v1"}},
                ]}),
            ),
        ),
        ("/apis/down.example.com/v1", (503, json!({"kind": "Status", "message": "down"}))),
        (
            "/apis/up.example.com/v1",
            (200, json!({"kind": "APIResourceList", "resources": [resource("ups", "Up", false)]})),
        ),
        (
            "/apis/up.example.com/v1beta1",
            (200, json!({"kind": "APIResourceList", "resources": [resource("ups", "Up", false)]})),
        ),
        (
            "/api/v1/namespaces",
            (200, json!({"apiVersion": "v1", "kind": "NamespaceList", "items": [system()]})),
        ),
        (
            "/api/v1/namespaces/default/configmaps/suimon.shop.dev",
            missing("configmaps", "suimon.shop.dev"),
        ),
    ])
}

#[tokio::test]
async fn discovery_works_without_aggregation_and_with_an_api_that_is_down() {
    let provider = provider(legacy());
    provider.connect().await.unwrap();
    let thing = |version: &str, kind: &str| {
        manifest(&json!({"apiVersion": version, "kind": kind, "metadata": {"name": "x"}}))
    };
    let declared = prepare(
        &provider,
        &[
            config_map("nowhere", "c", "v"),
            thing("down.example.com/v1", "Down"),
            thing("none.example.com/v1", "None"),
            thing("up.example.com/v2", "Up"),
        ],
    );
    insta::assert_snapshot!(observed(&provider, &declared).await, @r"
    ConfigMap/nowhere/c is absent
    Down.down.example.com/x is unknown: the API group down.example.com does not answer discovery
    None.none.example.com/x is not served
    Up.up.example.com/x is not served
    ");
}

#[tokio::test]
async fn namespaces_are_read_singly_where_they_may_not_be_listed() {
    let mut answers = legacy();
    answers.insert("/api/v1/namespaces", denied("namespaces"));
    answers.insert("/api/v1/namespaces/kube-system", (200, system()));
    answers.insert("/api/v1/namespaces/web", missing("namespaces", "web"));
    let list = json!({"apiVersion": "v1", "kind": "ConfigMapList", "items": []});
    answers.insert("/api/v1/namespaces/web/configmaps", (200, list));
    answers.insert("/api/v1/namespaces/web/configmaps/c", missing("configmaps", "c"));
    let provider = provider(answers);
    provider.connect().await.unwrap();
    let declared = prepare(&provider, &[namespace("web"), config_map("web", "c", "v")]);
    insta::assert_snapshot!(observed(&provider, &declared).await, @r"
    ConfigMap/web/c is absent
    Namespace/web is absent
    ");
}

#[tokio::test]
async fn a_list_that_expires_again_and_again_is_unknown() {
    let mut answers = legacy();
    let web =
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "web", "uid": "w"}});
    let namespaces = json!({"apiVersion": "v1", "kind": "NamespaceList", "items": [system(), web]});
    answers.insert("/api/v1/namespaces", (200, namespaces));
    let first = json!({"apiVersion": "v1", "kind": "ConfigMapList", "metadata": {"continue": "t"},
        "items": [{"metadata": {"name": "a", "namespace": "web", "uid": "a"}}]});
    answers.insert("/api/v1/namespaces/web/configmaps", (200, first));
    let expired = json!({"kind": "Status", "code": 410, "reason": "Expired", "message": "too old"});
    answers.insert("/api/v1/namespaces/web/configmaps+", (410, expired));
    let provider = provider(answers);
    provider.connect().await.unwrap();
    let declared = ["a", "b"].map(|name| config_map("web", name, "v"));
    insta::assert_snapshot!(observed(&provider, &prepare(&provider, &declared)).await, @r"
    ConfigMap is unknown: expired: too old
    ConfigMap/web/a is live
    ConfigMap/web/b is unknown: expired: too old
    ");
}

#[tokio::test]
async fn a_cluster_without_a_readable_identity_is_not_connected_to() {
    let mut answers = legacy();
    answers.insert("/api/v1/namespaces", denied("namespaces"));
    answers.insert("/api/v1/namespaces/kube-system", denied("namespaces"));
    let error = provider(answers).connect().await.unwrap_err();
    insta::assert_snapshot!(error, @r#"forbidden: the namespace kube-system must be readable, its UID is the cluster's identity: namespaces is forbidden: User "u" cannot list resource "namespaces""#);
}

#[tokio::test]
async fn what_is_no_kubernetes_is_told_so() {
    let error = provider(BTreeMap::new()).connect().await.unwrap_err();
    insta::assert_snapshot!(error, @"unusable answer: the API server is no Kubernetes API: /api is not there");
    let page = BTreeMap::from([("/api", (200, json!("hello"))), ("/apis", (200, json!({})))]);
    let error = provider(page).connect().await.unwrap_err();
    assert!(matches!(error, Error::Malformed(_)), "{error:?}");
}
