//! The door: the only way from a plan to a write.
//!
//! Facts → [`authorize`] → the question → facts and [`authorize`] again → the lock → the writes → the record. Whoever
//! wants something written comes through [`deliver`]:
//!
//! * `suimon apply ENV` and `suimon apply PLANFILE`;
//! * `suimon rollback ENV`, with the shortened gate, and a pin that is recorded before the first write;
//! * `suimon import`, for the marks of ownership.
//!
//! A test of the workspace reads all sources and fails on any other caller of `suimon_engine::apply`.

mod empty;
mod question;
mod record;
mod run;

use suimon_apply::{Options, Report, Stop};
use suimon_engine::Planned;
use suimon_gate::{ApprovedPlan, Condition, Verdict, authorize, judge};
use suimon_ledger::{Basis, Event};
use suimon_plan::Plan;
use suimon_provider::Registry;

use crate::failure::{Failure, INTERRUPTED};
use crate::ground::{Asking, Gathered, Ground};
use crate::session::{Scope, Session};
use crate::signals;

pub(crate) use question::confirmed;
pub(crate) use record::plan_failed;

/// What is to be delivered.
pub(crate) struct Delivery<'a> {
    pub(crate) session: &'a Session<'a>,
    pub(crate) ground: &'a Ground,
    pub(crate) planned: &'a Planned,
    pub(crate) registry: &'a Registry,
    /// What the plan was made with.
    pub(crate) scope: &'a Scope,
    /// The ledger as it was before the plan was made; see [`Ground::basis`].
    pub(crate) basis: Basis,
    pub(crate) asking: Asking,
    pub(crate) options: Options,
    /// Take the environment over from a run that did not end.
    pub(crate) take_over: bool,
    /// Ask the person at the terminal before the first write.
    pub(crate) ask: bool,
    /// Recorded when the environment is locked, before the first write.
    pub(crate) first: Option<Event>,
}

/// How a delivery ended.
pub(crate) enum Delivered {
    /// The gate is closed: every condition.
    Closed(Vec<Condition>),
    /// There was nothing to do.
    Nothing,
    /// There was nothing to write, and what an earlier run had begun was followed to its end.
    Followed {
        report: Box<Report>,
        /// The plan that is left when it did not last.
        left: Option<Box<Plan>>,
    },
    /// It was applied, or in part.
    Applied(Box<Report>),
    /// Another run took the environment over meanwhile: by whom and why.
    TakenOver(Box<Report>, String),
}

/// A plan past its gate, and what the judgement stood on.
struct Judged {
    approved: ApprovedPlan,
    gathered: Gathered,
}

/// Takes a plan through its gate, and does what it says.
pub(crate) async fn deliver(delivery: &Delivery<'_>, mut stop: Stop) -> Result<Delivered, Failure> {
    let judged = match unless_stopped(delivery, &mut stop, pass(delivery)).await?? {
        Ok(judged) => judged,
        Err(conditions) => return Ok(Delivered::Closed(conditions)),
    };
    if delivery.planned.plan.is_empty() {
        return Box::pin(empty::conclude(delivery, &judged, stop)).await;
    }
    let judged = if delivery.ask {
        unless_stopped(delivery, &mut stop, question::ask()).await??;
        // Time has passed: an approval may have expired, a window closed, somebody else applied.
        match unless_stopped(delivery, &mut stop, pass(delivery)).await?? {
            Ok(judged) => judged,
            Err(conditions) => return Ok(Delivered::Closed(conditions)),
        }
    } else {
        judged
    };
    run::run(delivery, &judged, stop).await
}

/// Facts and judgement; the conditions where the gate is closed, which is recorded.
async fn pass(delivery: &Delivery<'_>) -> Result<Result<Judged, Vec<Condition>>, Failure> {
    let plan = &delivery.planned.plan;
    let gathered = delivery.ground.facts(delivery.planned, &delivery.asking).await?;
    for line in &gathered.said {
        delivery.session.console.note(&suimon_view::escape(line));
    }
    match authorize(plan.clone(), &gathered.facts) {
        Verdict::Open(approved) => Ok(Ok(Judged { approved: *approved, gathered })),
        Verdict::Held(_) | Verdict::Denied(_) => {
            let conditions = judge(plan, &gathered.facts);
            record::refused(delivery, &gathered.facts, &conditions);
            Ok(Err(conditions))
        }
    }
}

/// Does something that has written nothing when it is interrupted.
async fn unless_stopped<T>(
    delivery: &Delivery<'_>,
    stop: &mut Stop,
    work: impl Future<Output = T>,
) -> Result<T, Failure> {
    tokio::select! {
        done = work => Ok(done),
        () = signals::stopped(stop) => {
            delivery.session.console.note("Interrupted; nothing was written.");
            Err(Failure::said(INTERRUPTED))
        }
    }
}
