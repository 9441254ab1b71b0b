//! Pull requests (<https://docs.github.com/rest/pulls/pulls>).

use serde_json::json;

use super::wire::{Activity, Pull, login};
use super::{BODY, Github, TITLE, comments};
use crate::http::Method;
use crate::rest::Failed;
use crate::{Change, ChangeState, Error, Proposal, Result, text};

/// How many pages of pushes are read to find who pushed last.
const PAGES: usize = 3;

pub(super) async fn open(github: &Github, head: &str) -> Result<Option<Change>> {
    match find_open(github, head).await? {
        Some(change) => Ok(Some(with_pusher(github, change).await?)),
        None => Ok(None),
    }
}

async fn find_open(github: &Github, head: &str) -> Result<Option<Change>> {
    let filter = text::encode(&format!("{}:{head}", github.owner));
    let path = format!("{}/pulls?state=open&head={filter}&per_page=100", github.repository());
    let pulls: Vec<Pull> = github.rest.list(&path).await?;
    let changes = pulls.into_iter().map(|pull| pull.change(github)).collect::<Result<Vec<_>>>()?;
    // The filter is by the owner's name, and the owner may have a fork too.
    Ok(changes.into_iter().find(|change| change.head == head && change.state == ChangeState::Open))
}

async fn get(github: &Github, number: u64) -> Result<Option<Change>> {
    let path = format!("{}/pulls/{number}", github.repository());
    let found: Option<Pull> = github.rest.find(&github.rest.request(Method::Get, &path)).await?;
    match found {
        Some(pull) => Ok(Some(pull.change(github)?)),
        None => github.rest.absent(&github.repository()).await,
    }
}

pub(super) async fn by_number(github: &Github, number: u64) -> Result<Option<Change>> {
    match get(github, number).await? {
        Some(change) => Ok(Some(with_pusher(github, change).await?)),
        None => Ok(None),
    }
}

pub(super) async fn of_commit(github: &Github, commit: &str) -> Result<Vec<Change>> {
    let path =
        format!("{}/commits/{}/pulls?per_page=100", github.repository(), text::encode(commit));
    let pulls: Vec<Pull> = match github.rest.list(&path).await {
        Ok(pulls) => pulls,
        // "No commit found": it was not pushed.
        Err(Failed { status: Some(404 | 422), .. }) => {
            return Ok(github.rest.absent(&github.repository()).await?.unwrap_or_default());
        }
        Err(failed) => return Err(failed.error),
    };
    let mut changes = Vec::new();
    for pull in pulls {
        changes.push(with_pusher(github, pull.change(github)?).await?);
    }
    changes.sort_by_key(|change| std::cmp::Reverse(change.number));
    Ok(changes)
}

pub(super) async fn put(github: &Github, proposal: &Proposal) -> Result<Change> {
    let title = text::cut(&proposal.title, TITLE);
    let body = text::body(&proposal.body, BODY);
    if let Some(open) = find_open(github, &proposal.head).await? {
        return update(github, open, &proposal.base, &title, &body).await;
    }
    let request = github.rest.request(Method::Post, &format!("{}/pulls", github.repository()));
    let content =
        json!({"title": title, "body": body, "head": proposal.head, "base": proposal.base});
    // Safe to repeat: there cannot be two open ones from one branch into another.
    match github.rest.json::<Pull>(&request.json(&content).repeatable()).await {
        Ok(pull) => with_pusher(github, pull.change(github)?).await,
        Err(Failed { status: Some(422), error }) => {
            match find_open(github, &proposal.head).await? {
                Some(open) => update(github, open, &proposal.base, &title, &body).await,
                None => Err(error),
            }
        }
        Err(failed) => Err(failed.error),
    }
}

async fn update(
    github: &Github,
    open: Change,
    base: &str,
    title: &str,
    body: &str,
) -> Result<Change> {
    let same = open.base == base && open.title == title && text::same(&open.body, body);
    if same {
        return with_pusher(github, open).await;
    }
    let mut content = json!({"title": title, "body": body});
    if open.base != base {
        content["base"] = json!(base);
    }
    let path = format!("{}/pulls/{}", github.repository(), open.number);
    let request = github.rest.request(Method::Patch, &path).json(&content);
    let pull: Pull = github.rest.json(&request).await?;
    with_pusher(github, pull.change(github)?).await
}

pub(super) async fn close(github: &Github, number: u64, why: &str) -> Result<()> {
    let path = format!("{}/pulls/{number}", github.repository());
    let refused = |why: &str| Error::Refused {
        what: format!("close pull request {number}"),
        why: why.to_owned(),
    };
    match get(github, number).await?.map(|change| change.state) {
        Some(ChangeState::Open) => {}
        Some(ChangeState::Closed) => return Ok(()),
        Some(ChangeState::Merged) => return Err(refused("it is merged already")),
        None => return Err(refused("there is no such pull request")),
    }
    // With a name, so that doing it again after half of it does not say it twice.
    comments::thread(github, number).await?.put("closed", why).await?;
    let request = github.rest.request(Method::Patch, &path).json(&json!({"state": "closed"}));
    github.rest.call(&request).await?;
    Ok(())
}

/// Tells who pushed the head commit, from the activity of the repository that has the branch
/// (<https://docs.github.com/rest/repos/repos#list-repository-activities>). That somebody is the commit's
/// author or committer does not say that they pushed it, so it is not taken for an answer.
async fn with_pusher(github: &Github, mut change: Change) -> Result<Change> {
    if change.head.contains(':') {
        return Ok(change);
    }
    let branch = text::encode(&format!("refs/heads/{}", change.head));
    let path = format!("{}/activity?ref={branch}&per_page=100", github.repository());
    let (mut found, mut pages) = (None, 0);
    let read = github.rest.each_page(&path, |page: Vec<Activity>| {
        let pushes = |one: &Activity| {
            matches!(one.activity_type.as_str(), "push" | "force_push" | "branch_creation")
                && one.after == change.head_commit
        };
        found = page.into_iter().find(pushes);
        pages += 1;
        found.is_none() && pages < PAGES
    });
    match read.await {
        Ok(()) => {}
        Err(Failed { status: Some(403 | 404 | 422), error }) => {
            if matches!(error, Error::RateLimited { .. }) {
                return Err(error);
            }
            tracing::debug!(%error, "who pushed last is not known");
            return Ok(change);
        }
        Err(failed) => return Err(failed.error),
    }
    if let Some(activity) = found.filter(|activity| activity.actor.is_some()) {
        change.last_pusher = Some(login(github, activity.actor.as_ref())?);
    }
    Ok(change)
}
