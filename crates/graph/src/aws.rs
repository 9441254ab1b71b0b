//! Dependencies between AWS resources that name each other as the API does, without a `fooRef`.

use std::collections::HashMap;

use serde_json::Value;
use suimon_model::{Manifest, ResourceId};

use crate::EdgeReason::Implied as Because;
use crate::links::Links;

pub(crate) const ECS: &str = "ecs.services.k8s.aws";
pub(crate) const EKS: &str = "eks.services.k8s.aws";
const SCALING: &str = "applicationautoscaling.services.k8s.aws";
const SECRETS: &str = "secretsmanager.services.k8s.aws";

/// A resource by the name that the API knows it by: group, kind, name.
type ByName = HashMap<(&'static str, &'static str, String), u32>;

/// What is scaled: `resourceID` and `scalableDimension`, as written.
type Scaling = (String, Option<String>);

/// What AWS resources say of each other, collected while the manifests are read.
#[derive(Default)]
pub(crate) struct Aws {
    /// What others may name.
    names: ByName,
    /// API names of clusters by group and `metadata.name`, for what names them by a reference.
    clusters: HashMap<(String, String), String>,
    services: Vec<Service>,
    targets: HashMap<Scaling, u32>,
    wants: Vec<Want>,
}

/// An ECS service, and the cluster it says it is in.
struct Service {
    node: u32,
    name: String,
    cluster: In,
}

/// A cluster as a resource names it.
enum In {
    /// By the API's name.
    Name(String),
    /// By `clusterRef`.
    Ref(String),
    /// By a value that is known only later.
    Later,
}

enum Want {
    Named { dependent: u32, group: &'static str, kind: &'static str, name: String },
    Secret { dependent: u32, name: String },
    Scaled { dependent: u32, resource: String },
    Target { dependent: u32, target: Scaling },
}

impl Aws {
    /// Reads one AWS resource.
    pub(crate) fn read(&mut self, node: u32, manifest: &Manifest, body: &Value) {
        let (id, spec) = (&manifest.id, &body["spec"]);
        match (id.group.as_str(), id.kind.as_str()) {
            (ECS, "Cluster") => self.cluster(ECS, node, id, spec),
            (EKS, "Cluster") => self.cluster(EKS, node, id, spec),
            (SECRETS, "Secret") => self.name(SECRETS, "Secret", node, name_of(id, spec)),
            (ECS, "TaskDefinition") => {
                let family = text(spec, "family").unwrap_or(&id.name).to_owned();
                self.name(ECS, "TaskDefinition", node, family);
                self.secrets(node, spec);
            }
            (ECS, "Service") => self.service(node, id, spec),
            (SCALING, "ScalableTarget") => {
                if let Some(resource) = text(spec, "resourceID") {
                    self.targets.entry(scaling(resource, spec)).or_insert(node);
                    let resource = resource.to_owned();
                    self.wants.push(Want::Scaled { dependent: node, resource });
                }
            }
            (SCALING, "ScalingPolicy") => {
                if let Some(resource) = text(spec, "resourceID") {
                    let target = scaling(resource, spec);
                    let resource = resource.to_owned();
                    let scaled = Want::Scaled { dependent: node, resource };
                    self.wants.extend([scaled, Want::Target { dependent: node, target }]);
                }
            }
            (EKS, _) => {
                let cluster = literal(spec, "clusterName").map(|name| last(&name).to_owned());
                self.wants.extend(cluster.map(|name| named(node, EKS, "Cluster", name)));
            }
            _ => {}
        }
    }

    fn name(&mut self, group: &'static str, kind: &'static str, node: u32, name: String) {
        self.names.entry((group, kind, name)).or_insert(node);
    }

    fn cluster(&mut self, group: &'static str, node: u32, id: &ResourceId, spec: &Value) {
        let name = name_of(id, spec);
        self.clusters.entry((group.to_owned(), id.name.clone())).or_insert_with(|| name.clone());
        self.name(group, "Cluster", node, name);
    }

    fn service(&mut self, node: u32, id: &ResourceId, spec: &Value) {
        let cluster = match (text(spec, "cluster"), reference(spec, "clusterRef")) {
            (Some(_), _) => literal(spec, "cluster").map_or(In::Later, In::Name),
            (None, Some(name)) => In::Ref(name.to_owned()),
            (None, None) => In::Name("default".to_owned()),
        };
        let cluster = match cluster {
            In::Name(name) => {
                let name = last(&name).to_owned();
                self.wants.push(named(node, ECS, "Cluster", name.clone()));
                In::Name(name)
            }
            other => other,
        };
        if let Some(definition) = literal(spec, "taskDefinition") {
            let family = last(&definition).split(':').next().unwrap_or_default().to_owned();
            self.wants.push(named(node, ECS, "TaskDefinition", family));
        }
        self.services.push(Service { node, name: name_of(id, spec), cluster });
    }

