//! The release to go back to, from the environment's own ledger.

use suimon_apply::End;
use suimon_gate::{Mode, Proof};
use suimon_ledger::{Event, Held, History, ProvedRelease};
use suimon_promote::{Earlier, choose};

use crate::commands::promote::Candidate;
use crate::failure::Failure;
use crate::session::Session;

/// What a rollback goes back to, and what it leaves.
pub(super) struct Target {
    pub(super) candidate: Candidate,
    /// Identity of the release that is left.
    pub(super) left: String,
    pub(super) left_name: String,
    /// The commit that was applied last.
    pub(super) applied: Option<String>,
}

/// What there is to do.
pub(super) enum Wanted {
    Target(Box<Target>),
    /// The environment was rolled back, and is pinned: the release.
    Done {
        name: String,
    },
}

impl Target {
    /// Finds the release that `to` names, or the last one that was proved before the present one. A rollback that
    /// did not end is taken up again.
    pub(super) fn find(
        session: &Session<'_>,
        history: &History,
        environment: &str,
        to: Option<&str>,
    ) -> Result<Wanted, Failure> {
        let Some(held) = history.holds() else {
            return Err(Failure::new(format!("nothing was applied to {environment} yet"))
                .hint(format!("see: suimon history {environment}")));
        };
        let present = held.attempt.release_id.as_str();
        let went_back = held.attempt.mode == Mode::Rollback;
        let is_whole = is_whole(&held);
        if went_back && is_whole && to.is_none() && history.pin().is_some() {
            return Ok(Wanted::Done { name: name(&held).to_owned() });
        }
        let unfinished = went_back && !is_whole;
        let releases = history.releases();
        let earlier: Vec<Earlier> = releases.iter().map(earlier_of).collect();
        let (without, wanted) = match to {
            None if unfinished => (None, Some(present)),
            Some(to) if unfinished => (None, Some(to)),
            to => (Some(present), to),
        };
        let chosen = choose(environment, &earlier, without, wanted)?;
        let proved = releases.iter().find(|one| one.applied.attempt.release_id == chosen.id);
        let proved = proved.ok_or_else(|| Failure::new("the release is not in the ledger"))?;
        let candidate = Candidate::of(session, environment, &proved.applied)?;
        let (left, left_name) = left(history, &candidate.id);
        let applied = held.attempt.revision.clone();
        Ok(Wanted::Target(Box::new(Self { candidate, left, left_name, applied })))
    }
}

/// Whether a run did all of what it was to do.
fn is_whole(held: &Held<'_>) -> bool {
    held.closed.is_some_and(|closed| {
        closed.report.end == End::Complete && closed.health.is_healthy() && !closed.late
    })
}

fn name<'a>(held: &Held<'a>) -> &'a str {
    held.attempt.release.as_deref().unwrap_or(&held.attempt.release_id)
}

fn earlier_of(one: &ProvedRelease<'_>) -> Earlier {
    let attempt = one.applied.attempt;
    Earlier {
        id: attempt.release_id.clone(),
        name: attempt.release.clone(),
        proved: one.time,
        revoked: match &one.proof {
            Proof::Healthy { .. } => None,
            Proof::Revoked { why, .. } | Proof::Unhealthy { why } => Some(why.clone()),
            Proof::Never { .. } => Some("it is not proved".to_owned()),
        },
    }
}

/// The last release that was applied besides this one: identity and name.
fn left(history: &History, target: &str) -> (String, String) {
    let found = history.iter().rev().find_map(|one| match &one.record.event {
        Event::Opened { attempt, .. } if attempt.release_id != target => Some(attempt),
        _ => None,
    });
    match found {
        Some(attempt) => {
            let name = attempt.release.as_ref().unwrap_or(&attempt.release_id);
            (attempt.release_id.clone(), name.clone())
        }
        None => (target.to_owned(), target.to_owned()),
    }
}
