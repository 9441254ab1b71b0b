//! Statuses of commits, where an API takes many of one name and the newest counts.

use serde::Deserialize;
use serde_json::json;

use crate::http::Method;
use crate::rest::Rest;
use crate::{Result, Status, StatusState, text};

#[derive(Deserialize)]
struct Wire {
    context: String,
    /// GitHub's name for it, and Gitea's.
    #[serde(alias = "status")]
    state: String,
    description: Option<String>,
    target_url: Option<String>,
}

/// Where the statuses of a repository are.
pub(crate) struct Place<'a> {
    pub(crate) repository: &'a str,
    /// Asks for a list that has the newest first.
    pub(crate) newest_first: &'static str,
    /// Longest description, in characters.
    pub(crate) most: usize,
}

/// Sets a status, unless the newest of its name says the same.
pub(crate) async fn put(
    rest: &Rest,
    place: &Place<'_>,
    commit: &str,
    status: &Status,
) -> Result<()> {
    let state = match status.state {
        StatusState::Pending => "pending",
        StatusState::Success => "success",
        StatusState::Failure => "failure",
        StatusState::Error => "error",
    };
    let description = text::line(&status.description, place.most);
    let commit = text::encode(commit);
    let repository = place.repository;
    let path = format!("{repository}/commits/{commit}/statuses?{}", place.newest_first);
    let mut latest: Option<Wire> = None;
    let search = rest.each_page(&path, |page: Vec<Wire>| {
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
    let path = format!("{repository}/statuses/{commit}");
    // Safe to repeat: the newest counts, and both are the same.
    let request = rest.request(Method::Post, &path).json(&content).repeatable();
    rest.call(&request).await?;
    Ok(())
}
