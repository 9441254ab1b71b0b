//! Merge requests (<https://docs.gitlab.com/api/merge_requests/>).

use serde_json::json;

use super::wire::{Event, MergeRequest, login};
use super::{BODY, Gitlab, TITLE};
use crate::http::Method;
use crate::rest::Failed;
use crate::{Change, ChangeState, Error, Proposal, Result, text};

/// How many pages of pushes are read to find who pushed last.
const PAGES: usize = 3;

pub(super) async fn open(gitlab: &Gitlab, head: &str) -> Result<Option<Change>> {
    match find_open(gitlab, head, None).await? {
        Some(change) => Ok(Some(with_pusher(gitlab, change).await?)),
        None => Ok(None),
    }
}

/// The open merge request from a branch; GitLab allows one into each branch, so that into the wanted one
/// goes first.
async fn find_open(gitlab: &Gitlab, head: &str, base: Option<&str>) -> Result<Option<Change>> {
    let path = format!(
        "{}/merge_requests?state=opened&source_branch={}&per_page=100",
        gitlab.project(),
        text::encode(head)
    );
    let found: Vec<MergeRequest> = gitlab.rest.list(&path).await?;
    let mut open = Vec::new();
    for request in found {
        let change = request.change(gitlab)?;
        if change.head == head && change.state == ChangeState::Open {
            open.push(change);
        }
    }
    open.sort_by_key(|change| (base.is_some_and(|base| change.base != base), change.number));
    Ok(open.into_iter().next())
}

async fn get(gitlab: &Gitlab, number: u64) -> Result<Option<Change>> {
    let path = format!("{}/merge_requests/{number}", gitlab.project());
    let found = gitlab.rest.find::<MergeRequest>(&gitlab.rest.request(Method::Get, &path)).await?;
    match found {
        Some(request) => Ok(Some(request.change(gitlab)?)),
        None => gitlab.rest.absent(&gitlab.project()).await,
    }
}

pub(super) async fn by_number(gitlab: &Gitlab, number: u64) -> Result<Option<Change>> {
    match get(gitlab, number).await? {
        Some(change) => Ok(Some(with_pusher(gitlab, change).await?)),
        None => Ok(None),
    }
}

/// <https://docs.gitlab.com/api/commits/#list-merge-requests-associated-with-a-commit>
pub(super) async fn of_commit(gitlab: &Gitlab, commit: &str) -> Result<Vec<Change>> {
    let path = format!(
        "{}/repository/commits/{}/merge_requests?per_page=100",
        gitlab.project(),
        text::encode(commit)
    );
    let found: Vec<MergeRequest> = match gitlab.rest.list(&path).await {
        Ok(found) => found,
        // It was not pushed.
        Err(Failed { status: Some(404), .. }) => {
            return Ok(gitlab.rest.absent(&gitlab.project()).await?.unwrap_or_default());
        }
        Err(failed) => return Err(failed.error),
    };
    let mut changes = Vec::new();
    for request in found {
        changes.push(with_pusher(gitlab, request.change(gitlab)?).await?);
    }
    changes.sort_by_key(|change| std::cmp::Reverse(change.number));
    Ok(changes)
}

pub(super) async fn put(gitlab: &Gitlab, proposal: &Proposal) -> Result<Change> {
    let title = text::cut(&proposal.title, TITLE);
    let body = text::body(&text::without_commands(&proposal.body), BODY);
    if let Some(open) = find_open(gitlab, &proposal.head, Some(&proposal.base)).await? {
        return update(gitlab, open, &proposal.base, &title, &body).await;
    }
    let path = format!("{}/merge_requests", gitlab.project());
    let content = json!({
        "title": title,
        "description": body,
        "source_branch": proposal.head,
        "target_branch": proposal.base,
    });
    // Safe to repeat: there cannot be two open ones from one branch into another.
    let request = gitlab.rest.request(Method::Post, &path).json(&content).repeatable();
    match gitlab.rest.json::<MergeRequest>(&request).await {
        Ok(created) => with_pusher(gitlab, created.change(gitlab)?).await,
        Err(Failed { status: Some(409), error }) => {
            match find_open(gitlab, &proposal.head, Some(&proposal.base)).await? {
                Some(open) => update(gitlab, open, &proposal.base, &title, &body).await,
                None => Err(error),
            }
        }
        Err(failed) => Err(failed.error),
    }
}

async fn update(
    gitlab: &Gitlab,
    open: Change,
    base: &str,
    title: &str,
    body: &str,
) -> Result<Change> {
    if open.base == base && open.title == title && text::same(&open.body, body) {
        return with_pusher(gitlab, open).await;
    }
    let mut content = json!({"title": title, "description": body});
    if open.base != base {
        content["target_branch"] = json!(base);
    }
    let path = format!("{}/merge_requests/{}", gitlab.project(), open.number);
    let request = gitlab.rest.request(Method::Put, &path).json(&content);
    let updated: MergeRequest = gitlab.rest.json(&request).await?;
    with_pusher(gitlab, updated.change(gitlab)?).await
}

pub(super) async fn close(gitlab: &Gitlab, number: u64, why: &str) -> Result<()> {
    let refused = |why: &str| Error::Refused {
        what: format!("close merge request {number}"),
        why: why.to_owned(),
    };
    match get(gitlab, number).await?.map(|change| change.state) {
        Some(ChangeState::Open) => {}
        Some(ChangeState::Closed) => return Ok(()),
        Some(ChangeState::Merged) => return Err(refused("it is merged already")),
        None => return Err(refused("there is no such merge request")),
    }
    // With a name, so that doing it again after half of it does not say it twice.
    gitlab.thread(number).await?.put("closed", &text::without_commands(why)).await?;
    let path = format!("{}/merge_requests/{number}", gitlab.project());
    let request = gitlab.rest.request(Method::Put, &path).json(&json!({"state_event": "close"}));
    gitlab.rest.call(&request).await?;
    Ok(())
}

/// Tells who pushed the head commit, from the project's events
/// (<https://docs.gitlab.com/api/events/#list-all-visible-events-for-a-project>).
async fn with_pusher(gitlab: &Gitlab, mut change: Change) -> Result<Change> {
    if change.head.contains(':') {
        return Ok(change);
    }
    let path = format!("{}/events?action=pushed&per_page=100", gitlab.project());
    let (mut found, mut pages) = (None, 0);
    let read = gitlab.rest.each_page(&path, |page: Vec<Event>| {
        found = page.into_iter().find(|event| {
            event.push_data.as_ref().is_some_and(|push| {
                push.branch.as_deref() == Some(&change.head)
                    && push.ref_type.as_deref() != Some("tag")
                    && push.commit_to.as_deref() == Some(&change.head_commit)
            })
        });
        pages += 1;
        found.is_none() && pages < PAGES
    });
    match read.await {
        Ok(()) => {}
        Err(Failed { status: Some(403 | 404), error: error @ Error::RateLimited { .. } }) => {
            return Err(error);
        }
        Err(Failed { status: Some(403 | 404), error }) => {
            tracing::debug!(%error, "who pushed last is not known");
            return Ok(change);
        }
        Err(failed) => return Err(failed.error),
    }
    if let Some(username) = found.and_then(|event| event.author_username) {
        change.last_pusher = Some(login(gitlab, &username)?);
    }
    Ok(change)
}
