//! Pull requests.

use serde_json::json;

use super::pusher::with_pusher;
use super::wire::Pull;
use super::{BODY, Gitea, TITLE};
use crate::http::Method;
use crate::rest::Failed;
use crate::{Change, ChangeState, Error, Proposal, Result, text};

/// The open pull requests that are wanted: the API cannot filter by branch or head.
async fn all_open(gitea: &Gitea, wanted: impl Fn(&Change) -> bool) -> Result<Vec<Change>> {
    let path = format!("{}/pulls?state=open&limit=50", gitea.repository());
    let pulls: Vec<Pull> = gitea.rest.list(&path).await?;
    let mut open = Vec::new();
    for pull in pulls {
        let change = pull.change(gitea)?;
        if change.state == ChangeState::Open && wanted(&change) {
            open.push(change);
        }
    }
    Ok(open)
}

/// The open pull request from a branch; there can be one into each branch, so that into the wanted one goes
/// first.
async fn find_open(gitea: &Gitea, head: &str, base: Option<&str>) -> Result<Option<Change>> {
    let mut open = all_open(gitea, |change| change.head == head).await?;
    open.sort_by_key(|change| (base.is_some_and(|base| change.base != base), change.number));
    Ok(open.into_iter().next())
}

pub(super) async fn open(gitea: &Gitea, head: &str) -> Result<Option<Change>> {
    match find_open(gitea, head, None).await? {
        Some(change) => Ok(Some(with_pusher(gitea, change).await?)),
        None => Ok(None),
    }
}

async fn get(gitea: &Gitea, number: u64) -> Result<Option<Change>> {
    let path = format!("{}/pulls/{number}", gitea.repository());
    match gitea.rest.find::<Pull>(&gitea.rest.request(Method::Get, &path)).await? {
        Some(pull) => Ok(Some(pull.change(gitea)?)),
        None => gitea.rest.absent(&gitea.repository()).await,
    }
}

pub(super) async fn by_number(gitea: &Gitea, number: u64) -> Result<Option<Change>> {
    match get(gitea, number).await? {
        Some(change) => Ok(Some(with_pusher(gitea, change).await?)),
        None => Ok(None),
    }
}

/// The one that brought the commit in, as the API tells, and the open ones that have it as their head.
pub(super) async fn of_commit(gitea: &Gitea, commit: &str) -> Result<Vec<Change>> {
    let path = format!("{}/commits/{}/pull", gitea.repository(), text::encode(commit));
    let merged: Option<Pull> = gitea.rest.find(&gitea.rest.request(Method::Get, &path)).await?;
    let mut changes = all_open(gitea, |change| change.head_commit == commit).await?;
    if let Some(pull) = merged {
        let change = pull.change(gitea)?;
        if changes.iter().all(|known| known.number != change.number) {
            changes.push(change);
        }
    }
    changes.sort_by_key(|change| std::cmp::Reverse(change.number));
    let mut told = Vec::new();
    for change in changes {
        told.push(with_pusher(gitea, change).await?);
    }
    Ok(told)
}

pub(super) async fn put(gitea: &Gitea, proposal: &Proposal) -> Result<Change> {
    let title = text::cut(&proposal.title, TITLE);
    let body = text::body(&proposal.body, BODY);
    if let Some(open) = find_open(gitea, &proposal.head, Some(&proposal.base)).await? {
        return update(gitea, open, &proposal.base, &title, &body).await;
    }
    let content =
        json!({"title": title, "body": body, "head": proposal.head, "base": proposal.base});
    let path = format!("{}/pulls", gitea.repository());
    // Safe to repeat: there cannot be two open ones from one branch into another.
    let request = gitea.rest.request(Method::Post, &path).json(&content).repeatable();
    match gitea.rest.json::<Pull>(&request).await {
        Ok(pull) => with_pusher(gitea, pull.change(gitea)?).await,
        Err(Failed { status: Some(409 | 422), error }) => {
            match find_open(gitea, &proposal.head, Some(&proposal.base)).await? {
                Some(open) => update(gitea, open, &proposal.base, &title, &body).await,
                None => Err(error),
            }
        }
        Err(failed) => Err(failed.error),
    }
}

async fn update(
    gitea: &Gitea,
    open: Change,
    base: &str,
    title: &str,
    body: &str,
) -> Result<Change> {
    if open.base == base && open.title == title && text::same(&open.body, body) {
        return with_pusher(gitea, open).await;
    }
    let mut content = json!({"title": title, "body": body});
    if open.base != base {
        content["base"] = json!(base);
    }
    let path = format!("{}/pulls/{}", gitea.repository(), open.number);
    let request = gitea.rest.request(Method::Patch, &path).json(&content);
    let pull: Pull = gitea.rest.json(&request).await?;
    with_pusher(gitea, pull.change(gitea)?).await
}

pub(super) async fn close(gitea: &Gitea, number: u64, why: &str) -> Result<()> {
    let refused = |why: &str| Error::Refused {
        what: format!("close pull request {number}"),
        why: why.to_owned(),
    };
    match get(gitea, number).await?.map(|change| change.state) {
        Some(ChangeState::Open) => {}
        Some(ChangeState::Closed) => return Ok(()),
        Some(ChangeState::Merged) => return Err(refused("it is merged already")),
        None => return Err(refused("there is no such pull request")),
    }
    // With a name, so that doing it again after half of it does not say it twice.
    gitea.thread(number).await?.put("closed", why).await?;
    let path = format!("{}/pulls/{number}", gitea.repository());
    let request = gitea.rest.request(Method::Patch, &path).json(&json!({"state": "closed"}));
    gitea.rest.call(&request).await?;
    Ok(())
}
