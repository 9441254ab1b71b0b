//! Promotions that wait behind an open one.
//!
//! Each is a branch of its own, made as the branch of a promotion is, without a change on the forge. The one
//! that was made first is next: once the open change is merged or closed, the next `promote` or `ci` makes it
//! anew on the base, opens its change, and takes its branch away. A release that is not proved any more, or
//! that the base has already, is left out.

use suimon_gate::{Mode, Proof};
use suimon_ledger::History;
use suimon_promote::{Decision, Tip, Turn, queue_branch, queue_prefix};
use suimon_view::escape;

use super::base::Base;
use super::candidate::Candidate;
use super::change::{Move, body};
use super::door::{Door, Place, refused};
use crate::failure::Failure;
use crate::ground::{Ground, blocking};
use crate::session::Session;

/// A promotion that waits.
#[derive(Debug, Clone)]
pub(crate) struct Waiting {
    pub(crate) branch: String,
    pub(crate) commit: String,
    /// Identity of its release.
    pub(crate) release: String,
    /// What its branch is called after.
    pub(crate) name: String,
    time: i64,
}

/// Promotions to the same environment that wait, the oldest first. Branches that somebody else worked on are left
/// alone.
pub(super) fn waiting(
    door: &Door,
    session: &Session<'_>,
    base: &Base,
    to: &str,
) -> Result<Vec<Waiting>, Failure> {
    let place = Place::new(&door.repository, to, Mode::Forward);
    let prefix = queue_prefix(to);
    let mut found = Vec::new();
    for (name, _) in door.repository.shared_refs(&format!("refs/heads/{prefix}"))? {
        let Some(branch) = name.strip_prefix("refs/heads/") else { continue };
        let (commit, tip) = door.tip(session, base, &place, branch)?;
        match (commit, tip) {
            (Some(commit), Tip::Ours { release, .. }) => {
                let time = door.repository.info(&commit)?.map_or(0, |info| info.time);
                let name = branch.strip_prefix(&prefix).unwrap_or(branch).to_owned();
                found.push(Waiting { branch: branch.to_owned(), commit, release, name, time });
            }
            (_, Tip::Others { what }) => {
                session.console.note(&escape(&format!("{branch} is left alone: {what}")));
            }
            _ => {}
        }
    }
    found.sort_by(|a, b| (a.time, &a.branch).cmp(&(b.time, &b.branch)));
    Ok(found)
}

/// Lets a promotion wait: its branch; `None` when somebody else was faster.
pub(super) fn wait(
    door: &Door,
    ground: &Ground,
    base: &Base,
    change: &Move,
) -> Result<Option<String>, Failure> {
    let commit = change.commit(&door.repository, ground, &base.tip)?;
    let named = queue_branch(&change.environment, change.name(), &change.id);
    let taken = door.repository.shared_ref(&format!("refs/heads/{named}"))?.is_some();
    let branch = if taken { queue_branch(&change.environment, "", &change.id) } else { named };
    Ok(door.push(&branch, None, Some(&commit))?.then_some(branch))
}

/// Opens the promotion that is next, where nothing is open and something waits.
pub(crate) async fn advance(
    session: &Session<'_>,
    ground: &Ground,
    door: &Door,
    base: &Base,
    (from, to): (&str, &str),
    parallelism: u16,
) -> Result<(), Failure> {
    let prefix = format!("refs/heads/{}", queue_prefix(to));
    if blocking(|| door.repository.shared_refs(&prefix))?.is_empty() {
        return Ok(());
    }
    let branch = suimon_promote::promotion_branch(to);
    if door.forge.open_change(&branch).await.map_err(refused)?.is_some() {
        return Ok(());
    }
    let history = blocking(|| ground.history(from))?;
    loop {
        let next = blocking(|| next(session, door, base, &history, (from, to)))?;
        let Some((waiting, change)) = next else { return Ok(()) };
        let Some(change) = change else {
            let name = escape(&waiting.name);
            session.console.note(&format!(
                "{name} does not wait any more: {from} does not prove it, or {to} has it already."
            ));
            if !blocking(|| door.push(&waiting.branch, Some(&waiting.commit), None))? {
                return Err(super::lost());
            }
            continue;
        };
        let found = door.look(session, base, &change).await?;
        let decision = found.decide(base, &change, Turn::Queue)?;
        if !matches!(decision, Decision::Propose | Decision::Finish) {
            return Ok(());
        }
        let commit = blocking(|| change.commit(&door.repository, ground, &base.tip))?;
        let body = body(session, ground, &change, &commit, parallelism).await;
        if !blocking(|| door.push(&change.branch, found.commit.as_deref(), Some(&commit)))? {
            return Err(super::lost());
        }
        let opened = door.put(&change, base, body).await?;
        blocking(|| door.push(&waiting.branch, Some(&waiting.commit), None))?;
        session.console.note(&format!(
            "{} had waited, and is proposed now: {}",
            escape(change.name()),
            escape(&opened.url)
        ));
        return Ok(());
    }
}

/// The promotion that is next, and its change; no change when it cannot be made any more.
fn next(
    session: &Session<'_>,
    door: &Door,
    base: &Base,
    history: &History,
    (from, to): (&str, &str),
) -> Result<Option<(Waiting, Option<Move>)>, Failure> {
    let Some(first) = waiting(door, session, base, to)?.into_iter().next() else { return Ok(None) };
    let proved = matches!(history.proof(&first.release), Proof::Healthy { .. });
    let releases = history.releases();
    let applied = releases.iter().find(|one| one.applied.attempt.release_id == first.release);
    let Some(applied) = applied.filter(|_| proved) else { return Ok(Some((first, None))) };
    let candidate = Candidate::of(session, from, &applied.applied)?;
    let change = Move::promotion(session, &door.repository, base, to, &candidate)?;
    let change = (!change.is_held()).then_some(change);
    Ok(Some((first, change)))
}
