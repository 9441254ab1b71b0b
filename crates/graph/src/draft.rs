//! [`Draft`]: reads every manifest once and collects what waits for what.

use suimon_model::{Diagnostic, Diagnostics, Manifest};

use crate::ack::Ack;
use crate::annotations::Annotations;
use crate::aws::Aws;
use crate::cluster::Cluster;
use crate::implied::Implied;
use crate::index::Index;
use crate::links::{Graph, Links, graph_of};
use crate::waves::Waves;
use crate::{Order, cycle, explicit, implied, kinds, sort};

/// Manifests with their dependencies, before they are put in order.
pub(crate) struct Draft<'a> {
    manifests: Vec<&'a Manifest>,
    graph: Graph,
    problems: Diagnostics,
}

impl<'a> Draft<'a> {
    /// Reads every manifest once. The Kubernetes objects live on the EKS cluster of this name.
    pub(crate) fn of(manifests: &'a [Manifest], eks_cluster: Option<&str>) -> Self {
        let mut problems = Diagnostics::new();
        let manifests = numbered(manifests, &mut problems);
        let mut index = Index::new(&manifests);
        let mut links = Links::default();
        let mut found = Implied::default();
        let mut ack = Ack::default();
        let mut aws = Aws::default();
        let mut cluster = Cluster::new(eks_cluster);
        let mut waves = Waves::default();
        for (node, manifest) in (0u32..).zip(&manifests) {
            let annotations = if implied::is_read(&manifest.id) {
                let body = manifest.body.value();
                let annotations = Annotations::of_value(&body);
                let place = implied::Place { node, id: &manifest.id, index: &index };
                found.read(place, &body, &annotations, &mut links);
                annotations
            } else if manifest.id.is_aws() {
                let body = manifest.body.value();
                ack.read(node, &body);
                aws.read(node, manifest, &body);
                cluster.read(node, manifest, &body);
                Annotations::of_value(&body)
            } else {
                Annotations::of_text(manifest.body.as_str())
            };
            explicit::read(node, manifest, &annotations, &mut index, &mut links, &mut problems);
            waves.read(manifest, &annotations, &mut problems);
        }
        if cluster.is_declared() {
            waves.leave_to_cluster(&manifests);
        }
        ack.link(&manifests, &mut links);
        aws.link(&mut links);
        found.link(&manifests, &index, &mut links);
        cluster.link(&manifests, &mut links);
        waves.link(&mut links);
        for (node, reason) in links.loops() {
            let manifest = manifests[node as usize];
            problems.push(
                Diagnostic::error("self-dependency", format!("`{}` waits for itself", manifest.id))
                    .at(manifest.origin.location())
                    .detail(format!("by {reason}"))
                    .help("remove the reference"),
            );
        }
        let graph = links.into_graph(manifests.len());
        Self { manifests, graph, problems }
    }

    /// The order, or everything that is wrong.
    pub(crate) fn into_order(mut self) -> Result<Order, Diagnostics> {
        let sorted = sort::topological(&self.graph, self.manifests.len());
        if sorted.len() < self.manifests.len() {
            self.problems.extend(cycle::report(&self.graph, &self.manifests));
        }
        if self.problems.has_errors() {
            return Err(self.problems.sorted());
        }
        Ok(Order::new(&self.manifests, self.graph, &sorted))
    }

    /// The order, without the dependencies that cannot be kept.
    pub(crate) fn into_order_regardless(mut self) -> Order {
        let mut sorted = sort::topological(&self.graph, self.manifests.len());
        if sorted.len() < self.manifests.len() {
            let links = cycle::without_cycles(&self.graph);
            self.graph = graph_of(self.graph.node_count(), links);
            sorted = sort::topological(&self.graph, self.manifests.len());
        }
        Order::new(&self.manifests, self.graph, &sorted)
    }
}

/// The manifests in the order in which they go where nothing decides, without repeats.
fn numbered<'a>(manifests: &'a [Manifest], problems: &mut Diagnostics) -> Vec<&'a Manifest> {
    let mut ranked: Vec<_> = manifests.iter().map(|m| (kinds::rank(&m.id), m)).collect();
    ranked.sort_by(|(a, m), (b, n)| (a, &m.id, &m.origin).cmp(&(b, &n.id, &n.origin)));
    let mut sorted: Vec<&Manifest> = Vec::with_capacity(ranked.len());
    for (_, manifest) in ranked {
        match sorted.last() {
            Some(first) if first.id == manifest.id => problems.push(
                Diagnostic::error("duplicate-object", format!("`{}` is declared twice", first.id))
                    .at(manifest.origin.location())
                    .related(first.origin.location(), "first declared here"),
            ),
            _ => sorted.push(manifest),
        }
    }
    sorted
}
