//! Servers to test against, and short ways to make manifests.

use std::path::PathBuf;

use serde_json::{Value, json};
use suimon_model::{Body, KubernetesTarget, Manifest, Origin, ResourceId};
use suimon_provider_kubernetes::{Kubernetes, Options};

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

pub(crate) fn config_map(namespace: &str, name: &str, value: &str) -> Manifest {
    manifest(&json!({
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": namespace}, "data": {"key": value},
    }))
}

pub(crate) fn options(kubeconfig: PathBuf, context: &str) -> Options {
    let target = Some(KubernetesTarget::Context(context.to_owned()));
    Options { kubeconfig: Some(kubeconfig), ..Options::new(target, "shop", "dev") }
}

pub(crate) async fn real() -> Kubernetes {
    let path = std::env::var("SUIMON_TEST_KUBECONFIG").unwrap();
    Kubernetes::new(options(path.into(), "t")).await.unwrap()
}
