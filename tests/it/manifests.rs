//! Declarations that several tests use.

use serde_json::{Value, json};

/// A namespace.
pub(crate) fn namespace(name: &str) -> String {
    format!("---\napiVersion: v1\nkind: Namespace\nmetadata: {{name: {name}}}\n")
}

/// A ConfigMap with one value.
pub(crate) fn config_map(namespace: &str, name: &str, value: &str) -> String {
    format!(
        "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, namespace: {namespace}}}\n\
         data: {{value: \"{value}\"}}\n"
    )
}

/// The same with annotations.
pub(crate) fn annotated(namespace: &str, name: &str, annotations: &Value) -> String {
    let object = json!({
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": namespace, "annotations": annotations},
        "data": {"value": "1"},
    });
    format!("---\n{object}\n")
}

/// A Deployment; `app` is its selector's value.
pub(crate) fn deployment(namespace: &str, name: &str, app: &str, image: &str) -> String {
    format!(
        "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}, namespace: {namespace}}}\n\
         spec:\n  replicas: 2\n  selector: {{matchLabels: {{app: {app}}}}}\n  template:\n    \
         metadata: {{labels: {{app: {app}}}}}\n    spec:\n      containers:\n        \
         - {{name: main, image: \"{image}\"}}\n"
    )
}

/// A Job.
pub(crate) fn job(namespace: &str, name: &str, image: &str) -> String {
    format!(
        "---\napiVersion: batch/v1\nkind: Job\nmetadata: {{name: {name}, namespace: {namespace}}}\n\
         spec:\n  template:\n    spec:\n      restartPolicy: Never\n      containers:\n        \
         - {{name: main, image: \"{image}\"}}\n"
    )
}

/// A CustomResourceDefinition of `Queue` in `example.com`.
pub(crate) const QUEUE_CRD: &str = r#"---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: queues.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {kind: Queue, plural: queues, singular: queue, listKind: QueueList}
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec: {type: object, properties: {size: {type: integer}}}
"#;

/// A custom resource of [`QUEUE_CRD`].
pub(crate) fn queue(namespace: &str, name: &str) -> String {
    format!(
        "---\napiVersion: example.com/v1\nkind: Queue\nmetadata: {{name: {name}, namespace: {namespace}}}\n\
         spec: {{size: 3}}\n"
    )
}

/// The path of a ConfigMap.
pub(crate) fn config_map_path(namespace: &str, name: &str) -> String {
    format!("/api/v1/namespaces/{namespace}/configmaps/{name}")
}

/// The path of a Deployment.
pub(crate) fn deployment_path(namespace: &str, name: &str) -> String {
    format!("/apis/apps/v1/namespaces/{namespace}/deployments/{name}")
}

/// What `kubectl create` would send for [`config_map`].
pub(crate) fn config_map_object(name: &str, value: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"value": value},
    })
}
