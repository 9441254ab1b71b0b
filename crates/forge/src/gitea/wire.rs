//! What the API says, as far as it is read.

use jiff::Timestamp;
use serde::Deserialize;

use super::Gitea;
use crate::{Change, ChangeState, Result, text};

#[derive(Deserialize)]
pub(super) struct Repository {
    pub(super) default_branch: String,
}

#[derive(Deserialize)]
pub(super) struct User {
    #[serde(default)]
    pub(super) id: i64,
    pub(super) login: String,
}

#[derive(Deserialize)]
pub(super) struct Pull {
    number: u64,
    state: String,
    title: String,
    body: Option<String>,
    user: Option<User>,
    head: Side,
    base: Side,
    #[serde(default)]
    merged: bool,
    merge_commit_sha: Option<String>,
}

#[derive(Deserialize)]
struct Side {
    #[serde(rename = "ref")]
    branch: String,
    sha: String,
    repo_id: i64,
}

#[derive(Deserialize)]
pub(super) struct Review {
    /// `None` for a team.
    pub(super) user: Option<User>,
    pub(super) state: String,
    pub(super) commit_id: Option<String>,
    #[serde(default)]
    pub(super) stale: bool,
    #[serde(default)]
    pub(super) official: bool,
    #[serde(default)]
    pub(super) dismissed: bool,
    pub(super) submitted_at: Timestamp,
}

#[derive(Deserialize)]
pub(super) struct Permission {
    pub(super) permission: String,
    pub(super) user: Option<User>,
}

/// Something that happened on a pull request.
#[derive(Deserialize)]
pub(super) struct Event {
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) user: Option<User>,
    pub(super) body: Option<String>,
}

/// The body of an [`Event`] that is a push.
#[derive(Deserialize)]
pub(super) struct Pushed {
    /// Oldest first; of a forced push the head before and the one after it.
    pub(super) commit_ids: Vec<String>,
}

/// Something that happened in a repository.
#[derive(Deserialize)]
pub(super) struct Activity {
    pub(super) op_type: String,
    pub(super) act_user: Option<User>,
    pub(super) ref_name: Option<String>,
    pub(super) content: Option<String>,
}

/// The content of an [`Activity`] that is a push.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Content {
    pub(super) head_commit: Option<HeadCommit>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct HeadCommit {
    pub(super) sha1: String,
}

/// The login of an account; a deleted one is `Ghost`, which may do nothing.
pub(super) fn login(gitea: &Gitea, user: Option<&User>) -> Result<String> {
    let login = user.map_or("Ghost", |user| user.login.as_str());
    if text::is_login(login) {
        return Ok(login.to_owned());
    }
    Err(gitea.rest.malformed("login of an account", format!("{:?}", text::line(login, 60))))
}

impl Pull {
    /// As the port has it, but for who pushed last. The branch of another repository is `ID:branch`, which is
    /// the name of no branch.
    pub(super) fn change(self, gitea: &Gitea) -> Result<Change> {
        let what = format!("pull request {}", self.number);
        if !text::is_commit(&self.head.sha) {
            return Err(gitea.rest.malformed(&what, "its head is no commit"));
        }
        let head = match self.head.repo_id == self.base.repo_id {
            true => self.head.branch,
            false => format!("{}:{}", self.head.repo_id, self.head.branch),
        };
        let state = match self.state.as_str() {
            _ if self.merged => ChangeState::Merged,
            "open" => ChangeState::Open,
            "closed" => ChangeState::Closed,
            other => {
                let why = format!("state {:?}", text::line(other, 60));
                return Err(gitea.rest.malformed(&what, why));
            }
        };
        let (owner, name, number) = (&gitea.owner, &gitea.name, self.number);
        let merged = self.merge_commit_sha.filter(|id| self.merged && text::is_commit(id));
        Ok(Change {
            number,
            url: format!("{}/{owner}/{name}/pulls/{number}", gitea.web),
            state,
            head,
            head_commit: self.head.sha,
            base: self.base.branch,
            merge_commit: merged,
            author: login(gitea, self.user.as_ref())?,
            last_pusher: None,
            title: self.title,
            body: self.body.unwrap_or_default(),
        })
    }
}
