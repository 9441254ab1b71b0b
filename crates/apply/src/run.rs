//! The walk.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures::future::BoxFuture;
use futures::stream::{FuturesUnordered, StreamExt};
use suimon_graph::Walk;
use suimon_model::{DeferredRef, Health, HealthStatus, Outcome, ResourceId};
use suimon_plan::{Action, Change};
use suimon_provider::Written;
use tokio::time::Instant;

use crate::attributes::{collect, wanted};
use crate::step::{self, Failure};
use crate::wait::{Waiting, poll, seconds};
use crate::{End, Entry, Event, Job, Options, Report, Stop, prune};

const FIRST_POLL: Duration = Duration::from_millis(50);
const LONGEST_POLL: Duration = Duration::from_secs(3);
/// How long a value of a healthy AWS resource may lag.
const LATE_VALUES: Duration = Duration::from_secs(10);
/// Most writes that one object takes, one after the other.
const MOST_ROUNDS: usize = 64;

/// What a future of the walk came back with.
enum Done {
    Wrote(usize, usize, Box<Result<Written, Failure>>),
    Collected(usize, Vec<(DeferredRef, String)>),
}

/// Does what the plan says.
///
/// # Guarantees
/// * The superset of what will be owned is marked before the first write; if that fails, nothing is
///   written.
/// * After `stop` no write begins; writes in flight are waited for.
/// * Deletes and forgets begin only when everything before them succeeded.
pub async fn apply(mut job: Job<'_>, options: &Options, stop: Stop) -> Report {
    let plan = job.approved.plan();
    let mut report = Report {
        environment: plan.environment.clone(),
        digest: plan.digest(),
        end: End::Complete,
        entries: Vec::new(),
        problems: Vec::new(),
    };
    if plan.is_empty() {
        return report;
    }
    let opened = open(&job).await;
    let attributes = std::mem::take(&mut job.attributes);
    let mut run = Run::new(&job, options, stop, attributes);
    match opened {
        Ok(()) => {
            run.pass_no_ops();
            run.walk_forward().await;
            prune::prune(&mut run).await;
        }
        Err(reason) => {
            run.skip_rest(&format!("ownership could not be recorded: {reason}"));
            report.problems.push(reason);
            report.end = End::Partial;
        }
    }
    let (interrupted, cut_short) = (run.stopped(), run.cut_short);
    report.entries = run.into_entries();
    let incomplete = report
        .entries
        .iter()
        .any(|entry| matches!(entry.outcome, Outcome::Failed | Outcome::Skipped));
    if interrupted && (incomplete || cut_short) {
        report.end = End::Interrupted;
    } else if incomplete {
        report.end = End::Partial;
    }
    if report.end == End::Complete {
        for provider in job.registry.iter() {
            if let Err(error) = provider.close(&job.members).await {
                report.problems.push(format!(
                    "ownership record of {} was not shrunk: {error}",
                    provider.name()
                ));
            }
        }
    }
    report
}

async fn open(job: &Job<'_>) -> Result<(), String> {
    for provider in job.registry.iter() {
        provider.open(&job.superset).await.map_err(|error| error.to_string())?;
    }
    Ok(())
}

/// The state of one run.
pub(crate) struct Run<'a> {
    pub(crate) job: &'a Job<'a>,
    pub(crate) options: &'a Options,
    stop: Stop,
    changes: &'a [Change],
    entries: Vec<Option<Entry>>,
    change_of: BTreeMap<ResourceId, usize>,
    walk: Walk,
    ready: BTreeSet<usize>,
    waiting: BTreeMap<usize, Waiting>,
    attributes: crate::Attributes,
    wanted: BTreeMap<ResourceId, BTreeSet<DeferredRef>>,
    /// The walk ended while something that was written was not healthy yet.
    cut_short: bool,
}

impl<'a> Run<'a> {
    fn new(
        job: &'a Job<'a>,
        options: &'a Options,
        stop: Stop,
        attributes: crate::Attributes,
    ) -> Self {
        let changes = &job.approved.plan().changes;
        let change_of: BTreeMap<ResourceId, usize> = changes
            .iter()
            .enumerate()
            .filter(|(_, change)| is_forward(change))
            .map(|(index, change)| (change.id.clone(), index))
            .collect();
        // Values that nothing in this run is written with are not waited for.
        let written =
            job.manifests.values().filter(|manifest| change_of.contains_key(&manifest.id));
        let wanted = wanted(written);
        Self {
            job,
            options,
            stop,
            changes,
            entries: vec![None; changes.len()],
            change_of,
            walk: Walk::new(job.order),
            ready: BTreeSet::new(),
            waiting: BTreeMap::new(),
            attributes,
            wanted,
            cut_short: false,
        }
    }

