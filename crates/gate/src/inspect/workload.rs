//! Where pods and containers are in the objects that hold them.

use serde_json::Value;

use super::Inspected;

/// A specification of pods inside an object.
pub(super) struct PodSpec<'a> {
    /// Where it is, dotted.
    pub(super) path: &'static str,
    /// The specification.
    pub(super) spec: &'a Value,
}

/// A container of a pod or of a task.
pub(super) struct Container<'a> {
    /// Where it is: `spec.template.spec.containers[api]`.
    pub(super) path: String,
    /// The container.
    pub(super) body: &'a Value,
}

const LISTS: [&str; 3] = ["containers", "initContainers", "ephemeralContainers"];

/// Paths of a pod's specification in the kinds of Kubernetes, and in custom kinds made like them.
const TEMPLATES: [(&str, &str); 3] = [
    ("/spec/template/spec", "spec.template.spec"),
    ("/spec/jobTemplate/spec/template/spec", "spec.jobTemplate.spec.template.spec"),
    ("/template/spec", "template.spec"),
];

/// Whether it is a kind of Amazon ECS, in the shape of ACK.
pub(super) fn is_ecs(object: &Inspected, kind: &str) -> bool {
    object.id.group == "ecs.services.k8s.aws" && object.id.kind == kind
}

/// Whether it is a Deployment or a StatefulSet.
pub(super) fn is_scaled(object: &Inspected) -> bool {
    object.id.group == "apps" && matches!(&*object.id.kind, "Deployment" | "StatefulSet")
}

/// The pods that an object declares: of the kinds of Kubernetes, and of any kind that has a pod
/// template where these have it.
pub(super) fn pod_specs(object: &Inspected) -> Vec<PodSpec<'_>> {
    if object.id.is_aws() {
        return Vec::new();
    }
    if object.id.group.is_empty() && object.id.kind == "Pod" {
        let spec = object.body.get("spec");
        return spec.map(|spec| PodSpec { path: "spec", spec }).into_iter().collect();
    }
    let at = |(pointer, path)| Some(PodSpec { path, spec: object.body.pointer(pointer)? });
    let holds_pods = |pod: &PodSpec<'_>| LISTS.iter().any(|list| pod.spec.get(list).is_some());
    TEMPLATES.into_iter().filter_map(at).filter(holds_pods).collect()
}

/// The containers that an object declares.
pub(super) fn containers(object: &Inspected) -> Vec<Container<'_>> {
    if is_ecs(object, "TaskDefinition") {
        return object
            .body
            .get("spec")
            .map_or_else(Vec::new, |spec| listed(spec, "spec", "containerDefinitions").collect());
    }
    let mut found = Vec::new();
    for pod in pod_specs(object) {
        for list in LISTS {
            found.extend(listed(pod.spec, pod.path, list));
        }
    }
    found
}

/// The containers of one list.
pub(super) fn listed<'a>(
    spec: &'a Value,
    path: &str,
    list: &str,
) -> impl Iterator<Item = Container<'a>> {
    let items = spec.get(list).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    items.iter().enumerate().map(move |(index, body)| {
        let name = body.get("name").and_then(Value::as_str);
        let key = name.map_or_else(|| index.to_string(), str::to_owned);
        Container { path: format!("{path}.{list}[{key}]"), body }
    })
}
