//! [`Local`]: changes as files in a repository, for where there is no forge.

mod changes;
mod documents;
mod files;

use std::sync::Arc;

use async_trait::async_trait;

pub use documents::{Documents, Version};

use crate::{Change, Error, Forge, Proposal, Result, Review, ReviewState, Status, marker, text};
use changes::Changes;
use files::{CommentFile, ReviewFile, StatusFile};

/// How often a write is tried that others overtake.
const ATTEMPTS: usize = 10;
/// Longest body, in characters.
const BODY: usize = 1_000_000;

/// A forge that is the repository itself: changes, comments, reviews and statuses are files in a ref.
///
/// # Caveats
/// A change counts as merged once its branch's commit is in the base branch; a squashed or rebased
/// one stays open until it is closed. Nobody is authenticated, so [`Forge::may_write`] is always
/// `false`: reviews here are for reading and never approve anything. Approvals are signatures instead.
#[derive(Clone)]
pub struct Local {
    documents: Arc<dyn Documents>,
}

impl Local {
    /// A forge over these documents.
    pub fn new(documents: Arc<dyn Documents>) -> Self {
        Self { documents }
    }

    /// Writes down what the account that works here says about the head of a change.
    ///
    /// # Errors
    /// [`Error::Refused`] when there is no such change; those of the repository.
    pub async fn review(&self, number: u64, state: ReviewState) -> Result<()> {
        self.write(format!("Review change {number}"), move |changes| {
            let change = changes.existing(number)?;
            let login = changes.account()?;
            let at = jiff::Timestamp::now();
            let review = ReviewFile { login, state: state.into(), commit: change.head_commit, at };
            changes.files.reviews(number)?.push(review);
            Ok(())
        })
        .await
    }

    /// Reads all, off the threads that must not block.
    async fn read<T, F>(&self, look: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Changes<'_>) -> Result<T> + Send + 'static,
    {
        let documents = self.documents.clone();
        blocking(move || {
            let version = documents.read().map_err(unreadable)?;
            look(&mut Changes::parse(&*documents, &version)?)
        })
        .await
    }

    /// Changes something, again from the start when somebody else was faster.
    async fn write<T, F>(&self, message: String, edit: F) -> Result<T>
    where
        T: Send + 'static,
        F: Fn(&mut Changes<'_>) -> Result<T> + Send + 'static,
    {
        let documents = self.documents.clone();
        blocking(move || {
            for _ in 0..ATTEMPTS {
                let version = documents.read().map_err(unreadable)?;
                let mut changes = Changes::parse(&*documents, &version)?;
                let answer = edit(&mut changes)?;
                let files = changes.files.write()?;
                if files == version.files {
                    return Ok(answer);
                }
                let swapped = documents.swap(version.id.as_deref(), &files, &message);
                if swapped.map_err(unreadable)? {
                    return Ok(answer);
                }
            }
            Err(Error::Refused {
                what: "local forge".to_owned(),
                why: "others keep writing at the same time; try again".to_owned(),
            })
        })
        .await
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(|error| unreadable(error.to_string()))?
}

fn unreadable(why: String) -> Error {
    Error::Unreachable { what: "local forge".to_owned(), why }
}

#[async_trait]
impl Forge for Local {
    fn name(&self) -> &'static str {
        "local"
    }

    async fn default_branch(&self) -> Result<String> {
        let documents = self.documents.clone();
        let found = blocking(move || documents.default_branch().map_err(unreadable)).await?;
        found.ok_or_else(|| Error::Refused {
            what: "local forge".to_owned(),
            why: "the repository has no branch yet".to_owned(),
        })
    }

    async fn open_change(&self, head: &str) -> Result<Option<Change>> {
        let head = head.to_owned();
        self.read(move |changes| changes.open(&head)).await
    }

    async fn change(&self, number: u64) -> Result<Option<Change>> {
        self.read(move |changes| changes.by_number(number)).await
    }

    async fn changes_of_commit(&self, commit: &str) -> Result<Vec<Change>> {
        let commit = commit.to_owned();
        self.read(move |changes| changes.of_commit(&commit)).await
    }

    async fn put_change(&self, proposal: &Proposal) -> Result<Change> {
        let proposal = proposal.clone();
        let message = format!("Propose {}", text::line(&proposal.head, 200));
        self.write(message, move |changes| changes.put(&proposal)).await
    }

    async fn close_change(&self, number: u64, why: &str) -> Result<()> {
        let why = why.to_owned();
        self.write(format!("Close change {number}"), move |changes| changes.close(number, &why))
            .await
    }

    async fn put_comment(&self, number: u64, marker: &str, body: &str) -> Result<()> {
        // Held to what other forges take, so that a project can move to one.
        marker::mark(marker, "", BODY)?;
        let (name, body) = (marker.to_owned(), text::body(body, BODY));
        self.write(format!("Comment on change {number}"), move |changes| {
            changes.existing(number)?;
            let author = changes.account()?;
            changes.files.comment(number, &name, &author, &body)
        })
        .await
    }

    async fn own_comments(&self, number: u64) -> Result<Vec<(String, String)>> {
        self.read(move |changes| {
            changes.existing(number)?;
            let comments = changes.files.comments(number)?.iter();
            Ok(comments
                .map(|CommentFile { name, body, .. }| (name.clone(), body.clone()))
                .collect())
        })
        .await
    }

    async fn put_status(&self, commit: &str, status: &Status) -> Result<()> {
        if !text::is_commit(commit) {
            return Err(Error::Settings {
                what: format!("status of {:?}", text::line(commit, 60)),
                why: "this is no commit".to_owned(),
            });
        }
        let (commit, status) = (commit.to_owned(), status.clone());
        self.write(format!("Set a status of {commit}"), move |changes| {
            let file = StatusFile::from(&status);
            changes.files.statuses(&commit)?.insert(status.context.clone(), file);
            Ok(())
        })
        .await
    }

    async fn reviews(&self, number: u64) -> Result<Vec<Review>> {
        self.read(move |changes| {
            changes.existing(number)?;
            let mut reviews: Vec<Review> =
                changes.files.reviews(number)?.iter().map(ReviewFile::review).collect();
            reviews.sort_by_key(|review| review.at);
            Ok(reviews)
        })
        .await
    }

    async fn may_write(&self, _: &str) -> Result<bool> {
        Ok(false)
    }
}
