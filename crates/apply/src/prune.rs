//! Forgets and deletes, after everything else.

use futures::stream::{self, StreamExt};
use suimon_model::Outcome;
use suimon_plan::{Action, Change};

use crate::run::Run;
use crate::step::{Failure, delete_of, wait_until_gone};
use crate::{Event, Options, Stop};

/// Forgets and deletes what the plan says, in the plan's order: neighbours of one kind go together,
/// and are gone before the next kind begins.
pub(crate) async fn prune(run: &mut Run<'_>) {
    let changes = run.changes();
    let is_removal = |i: &usize| matches!(changes[*i].action, Action::Delete | Action::Forget);
    let all: Vec<usize> = (0..changes.len()).filter(is_removal).collect();
    if all.is_empty() {
        return;
    }
    if !run.all_forward_done() {
        skip(run, &all, "nothing is deleted, because something before it was not done");
        return;
    }
    let mut rest = all.as_slice();
    while let Some(first) = rest.first() {
        let kind = |i: usize| (changes[i].action, changes[i].id.group_kind());
        let length = rest.iter().take_while(|i| kind(**i) == kind(*first)).count();
        let (group, others) = rest.split_at(length);
        let failed = remove_group(run, group).await;
        rest = others;
        if run.stopped() {
            skip(run, rest, "interrupted");
            return;
        }
        if failed {
            skip(run, rest, "nothing more is deleted, because a delete before it failed");
            return;
        }
    }
}

fn skip(run: &mut Run<'_>, changes: &[usize], reason: &str) {
    for change in changes {
        run.finish(*change, Outcome::Skipped, Some(Failure::new(reason)));
    }
}

async fn remove_group(run: &mut Run<'_>, group: &[usize]) -> bool {
    let changes = run.changes();
    let (job, options) = (run.job, run.options);
    let stop = &run.stop();
    let mut answers = stream::iter(group.iter().copied())
        .map(|index| async move { (index, remove(job, &changes[index], options, stop).await) })
        .buffer_unordered(options.parallelism.max(1));
    let mut failed = false;
    while let Some((index, answer)) = answers.next().await {
        match answer {
            Ok(()) if changes[index].action == Action::Forget => {
                run.finish(index, Outcome::Configured, None);
            }
            Ok(()) => run.finish(index, Outcome::Deleted, None),
            Err(Held::Stopped) => {
                failed = true;
                let reason = Failure::new("interrupted");
                run.finish(index, Outcome::Skipped, Some(reason));
            }
            Err(Held::Failed(failure)) => {
                failed = true;
                run.finish(index, Outcome::Failed, Some(failure));
            }
        }
    }
    failed
}

/// Why an object was not removed.
enum Held {
    /// There was a request to stop before it began.
    Stopped,
    Failed(Failure),
}

impl<E: Into<Failure>> From<E> for Held {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

async fn remove(
    job: &crate::Job<'_>,
    change: &Change,
    options: &Options,
    stop: &Stop,
) -> Result<(), Held> {
    if *stop.borrow() {
        return Err(Held::Stopped);
    }
    (job.events)(Event::Started { id: change.id.clone(), action: change.action });
    let provider = job
        .registry
        .provider(&change.id)
        .ok_or_else(|| Failure::new("nothing here serves this kind"))?;
    if change.action == Action::Forget {
        provider.forget(change).await?;
        return Ok(());
    }
    provider.delete(&delete_of(change, "delete")?).await?;
    if options.wait {
        let patience = options.patience(provider.as_ref(), &change.id);
        wait_until_gone(provider.as_ref(), change, patience, stop).await?;
    }
    Ok(())
}
