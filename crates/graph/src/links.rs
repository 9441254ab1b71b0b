//! [`Links`]: dependencies while they are being collected.

use std::collections::BTreeMap;

use petgraph::graph::{DiGraph, NodeIndex};

use crate::EdgeReason;

/// The finished shape: an edge points from what waits to what it waits for. Vertices from the
/// number of objects on are barriers.
pub(crate) type Graph = DiGraph<(), EdgeReason, u32>;

/// A dependency: who waits, for what, why.
pub(crate) type Link = (u32, u32, EdgeReason);

/// Collects dependencies between numbered objects.
#[derive(Default, Clone)]
pub(crate) struct Links {
    direct: Vec<Link>,
    groups: BTreeMap<(Vec<u32>, EdgeReason), Vec<u32>>,
    barriers: Vec<(Vec<u32>, Vec<u32>, EdgeReason)>,
    loops: Vec<(u32, EdgeReason)>,
}

impl Links {
    /// One object waits for another.
    pub(crate) fn one(&mut self, dependent: u32, dependency: u32, reason: EdgeReason) {
        if dependent == dependency {
            self.loops.push((dependent, reason));
        } else {
            self.direct.push((dependent, dependency, reason));
        }
    }

    /// One object waits for several. Who waits for the same several shares a barrier.
    pub(crate) fn several(&mut self, dependent: u32, mut set: Vec<u32>, reason: &EdgeReason) {
        set.sort_unstable();
        set.dedup();
        if let Ok(own) = set.binary_search(&dependent) {
            set.remove(own);
            self.loops.push((dependent, reason.clone()));
        }
        match set.as_slice() {
            [] => {}
            [one] => self.direct.push((dependent, *one, reason.clone())),
            _ => self.groups.entry((set, reason.clone())).or_default().push(dependent),
        }
    }

    /// Every object of a group waits for every object of another; the two share no object.
    pub(crate) fn all(&mut self, dependents: Vec<u32>, set: Vec<u32>, reason: EdgeReason) {
        if !dependents.is_empty() && !set.is_empty() {
            self.barriers.push((dependents, set, reason));
        }
    }

    /// Whether so far an object like the one waits directly for an object like the other.
    pub(crate) fn any(&self, one: impl Fn(u32) -> bool, other: impl Fn(u32) -> bool) -> bool {
        let between = |dependents: &[u32], set: &[u32]| {
            dependents.iter().any(|a| one(*a)) && set.iter().any(|b| other(*b))
        };
        self.direct.iter().any(|(a, b, _)| one(*a) && other(*b))
            || self.groups.iter().any(|((set, _), dependents)| between(dependents, set))
            || self.barriers.iter().any(|(dependents, set, _)| between(dependents, set))
    }

    /// The objects that wait for themselves, sorted, each with its strongest reason.
    pub(crate) fn loops(&self) -> Vec<(u32, EdgeReason)> {
        let mut loops = self.loops.clone();
        loops.sort();
        loops.dedup_by_key(|(node, _)| *node);
        loops
    }

    /// The graph over `objects` vertices and as many barriers as it takes.
    pub(crate) fn into_graph(self, objects: usize) -> Graph {
        let Self { mut direct, groups, mut barriers, .. } = self;
        barriers.extend(groups.into_iter().map(|((set, reason), mut dependents)| {
            dependents.sort_unstable();
            dependents.dedup();
            (dependents, set, reason)
        }));
        let mut vertices = objects;
        for (dependents, set, reason) in barriers {
            if dependents.len() * set.len() <= dependents.len() + set.len() {
                let pairs = dependents.iter().flat_map(|a| set.iter().map(move |b| (*a, *b)));
                direct.extend(pairs.map(|(a, b)| (a, b, reason.clone())));
                continue;
            }
            let hub = vertices as u32;
            vertices += 1;
            direct.extend(dependents.into_iter().map(|a| (a, hub, reason.clone())));
            direct.extend(set.into_iter().map(|b| (hub, b, reason.clone())));
        }
        graph_of(vertices, direct)
    }
}

/// Builds the graph: one edge between each pair, with the strongest reason. Edges go in from the
/// last to the first, because the neighbours of a vertex come out the other way round.
pub(crate) fn graph_of(vertices: usize, mut links: Vec<Link>) -> Graph {
    links.sort_unstable();
    links.dedup_by(|later, first| (later.0, later.1) == (first.0, first.1));
    let mut graph = Graph::with_capacity(vertices, links.len());
    for _ in 0..vertices {
        graph.add_node(());
    }
    for (dependent, dependency, reason) in links.into_iter().rev() {
        graph.add_edge(NodeIndex::from(dependent), NodeIndex::from(dependency), reason);
    }
    graph
}
