//! What GitHub's API says, as far as it is read.

use jiff::Timestamp;
use serde::Deserialize;

use super::Github;
use crate::{Change, ChangeState, Result, text};

#[derive(Deserialize)]
pub(super) struct Repository {
    pub(super) default_branch: String,
}

#[derive(Deserialize)]
pub(super) struct User {
    pub(super) login: String,
    #[serde(rename = "type", default)]
    pub(super) kind: String,
}

#[derive(Deserialize)]
pub(super) struct Pull {
    pub(super) number: u64,
    state: String,
    title: String,
    body: Option<String>,
    user: Option<User>,
    head: Side,
    base: Side,
    merged_at: Option<Timestamp>,
    merge_commit_sha: Option<String>,
}

#[derive(Deserialize)]
struct Side {
    #[serde(rename = "ref")]
    branch: String,
    sha: String,
    repo: Option<Named>,
    user: Option<User>,
}

#[derive(Deserialize)]
struct Named {
    full_name: String,
}

#[derive(Deserialize)]
pub(super) struct Review {
    pub(super) user: Option<User>,
    pub(super) state: String,
    pub(super) commit_id: Option<String>,
    pub(super) submitted_at: Option<Timestamp>,
}

#[derive(Deserialize)]
pub(super) struct Permission {
    pub(super) permission: String,
    pub(super) user: Option<User>,
}

#[derive(Deserialize)]
pub(super) struct Activity {
    pub(super) after: String,
    pub(super) activity_type: String,
    pub(super) actor: Option<User>,
}

/// The login of an account; a deleted one is GitHub's `ghost`, which may do nothing.
pub(super) fn login(github: &Github, user: Option<&User>) -> Result<String> {
    let login = user.map_or("ghost", |user| user.login.as_str());
    if text::is_login(login) {
        return Ok(login.to_owned());
    }
    Err(github.rest.malformed("login of an account", format!("{:?}", text::line(login, 60))))
}

impl Pull {
    /// As the port has it, but for who pushed last. The branch of another repository is `owner:branch`, which
    /// is the name of no branch.
    pub(super) fn change(self, github: &Github) -> Result<Change> {
        let what = format!("pull request {}", self.number);
        if !text::is_commit(&self.head.sha) {
            return Err(github.rest.malformed(&what, "its head is no commit"));
        }
        let own = format!("{}/{}", github.owner, github.name);
        // Not the configured name: a repository that was renamed answers to its old one.
        let same = |one: &Named, other: &Named| one.full_name == other.full_name;
        let fork = match (&self.head.repo, &self.base.repo) {
            (Some(head), Some(base)) => !same(head, base),
            _ => true,
        };
        let head = match fork {
            true => format!("{}:{}", login(github, self.head.user.as_ref())?, self.head.branch),
            false => self.head.branch,
        };
        let merged = self.merged_at.is_some();
        let state = match self.state.as_str() {
            _ if merged => ChangeState::Merged,
            "open" => ChangeState::Open,
            "closed" => ChangeState::Closed,
            other => return Err(github.rest.malformed(&what, format!("state {other:?}"))),
        };
        Ok(Change {
            number: self.number,
            url: format!("{}/{own}/pull/{}", github.web, self.number),
            state,
            head,
            head_commit: self.head.sha,
            base: self.base.branch,
            merge_commit: self.merge_commit_sha.filter(|id| merged && text::is_commit(id)),
            author: login(github, self.user.as_ref())?,
            last_pusher: None,
            title: self.title,
            body: self.body.unwrap_or_default(),
        })
    }
}
