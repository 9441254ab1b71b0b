//! [`Github`]: GitHub's REST API, also that of GitHub Enterprise Server.
//!
//! Described at <https://docs.github.com/rest>; the tests hold every request against its OpenAPI description.

mod changes;
mod comments;
mod reviews;
mod statuses;
mod wire;

use async_trait::async_trait;
use suimon_model::Sensitive;
use tokio::sync::OnceCell;

use crate::http::{Client, Method, address, is_here};
use crate::rest::Rest;
use crate::{Change, Forge, Proposal, Result, Review, Status};

/// Longest description of a status, title, and body of a pull request or comment, in characters.
const DESCRIPTION: usize = 140;
const TITLE: usize = 255;
const BODY: usize = 65_536;

/// GitHub.
///
/// # Guarantees
/// Only comments of the token's own account are changed, whatever marker others write.
///
/// # Caveats
/// Who pushed last is what the repository's activity says; a commit that is not in the last 300 pushes of its
/// branch, or an activity that the token may not read, leaves it unknown.
pub struct Github {
    rest: Rest,
    /// Base address for people.
    web: String,
    graphql: String,
    owner: String,
    name: String,
    account: OnceCell<String>,
}

impl Github {
    /// GitHub at its API's base address (`https://api.github.com` when there is none;
    /// `https://github.example.com/api/v3` is an Enterprise Server), for `owner/name`.
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
        let (owner, name) = crate::rest::owner_and_name("GitHub", repository)?;
        let base = base(url.unwrap_or("https://api.github.com"))?;
        let (web, graphql) = match base.strip_suffix("/api/v3") {
            Some(server) => (server.to_owned(), format!("{server}/api/graphql")),
            None => (base.replacen("://api.", "://", 1), format!("{base}/graphql")),
        };
        let headers =
            [("accept", "application/vnd.github+json"), ("x-github-api-version", "2022-11-28")];
        let rest = Rest::new("GitHub", client, base, &headers, ("Bearer", token))?;
        Ok(Self { rest, web, graphql, owner, name, account: OnceCell::new() })
    }

    /// The repository's path in the API.
    fn repository(&self) -> String {
        format!("/repos/{}/{}", self.owner, self.name)
    }
}

/// The base address: what people give for an Enterprise Server is often the server's.
fn base(url: &str) -> Result<String> {
    let url = url.trim_end_matches('/');
    let uri = address(url)?;
    let host = uri.host().unwrap_or_default();
    if host.eq_ignore_ascii_case("github.com") {
        return Ok("https://api.github.com".to_owned());
    }
    if uri.path() == "/" && !host.starts_with("api.") && !is_here(&uri) {
        return Ok(format!("{url}/api/v3"));
    }
    Ok(url.to_owned())
}

#[async_trait]
impl Forge for Github {
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
        comments::thread(self, number).await?.put(marker, body).await
    }

    async fn own_comments(&self, number: u64) -> Result<Vec<(String, String)>> {
        comments::thread(self, number).await?.read().await
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_addresses_are_those_of_the_api() {
        let cases = [
            ("https://api.github.com", "https://api.github.com"),
            ("https://github.com/", "https://api.github.com"),
            ("https://github.example.com", "https://github.example.com/api/v3"),
            ("https://github.example.com/api/v3/", "https://github.example.com/api/v3"),
            ("https://api.acme.ghe.com", "https://api.acme.ghe.com"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ];
        for (given, expected) in cases {
            assert_eq!(base(given).unwrap(), expected, "{given}");
        }
        assert!(base("github.example.com").is_err());
        assert!(base("https://user:secret@github.example.com").is_err());
    }
}
