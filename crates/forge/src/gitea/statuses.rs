//! Statuses of commits.

use serde_json::json;

use super::wire::Status as Wire;
use super::{DESCRIPTION, Gitea};
use crate::http::Method;
use crate::{Result, Status, StatusState, text};

pub(super) async fn put(gitea: &Gitea, commit: &str, status: &Status) -> Result<()> {
    let state = match status.state {
        StatusState::Pending => "pending",
        StatusState::Success => "success",
        StatusState::Failure => "failure",
        StatusState::Error => "error",
    };
    let description = text::line(&status.description, DESCRIPTION);
    let commit = text::encode(commit);
    // The newest of a name counts, and comes first.
    let path =
        format!("{}/commits/{commit}/statuses?sort=recentupdate&limit=50", gitea.repository());
    let mut latest: Option<Wire> = None;
    let search = gitea.rest.each_page(&path, |page: Vec<Wire>| {
        latest = page.into_iter().find(|one| one.context == status.context);
        latest.is_none()
    });
    search.await?;
    let same = latest.is_some_and(|latest| {
        latest.status == state
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
    let path = format!("{}/statuses/{commit}", gitea.repository());
    // Safe to repeat: the newest counts, and both are the same.
    let request = gitea.rest.request(Method::Post, &path).json(&content).repeatable();
    gitea.rest.call(&request).await?;
    Ok(())
}
