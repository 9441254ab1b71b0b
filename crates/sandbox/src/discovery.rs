//! Which groups, versions and resources exist, in the three forms in which clients ask.

use serde_json::{Value, json};

use crate::resource::{Registry, Resource};

/// The version that the sandbox claims to be.
pub(crate) fn version() -> Value {
    json!({
        "major": "1", "minor": "36", "gitVersion": "v1.36.2", "gitCommit": "", "gitTreeState": "clean",
        "emulationMajor": "1", "emulationMinor": "36", "minCompatibilityMajor": "1", "minCompatibilityMinor": "35",
        "buildDate": "1970-01-01T00:00:00Z", "goVersion": "", "compiler": "rustc", "platform": "linux/amd64",
    })
}

pub(crate) fn api_versions() -> Value {
    json!({"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []})
}

pub(crate) fn group_list(registry: &Registry) -> Value {
    let groups: Vec<Value> = registry
        .groups()
        .iter()
        .filter(|(group, _)| !group.is_empty())
        .map(|(group, versions)| group_value(group, versions))
        .collect();
    json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups})
}

fn group_value(group: &str, versions: &[String]) -> Value {
    let versions: Vec<Value> = versions
        .iter()
        .map(|version| json!({"groupVersion": format!("{group}/{version}"), "version": version}))
        .collect();
    json!({"name": group, "versions": versions, "preferredVersion": versions.first()})
}

/// `/apis/GROUP`.
pub(crate) fn group(registry: &Registry, name: &str) -> Option<Value> {
    let groups = registry.groups();
    let (_, versions) = groups.iter().find(|(group, _)| group == name)?;
    let mut value = group_value(name, versions);
    crate::value::put(&mut value, "kind", Some("APIGroup".into()));
    crate::value::put(&mut value, "apiVersion", Some("v1".into()));
    Some(value)
}

/// `/apis/GROUP/VERSION`.
pub(crate) fn resource_list(registry: &Registry, group: &str, version: &str) -> Option<Value> {
    let mut resources = Vec::new();
    let mut group_version = None;
    for resource in registry.of(group, version) {
        group_version = Some(resource.api_version());
        resources.push(resource_value(resource));
        resources.extend(resource.subresources.iter().map(|sub| sub_value(resource, sub)));
    }
    Some(json!({
        "kind": "APIResourceList", "apiVersion": "v1", "groupVersion": group_version?, "resources": resources,
    }))
}

fn resource_value(resource: &Resource) -> Value {
    let mut value = json!({
        "name": resource.plural, "singularName": resource.singular, "namespaced": resource.namespaced,
        "kind": resource.kind, "verbs": resource.verbs(),
    });
    for (key, list) in [("shortNames", &resource.short), ("categories", &resource.categories)] {
        if !list.is_empty() {
            crate::value::put(&mut value, key, Some(json!(list)));
        }
    }
    value
}

fn sub_value(resource: &Resource, sub: &str) -> Value {
    let mut value = json!({
        "name": format!("{}/{sub}", resource.plural), "singularName": "", "namespaced": resource.namespaced,
        "kind": resource.kind, "verbs": sub_verbs(sub),
    });
    if sub == "scale" {
        for (key, text) in [("kind", "Scale"), ("group", "autoscaling"), ("version", "v1")] {
            crate::value::put(&mut value, key, Some(text.into()));
        }
    }
    value
}

fn sub_verbs(sub: &str) -> &'static [&'static str] {
    match sub {
        "finalize" => &["update"],
        _ => &["get", "patch", "update"],
    }
}

/// Aggregated discovery of the core group (`core`) or of all others.
pub(crate) fn aggregated(registry: &Registry, core: bool) -> Value {
    let items: Vec<Value> = registry
        .groups()
        .iter()
        .filter(|(group, _)| group.is_empty() == core)
        .map(|(group, versions)| {
            let versions: Vec<Value> = versions
                .iter()
                .map(|version| {
                    let resources: Vec<Value> =
                        registry.of(group, version).map(|r| aggregated_resource(r)).collect();
                    json!({"version": version, "resources": resources, "freshness": "Current"})
                })
                .collect();
            let metadata = if core { json!({}) } else { json!({"name": group}) };
            json!({"metadata": metadata, "versions": versions})
        })
        .collect();
    json!({"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": {}, "items": items})
}

fn aggregated_resource(resource: &Resource) -> Value {
    let kind =
        |kind: &str| json!({"group": resource.group, "version": resource.version, "kind": kind});
    let subs: Vec<Value> = resource
        .subresources
        .iter()
        .map(|sub| {
            let response = if sub == "scale" {
                json!({"group": "autoscaling", "version": "v1", "kind": "Scale"})
            } else {
                kind(&resource.kind)
            };
            json!({"subresource": sub, "responseKind": response, "verbs": sub_verbs(sub)})
        })
        .collect();
    let mut value = json!({
        "resource": resource.plural, "responseKind": kind(&resource.kind),
        "scope": if resource.namespaced { "Namespaced" } else { "Cluster" },
        "singularResource": resource.singular, "verbs": resource.verbs(),
    });
    for (key, list) in [
        ("shortNames", json!(resource.short)),
        ("categories", json!(resource.categories)),
        ("subresources", json!(subs)),
    ] {
        if list.as_array().is_some_and(|list| !list.is_empty()) {
            crate::value::put(&mut value, key, Some(list));
        }
    }
    value
}
