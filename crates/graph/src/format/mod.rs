//! The graph for people and for other programs.

mod dot;
mod escape;
mod json;
mod mermaid;
mod tree;

pub use dot::dot;
pub use json::json;
pub use mermaid::mermaid;
pub use tree::tree;

use crate::EdgeReason;

/// What stands for a barrier in a drawing.
fn barrier_label(reason: &EdgeReason) -> String {
    match reason {
        EdgeReason::SyncWave { to, .. } => format!("sync-wave {to} done"),
        other => other.to_string(),
    }
}
