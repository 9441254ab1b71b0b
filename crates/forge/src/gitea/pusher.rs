//! Who pushed last: the pull request's timeline has the pushes since it was opened, the repository's activity
//! those before.

use super::Gitea;
use super::wire::{Activity, Content, Event, Pushed, login};
use crate::rest::Failed;
use crate::{Change, Error, Result};

/// How many pages of the repository's activity are read.
const PAGES: usize = 3;

pub(super) async fn with_pusher(gitea: &Gitea, mut change: Change) -> Result<Change> {
    change.last_pusher = match in_timeline(gitea, &change).await? {
        Some(pusher) => Some(pusher),
        None if change.head.contains(':') => None,
        None => in_activity(gitea, &change).await?,
    };
    Ok(change)
}

async fn in_timeline(gitea: &Gitea, change: &Change) -> Result<Option<String>> {
    let path = format!("{}/issues/{}/timeline?limit=50", gitea.repository(), change.number);
    let Some(events) = optional(gitea.rest.list::<Option<Event>>(&path).await)? else {
        return Ok(None);
    };
    let of_head = |event: &&Event| {
        let body = event.body.as_deref().unwrap_or_default();
        let pushed: Option<Pushed> = serde_json::from_str(body).ok();
        let last = pushed.as_ref().and_then(|pushed| pushed.commit_ids.last());
        event.kind == "pull_push" && last == Some(&change.head_commit)
    };
    let found = events.iter().flatten().rev().find(of_head).and_then(|event| event.user.as_ref());
    found.map(|user| login(gitea, Some(user))).transpose()
}

async fn in_activity(gitea: &Gitea, change: &Change) -> Result<Option<String>> {
    let path = format!("{}/activities/feeds?limit=50", gitea.repository());
    let branch = format!("refs/heads/{}", change.head);
    let (mut found, mut pages) = (None, 0);
    let read = gitea.rest.each_page(&path, |page: Vec<Activity>| {
        found = page.into_iter().find(|one| {
            let content = one.content.as_deref().unwrap_or_default();
            let content: Option<Content> = serde_json::from_str(content).ok();
            let head = content.and_then(|content| content.head_commit);
            let named = one.ref_name.as_deref();
            one.op_type == "commit_repo"
                && (named == Some(&branch) || named == Some(&change.head))
                && head.is_some_and(|head| head.sha1 == change.head_commit)
        });
        pages += 1;
        found.is_none() && pages < PAGES
    });
    if optional(read.await)?.is_none() {
        return Ok(None);
    }
    let user = found.and_then(|activity| activity.act_user);
    user.map(|user| login(gitea, Some(&user))).transpose()
}

/// `None` for what this token may not read, or this version does not have.
fn optional<T>(answer: Result<T, Failed>) -> Result<Option<T>> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(Failed { status: Some(403 | 404), error }) => match error {
            Error::RateLimited { .. } => Err(error),
            other => {
                tracing::debug!(error = %other, "who pushed last is not known");
                Ok(None)
            }
        },
        Err(failed) => Err(failed.error),
    }
}
