//! Mermaid.

use std::fmt::Write as _;

use super::{barrier_label, escape};
use crate::Order;

/// The graph as a Mermaid flow chart, which GitHub draws in Markdown: an arrow points from what
/// waits to what it waits for. A barrier is a round box between its two groups.
pub fn mermaid(order: &Order) -> String {
    let mut out = String::from("flowchart RL\n");
    for (node, id) in order.nodes().iter().enumerate() {
        let _ = writeln!(out, "  n{node}[{}]", escape::mermaid(&id.to_string()));
    }
    for edge in order.edges() {
        let label = escape::mermaid(&edge.reason.to_string());
        let _ = writeln!(out, "  n{} -->|{label}| n{}", edge.dependent, edge.dependency);
    }
    for (number, barrier) in order.barriers().enumerate() {
        let label = escape::mermaid(&barrier_label(&barrier.reason));
        let _ = writeln!(out, "  b{number}([{label}])");
        for node in &barrier.dependents {
            let _ = writeln!(out, "  n{node} -.-> b{number}");
        }
        for node in &barrier.dependencies {
            let _ = writeln!(out, "  b{number} -.-> n{node}");
        }
    }
    out
}
