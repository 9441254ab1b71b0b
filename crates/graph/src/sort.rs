//! Topological order: dependencies first, then the smaller number.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use petgraph::Direction::{Incoming, Outgoing};
use petgraph::graph::NodeIndex;

use crate::links::Graph;

/// The objects (the first `objects` vertices) in order; shorter than `objects` where some wait for
/// each other.
pub(crate) fn topological(graph: &Graph, objects: usize) -> Vec<u32> {
    let mut waiting: Vec<usize> =
        graph.node_indices().map(|v| graph.neighbors_directed(v, Outgoing).count()).collect();
    let mut startable: BinaryHeap<Reverse<u32>> = (0u32..)
        .zip(&waiting[..objects])
        .filter(|(_, n)| **n == 0)
        .map(|(v, _)| Reverse(v))
        .collect();
    let mut order = Vec::with_capacity(objects);
    let mut passed = Vec::new();
    while let Some(Reverse(next)) = startable.pop() {
        order.push(next);
        passed.push(next);
        while let Some(vertex) = passed.pop() {
            for dependent in graph.neighbors_directed(NodeIndex::from(vertex), Incoming) {
                waiting[dependent.index()] -= 1;
                if waiting[dependent.index()] > 0 {
                    continue;
                }
                if dependent.index() < objects {
                    startable.push(Reverse(dependent.index() as u32));
                } else {
                    passed.push(dependent.index() as u32);
                }
            }
        }
    }
    order
}
