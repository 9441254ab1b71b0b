//! What is declared and what is live, environment by environment.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;

use suimon_engine::{Options, Planned};
use suimon_gate::{Condition, Known, judge};
use suimon_ledger::HealthSummary;
use suimon_model::DesiredState;
use suimon_view::status::{Declared, Live};

use crate::delivery_args::StatusArgs;
use crate::failure::Failure;
use crate::ground::{Asking, Depth, Ground};
use crate::session::Session;

/// What was found out about one environment besides its ledger.
pub(super) struct Looked {
    pub(super) declared: Known<Declared>,
    /// `None` where nobody looked; an error where it could not be read at all.
    pub(super) seen: Option<Result<Seen, String>>,
}

/// What is live.
pub(super) struct Seen {
    pub(super) planned: Planned,
    pub(super) health: HealthSummary,
    pub(super) conditions: Vec<Condition>,
}

impl Looked {
    pub(super) fn live(&self) -> Live<'_> {
        match &self.seen {
            None => Live::NotAsked,
            Some(Err(why)) => Live::Unreachable(why.clone()),
            Some(Ok(seen)) => Live::Seen {
                health: seen.health.clone(),
                plan: &seen.planned.plan,
                conditions: &seen.conditions,
            },
        }
    }
}

/// Looks at all environments, at those that are asked for also live. What goes wrong with one is said of
/// that one.
pub(super) async fn look(
    args: &StatusArgs,
    session: &Session<'_>,
    ground: &Ground,
    names: &[String],
) -> Vec<Looked> {
    let asked =
        |name: &String| !args.offline && args.environment.as_ref().is_none_or(|only| only == name);
    together(names.iter().map(|name| one(args, session, ground, name, asked(name))).collect()).await
}

async fn one(
    args: &StatusArgs,
    session: &Session<'_>,
    ground: &Ground,
    name: &str,
    live: bool,
) -> Looked {
    let state = match session.render(name) {
        Ok(state) => state,
        Err(failure) => {
            return Looked { declared: Known::Unknown(failure.line()), seen: None };
        }
    };
    let declared = Known::Known(declared(&state));
    let seen = match live {
        true => {
            let observed = Box::pin(observe(args, session, ground, state)).await;
            Some(observed.map_err(|failure| failure.line()))
        }
        false => None,
    };
    Looked { declared, seen }
}

fn declared(state: &DesiredState) -> Declared {
    Declared {
        release: state.release.name.clone(),
        release_id: state.release.id(&state.modules_tree).to_string(),
        revision: state.revision.clone(),
        gated: state.environment.gate.is_some(),
    }
}

async fn observe(
    args: &StatusArgs,
    session: &Session<'_>,
    ground: &Ground,
    state: DesiredState,
) -> Result<Seen, Failure> {
    let (_, registry) = session.connect(&state, args.parallelism).await?;
    let options = Options {
        adopt: false,
        drift_only: false,
        targets: Vec::new(),
        parallelism: usize::from(args.parallelism),
    };
    let planned = suimon_engine::plan(state, &registry, &options).await.map_err(Failure::from)?;
    let health = suimon_engine::health(&planned, &registry).await;
    let facts = ground.facts(&planned, &Asking::new(Depth::Look)).await?.facts;
    let conditions = judge(&planned.plan, &facts);
    Ok(Seen { planned, health, conditions })
}

/// Waits for all, side by side: one that does not answer holds up no other.
async fn together<T>(work: Vec<impl Future<Output = T>>) -> Vec<T> {
    let mut open: Vec<Pin<Box<_>>> = work.into_iter().map(Box::pin).collect();
    let mut done: Vec<Option<T>> = open.iter().map(|_| None).collect();
    poll_fn(|context| {
        for (future, done) in open.iter_mut().zip(&mut done).filter(|(_, done)| done.is_none()) {
            if let Poll::Ready(value) = future.as_mut().poll(context) {
                *done = Some(value);
            }
        }
        if done.iter().all(Option::is_some) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    done.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn answers_come_back_in_order_whoever_is_first() {
        let (send, receive) = tokio::sync::oneshot::channel::<u8>();
        let waits: Pin<Box<dyn Future<Output = u8>>> =
            Box::pin(async { receive.await.unwrap_or(0) });
        let sends: Pin<Box<dyn Future<Output = u8>>> = Box::pin(async {
            tokio::task::yield_now().await;
            u8::from(send.send(1).is_ok()) + 1
        });
        assert_eq!(together(vec![waits, sends]).await, [1, 2]);
        assert!(together(Vec::<Pin<Box<dyn Future<Output = u8>>>>::new()).await.is_empty());
    }
}
