//! [`Order`]: the objects of an environment with dependencies first.

use std::sync::Arc;

use petgraph::Direction::{self, Incoming, Outgoing};
use petgraph::graph::NodeIndex;
use petgraph::visit::EdgeRef;
use suimon_model::{Manifest, Origin, ResourceId};

use crate::links::{Graph, graph_of};
use crate::{Barrier, Edge, EdgeReason};

/// The objects of an environment in an order in which dependencies come first.
///
/// An object is a number: its position in [`nodes`](Self::nodes). Where no dependency decides,
/// kinds go in the order a cluster likes (namespaces first, webhooks last), then by id.
///
/// A clone shares everything with the original.
#[derive(Debug, Clone)]
pub struct Order(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    nodes: Vec<ResourceId>,
    origins: Vec<Origin>,
    by_id: Vec<u32>,
    graph: Graph,
}

impl Order {
    /// Renumbers objects by their place in `sorted`.
    pub(crate) fn new(manifests: &[&Manifest], graph: Graph, sorted: &[u32]) -> Self {
        let mut place: Vec<u32> = (0..graph.node_count() as u32).collect();
        for (at, node) in (0u32..).zip(sorted) {
            place[*node as usize] = at;
        }
        let vertices = graph.node_count();
        let (_, edges) = graph.into_nodes_edges();
        let renumbered = |at: NodeIndex<u32>| place[at.index()];
        let links = edges
            .into_iter()
            .map(|edge| (renumbered(edge.source()), renumbered(edge.target()), edge.weight))
            .collect();
        let sorted = || sorted.iter().map(|node| manifests[*node as usize]);
        let nodes: Vec<ResourceId> = sorted().map(|manifest| manifest.id.clone()).collect();
        let mut by_id: Vec<u32> = (0..nodes.len() as u32).collect();
        by_id.sort_unstable_by(|a, b| nodes[*a as usize].cmp(&nodes[*b as usize]));
        let origins = sorted().map(|manifest| manifest.origin.clone()).collect();
        Self(Arc::new(Inner { nodes, origins, by_id, graph: graph_of(vertices, links) }))
    }

    /// How many objects there are.
    pub fn len(&self) -> usize {
        self.0.nodes.len()
    }

    /// Whether there is no object.
    pub fn is_empty(&self) -> bool {
        self.0.nodes.is_empty()
    }

    /// The ids, dependencies first.
    pub fn nodes(&self) -> &[ResourceId] {
        &self.0.nodes
    }

    /// Where an object is declared; `None` past the end.
    pub fn origin(&self, node: usize) -> Option<&Origin> {
        self.0.origins.get(node)
    }

    /// The number of an object.
    pub fn index_of(&self, id: &ResourceId) -> Option<usize> {
        let found = self.0.by_id.binary_search_by(|at| self.0.nodes[*at as usize].cmp(id)).ok()?;
        Some(self.0.by_id[found] as usize)
    }

    /// What an object waits for directly, ascending; nothing past the end.
    pub fn dependencies(&self, node: usize) -> Vec<usize> {
        self.beside(node, Outgoing)
    }

    /// What waits for an object directly, ascending; nothing past the end.
    pub fn dependents(&self, node: usize) -> Vec<usize> {
        self.beside(node, Incoming)
    }

