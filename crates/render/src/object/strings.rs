//! Which fields are strings, so that an unquoted `no` or `1.20` in one of them is reported.

use serde_json::Value;

use super::fields::{is_list_of_text, is_map_of_text, is_text};
use super::kinds::namespaced;

/// Fields that are strings in every kind: ends of a path; `*` is any key, `[]` any item.
const ANYWHERE: &[&[&str]] = &[
    &["metadata", "labels", "*"],
    &["metadata", "annotations", "*"],
    &["metadata", "finalizers", "[]"],
    &["matchLabels", "*"],
];

/// Fields of Kubernetes' own kinds whose last name alone does not tell that they are strings.
const BUILT_IN: &[&[&str]] = &[
    &["env", "[]", "value"],
    &["httpHeaders", "[]", "value"],
    &["sysctls", "[]", "value"],
    &["dnsConfig", "options", "[]", "value"],
    &["tolerations", "[]", "value"],
    &["taints", "[]", "value"],
    &["matchExpressions", "[]", "values", "[]"],
    &["matchFields", "[]", "values", "[]"],
    &["matchLabelExpressions", "[]", "values", "[]"],
    &["ownerReferences", "[]", "uid"],
];

/// What holds any JSON in Kubernetes' own kinds: a schema's defaults, a driver's parameters.
const FREE: &[&str] = &["openAPIV3Schema", "opaque"];

/// Fields of one kind, from its root.
fn of_kind(group: &str, kind: &str) -> &'static [&'static [&'static str]] {
    match (group, kind) {
        ("", "ConfigMap") => &[&["data", "*"], &["binaryData", "*"]],
        ("", "Secret") => &[&["data", "*"], &["stringData", "*"], &["type"]],
        ("", "PersistentVolume") => &[&["spec", "cephfs", "user"], &["spec", "rbd", "user"]],
        ("networking.k8s.io", "IngressClass") => &[&["spec", "controller"]],
        ("storage.k8s.io", "StorageClass" | "VolumeAttributesClass") => &[&["parameters", "*"]],
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
        built_in: namespaced(group, kind).is_some() && kind != "ControllerRevision",
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
            || (self.built_in && !self.is_free() && self.is_string_of_kubernetes())
    }

    fn is_free(&self) -> bool {
        self.path.iter().any(|segment| matches!(segment, Segment::Key(key) if FREE.contains(key)))
    }

    fn is_string_of_kubernetes(&self) -> bool {
        let named = match self.path.as_slice() {
            [.., Segment::Key(map), Segment::Key(_)] if is_map_of_text(map) => true,
            [.., Segment::Key(list), Segment::Index(_)] => is_list_of_text(list),
            [.., Segment::Key(field)] => is_text(field),
            _ => false,
        };
        named || BUILT_IN.iter().any(|pattern| self.ends_with(pattern))
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
        let pod = json!({"spec": {
            "dnsPolicy": 1, "hostAliases": [{"ip": 1.2}], "terminationGracePeriodSeconds": 30,
            "securityContext": {"sysctls": [{"name": "a", "value": 1}], "runAsUser": 0},
            "nodeSelector": {"gpu": true}, "overhead": {"cpu": 1},
            "volumes": [{"csi": {"driver": "d", "readOnly": true, "volumeAttributes": {"a": 1}}}],
            "containers": [{"name": "a", "resources": {"limits": {"cpu": 1, "x.io/gpu": 1}}}],
        }});
        assert_eq!(
            paths("", "Pod", pod),
            [
                "spec/dnsPolicy",
                "spec/hostAliases/0/ip",
                "spec/nodeSelector/gpu",
                "spec/securityContext/sysctls/0/value",
                "spec/volumes/0/csi/volumeAttributes/a",
            ]
        );
        assert_eq!(paths("", "ConfigMap", json!({"data": {"a": false}})), ["data/a"]);
        assert_eq!(paths("x.io", "Thing", json!({"data": {"a": 1}, "args": [1]})), [""; 0]);
    }

    #[test]
    fn numbers_under_names_that_are_text_elsewhere_are_left_alone() {
        for (group, kind, object) in [
            ("batch", "Job", json!({"onExitCodes": {"operator": "In", "values": [1, 2]}})),
            ("scheduling.k8s.io", "PriorityClass", json!({"value": 10, "globalDefault": true})),
            ("autoscaling", "HorizontalPodAutoscaler", json!({"target": {"value": 1}})),
            ("", "ResourceQuota", json!({"spec": {"hard": {"pods": 1, "requests.cpu": 4}}})),
            (
                "apiextensions.k8s.io",
                "CustomResourceDefinition",
                json!({"openAPIV3Schema": {"default": {"image": 1}, "enum": [1], "minimum": 0}}),
            ),
            ("", "Service", json!({"spec": {"ports": [{"targetPort": 80, "nodePort": 30000}]}})),
        ] {
            assert!(not_strings(group, kind, &object).is_empty(), "{kind}");
        }
    }
}
