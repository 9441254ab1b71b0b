//! What GitLab's API says, as far as it is read.

use jiff::Timestamp;
use serde::Deserialize;

use super::Gitlab;
use crate::{Change, ChangeState, Result, text};

#[derive(Deserialize)]
pub(super) struct Project {
    pub(super) default_branch: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct User {
    pub(super) id: u64,
    pub(super) username: String,
    #[serde(default)]
    pub(super) bot: bool,
}

/// A merge request (<https://docs.gitlab.com/api/merge_requests/>).
#[derive(Deserialize)]
pub(super) struct MergeRequest {
    iid: u64,
    title: String,
    description: Option<String>,
    state: String,
    source_branch: String,
    target_branch: String,
    source_project_id: Option<u64>,
    target_project_id: u64,
    author: Option<User>,
    sha: Option<String>,
    merge_commit_sha: Option<String>,
    squash_commit_sha: Option<String>,
}

/// A version of a merge request: one for each push
/// (<https://docs.gitlab.com/api/merge_requests/#get-merge-request-diff-versions>).
#[derive(Deserialize)]
pub(super) struct Diff {
    pub(super) head_commit_sha: Option<String>,
    pub(super) created_at: Timestamp,
}

#[derive(Deserialize)]
pub(super) struct Approvals {
    pub(super) approved_by: Vec<Approval>,
}

#[derive(Deserialize)]
pub(super) struct Approval {
    pub(super) user: User,
    pub(super) approved_at: Option<Timestamp>,
}

#[derive(Deserialize)]
pub(super) struct Note {
    pub(super) body: String,
    pub(super) author: Option<User>,
    pub(super) system: bool,
    pub(super) created_at: Timestamp,
}

#[derive(Deserialize)]
pub(super) struct Reviewer {
    pub(super) user: User,
    pub(super) state: String,
}

#[derive(Deserialize)]
pub(super) struct Member {
    pub(super) username: String,
    pub(super) state: String,
    pub(super) access_level: u32,
}

#[derive(Deserialize)]
pub(super) struct Event {
    pub(super) author_username: Option<String>,
    pub(super) push_data: Option<Push>,
}

#[derive(Deserialize)]
pub(super) struct Push {
    pub(super) ref_type: Option<String>,
    #[serde(rename = "ref")]
    pub(super) branch: Option<String>,
    pub(super) commit_to: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Status {
    pub(super) name: String,
    pub(super) status: String,
    pub(super) description: Option<String>,
    pub(super) target_url: Option<String>,
}

/// The login of an account, which GitLab calls its username.
pub(super) fn login(gitlab: &Gitlab, username: &str) -> Result<String> {
    if text::is_login(username) {
        return Ok(username.to_owned());
    }
    let shown = format!("{:?}", text::line(username, 60));
    Err(gitlab.rest.malformed("username of an account", shown))
}

impl User {
    pub(super) fn login(&self, gitlab: &Gitlab) -> Result<String> {
        login(gitlab, &self.username)
    }
}

impl MergeRequest {
    /// As the port has it, but for who pushed last. The branch of another project is `ID:branch`, which is the
    /// name of no branch.
    pub(super) fn change(self, gitlab: &Gitlab) -> Result<Change> {
        let what = format!("merge request {}", self.iid);
        let Some(head_commit) = self.sha.filter(|sha| text::is_commit(sha)) else {
            return Err(gitlab.rest.malformed(&what, "its head is no commit"));
        };
        let head = match self.source_project_id {
            Some(source) if source == self.target_project_id => self.source_branch,
            Some(source) => format!("{source}:{}", self.source_branch),
            None => format!("deleted:{}", self.source_branch),
        };
        let state = match self.state.as_str() {
            // Locked is what it is while it is being merged.
            "opened" | "locked" => ChangeState::Open,
            "merged" => ChangeState::Merged,
            "closed" => ChangeState::Closed,
            other => {
                let why = format!("state {:?}", text::line(other, 60));
                return Err(gitlab.rest.malformed(&what, why));
            }
        };
        let merged = self.merge_commit_sha.or(self.squash_commit_sha);
        // Without a commit of its own the branch was fast-forwarded.
        let merged =
            merged.filter(|sha| text::is_commit(sha)).unwrap_or_else(|| head_commit.clone());
        let author = self.author.map(|author| author.login(gitlab)).transpose()?;
        Ok(Change {
            number: self.iid,
            url: format!("{}/{}/-/merge_requests/{}", gitlab.web, gitlab.path, self.iid),
            state,
            head,
            head_commit,
            base: self.target_branch,
            merge_commit: (state == ChangeState::Merged).then_some(merged),
            author: author.unwrap_or_else(|| "ghost".to_owned()),
            last_pusher: None,
            title: self.title,
            body: self.description.unwrap_or_default(),
        })
    }
}
