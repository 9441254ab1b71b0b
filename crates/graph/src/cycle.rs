//! Objects that wait for each other, reported as the shortest cycle.

use petgraph::algo::kosaraju_scc;
use petgraph::graph::NodeIndex;
use petgraph::visit::EdgeRef;
use suimon_model::{Diagnostic, Manifest};

use crate::EdgeReason;
use crate::links::{Graph, Link};

/// How many cycles are reported in one run.
const REPORTED: usize = 10;

/// How many edges of a cycle are listed.
const LISTED: usize = 50;

/// How many edges are looked at for one shortest cycle once a cycle is known. Reached only where
/// tens of thousands of objects wait for each other; the cycle is then real but may not be the
/// shortest.
const WORK: usize = 5_000_000;

/// A number for each group of vertices that wait for each other; 0 for a vertex on its own.
fn groups(graph: &Graph) -> (Vec<u32>, Vec<Vec<u32>>) {
    let mut groups: Vec<Vec<u32>> = kosaraju_scc(graph)
        .into_iter()
        .filter(|group| group.len() > 1)
        .map(|group| {
            let mut group: Vec<u32> = group.into_iter().map(|v| v.index() as u32).collect();
            group.sort_unstable();
            group
        })
        .collect();
    groups.sort_unstable();
    let mut group_of = vec![0; graph.node_count()];
    for (number, group) in (1u32..).zip(&groups) {
        for vertex in group {
            group_of[*vertex as usize] = number;
        }
    }
    (group_of, groups)
}

/// Every dependency but those between objects that wait for each other.
pub(crate) fn without_cycles(graph: &Graph) -> Vec<Link> {
    let (group_of, _) = groups(graph);
    let kept = graph.edge_references().filter(|edge| {
        let group = group_of[edge.source().index()];
        group == 0 || group != group_of[edge.target().index()]
    });
    kept.map(|edge| {
        let ends = (edge.source().index() as u32, edge.target().index() as u32);
        (ends.0, ends.1, edge.weight().clone())
    })
    .collect()
}

/// One diagnostic for each group of objects that wait for each other.
pub(crate) fn report(graph: &Graph, manifests: &[&Manifest]) -> Vec<Diagnostic> {
    let (group_of, groups) = groups(graph);
    let mut search = Search::new(graph, manifests.len(), &group_of);
    let cycles = groups.iter().take(REPORTED).map(|group| search.shortest(group));
    let mut problems: Vec<Diagnostic> = cycles
        .filter(|cycle| !cycle.is_empty())
        .map(|cycle| diagnostic(graph, manifests, &cycle))
        .collect();
    if let (Some(last), Some(more @ 1..)) =
        (problems.last_mut(), groups.len().checked_sub(REPORTED))
    {
        last.detail = Some(format!("{more} more groups of objects wait for each other"));
    }
    problems
}

/// Breadth-first search within a group, going through barriers in one step.
struct Search<'g> {
    graph: &'g Graph,
    objects: usize,
    group_of: &'g [u32],
    /// The search that a vertex was last reached in.
    reached: Vec<u32>,
    came_from: Vec<u32>,
    searches: u32,
    work: usize,
}

impl<'g> Search<'g> {
    fn new(graph: &'g Graph, objects: usize, group_of: &'g [u32]) -> Self {
        let vertices = graph.node_count();
        let (reached, came_from) = (vec![0; vertices], vec![0; vertices]);
        Self { graph, objects, group_of, reached, came_from, searches: 0, work: 0 }
    }

    /// The shortest cycle of a group; each object waits for the next, the last for the first.
    fn shortest(&mut self, group: &[u32]) -> Vec<u32> {
        let mut best: Vec<u32> = Vec::new();
        self.work = 0;
        let objects = self.objects;
        for start in group.iter().copied().filter(|v| (*v as usize) < objects) {
            let limit = if best.is_empty() { usize::MAX } else { best.len() };
            if let Some(cycle) = self.from(start, limit) {
                best = cycle;
            }
            if best.len() == 2 || (self.work > WORK && !best.is_empty()) {
                break;
            }
        }
        best
    }

