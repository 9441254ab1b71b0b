//! Graphviz.

use std::fmt::Write as _;

use super::{barrier_label, escape};
use crate::Order;

/// The graph in the DOT language of Graphviz: an arrow points from what waits to what it waits for.
/// A barrier is a small ellipse between its two groups.
pub fn dot(order: &Order) -> String {
    let mut out = String::from("digraph suimon {\n  rankdir = RL;\n  node [shape = box];\n");
    for (node, id) in order.nodes().iter().enumerate() {
        let _ = writeln!(out, "  n{node} [label = {}];", escape::dot(&id.to_string()));
    }
    for edge in order.edges() {
        let label = escape::dot(&edge.reason.to_string());
        let _ = writeln!(out, "  n{} -> n{} [label = {label}];", edge.dependent, edge.dependency);
    }
    for (number, barrier) in order.barriers().enumerate() {
        let label = escape::dot(&barrier_label(&barrier.reason));
        let _ = writeln!(out, "  b{number} [shape = ellipse, style = dashed, label = {label}];");
        for node in &barrier.dependents {
            let _ = writeln!(out, "  n{node} -> b{number} [style = dashed];");
        }
        for node in &barrier.dependencies {
            let _ = writeln!(out, "  b{number} -> n{node} [style = dashed];");
        }
    }
    out.push_str("}\n");
    out
}
