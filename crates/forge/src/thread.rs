//! [`Thread`]: the comments of one change, of which suimon keeps one for each name.

use serde::Deserialize;
use serde_json::json;

use crate::http::Method;
use crate::rest::{Failed, Rest};
use crate::{Error, Result, marker, text};

/// The comments of one change, as the account sees them that writes them.
pub(crate) struct Thread<'a> {
    pub(crate) rest: &'a Rest,
    /// Path of all comments, without a query.
    pub(crate) all: String,
    /// What is asked about the list.
    pub(crate) query: &'static str,
    /// Path before a comment's id.
    pub(crate) one: String,
    /// How a comment is changed.
    pub(crate) update: Method,
    /// Login of the token's account.
    pub(crate) account: &'a str,
    /// Longest comment, in characters.
    pub(crate) most: usize,
}

#[derive(Deserialize)]
struct Comment {
    id: u64,
    body: Option<String>,
    #[serde(alias = "author")]
    user: Option<Author>,
    /// GitLab's own notes about what happened.
    #[serde(default)]
    system: bool,
}

#[derive(Deserialize)]
struct Author {
    #[serde(alias = "username")]
    login: String,
}

/// A comment of the account's that has a name.
struct Own {
    id: u64,
    name: String,
    body: String,
}

impl Thread<'_> {
    /// The account's comments that have a name, oldest first.
    async fn own(&self) -> Result<Vec<Own>> {
        let path = format!("{}{}", self.all, self.query);
        let comments: Vec<Comment> = self.rest.list(&path).await?;
        let ours = comments.into_iter().filter(|comment| !comment.system).filter_map(|comment| {
            let login = comment.user?.login;
            let (name, body) = marker::read(&comment.body?)?;
            let id = comment.id;
            login.eq_ignore_ascii_case(self.account).then_some(Own { id, name, body })
        });
        let mut ours: Vec<_> = ours.collect();
        ours.sort_by_key(|comment| comment.id);
        Ok(ours)
    }

    /// Names and bodies; of several with one name, the one that is kept.
    pub(crate) async fn read(&self) -> Result<Vec<(String, String)>> {
        let mut comments: Vec<(String, String)> = Vec::new();
        for Own { name, body, .. } in self.own().await? {
            if comments.iter().all(|(known, _)| *known != name) {
                comments.push((name, body));
            }
        }
        Ok(comments)
    }

    /// Writes the one comment with this name.
    pub(crate) async fn put(&self, name: &str, body: &str) -> Result<()> {
        let text = marker::mark(name, body, self.most)?;
        if self.replace(name, &text).await? {
            return Ok(());
        }
        let request = self.rest.request(Method::Post, &self.all).json(&json!({"body": text}));
        match self.rest.call(&request).await {
            Ok(_) => Ok(()),
            // It may have been written all the same: look before it is written again.
            Err(Failed { error: Error::Unreachable { .. }, .. }) => {
                if !self.replace(name, &text).await? {
                    self.rest.call(&request).await?;
                }
                Ok(())
            }
            Err(failed) => Err(failed.error),
        }
    }

    /// Changes the comment that is there, and removes others of its name that a race left.
    async fn replace(&self, name: &str, text: &str) -> Result<bool> {
        let comments = self.own().await?;
        let mut ours = comments.iter().filter(|comment| comment.name == name);
        let Some(first) = ours.next() else { return Ok(false) };
        let wanted = marker::read(text).map(|(_, body)| body).unwrap_or_default();
        if !text::same(&first.body, &wanted) {
            let path = format!("{}/{}", self.one, first.id);
            let request = self.rest.request(self.update, &path).json(&json!({"body": text}));
            self.rest.call(&request).await?;
        }
        for Own { id, .. } in ours {
            let path = format!("{}/{id}", self.one);
            match self.rest.call(&self.rest.request(Method::Delete, &path)).await {
                Ok(_) | Err(Failed { status: Some(404), .. }) => {}
                Err(failed) => return Err(failed.error),
            }
        }
        Ok(true)
    }
}