    /// The shortest cycle through one object, if it is shorter than `limit`.
    fn from(&mut self, start: u32, limit: usize) -> Option<Vec<u32>> {
        self.searches += 1;
        let mut level = vec![start];
        let mut length = 1;
        while !level.is_empty() && length < limit {
            let mut next = Vec::new();
            for vertex in level {
                if self.step(vertex, vertex, start, &mut next) {
                    return Some(self.path(start, vertex));
                }
            }
            level = next;
            length += 1;
        }
        None
    }

    /// Goes on from a vertex, which stands for the object `via`; true when that leads to `start`.
    fn step(&mut self, vertex: u32, via: u32, start: u32, next: &mut Vec<u32>) -> bool {
        let group = self.group_of[vertex as usize];
        for neighbor in self.graph.neighbors(NodeIndex::from(vertex)) {
            self.work += 1;
            let at = neighbor.index();
            if at as u32 == start {
                return true;
            }
            if self.group_of[at] != group || self.reached[at] == self.searches {
                continue;
            }
            self.reached[at] = self.searches;
            self.came_from[at] = via;
            if at < self.objects {
                next.push(at as u32);
            } else if self.step(at as u32, via, start, next) {
                return true;
            }
        }
        false
    }

    fn path(&self, start: u32, end: u32) -> Vec<u32> {
        let mut path = vec![end];
        let mut at = end;
        while at != start {
            at = self.came_from[at as usize];
            path.push(at);
        }
        path.reverse();
        path
    }
}

/// Why one object waits for another; the strongest reason, also through barriers.
fn reason(graph: &Graph, objects: usize, dependent: u32, dependency: u32) -> Option<&EdgeReason> {
    let target = NodeIndex::from(dependency);
    graph
        .edges(NodeIndex::from(dependent))
        .filter(|edge| {
            edge.target() == target
                || (edge.target().index() >= objects && graph.contains_edge(edge.target(), target))
        })
        .map(|edge| edge.weight())
        .min()
}

fn diagnostic(graph: &Graph, manifests: &[&Manifest], cycle: &[u32]) -> Diagnostic {
    let of = |node: u32| manifests[node as usize];
    let summary = match cycle {
        [a, b] => format!("`{}` and `{}` wait for each other", of(*a).id, of(*b).id),
        _ => format!("{} objects wait for each other in a circle", cycle.len()),
    };
    let mut problem = Diagnostic::error("dependency-cycle", summary);
    let mut reasons = Vec::new();
    let next = cycle.iter().cycle().skip(1);
    for (listed, (node, next)) in cycle.iter().zip(next).enumerate() {
        let Some(reason) = reason(graph, manifests.len(), *node, *next) else { continue };
        reasons.push(reason);
        if listed < LISTED {
            let (waiting, awaited) = (of(*node), of(*next));
            let what = format!("`{}` waits for `{}` ({reason})", waiting.id, awaited.id);
            problem = problem.related(waiting.origin.location(), what);
        }
    }
    if let Some(more @ 1..) = cycle.len().checked_sub(LISTED) {
        problem = problem.detail(format!("the circle has {more} more objects"));
    }
    problem.location = cycle.first().map(|node| of(*node).origin.location());
    problem.help(help(&reasons))
}

/// What to change: the weakest of what people wrote, since the rest is how things are.
fn help(reasons: &[&EdgeReason]) -> &'static str {
    let any = |test: fn(&EdgeReason) -> bool| reasons.iter().any(|reason| test(reason));
    if any(|reason| matches!(reason, EdgeReason::SyncWave { .. })) {
        "give the objects sync waves in the order in which they need each other, or the same wave"
    } else if any(|reason| matches!(reason, EdgeReason::DependsOn | EdgeReason::CliUtilsDependsOn))
    {
        "remove a depends-on annotation"
    } else {
        "remove one of these references"
    }
}
