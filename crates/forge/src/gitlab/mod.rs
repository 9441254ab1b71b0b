//! [`Gitlab`]: GitLab's REST API, version 4 (<https://docs.gitlab.com/api/rest/>).

mod changes;
mod reviews;
mod statuses;
mod wire;

use async_trait::async_trait;
use suimon_model::Sensitive;
use tokio::sync::OnceCell;

use crate::http::{Client, Method, address};
use crate::rest::Rest;
use crate::thread::Thread;
use crate::{Change, Error, Forge, Proposal, Result, Review, Status, text};

/// Longest description of a status and title, and body of a merge request or note, in characters
/// (<https://docs.gitlab.com/administration/instance_limits/>).
const DESCRIPTION: usize = 255;
const TITLE: usize = 255;
const BODY: usize = 1_000_000;

/// GitLab.
///
/// # Guarantees
/// Only notes of the token's own account are changed, whatever marker others write.
///
/// # Caveats
/// An approval of GitLab's does not say which commit was approved. It counts for the commit that was the head
/// when it was given: the one of the newest version of the merge request that is older than it. One that
/// does not tell its time counts for no commit.
pub struct Gitlab {
    rest: Rest,
    /// Base address for people.
    web: String,
    /// The project's full path.
    path: String,
    account: OnceCell<String>,
}

impl Gitlab {
    /// GitLab at its base address (`https://gitlab.com` when there is none), with or without `/api/v4`, for the
    /// full path of a project such as `group/subgroup/project`.
    ///
    /// # Errors
    /// [`Error::Settings`] for an address or a path that cannot be one, [`Error::Unauthenticated`] for a
    /// token that cannot be one.
    pub fn new(
        client: Client,
        url: Option<&str>,
        repository: &str,
        token: &Sensitive<String>,
    ) -> Result<Self> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        let part = |part: &str| {
            !part.is_empty() && part.chars().all(allowed) && !matches!(part, "." | "..")
        };
        if repository.split('/').count() < 2 || !repository.split('/').all(part) {
            return Err(Error::Settings {
                what: format!("GitLab project {:?}", text::line(repository, 100)),
                why: "it is written as group/project".to_owned(),
            });
        }
        let url = url.unwrap_or("https://gitlab.com").trim_end_matches('/');
        address(url)?;
        let web = url.strip_suffix("/api/v4").unwrap_or(url).to_owned();
        let headers = [("accept", "application/json")];
        let base = format!("{web}/api/v4");
        let rest = Rest::new("GitLab", client, base, &headers, ("Bearer", token))?;
        Ok(Self { rest, web, path: repository.to_owned(), account: OnceCell::new() })
    }

    /// The project's path in the API.
    fn project(&self) -> String {
        format!("/projects/{}", text::encode(&self.path))
    }

    /// The notes of a merge request (<https://docs.gitlab.com/api/notes/#merge-requests>).
    async fn thread(&self, number: u64) -> Result<Thread<'_>> {
        let ask = || async {
            let request = self.rest.request(Method::Get, "/user");
            let user: wire::User = self.rest.json(&request).await?;
            user.login(self)
        };
        let notes = format!("{}/merge_requests/{number}/notes", self.project());
        Ok(Thread {
            rest: &self.rest,
            all: notes.clone(),
            query: "?sort=asc&order_by=created_at&per_page=100",
            one: notes,
            update: Method::Put,
            account: self.account.get_or_try_init(ask).await?,
            most: BODY,
        })
    }
}

#[async_trait]
impl Forge for Gitlab {
    fn name(&self) -> &'static str {
        self.rest.name
    }

    async fn default_branch(&self) -> Result<String> {
        let request = self.rest.request(Method::Get, &self.project());
        let project: wire::Project = self.rest.json(&request).await?;
        let none = || self.rest.malformed("project", "it has no branch yet");
        project.default_branch.ok_or_else(none)
    }

    async fn open_change(&self, head: &str) -> Result<Option<Change>> {
        changes::open(self, head).await
    }

    async fn change(&self, number: u64) -> Result<Option<Change>> {
        changes::by_number(self, number).await
    }

    async fn changes_of_commit(&self, commit: &str) -> Result<Vec<Change>> {
        changes::of_commit(self, commit).await
    }

    async fn put_change(&self, proposal: &Proposal) -> Result<Change> {
        changes::put(self, proposal).await
    }

    async fn close_change(&self, number: u64, why: &str) -> Result<()> {
        changes::close(self, number, why).await
    }

    async fn put_comment(&self, number: u64, marker: &str, body: &str) -> Result<()> {
        self.thread(number).await?.put(marker, &text::without_commands(body)).await
    }

    async fn own_comments(&self, number: u64) -> Result<Vec<(String, String)>> {
        self.thread(number).await?.read().await
    }

    async fn put_status(&self, commit: &str, status: &Status) -> Result<()> {
        statuses::put(self, commit, status).await
    }

    async fn reviews(&self, number: u64) -> Result<Vec<Review>> {
        reviews::of(self, number).await
    }

    async fn may_write(&self, login: &str) -> Result<bool> {
        reviews::may_write(self, login).await
    }
}