    /// The secrets that containers, their logs and their registries read.
    fn secrets(&mut self, dependent: u32, spec: &Value) {
        let mut unread = vec![spec];
        while let Some(value) = unread.pop() {
            match value {
                Value::Array(items) => unread.extend(items),
                Value::Object(fields) => {
                    for key in ["valueFrom", "credentialsParameter"] {
                        let name = literal(value, key);
                        self.wants.extend(name.map(|name| Want::Secret { dependent, name }));
                    }
                    unread.extend(fields.values());
                }
                _ => {}
            }
        }
    }

    /// Links the resources that name each other.
    pub(crate) fn link(&self, links: &mut Links) {
        for want in &self.wants {
            match want {
                Want::Named { dependent, group, kind, name } => {
                    let why = if *kind == "Cluster" { "cluster" } else { "task definition" };
                    let target = self.names.get(&(*group, *kind, name.clone()));
                    one(links, *dependent, target.copied(), why);
                }
                Want::Secret { dependent, name } => {
                    one(links, *dependent, self.secret(name), "secret");
                }
                Want::Scaled { dependent, resource } => {
                    one(links, *dependent, self.scaled(resource), "scaled service");
                }
                Want::Target { dependent, target } => {
                    let target = self.targets.get(target);
                    one(links, *dependent, target.copied(), "scalable target");
                }
            }
        }
    }

    /// The service of `service/CLUSTER/NAME`.
    fn scaled(&self, resource: &str) -> Option<u32> {
        let (cluster, name) = resource.strip_prefix("service/")?.split_once('/')?;
        let is_in = |service: &&Service| match &service.cluster {
            In::Name(name) => name == cluster,
            In::Ref(reference) => {
                let known = self.clusters.get(&(ECS.to_owned(), reference.clone()));
                known.is_none_or(|name| name == cluster)
            }
            In::Later => true,
        };
        let found = self.services.iter().filter(|service| service.name == name).find(is_in);
        found.map(|service| service.node)
    }

    /// The secret that is named by its name, or by its ARN: with or without the six characters that
    /// the service adds to the name, and what follows them (a JSON key, a version).
    fn secret(&self, written: &str) -> Option<u32> {
        let find = |name: &str| self.names.get(&(SECRETS, "Secret", name.to_owned())).copied();
        if !written.starts_with("arn:") {
            return find(written);
        }
        let mut parts = written.splitn(8, ':').skip(2);
        if parts.next() != Some("secretsmanager") || parts.nth(2) != Some("secret") {
            return None;
        }
        let name = parts.next()?;
        let random = |end: &str| end.len() == 6 && end.bytes().all(|b| b.is_ascii_alphanumeric());
        let stem = name.rsplit_once('-').filter(|(_, end)| random(end)).map(|(stem, _)| stem);
        find(name).or_else(|| find(stem?))
    }
}

fn scaling(resource: &str, spec: &Value) -> Scaling {
    (resource.to_owned(), text(spec, "scalableDimension").map(str::to_owned))
}

fn named(dependent: u32, group: &'static str, kind: &'static str, name: String) -> Want {
    Want::Named { dependent, group, kind, name }
}

fn one(links: &mut Links, dependent: u32, target: Option<u32>, why: &'static str) {
    if let Some(target) = target.filter(|target| *target != dependent) {
        links.one(dependent, target, Because(why));
    }
}

/// The name that the API knows a resource by.
pub(crate) fn name_of(id: &ResourceId, spec: &Value) -> String {
    text(spec, "name").unwrap_or(&id.name).to_owned()
}

/// The name in `fooRef: {from: {name: …}}`.
pub(crate) fn reference<'v>(spec: &'v Value, field: &str) -> Option<&'v str> {
    self::field(spec, field)?.get("from")?.get("name")?.as_str()
}

/// A text as written; `None` where a part of it is known only later.
pub(crate) fn literal(spec: &Value, field: &str) -> Option<String> {
    let text = text(spec, field)?;
    (!text.contains(suimon_model::REF_MARKER_PREFIX)).then(|| text.to_owned())
}

fn text<'v>(spec: &'v Value, field: &str) -> Option<&'v str> {
    self::field(spec, field)?.as_str()
}

/// A field, however its acronyms are capitalised (`resourceID`, `resourceId`).
fn field<'v>(spec: &'v Value, name: &str) -> Option<&'v Value> {
    let fields = spec.as_object()?;
    let alike = || fields.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, v)| v);
    fields.get(name).or_else(alike)
}

/// The name at the end of an ARN; a name is itself.
fn last(name: &str) -> &str {
    match name.starts_with("arn:") {
        true => name.rsplit('/').next().unwrap_or(name),
        false => name,
    }
}
