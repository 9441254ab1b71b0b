//! A tree for the terminal.

use std::collections::VecDeque;
use std::fmt::Write as _;

use petgraph::Direction::{Incoming, Outgoing};

use super::escape;
use crate::{EdgeReason, Order};

/// How deep one tree goes; what is deeper starts a tree of its own. Indentation of a chain of a
/// hundred thousand objects would otherwise fill gigabytes.
const DEPTH: usize = 16;

/// The graph as trees: under each object what it waits for, and why.
///
/// The trees start at the objects that nothing waits for. What was shown before is marked `(*)` and
/// not unfolded again; a barrier is one line. The namespace of an object is left out where something
/// else under it waits for that namespace already.
pub fn tree(order: &Order) -> String {
    let sizes = (order.len()..order.vertices()).map(|hub| order.neighbors(hub, Outgoing).count());
    let sizes = sizes.collect();
    let mut printer = Printer { order, sizes, shown: vec![false; order.len()], out: String::new() };
    let mut roots: VecDeque<usize> =
        (0..order.len()).filter(|node| !is_awaited(order, *node)).collect();
    while let Some(root) = roots.pop_front() {
        if !printer.shown[root] {
            printer.name(root);
            printer.out.push('\n');
            printer.under(root, "", 0, &mut roots);
        }
    }
    printer.out
}

/// Whether some one object waits for it; a barrier does not show what it stands for.
fn is_awaited(order: &Order, node: usize) -> bool {
    order.neighbors(node, Incoming).any(|dependent| dependent < order.len())
}

struct Printer<'a> {
    order: &'a Order,
    /// How many objects are behind each barrier.
    sizes: Vec<usize>,
    shown: Vec<bool>,
    out: String,
}

impl Printer<'_> {
    fn name(&mut self, node: usize) {
        self.out.push_str(&escape::plain(&self.order.nodes()[node].to_string()));
    }

    /// What one object waits for; at most [`DEPTH`] calls deep.
    fn under(&mut self, node: usize, indent: &str, depth: usize, later: &mut VecDeque<usize>) {
        self.shown[node] = true;
        let lines = self.lines(node);
        for (at, (vertex, reason)) in lines.iter().enumerate() {
            let last = at + 1 == lines.len();
            self.out.push_str(indent);
            self.out.push_str(if last { "└── " } else { "├── " });
            if let Some(barrier) = vertex.checked_sub(self.order.len()) {
                let size = self.sizes[barrier];
                let _ = match reason {
                    EdgeReason::SyncWave { to, .. } => {
                        writeln!(self.out, "everything of sync-wave {to} ({size} objects)")
                    }
                    other => {
                        writeln!(self.out, "{size} objects ({})", escape::plain(&other.to_string()))
                    }
                };
                continue;
            }
            self.name(*vertex);
            let _ = write!(self.out, " ({})", escape::plain(&reason.to_string()));
            if self.lines(*vertex).is_empty() {
                self.out.push('\n');
            } else if self.shown[*vertex] {
                self.out.push_str(" (*)\n");
            } else if depth + 1 == DEPTH {
                self.out.push_str(" (below)\n");
                later.push_back(*vertex);
            } else {
                self.out.push('\n');
                let deeper = format!("{indent}{}", if last { "    " } else { "│   " });
                self.under(*vertex, &deeper, depth + 1, later);
            }
        }
    }

    /// What an object waits for: objects and barriers, without namespaces that go without saying.
    fn lines(&self, node: usize) -> Vec<(usize, EdgeReason)> {
        let awaited: Vec<(usize, &EdgeReason)> = self.order.outgoing(node).collect();
        let waits_for = |other: usize, namespace: usize| {
            other < self.order.len()
                && self.order.neighbors(other, Outgoing).any(|vertex| vertex == namespace)
        };
        let said = |namespace: usize| awaited.iter().any(|(other, _)| waits_for(*other, namespace));
        let lines = awaited.iter().filter(|(vertex, reason)| {
            **reason != EdgeReason::Implied("namespace") || !said(*vertex)
        });
        lines.map(|(vertex, reason)| (*vertex, (*reason).clone())).collect()
    }
}
