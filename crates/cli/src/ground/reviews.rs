//! The forge's reviews of what would be applied.

use std::collections::BTreeMap;

use suimon_forge::{Change, ChangeState, Forge};
use suimon_gate::{Known, Review, ReviewState, ReviewedChange};
use suimon_source::Repository;

use super::blocking;

/// The change that brought a revision in, with its reviews; `Known(None)` when the forge knows none.
pub(crate) async fn reviews(
    forge: &dyn Forge,
    repository: &Repository,
    revision: &str,
    branch: Option<&str>,
) -> Known<Option<ReviewedChange>> {
    match look_up(forge, repository, revision, branch).await {
        Ok(change) => Known::Known(change),
        Err(why) => Known::Unknown(format!("{} could not be asked: {why}", forge.name())),
    }
}

async fn look_up(
    forge: &dyn Forge,
    repository: &Repository,
    revision: &str,
    branch: Option<&str>,
) -> Result<Option<ReviewedChange>, String> {
    let changes = forge.changes_of_commit(revision).await.map_err(|error| error.to_string())?;
    let base = match branch {
        Some(branch) => branch.to_owned(),
        None => forge.default_branch().await.map_err(|error| error.to_string())?,
    };
    // Who reviews a change sees what it changes of its base: of another one that may be nothing.
    let counts = |change: &Change| change.state != ChangeState::Closed && change.base == base;
    let mut found: Option<(Change, bool)> = None;
    for change in changes.into_iter().filter(counts) {
        let applied = blocking(|| is_applied(repository, &change, revision))?;
        let better = found.as_ref().is_none_or(|(_, before)| applied && !before);
        if better {
            found = Some((change, applied));
        }
    }
    let Some((change, is_applied)) = found else { return Ok(None) };
    let given = forge.reviews(change.number).await.map_err(|error| error.to_string())?;
    let mut may_write: BTreeMap<String, Known<bool>> = BTreeMap::new();
    let mut reviews = Vec::with_capacity(given.len());
    for review in given {
        let login = review.login.to_lowercase();
        if !may_write.contains_key(&login) {
            let answer = match forge.may_write(&review.login).await {
                Ok(answer) => Known::Known(answer),
                Err(error) => Known::Unknown(error.to_string()),
            };
            may_write.insert(login.clone(), answer);
        }
        reviews.push(Review {
            login: review.login,
            bot: review.bot,
            state: state(review.state),
            commit: review.commit,
            at: review.at,
            may_write: may_write.get(&login).cloned().unwrap_or_default(),
        });
    }
    let last_pusher = match change.last_pusher {
        Some(login) => Known::Known(login),
        None => Known::Unknown(format!("{} does not say who pushed last", forge.name())),
    };
    Ok(Some(ReviewedChange {
        url: change.url,
        head: change.head_commit,
        is_applied,
        author: change.author,
        last_pusher,
        reviews,
    }))
}

/// Whether a revision is a change's last commit, or its merge with the same files.
fn is_applied(repository: &Repository, change: &Change, revision: &str) -> Result<bool, String> {
    if change.head_commit == revision {
        return Ok(true);
    }
    if change.merge_commit.as_deref() != Some(revision) {
        return Ok(false);
    }
    let tree = |commit: &str| {
        let info = repository.info(commit).map_err(|error| error.summary)?;
        Ok::<_, String>(info.map(|info| info.tree))
    };
    let head = match tree(&change.head_commit)? {
        Some(head) => Some(head),
        None => {
            bring(repository, change);
            tree(&change.head_commit)?
        }
    };
    let Some(head) = head else {
        return Err(format!(
            "commit {}, the last of {}, is not here: fetch it",
            change.head_commit, change.url
        ));
    };
    Ok(tree(revision)? == Some(head))
}

/// Brings the last commit of a merged change, whose branch may be gone.
fn bring(repository: &Repository, change: &Change) {
    let number = change.number;
    let names = [
        format!("refs/pull/{number}/head"),
        format!("refs/merge-requests/{number}/head"),
        format!("refs/heads/{}", change.head),
    ];
    for name in names {
        // What matters is looked up afterwards.
        if matches!(repository.shared_ref(&name), Ok(Some(tip)) if tip == change.head_commit) {
            return;
        }
    }
}

fn state(state: suimon_forge::ReviewState) -> ReviewState {
    use suimon_forge::ReviewState as Said;
    match state {
        Said::Approved => ReviewState::Approved,
        Said::ChangesRequested => ReviewState::ChangesRequested,
        Said::Commented => ReviewState::Commented,
        Said::Dismissed => ReviewState::Dismissed,
    }
}
