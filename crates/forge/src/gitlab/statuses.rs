//! Statuses of commits (<https://docs.gitlab.com/api/commits/#set-commit-pipeline-status>).

use serde_json::json;

use super::wire::Status as Wire;
use super::{DESCRIPTION, Gitlab};
use crate::http::Method;
use crate::rest::Failed;
use crate::{Result, Status, StatusState, text};

pub(super) async fn put(gitlab: &Gitlab, commit: &str, status: &Status) -> Result<()> {
    let state = match status.state {
        StatusState::Pending => "pending",
        StatusState::Success => "success",
        StatusState::Failure | StatusState::Error => "failed",
    };
    let description = text::line(&status.description, DESCRIPTION);
    // A status that is pending already cannot become pending: GitLab refuses that.
    if latest(gitlab, commit, &status.context).await?.is_some_and(|known| {
        known.status == state
            && known.description.unwrap_or_default() == description
            && known.target_url == status.url
    }) {
        return Ok(());
    }
    let mut content = json!({"state": state, "name": status.context, "description": description});
    if let Some(url) = &status.url {
        content["target_url"] = json!(url);
    }
    let path = format!("{}/statuses/{}", gitlab.project(), text::encode(commit));
    let request = gitlab.rest.request(Method::Post, &path).json(&content).repeatable();
    match gitlab.rest.call(&request).await {
        Ok(_) => Ok(()),
        Err(Failed { status: Some(400), error }) => {
            let known = latest(gitlab, commit, &status.context).await?;
            match known {
                Some(known) if known.status == state => Ok(()),
                _ => Err(error),
            }
        }
        Err(failed) => Err(failed.error),
    }
}

async fn latest(gitlab: &Gitlab, commit: &str, name: &str) -> Result<Option<Wire>> {
    let path = format!(
        "{}/repository/commits/{}/statuses?name={}&per_page=100",
        gitlab.project(),
        text::encode(commit),
        text::encode(name)
    );
    let known: Vec<Wire> = gitlab.rest.list(&path).await?;
    Ok(known.into_iter().find(|one| one.name == name))
}