    /// The dependencies between two objects, by dependent, then by dependency. What goes through a
    /// barrier is in [`barriers`](Self::barriers) instead.
    pub fn edges(&self) -> impl Iterator<Item = Edge> + '_ {
        let between_objects = |a: usize, b: usize| a < self.len() && b < self.len();
        self.0.graph.edge_references().rev().filter_map(move |edge| {
            let (dependent, dependency) = (edge.source().index(), edge.target().index());
            between_objects(dependent, dependency)
                .then(|| self.edge(dependent, dependency, edge.weight()))
        })
    }

    /// Everything one object waits for directly, with why; also what goes through barriers. Where
    /// there are several reasons for one pair the strongest is given.
    pub fn edges_of(&self, node: usize) -> Vec<Edge> {
        let mut edges = Vec::new();
        if node >= self.len() {
            return edges;
        }
        for edge in self.0.graph.edges(NodeIndex::new(node)) {
            if edge.target().index() < self.len() {
                edges.push(self.edge(node, edge.target().index(), edge.weight()));
            } else {
                let through = self.0.graph.neighbors(edge.target());
                edges.extend(through.map(|b| self.edge(node, b.index(), edge.weight())));
            }
        }
        edges.sort_by(|a, b| (a.dependency, &a.reason).cmp(&(b.dependency, &b.reason)));
        edges.dedup_by_key(|edge| edge.dependency);
        edges
    }

    /// The groups that wait for groups.
    pub fn barriers(&self) -> impl Iterator<Item = Barrier> + '_ {
        let graph = &self.0.graph;
        graph.node_indices().skip(self.len()).filter_map(|vertex| {
            let group = |direction| {
                let mut group: Vec<usize> =
                    graph.neighbors_directed(vertex, direction).map(NodeIndex::index).collect();
                group.sort_unstable();
                group
            };
            let reason = graph.edges(vertex).next()?.weight().clone();
            Some(Barrier { dependents: group(Incoming), dependencies: group(Outgoing), reason })
        })
    }

    /// These objects and everything they wait for, directly or not, ascending.
    pub fn closure_of_dependencies(&self, nodes: &[usize]) -> Vec<usize> {
        self.closure(nodes, Outgoing)
    }

    /// These objects and everything that waits for them, directly or not, ascending.
    pub fn closure_of_dependents(&self, nodes: &[usize]) -> Vec<usize> {
        self.closure(nodes, Incoming)
    }

    /// How many vertices there are: objects, then barriers.
    pub(crate) fn vertices(&self) -> usize {
        self.0.graph.node_count()
    }

    /// The vertices next to one.
    pub(crate) fn neighbors(
        &self,
        vertex: usize,
        direction: Direction,
    ) -> impl Iterator<Item = usize> + '_ {
        self.0.graph.neighbors_directed(NodeIndex::new(vertex), direction).map(NodeIndex::index)
    }

    /// The vertices that an object waits for, ascending, with why.
    pub(crate) fn outgoing(&self, node: usize) -> impl Iterator<Item = (usize, &EdgeReason)> + '_ {
        let mut found: Vec<_> = self
            .0
            .graph
            .edges(NodeIndex::new(node))
            .map(|edge| (edge.target().index(), edge.weight()))
            .collect();
        found.sort_unstable();
        found.into_iter()
    }

    /// For each object how many steps must be over before it can start.
    pub(crate) fn steps(&self) -> Vec<usize> {
        let mut steps = vec![0; self.vertices()];
        // Objects come after what they wait for; a barrier is up to date as soon as the last object
        // it waits for is, which is before the first object that waits for it.
        for node in 0..self.len() {
            for next in self.neighbors(node, Outgoing) {
                let over = if next < self.len() { steps[next] + 1 } else { steps[next] };
                steps[node] = steps[node].max(over);
            }
            for barrier in self.neighbors(node, Incoming).filter(|v| *v >= self.len()) {
                steps[barrier] = steps[barrier].max(steps[node] + 1);
            }
        }
        steps.truncate(self.len());
        steps
    }

    fn edge(&self, dependent: usize, dependency: usize, reason: &EdgeReason) -> Edge {
        let location = self.0.origins[dependent].location();
        Edge { dependent, dependency, reason: reason.clone(), location }
    }

    fn beside(&self, node: usize, direction: Direction) -> Vec<usize> {
        if node >= self.len() {
            return Vec::new();
        }
        let mut found = Vec::new();
        for vertex in self.neighbors(node, direction) {
            if vertex < self.len() {
                found.push(vertex);
            } else {
                found.extend(self.neighbors(vertex, direction));
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    fn closure(&self, nodes: &[usize], direction: Direction) -> Vec<usize> {
        let mut reached = vec![false; self.vertices()];
        let mut unread: Vec<usize> = nodes.iter().copied().filter(|n| *n < self.len()).collect();
        while let Some(vertex) = unread.pop() {
            if !std::mem::replace(&mut reached[vertex], true) {
                unread.extend(self.neighbors(vertex, direction));
            }
        }
        (0..self.len()).filter(|node| reached[*node]).collect()
    }
}
