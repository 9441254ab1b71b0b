//! Which fields are strings, so that an unquoted `no` or `1.20` in one of them is reported.

use serde_json::Value;

use super::kinds::namespaced;

/// Fields that are strings in every kind: ends of a path; `*` is any key, `[]` any item.
const ANYWHERE: &[&[&str]] = &[
    &["metadata", "labels", "*"],
    &["metadata", "annotations", "*"],
    &["metadata", "finalizers", "[]"],
    &["matchLabels", "*"],
];

/// Fields that are strings wherever they stand in a kind of Kubernetes itself.
const BUILT_IN: &[&[&str]] = &[
    &["image"],
    &["command", "[]"],
    &["args", "[]"],
    &["env", "[]", "name"],
    &["env", "[]", "value"],
    &["workingDir"],
    &["imagePullPolicy"],
    &["containers", "[]", "name"],
    &["initContainers", "[]", "name"],
    &["volumes", "[]", "name"],
    &["volumeMounts", "[]", "name"],
    &["volumeMounts", "[]", "mountPath"],
    &["volumeMounts", "[]", "subPath"],
    &["ports", "[]", "name"],
    &["ports", "[]", "protocol"],
    &["configMapKeyRef", "name"],
    &["configMapKeyRef", "key"],
    &["secretKeyRef", "name"],
    &["secretKeyRef", "key"],
    &["configMapRef", "name"],
    &["secretRef", "name"],
    &["imagePullSecrets", "[]", "name"],
    &["configMap", "name"],
    &["items", "[]", "key"],
    &["items", "[]", "path"],
    &["secret", "secretName"],
    &["claimName"],
    &["nodeSelector", "*"],
    &["values", "[]"],
    &["tolerations", "[]", "key"],
    &["tolerations", "[]", "value"],
    &["topologyKey"],
    &["serviceAccountName"],
    &["priorityClassName"],
    &["runtimeClassName"],
    &["storageClassName"],
    &["ingressClassName"],
    &["schedulerName"],
    &["restartPolicy"],
    &["nodeName"],
    &["hostname"],
    &["subdomain"],
    &["schedule"],
    &["timeZone"],
    &["concurrencyPolicy"],
    &["host"],
    &["hosts", "[]"],
    &["secretName"],
    &["pathType"],
    &["service", "name"],
    &["httpGet", "path"],
    &["httpHeaders", "[]", "value"],
    &["clusterIP"],
    &["externalName"],
    &["parameters", "*"],
    &["provisioner"],
    &["cidr"],
    &["except", "[]"],
    &["apiGroups", "[]"],
    &["resources", "[]"],
    &["verbs", "[]"],
    &["resourceNames", "[]"],
    &["nonResourceURLs", "[]"],
    &["subjects", "[]", "name"],
    &["subjects", "[]", "namespace"],
    &["roleRef", "name"],
    &["scaleTargetRef", "name"],
    &["serviceName"],
];

/// Fields of one kind, from its root.
fn of_kind(group: &str, kind: &str) -> &'static [&'static [&'static str]] {
    match (group, kind) {
        ("", "ConfigMap") => &[&["data", "*"], &["binaryData", "*"]],
        ("", "Secret") => &[&["data", "*"], &["stringData", "*"], &["type"]],
        ("", "Service" | "ReplicationController") => &[&["spec", "selector", "*"]],
        ("ecs.services.k8s.aws", "TaskDefinition") => &[
            &["spec", "cpu"],
            &["spec", "memory"],
            &["spec", "family"],
            &["spec", "containerDefinitions", "[]", "name"],
            &["spec", "containerDefinitions", "[]", "image"],
            &["spec", "containerDefinitions", "[]", "command", "[]"],
            &["spec", "containerDefinitions", "[]", "entryPoint", "[]"],
            &["spec", "containerDefinitions", "[]", "environment", "[]", "name"],
            &["spec", "containerDefinitions", "[]", "environment", "[]", "value"],
        ],
        _ => &[],
    }
}

/// Paths of booleans and numbers where strings belong, as unescaped segments.
pub(crate) fn not_strings(group: &str, kind: &str, object: &Value) -> Vec<Vec<String>> {
    let mut walk = Walk {
        own: of_kind(group, kind),
        built_in: namespaced(group, kind).is_some(),
        path: Vec::new(),
        found: Vec::new(),
    };
    walk.visit(object);
    walk.found
}

enum Segment<'v> {
    Key(&'v str),
    Index(usize),
}

struct Walk<'v> {
    own: &'static [&'static [&'static str]],
    built_in: bool,
    path: Vec<Segment<'v>>,
    found: Vec<Vec<String>>,
}

impl<'v> Walk<'v> {
    fn visit(&mut self, value: &'v Value) {
        match value {
            Value::Object(entries) => {
                for (key, value) in entries {
                    self.path.push(Segment::Key(key));
                    self.visit(value);
                    self.path.pop();
                }
            }
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.path.push(Segment::Index(index));
                    self.visit(item);
                    self.path.pop();
                }
            }
            Value::Bool(_) | Value::Number(_) => {
                if self.is_string() {
                    let text = |segment: &Segment<'_>| match segment {
                        Segment::Key(key) => (*key).to_owned(),
                        Segment::Index(index) => index.to_string(),
                    };
                    self.found.push(self.path.iter().map(text).collect());
                }
            }
            Value::Null | Value::String(_) => {}
        }
    }

    fn is_string(&self) -> bool {
        let root = [&["metadata", "name"][..], &["metadata", "namespace"][..]];
        root.iter().chain(self.own).any(|p| p.len() == self.path.len() && self.ends_with(p))
            || ANYWHERE.iter().any(|pattern| self.ends_with(pattern))
            || (self.built_in && BUILT_IN.iter().any(|pattern| self.ends_with(pattern)))
    }

    fn ends_with(&self, pattern: &[&str]) -> bool {
        let Some(skipped) = self.path.len().checked_sub(pattern.len()) else { return false };
        self.path[skipped..].iter().zip(pattern).all(|(segment, wanted)| match segment {
            Segment::Key(key) => *wanted == "*" || key == wanted,
            Segment::Index(_) => *wanted == "[]",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn string_fields_are_known() {
        let paths = |group: &str, kind: &str, object: Value| -> Vec<String> {
            not_strings(group, kind, &object).iter().map(|path| path.join("/")).collect()
        };
        let deployment = json!({
            "metadata": {"name": 1, "labels": {"v": 1.2}},
            "spec": {"replicas": 3, "template": {"spec": {"containers": [
                {"name": "a", "args": ["x", true], "env": [{"name": "A", "value": 5}],
                 "ports": [{"containerPort": 80}], "resources": {"limits": {"cpu": 1}}},
            ]}}},
        });
        assert_eq!(
            paths("apps", "Deployment", deployment),
            [
                "metadata/labels/v",
                "metadata/name",
                "spec/template/spec/containers/0/args/1",
                "spec/template/spec/containers/0/env/0/value",
            ]
        );
        assert_eq!(paths("", "ConfigMap", json!({"data": {"a": false}})), ["data/a"]);
        assert_eq!(paths("x.io", "Thing", json!({"data": {"a": 1}, "args": [1]})), [""; 0]);
    }
}
