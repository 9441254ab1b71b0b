//! The EKS cluster that the Kubernetes objects live on, where it is declared beside them.

use petgraph::graph::NodeIndex;
use petgraph::visit::Dfs;
use serde_json::Value;
use suimon_model::{Manifest, ResourceId};

use crate::EdgeReason::Implied;
use crate::aws::{EKS, literal, name_of, reference};
use crate::links::{Graph, Links};

/// Why an object waits for the cluster and what makes it usable.
const WHY: &str = "EKS cluster";

/// Kinds that a cluster needs before objects can live on it: nodes, permissions, add-ons.
const PARTS: &[&str] =
    &["Nodegroup", "FargateProfile", "AccessEntry", "Addon", "PodIdentityAssociation"];

/// The environment's EKS cluster, and what belongs to it; collected while the manifests are read.
pub(crate) struct Cluster<'a> {
    name: Option<&'a str>,
    /// The declared cluster of that name.
    declared: Option<u32>,
    /// Declared parts of EKS clusters, and the cluster that each names.
    parts: Vec<(u32, Of)>,
}

/// A cluster as a part names it.
enum Of {
    /// By the API's name.
    Name(String),
    /// By `clusterRef`: `metadata.name`.
    Ref(String),
    /// By a value that is known only later.
    Later,
}

impl<'a> Cluster<'a> {
    pub(crate) fn new(name: Option<&'a str>) -> Self {
        Self { name, declared: None, parts: Vec::new() }
    }

    /// Reads one AWS resource.
    pub(crate) fn read(&mut self, node: u32, manifest: &Manifest, body: &Value) {
        let Some(name) = self.name else { return };
        let (id, spec) = (&manifest.id, &body["spec"]);
        if id.group != EKS {
            return;
        }
        if is_cluster(id, spec, name) {
            self.declared.get_or_insert(node);
        }
        if PARTS.contains(&id.kind.as_str()) {
            let by_name = literal(spec, "clusterName").map(Of::Name);
            let by_ref = || reference(spec, "clusterRef").map(|name| Of::Ref(name.to_owned()));
            self.parts.push((node, by_name.or_else(by_ref).unwrap_or(Of::Later)));
        }
    }

    /// Whether the environment's cluster is one of the declared objects.
    pub(crate) fn is_declared(&self) -> bool {
        self.declared.is_some()
    }

    /// Makes every Kubernetes object wait for the cluster and its parts.
    ///
    /// A part that itself waits for Kubernetes objects (an add-on that reads a value of one) is
    /// waited for by the other objects only: by none of those that it needs.
    pub(crate) fn link(&self, manifests: &[&Manifest], links: &mut Links) {
        let (Some(name), Some(cluster)) = (self.name, self.declared) else { return };
        let is_aws: Vec<bool> = manifests.iter().map(|manifest| manifest.id.is_aws()).collect();
        let objects: Vec<u32> =
            (0..manifests.len() as u32).filter(|node| !is_aws[*node as usize]).collect();
        let parts = self.parts.iter();
        let parts = parts.filter(|(node, of)| is_part(manifests, *node, of, name, cluster));
        let (mut first, mut later) = (vec![cluster], Vec::new());
        let mut needed = vec![false; manifests.len()];
        let kubernetes = |node: &u32| !is_aws[*node as usize];
        let crossing = links.any(|a| is_aws[a as usize], |b| kubernetes(&b));
        let graph = crossing.then(|| links.clone().into_graph(manifests.len()));
        for (part, _) in parts {
            let awaited = graph.as_ref().map(|graph| awaited(graph, manifests.len(), *part));
            match awaited.filter(|awaited| awaited.iter().any(kubernetes)) {
                None => first.push(*part),
                Some(awaited) => {
                    later.push(*part);
                    awaited.into_iter().for_each(|node| needed[node as usize] = true);
                }
            }
        }
        let others = objects.iter().copied().filter(|node| !needed[*node as usize]).collect();
        links.all(objects, first, Implied(WHY));
        links.all(others, later, Implied(WHY));
    }
}

/// Whether the EKS cluster of this name is among the objects.
pub(crate) fn is_declared(manifests: &[Manifest], name: &str) -> bool {
    let mut clusters = manifests.iter().filter(|m| m.id.group == EKS && m.id.kind == "Cluster");
    clusters.any(|manifest| is_cluster(&manifest.id, &manifest.body.value()["spec"], name))
}

fn is_cluster(id: &ResourceId, spec: &Value, name: &str) -> bool {
    id.kind == "Cluster" && name_of(id, spec) == name
}

fn is_part(manifests: &[&Manifest], node: u32, of: &Of, name: &str, cluster: u32) -> bool {
    let declared = &manifests[cluster as usize].id;
    match of {
        Of::Name(named) => named == name,
        Of::Ref(reference) => *reference == declared.name,
        Of::Later => {
            manifests[node as usize].refs.iter().any(|reference| reference.target == *declared)
        }
    }
}

/// The objects that an object waits for, directly or not, itself included.
fn awaited(graph: &Graph, objects: usize, by: u32) -> Vec<u32> {
    let mut search = Dfs::new(graph, NodeIndex::from(by));
    let reached = std::iter::from_fn(|| search.next(graph));
    reached.map(|vertex| vertex.index() as u32).filter(|at| (*at as usize) < objects).collect()
}
