//! Short ways to declare objects.

use serde_json::{Value, json};
use suimon_model::{Body, Manifest, Origin, ResourceId};

pub(crate) fn manifest(body: &Value) -> Manifest {
    let api_version = body["apiVersion"].as_str().unwrap();
    let group = api_version.rsplit_once('/').map_or("", |(group, _)| group);
    let text = |key: &str| body["metadata"][key].as_str();
    Manifest {
        id: ResourceId::new(
            group,
            body["kind"].as_str().unwrap(),
            text("namespace"),
            text("name").unwrap(),
        ),
        api_version: api_version.into(),
        body: Body::new(body),
        origin: Origin { file: "a.yaml".into(), line: 1, instance: None },
        refs: Vec::new(),
    }
}

pub(crate) fn object(api_version: &str, kind: &str, namespace: &str, name: &str) -> Value {
    json!({"apiVersion": api_version, "kind": kind,
        "metadata": {"name": name, "namespace": namespace}})
}

pub(crate) fn config_map(namespace: &str, name: &str, value: &str) -> Manifest {
    let mut body = object("v1", "ConfigMap", namespace, name);
    body["data"] = json!({"key": value});
    manifest(&body)
}

pub(crate) fn namespace(name: &str) -> Manifest {
    manifest(&json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}))
}

pub(crate) fn deployment(namespace: &str, name: &str, app: &str) -> Manifest {
    let mut body = object("apps/v1", "Deployment", namespace, name);
    body["spec"] = json!({
        "selector": {"matchLabels": {"app": app}},
        "template": {
            "metadata": {"labels": {"app": app}},
            "spec": {"containers": [{"name": "main", "image": "registry.example.com/a:1"}]},
        },
    });
    manifest(&body)
}
