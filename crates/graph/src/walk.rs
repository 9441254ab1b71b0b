//! [`Walk`]: which objects may start now.

use petgraph::Direction::{self, Incoming, Outgoing};

use crate::Order;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Waiting,
    Ready,
    Started,
    Done,
    Failed,
    Skipped,
}

/// Hands out objects as soon as everything they wait for is done; it runs nothing itself.
///
/// # Guarantees
/// Each object is handed out at most once, and only after everything it waits for is done. All
/// calls together take time in proportion to objects and dependencies, barriers included.
///
/// # Caveats
/// [`done`](Self::done) and [`failed`](Self::failed) do nothing for an object that is not in flight.
#[derive(Debug, Clone)]
pub struct Walk {
    order: Order,
    onward: Direction,
    state: Vec<State>,
    /// Vertices that are passed as soon as they may start: barriers and what is left out.
    passed: Vec<bool>,
    waiting: Vec<usize>,
    ready: Vec<usize>,
    in_flight: usize,
    left: usize,
}

impl Walk {
    /// Dependencies first: for creating and changing.
    pub fn new(order: &Order) -> Self {
        Self::over(order, Incoming, |_| true)
    }

    /// Dependents first: for deleting.
    pub fn reversed(order: &Order) -> Self {
        Self::over(order, Outgoing, |_| true)
    }

    /// The same walk from its beginning, over some of the objects only.
    ///
    /// What is left out counts as done as soon as it could start, so two objects stay in order also
    /// where all that connects them is left out.
    #[must_use]
    pub fn only(self, nodes: &[usize]) -> Self {
        let mut kept = vec![false; self.order.len()];
        for node in nodes {
            if let Some(kept) = kept.get_mut(*node) {
                *kept = true;
            }
        }
        Self::over(&self.order, self.onward, |node| kept[node])
    }

    /// Objects that may start now and were not handed out before; ascending, or descending in a
    /// reversed walk.
    pub fn ready(&mut self) -> Vec<usize> {
        let mut ready = std::mem::take(&mut self.ready);
        ready.sort_unstable();
        if self.onward == Outgoing {
            ready.reverse();
        }
        for node in &ready {
            self.state[*node] = State::Started;
        }
        self.in_flight += ready.len();
        ready
    }

    /// An object in flight is done: what waits for it alone may start.
    pub fn done(&mut self, node: usize) {
        if self.land(node, State::Done) {
            self.release(node);
        }
    }

    /// An object in flight failed. Returns what waits for it, directly or not, ascending: these are
    /// never handed out. What another failure skipped before is not in it again.
    pub fn failed(&mut self, node: usize) -> Vec<usize> {
        let mut skipped = Vec::new();
        if !self.land(node, State::Failed) {
            return skipped;
        }
        let order = self.order.clone();
        let mut unread = vec![node];
        while let Some(vertex) = unread.pop() {
            for next in order.neighbors(vertex, self.onward) {
                if self.state[next] != State::Waiting {
                    continue;
                }
                self.state[next] = State::Skipped;
                unread.push(next);
                if !self.passed[next] {
                    skipped.push(next);
                }
            }
        }
        self.left -= skipped.len();
        skipped.sort_unstable();
        skipped
    }

    /// Whether every object is done, failed or skipped.
    pub fn is_finished(&self) -> bool {
        self.left == 0
    }

    /// How many objects were handed out and neither done nor failed since.
    pub fn in_flight(&self) -> usize {
        self.in_flight
    }

    /// How many objects are neither done, failed nor skipped.
    pub fn remaining(&self) -> usize {
        self.left
    }

    fn over(order: &Order, onward: Direction, keep: impl Fn(usize) -> bool) -> Self {
        let vertices = order.vertices();
        let passed: Vec<bool> = (0..vertices).map(|v| v >= order.len() || !keep(v)).collect();
        let back = onward.opposite();
        let waiting: Vec<usize> = (0..vertices).map(|v| order.neighbors(v, back).count()).collect();
        let mut walk = Self {
            order: order.clone(),
            onward,
            state: vec![State::Waiting; vertices],
            left: passed.iter().filter(|passed| !**passed).count(),
            passed,
            ready: Vec::new(),
            in_flight: 0,
            waiting,
        };
        let first: Vec<usize> = (0..vertices).filter(|v| walk.waiting[*v] == 0).collect();
        for vertex in first {
            walk.arrive(vertex);
        }
        walk
    }

    /// Takes an object out of flight, if it is in flight.
    fn land(&mut self, node: usize, state: State) -> bool {
        let started = self.state.get(node) == Some(&State::Started);
        if started {
            self.state[node] = state;
            self.in_flight -= 1;
            self.left -= 1;
        }
        started
    }

    /// A vertex waits for nothing any more.
    fn arrive(&mut self, vertex: usize) {
        if self.passed[vertex] {
            self.state[vertex] = State::Done;
            self.release(vertex);
        } else {
            self.state[vertex] = State::Ready;
            self.ready.push(vertex);
        }
    }

    /// A vertex is done; what is passed after it is done too.
    fn release(&mut self, vertex: usize) {
        let order = self.order.clone();
        let mut unread = vec![vertex];
        while let Some(vertex) = unread.pop() {
            for next in order.neighbors(vertex, self.onward) {
                self.waiting[next] -= 1;
                if self.waiting[next] > 0 || self.state[next] != State::Waiting {
                    continue;
                }
                if self.passed[next] {
                    self.state[next] = State::Done;
                    unread.push(next);
                } else {
                    self.state[next] = State::Ready;
                    self.ready.push(next);
                }
            }
        }
    }
}
