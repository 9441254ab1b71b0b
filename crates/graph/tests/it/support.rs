use serde_json::{Value, json};
use suimon_graph::{Order, order};
use suimon_model::{Body, DeferredRef, Manifest, Origin, ResourceId};

/// A manifest as rendering would make it from this object, at line 1 of a file named after it.
pub(crate) fn manifest(object: &Value) -> Manifest {
    let text = |path: &str| object.pointer(path).and_then(Value::as_str);
    let api_version = text("/apiVersion").expect("apiVersion");
    let group = api_version.split_once('/').map_or("", |(group, _)| group);
    let (kind, name) = (text("/kind").expect("kind"), text("/metadata/name").expect("name"));
    let file = format!("{}-{name}.yaml", kind.to_lowercase());
    Manifest {
        id: ResourceId::new(group, kind, text("/metadata/namespace"), name),
        api_version: api_version.into(),
        body: Body::new(object),
        origin: Origin { file: file.into(), line: 1, instance: None },
        refs: Vec::new(),
    }
}

/// An object with nothing but its head: `object("v1", "ConfigMap", "web/settings")`.
pub(crate) fn object(api_version: &str, kind: &str, name: &str) -> Value {
    match name.split_once('/') {
        Some((namespace, name)) => json!({
            "apiVersion": api_version, "kind": kind,
            "metadata": {"name": name, "namespace": namespace},
        }),
        None => json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": name}}),
    }
}

/// The object with more fields at its top.
pub(crate) fn with(mut object: Value, fields: &Value) -> Value {
    let fields = fields.as_object().expect("an object").clone();
    object.as_object_mut().expect("an object").extend(fields);
    object
}

/// The object with an annotation.
pub(crate) fn annotated(mut object: Value, key: &str, value: impl Into<Value>) -> Value {
    object["metadata"]["annotations"][key] = value.into();
    object
}

/// A config map with `suimon.dev/depends-on`.
pub(crate) fn waiting(name: &str, depends_on: &str) -> Value {
    annotated(object("v1", "ConfigMap", name), "suimon.dev/depends-on", depends_on)
}

/// A config map in a wave.
pub(crate) fn in_wave(name: &str, wave: &str) -> Value {
    annotated(object("v1", "ConfigMap", name), "argocd.argoproj.io/sync-wave", wave)
}

/// A manifest that reads an attribute of another object.
pub(crate) fn reading(object: &Value, target: &str, attribute: &str) -> Manifest {
    let target = target.parse().expect("an id");
    let pointer = "/data/value".to_owned();
    let mut manifest = manifest(object);
    manifest.refs.push(DeferredRef { pointer, target, attribute: attribute.to_owned() });
    manifest
}

pub(crate) fn manifests(objects: &[Value]) -> Vec<Manifest> {
    objects.iter().map(manifest).collect()
}

pub(crate) fn ordered(objects: &[Value]) -> Order {
    order(&manifests(objects)).unwrap_or_else(|problems| panic!("{problems}"))
}

/// Everything that is wrong with these objects.
pub(crate) fn problems(objects: &[Value]) -> String {
    order(&manifests(objects)).expect_err("problems").to_string()
}

/// Every dependency, one a line, also those through barriers.
pub(crate) fn edges(order: &Order) -> String {
    let lines = (0..order.len()).flat_map(|node| order.edges_of(node)).map(|edge| {
        let name = |node: usize| order.nodes()[node].to_string();
        format!("{} -> {} ({})", name(edge.dependent), name(edge.dependency), edge.reason)
    });
    let mut lines: Vec<String> = lines.collect();
    lines.sort();
    lines.join("\n")
}

/// The ids in order, one a line.
pub(crate) fn ids(order: &Order) -> String {
    order.nodes().iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}
