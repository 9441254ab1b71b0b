//! JSON.

use serde::Serialize;
use suimon_model::{Location, ResourceId};

use crate::Order;

#[derive(Serialize)]
struct Document<'a> {
    format_version: &'static str,
    nodes: Vec<Node<'a>>,
    edges: Vec<JsonEdge<'a>>,
    barriers: Vec<JsonBarrier<'a>>,
}

#[derive(Serialize)]
struct Node<'a> {
    id: &'a ResourceId,
    wave: usize,
    location: Option<Location>,
}

#[derive(Serialize)]
struct JsonEdge<'a> {
    from: &'a ResourceId,
    to: &'a ResourceId,
    reason: String,
    location: Location,
}

#[derive(Serialize)]
struct JsonBarrier<'a> {
    from: Vec<&'a ResourceId>,
    to: Vec<&'a ResourceId>,
    reason: String,
}

/// The graph as JSON.
///
/// * `format_version`: `"1.0"`; the number before the dot changes when readers would break.
/// * `nodes`: the objects, dependencies first: `id`; `wave`, the number of steps that must be over
///   before this one can start, 0 for what waits for nothing; `location` (`file`, `line`, `column`).
/// * `edges`: `from` waits for `to`; `reason`, for people; `location`, where that is said.
/// * `barriers`: every object in `from` waits for every object in `to`, because of `reason`.
pub fn json(order: &Order) -> String {
    let nodes = order.nodes();
    let ids = |group: &[usize]| group.iter().map(|node| &nodes[*node]).collect();
    let document = Document {
        format_version: "1.0",
        nodes: nodes
            .iter()
            .zip(order.steps())
            .enumerate()
            .map(|(node, (id, wave))| {
                let location = order.origin(node).map(|origin| origin.location());
                Node { id, wave, location }
            })
            .collect(),
        edges: order
            .edges()
            .map(|edge| JsonEdge {
                from: &nodes[edge.dependent],
                to: &nodes[edge.dependency],
                reason: edge.reason.to_string(),
                location: edge.location,
            })
            .collect(),
        barriers: order
            .barriers()
            .map(|barrier| JsonBarrier {
                from: ids(&barrier.dependents),
                to: ids(&barrier.dependencies),
                reason: barrier.reason.to_string(),
            })
            .collect(),
    };
    serde_json::to_string_pretty(&document).unwrap_or_default() + "\n"
}
