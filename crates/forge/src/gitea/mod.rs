//! [`Gitea`]: the REST API of Gitea and Forgejo, version 1 (<https://docs.gitea.com/api/>,
//! <https://codeberg.org/api/swagger>).

mod changes;
mod pusher;
mod reviews;
mod statuses;
mod wire;

use async_trait::async_trait;
use suimon_model::Sensitive;
use tokio::sync::OnceCell;

use crate::http::{Client, Method, address};
use crate::rest::Rest;
use crate::thread::Thread;
use crate::{Change, Forge, Proposal, Result, Review, Status};

/// Longest description of a status and title, and body of a pull request or comment, in characters.
const DESCRIPTION: usize = 255;
const TITLE: usize = 255;
const BODY: usize = 65_536;

/// Gitea and Forgejo.
///
/// # Guarantees
/// Only comments of the token's own account are changed, whatever marker others write.
///
/// # Caveats
/// Their API does not tell the accounts of programs from others; those that it names for its own actions
/// are taken for bots.
pub struct Gitea {
    rest: Rest,
    /// Base address for people.
    web: String,
    owner: String,
    name: String,
    account: OnceCell<String>,
}

impl Gitea {
    /// A host at its base address (`https://gitea.com` when there is none), with or without `/api/v1`, for
    /// `owner/name`.
    ///
    /// # Errors
    /// [`crate::Error::Settings`] for an address or a repository that cannot be one,
    /// [`crate::Error::Unauthenticated`] for a token that cannot be one.
    pub fn new(
        client: Client,
        url: Option<&str>,
        repository: &str,
        token: &Sensitive<String>,
    ) -> Result<Self> {
        let (owner, name) = crate::rest::owner_and_name("Gitea", repository)?;
        let url = url.unwrap_or("https://gitea.com").trim_end_matches('/');
        address(url)?;
        let web = url.strip_suffix("/api/v1").unwrap_or(url).to_owned();
        let headers = [("accept", "application/json")];
        let base = format!("{web}/api/v1");
        let rest = Rest::new("Gitea", client, base, &headers, ("token", token))?;
        Ok(Self { rest, web, owner, name, account: OnceCell::new() })
    }

    /// The repository's path in the API.
    fn repository(&self) -> String {
        format!("/repos/{}/{}", self.owner, self.name)
    }

    /// The comments of a pull request, which are those of the issue with its number, all on one page.
    async fn thread(&self, number: u64) -> Result<Thread<'_>> {
        let ask = || async {
            let request = self.rest.request(Method::Get, "/user");
            let user: wire::User = self.rest.json(&request).await?;
            wire::login(self, Some(&user))
        };
        let repository = self.repository();
        Ok(Thread {
            rest: &self.rest,
            all: format!("{repository}/issues/{number}/comments"),
            query: "",
            one: format!("{repository}/issues/comments"),
            update: Method::Patch,
            account: self.account.get_or_try_init(ask).await?,
            most: BODY,
        })
    }
}

#[async_trait]
impl Forge for Gitea {
    fn name(&self) -> &'static str {
        self.rest.name
    }

    async fn default_branch(&self) -> Result<String> {
        let request = self.rest.request(Method::Get, &self.repository());
        let repository: wire::Repository = self.rest.json(&request).await?;
        Ok(repository.default_branch)
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
        self.thread(number).await?.put(marker, body).await
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
