//! Workloads of Kubernetes: what has a pod template, with the config maps, secrets and service accounts declared beside it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use suimon_model::{Manifest, ResourceId};

use super::{Container, Workload, image, size};

const ROLE: &str = "eks.amazonaws.com/role-arn";

pub(super) fn workloads(manifests: &[Manifest]) -> Vec<Workload> {
    let around = Around::of(manifests);
    manifests
        .iter()
        .filter_map(|manifest| {
            let body = manifest.body.value();
            let pod = pod(&manifest.id, &body)?;
            Some(around.workload(&manifest.id, pod))
        })
        .collect()
}

/// The pod spec of what runs for as long as it is declared; jobs come and go.
fn pod<'a>(id: &ResourceId, body: &'a Value) -> Option<&'a Value> {
    match (id.group.as_str(), id.kind.as_str()) {
        ("apps", "Deployment" | "StatefulSet" | "DaemonSet") => body.pointer("/spec/template/spec"),
        ("batch", "CronJob") => body.pointer("/spec/jobTemplate/spec/template/spec"),
        _ => None,
    }
}

/// What is declared beside the workloads, by namespace and name.
#[derive(Default)]
struct Around {
    config_maps: BTreeMap<(String, String), BTreeSet<String>>,
    secrets: BTreeMap<(String, String), BTreeSet<String>>,
    roles: BTreeMap<(String, String), String>,
}

impl Around {
    fn of(manifests: &[Manifest]) -> Self {
        let mut around = Self::default();
        for manifest in manifests {
            let id = &manifest.id;
            let body = manifest.body.value();
            let place = (id.namespace.clone().unwrap_or_default(), id.name.clone());
            let keys = |section: &str| -> BTreeSet<String> {
                let map = body.get(section).and_then(Value::as_object);
                map.into_iter().flat_map(|map| map.keys().cloned()).collect()
            };
            match (id.group.as_str(), id.kind.as_str()) {
                ("", "ConfigMap") => drop(around.config_maps.insert(place, keys("data"))),
                ("", "Secret") => {
                    let all = keys("data").into_iter().chain(keys("stringData")).collect();
                    around.secrets.insert(place, all);
                }
                ("", "ServiceAccount") => {
                    let annotations = body.pointer("/metadata/annotations");
                    if let Some(role) = annotations.and_then(|a| a.get(ROLE)?.as_str()) {
                        around.roles.insert(place, role.to_owned());
                    }
                }
                ("eks.services.k8s.aws", "PodIdentityAssociation") => {
                    let text = |names: [&str; 2]| {
                        let spec = body.get("spec")?;
                        names.iter().find_map(|name| spec.get(name)?.as_str()).map(str::to_owned)
                    };
                    let namespace = text(["namespace", "namespace"]);
                    let account = text(["serviceAccount", "serviceAccount"]);
                    if let (Some(namespace), Some(account), Some(role)) =
                        (namespace, account, text(["roleARN", "roleArn"]))
                    {
                        around.roles.insert((namespace, account), role);
                    }
                }
                _ => {}
            }
        }
        around
    }

    fn workload(&self, id: &ResourceId, pod: &Value) -> Workload {
        let namespace = id.namespace.clone().unwrap_or_default();
        let account = pod.get("serviceAccountName").and_then(Value::as_str).unwrap_or("default");
        let role = self.roles.get(&(namespace.clone(), account.to_owned())).cloned();
        let containers = pod.get("containers").and_then(Value::as_array);
        let containers = containers.into_iter().flatten().map(|found| {
            let name = found.get("name").and_then(Value::as_str).unwrap_or_default();
            (name.to_owned(), self.container(&namespace, found))
        });
        Workload { id: id.clone(), role, containers: containers.collect(), fargate: false }
    }

    fn container(&self, namespace: &str, found: &Value) -> Container {
        let list = |name: &str| found.get(name).and_then(Value::as_array).into_iter().flatten();
        let words = |name: &str| list(name).filter_map(Value::as_str).map(str::to_owned);
        let (image, version) =
            image(found.get("image").and_then(Value::as_str).unwrap_or_default());
        let mut container = Container {
            image,
            version,
            command: words("command").chain(words("args")).collect(),
            ports: list("ports")
                .filter_map(|port| {
                    let number = port.get("containerPort")?.as_u64()?;
                    let protocol = port.get("protocol").and_then(Value::as_str).unwrap_or("TCP");
                    Some(format!("{number}/{}", protocol.to_lowercase()))
                })
                .collect(),
            cpu: asked(found, "cpu").and_then(size::millis),
            memory: asked(found, "memory").and_then(size::mebis),
            health_check: probe(found),
            ..Container::default()
        };
        for variable in list("env") {
            let Some(name) = variable.get("name").and_then(Value::as_str) else { continue };
            let secret = variable.pointer("/valueFrom/secretKeyRef").is_some();
            let names = if secret { &mut container.secrets } else { &mut container.environment };
            names.insert(name.to_owned());
        }
        for source in list("envFrom") {
            self.all_keys(namespace, source, &mut container);
        }
        container
    }

    fn all_keys(&self, namespace: &str, source: &Value, container: &mut Container) {
        let prefix = source.get("prefix").and_then(Value::as_str).unwrap_or_default();
        let named = |kind: &str| source.pointer(&format!("/{kind}/name")).and_then(Value::as_str);
        for (kind, known, names) in [
            ("configMapRef", &self.config_maps, &mut container.environment),
            ("secretRef", &self.secrets, &mut container.secrets),
        ] {
            let Some(name) = named(kind) else { continue };
            match known.get(&(namespace.to_owned(), name.to_owned())) {
                Some(keys) => names.extend(keys.iter().map(|key| format!("{prefix}{key}"))),
                None => drop(names.insert(format!("{prefix}* of {name}"))),
            }
        }
    }
}

fn asked<'a>(container: &'a Value, what: &str) -> Option<&'a Value> {
    let resources = container.get("resources")?;
    ["requests", "limits"].iter().find_map(|kind| resources.get(kind)?.get(what))
}

/// The probe that says whether it can take requests, or the one that says whether it lives.
fn probe(container: &Value) -> Option<String> {
    let probe = ["readinessProbe", "livenessProbe"].iter().find_map(|kind| container.get(kind))?;
    if let Some(get) = probe.get("httpGet") {
        let scheme = get.get("scheme").and_then(Value::as_str).unwrap_or("HTTP").to_lowercase();
        let path = get.get("path").and_then(Value::as_str).unwrap_or("/");
        return Some(format!("{scheme} :{}{path}", port(container, get.get("port"))));
    }
    if let Some(socket) = probe.get("tcpSocket") {
        return Some(format!("tcp :{}", port(container, socket.get("port"))));
    }
    if let Some(rpc) = probe.get("grpc") {
        return Some(format!("grpc :{}", port(container, rpc.get("port"))));
    }
    let command = probe.pointer("/exec/command")?.as_array()?;
    let words: Vec<&str> = command.iter().filter_map(Value::as_str).collect();
    Some(format!("exec {}", words.join(" ")))
}

/// A port by its number, or by the name that the container gives it.
fn port(container: &Value, port: Option<&Value>) -> String {
    match port {
        Some(Value::String(name)) => {
            let ports = container.get("ports").and_then(Value::as_array);
            let named = ports
                .into_iter()
                .flatten()
                .find(|p| p.get("name") == Some(&Value::from(name.as_str())));
            named
                .and_then(|p| p.get("containerPort"))
                .map_or_else(|| name.clone(), ToString::to_string)
        }
        Some(number) => number.to_string(),
        None => String::new(),
    }
}
