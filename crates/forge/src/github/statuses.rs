//! Statuses of commits (<https://docs.github.com/rest/commits/statuses>).

use serde_json::json;

use super::wire::Status as Wire;
use super::{DESCRIPTION, Github};
use crate::http::Method;
use crate::{Result, Status, StatusState, text};

pub(super) async fn put(github: &Github, commit: &str, status: &Status) -> Result<()> {
    let state = match status.state {
        StatusState::Pending => "pending",
        StatusState::Success => "success",
        StatusState::Failure => "failure",
        StatusState::Error => "error",
    };
    let description = text::line(&status.description, DESCRIPTION);
    let commit = text::encode(commit);
    // A commit takes a thousand statuses of one name; the latest counts, and is the first of the list.
    let path = format!("{}/commits/{commit}/statuses?per_page=100", github.repository());
    let mut latest: Option<Wire> = None;
    let search = github.rest.each_page(&path, |page: Vec<Wire>| {
        latest = page.into_iter().find(|one| one.context == status.context);
        latest.is_none()
    });
    search.await?;
    let same = latest.is_some_and(|latest| {
        latest.state == state
            && latest.description.unwrap_or_default() == description
            && latest.target_url.filter(|url| !url.is_empty()) == status.url
    });
    if same {
        return Ok(());
    }
    let mut content =
        json!({"state": state, "context": status.context, "description": description});
    if let Some(url) = &status.url {
        content["target_url"] = json!(url);
    }
    let path = format!("{}/statuses/{commit}", github.repository());
    // Safe to repeat: the latest counts, and both are the same.
    let request = github.rest.request(Method::Post, &path).json(&content).repeatable();
    github.rest.call(&request).await?;
    Ok(())
}