    pub(crate) fn stopped(&self) -> bool {
        *self.stop.borrow()
    }

    pub(crate) fn stop(&self) -> Stop {
        self.stop.clone()
    }

    pub(crate) fn changes(&self) -> &'a [Change] {
        self.changes
    }

    /// Whether every create, update and replace was done.
    pub(crate) fn all_forward_done(&self) -> bool {
        self.changes.iter().zip(&self.entries).filter(|(change, _)| is_forward(change)).all(
            |(_, entry)| {
                entry.as_ref().is_some_and(|entry| {
                    !matches!(entry.outcome, Outcome::Failed | Outcome::Skipped)
                })
            },
        )
    }

    pub(crate) fn say(&self, event: Event) {
        (self.job.events)(event);
    }

    pub(crate) fn finish(&mut self, change: usize, outcome: Outcome, failure: Option<Failure>) {
        self.finish_with_health(change, outcome, failure, None);
    }

    fn finish_with_health(
        &mut self,
        change: usize,
        outcome: Outcome,
        failure: Option<Failure>,
        health: Option<Health>,
    ) {
        if self.entries[change].is_some() {
            return;
        }
        let (reason, conflicts, last_health) =
            failure.map_or((None, Vec::new(), None), |f| (Some(f.reason), f.conflicts, f.health));
        let health = health.or(last_health);
        let entry = Entry {
            id: self.changes[change].id.clone(),
            location: self.changes[change].location.clone(),
            action: self.changes[change].action,
            outcome,
            reason,
            conflicts,
            health,
        };
        self.say(Event::Finished(entry.clone()));
        self.entries[change] = Some(entry);
    }

    pub(crate) fn skip_rest(&mut self, reason: &str) {
        for change in 0..self.changes.len() {
            self.finish(change, Outcome::Skipped, Some(Failure::new(reason)));
        }
    }

    /// What the plan leaves alone is done already.
    fn pass_no_ops(&mut self) {
        for change in 0..self.changes.len() {
            if self.changes[change].action == Action::NoOp {
                self.finish(change, Outcome::Unchanged, None);
            }
        }
    }

    fn into_entries(self) -> Vec<Entry> {
        self.entries.into_iter().flatten().collect()
    }

    async fn walk_forward(&mut self) {
        let mut flights: FuturesUnordered<BoxFuture<'a, Done>> = FuturesUnordered::new();
        let mut polling: Option<BoxFuture<'a, Vec<(usize, Health)>>> = None;
        let mut pause = FIRST_POLL;
        let mut stop = self.stop.clone();
        self.ready.extend(self.walk.ready());
        loop {
            self.start_ready(&mut flights);
            let idle = flights.is_empty() && self.waiting.is_empty();
            if idle || (self.stopped() && flights.is_empty()) {
                break;
            }
            if polling.is_none() && !self.waiting.is_empty() {
                let asked =
                    self.waiting.iter().map(|(n, w)| (*n, w.id.clone(), w.api_version.clone()));
                polling = Some(Box::pin(poll(self.job.registry, asked.collect(), pause)));
            }
            tokio::select! {
                Some(done) = flights.next(), if !flights.is_empty() => {
                    pause = FIRST_POLL;
                    self.land(done, &mut flights);
                }
                _ = stop.changed(), if !self.stopped() => {}
                answers = answer_of(&mut polling), if polling.is_some() => {
                    polling = None;
                    pause = (pause * 3 / 2).min(LONGEST_POLL);
                    for (node, health) in answers {
                        self.assess(node, health, &mut flights);
                    }
                }
            }
        }
        self.close_walk();
    }

    /// Starts what can start: at most `parallelism` writes are in flight, waiting does not count.
    fn start_ready(&mut self, flights: &mut FuturesUnordered<BoxFuture<'a, Done>>) {
        while !self.stopped() && flights.len() < self.options.parallelism.max(1) {
            let Some(node) = self.ready.pop_first() else { break };
            let id = &self.job.order.nodes()[node];
            match self.change_of.get(id).copied() {
                Some(change) => self.start(node, change, 0, flights),
                None => self.pass_unchanged(node, flights),
            }
        }
    }

    fn start(
        &mut self,
        node: usize,
        change: usize,
        round: usize,
        flights: &mut FuturesUnordered<BoxFuture<'a, Done>>,
    ) {
        let plan: &'a Change = &self.changes[change];
        let (job, options, stop) = (self.job, self.options, self.stop.clone());
        let (Some(provider), Some(manifest)) =
            (job.registry.provider(&plan.id), job.manifests.get(&plan.id))
        else {
            self.fail(node, Some(change), Failure::new("nothing here serves this kind"));
            return;
        };
        if round == 0 {
            self.say(Event::Started { id: plan.id.clone(), action: plan.action });
        }
        let manifest = manifest.resolve(|target, name| self.attributes.get(target, name));
        flights.push(Box::pin(async move {
            let provider = provider.as_ref();
            let answer = if round == 0 {
                step::write(provider, plan, &manifest, options, &stop).await
            } else {
                step::write_rest(provider, plan, &manifest, options).await
            };
            Done::Wrote(node, round, Box::new(answer))
        }));
    }

    /// An object that the plan does not touch still holds back the changes that depend on it, until
    /// it is healthy: a migration that failed in an earlier run blocks this one too.
    fn pass_unchanged(&mut self, node: usize, flights: &mut FuturesUnordered<BoxFuture<'a, Done>>) {
        let order = self.job.order;
        let holds_back = self.options.wait
            && order
                .dependents(node)
                .into_iter()
                .any(|dependent| self.change_of.contains_key(&order.nodes()[dependent]));
        let api_version =
            self.job.manifests.get(&order.nodes()[node]).map(|m| m.api_version.clone());
        match api_version {
            Some(api_version) if holds_back => {
                self.waiting.insert(
                    node,
                    Waiting {
                        id: order.nodes()[node].clone(),
                        api_version: api_version.into(),
                        change: None,
                        outcome: Outcome::Unchanged,
                        deadline: Instant::now() + self.patience(&order.nodes()[node]),
                        health: Health::new(HealthStatus::Unknown, "not looked at yet"),
                        rest: None,
                    },
                );
            }
            _ => self.settle(node, flights),
        }
    }

    fn land(&mut self, done: Done, flights: &mut FuturesUnordered<BoxFuture<'a, Done>>) {
        match done {
            Done::Collected(node, values) => {
                for (reference, value) in values {
                    self.attributes.insert(&reference, value);
                }
                self.ready_after(node);
            }
            Done::Wrote(node, round, answer) => {
                let Some(change) = self.change_of.get(&self.job.order.nodes()[node]).copied()
                else {
                    return;
                };
                match *answer {
                    Err(failure) => self.fail(node, Some(change), failure),
                    Ok(written) => self.wrote(node, change, round, written, flights),
                }
            }
        }
    }

    fn wrote(
        &mut self,
        node: usize,
        change: usize,
        round: usize,
        written: Written,
        flights: &mut FuturesUnordered<BoxFuture<'a, Done>>,
    ) {
        let plan = &self.changes[change];
        let outcome =
            if plan.action == Action::Update { Outcome::Configured } else { Outcome::Created };
        self.learn(&written);
        let current = written.health.status == HealthStatus::Current;
        if written.more && round >= MOST_ROUNDS {
            let reason = format!("it is not as declared after {round} writes");
            return self.fail(node, Some(change), Failure::new(reason).after_write(written.health));
        }
        if written.more && current && !self.stopped() {
            return self.start(node, change, round + 1, flights);
        }
        if !written.more && (!self.options.wait || current) {
            self.finish_with_health(change, outcome, None, Some(written.health));
            self.settle(node, flights);
            return;
        }
        self.say(Event::Waiting { id: plan.id.clone(), health: written.health.clone() });
        self.waiting.insert(
            node,
            Waiting {
                id: plan.id.clone(),
                api_version: plan.api_version.clone(),
                change: Some(change),
                outcome,
                deadline: Instant::now() + self.patience(&plan.id),
                health: written.health,
                rest: written.more.then_some(round + 1),
            },
        );
    }

    fn assess(
        &mut self,
        node: usize,
        health: Health,
        flights: &mut FuturesUnordered<BoxFuture<'a, Done>>,
    ) {
        let patience = self.patience(&self.job.order.nodes()[node]);
        let Some(waiting) = self.waiting.get_mut(&node) else { return };
        let (id, change, outcome) = (waiting.id.clone(), waiting.change, waiting.outcome);
        let rest = waiting.rest;
        let late = Instant::now() >= waiting.deadline;
        if waiting.health != health && change.is_some() && health.status != HealthStatus::Current {
            (self.job.events)(Event::Waiting { id, health: health.clone() });
        }
        waiting.health = health.clone();
        let failure = match health.status {
            HealthStatus::Current => None,
            HealthStatus::Failed if change.is_none() => Some(format!("failed: {}", health.message)),
            HealthStatus::Failed => Some(health.message.clone()),
            HealthStatus::NotFound => Some("it was deleted by something else".to_owned()),
            _ if late => {
                Some(format!("not healthy within {}: {}", seconds(patience), health.message))
            }
            _ => return,
        };
        if failure.is_none() && rest.is_some() && self.stopped() {
            return;
        }
        self.waiting.remove(&node);
        match failure {
            Some(reason) => self.fail_with_health(node, change, Failure::new(reason), Some(health)),
            None => {
                if let (Some(change), Some(round)) = (change, rest) {
                    return self.start(node, change, round, flights);
                }
                if let Some(change) = change {
                    self.finish_with_health(change, outcome, None, Some(health));
                }
                self.settle(node, flights);
            }
        }
    }

    /// How long an object may take.
    fn patience(&self, id: &ResourceId) -> Duration {
        let provider = self.job.registry.provider(id);
        let patience = provider.map(|provider| self.options.patience(provider.as_ref(), id));
        patience.unwrap_or(self.options.timeout)
    }

    /// Values that came with the write itself and are not those of before it.
    fn learn(&mut self, written: &Written) {
        // What is still on its way has the values of before; they are read when it has arrived.
        if written.more || written.health.status != HealthStatus::Current {
            let provider = self.job.registry.provider(&written.object.id);
            for reference in self.wanted.get(&written.object.id).into_iter().flatten() {
                if provider.is_some_and(|provider| provider.moves_with_update(reference)) {
                    self.attributes.remove(reference);
                }
            }
            return;
        }
        let Some(provider) = self.job.registry.provider(&written.object.id) else { return };
        for reference in self.wanted.get(&written.object.id).into_iter().flatten() {
            if provider.moves_with_update(reference)
                && let Some(value) = provider.attribute(&written.object, reference)
            {
                self.attributes.insert(reference, value);
            }
        }
    }

    /// A node is done; if others want values of it, they are read first.
    fn settle(&mut self, node: usize, flights: &mut FuturesUnordered<BoxFuture<'a, Done>>) {
        let job = self.job;
        let id = &job.order.nodes()[node];
        let missing: BTreeSet<DeferredRef> = self
            .wanted
            .get(id)
            .into_iter()
            .flatten()
            .filter(|r| self.attributes.get(&r.target, &r.attribute).is_none())
            .cloned()
            .collect();
        match (missing.is_empty(), job.registry.provider(id), job.manifests.get(id)) {
            (false, Some(provider), Some(manifest)) => {
                let manifest = manifest.resolve(|target, name| self.attributes.get(target, name));
                let patience = self.options.timeout;
                // An AWS resource that is healthy has all the values that it will ever have.
                let timeout = if id.is_aws() { patience.min(LATE_VALUES) } else { patience };
                let stop = self.stop.clone();
                flights.push(Box::pin(async move {
                    Done::Collected(
                        node,
                        collect(provider.as_ref(), &manifest, &missing, timeout, &stop).await,
                    )
                }));
            }
            _ => self.ready_after(node),
        }
    }

    fn ready_after(&mut self, node: usize) {
        self.walk.done(node);
        self.ready.extend(self.walk.ready());
    }

    fn fail(&mut self, node: usize, change: Option<usize>, failure: Failure) {
        self.fail_with_health(node, change, failure, None);
    }

    fn fail_with_health(
        &mut self,
        node: usize,
        change: Option<usize>,
        failure: Failure,
        health: Option<Health>,
    ) {
        let id = self.job.order.nodes()[node].clone();
        let state = match change {
            Some(_) => "failed".to_owned(),
            None => format!("is not healthy ({})", failure.reason),
        };
        if let Some(change) = change {
            self.finish_with_health(change, Outcome::Failed, Some(failure), health);
        }
        for skipped in self.walk.failed(node) {
            let skipped = &self.job.order.nodes()[skipped];
            if let Some(change) = self.change_of.get(skipped).copied() {
                let reason = format!("depends on {id}, which {state}");
                self.finish(change, Outcome::Skipped, Some(Failure::new(reason)));
            }
        }
    }

    /// After the loop: what was written and is not healthy yet was written all the same; the rest
    /// was not started.
    fn close_walk(&mut self) {
        self.cut_short = self.waiting.values().any(|waiting| waiting.change.is_some());
        for (_, waiting) in std::mem::take(&mut self.waiting) {
            match (waiting.change, waiting.rest) {
                (Some(change), Some(_)) => {
                    let reason = "interrupted before all of it was written; apply again";
                    let failure = Failure::new(reason).after_write(waiting.health);
                    self.finish(change, Outcome::Failed, Some(failure));
                }
                (Some(change), None) => {
                    self.finish_with_health(change, waiting.outcome, None, Some(waiting.health));
                }
                (None, _) => {}
            }
        }
        if self.stopped() {
            self.skip_rest("interrupted");
        }
    }
}

async fn answer_of<T: Default>(future: &mut Option<BoxFuture<'_, T>>) -> T {
    match future {
        Some(future) => future.await,
        None => T::default(),
    }
}

/// Creates, updates and replaces go with the graph; forgets and deletes come after.
fn is_forward(change: &Change) -> bool {
    matches!(change.action, Action::Create | Action::Update | Action::Replace)
}
