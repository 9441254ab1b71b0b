//! [`Forge`]: what suimon asks of a Git host.

use async_trait::async_trait;
use jiff::Timestamp;

use crate::Result;

/// A Git host.
///
/// # Guarantees
/// Every call may be repeated: what is there already is updated in place, never made twice.
#[async_trait]
pub trait Forge: Send + Sync {
    /// Name for people: `GitHub`, `GitLab`, `Gitea`, `local`.
    fn name(&self) -> &'static str;

    /// The branch that changes are merged into unless they say otherwise.
    async fn default_branch(&self) -> Result<String>;

    /// The open change from this branch; `None` when there is none.
    async fn open_change(&self, head: &str) -> Result<Option<Change>>;

    /// A change by its number; `None` when there is none.
    async fn change(&self, number: u64) -> Result<Option<Change>>;

    /// Changes that brought this commit in, or have it as their head; newest first.
    async fn changes_of_commit(&self, commit: &str) -> Result<Vec<Change>>;

    /// Opens a change, or updates the open one from the same branch.
    async fn put_change(&self, proposal: &Proposal) -> Result<Change>;

    /// Closes a change without merging it, with a comment that says why.
    async fn close_change(&self, number: u64, why: &str) -> Result<()>;

    /// Writes the one comment of a change with this marker, or updates it in place. A marker is a name of
    /// letters, digits and `._:/-`, such as `plan:stg`; it is written as `<!-- suimon:plan:stg -->`, on a first
    /// line that readers do not see and that the body does not have.
    async fn put_comment(&self, number: u64, marker: &str, body: &str) -> Result<()>;

    /// The comments of suimon's on a change, by this account: marker and body, without its first line.
    async fn own_comments(&self, number: u64) -> Result<Vec<(String, String)>>;

    /// Sets the status of a commit.
    async fn put_status(&self, commit: &str, status: &Status) -> Result<()>;

    /// The reviews of a change, oldest first.
    async fn reviews(&self, number: u64) -> Result<Vec<Review>>;

    /// Whether an account may write to the repository now.
    async fn may_write(&self, login: &str) -> Result<bool>;
}

/// A change to propose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// The branch that has it.
    pub head: String,
    /// The branch that it goes into.
    pub base: String,
    /// One line.
    pub title: String,
    /// Markdown.
    pub body: String,
}

/// A pull request (GitLab: merge request).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Its number.
    pub number: u64,
    /// Its address, for people.
    pub url: String,
    /// Where it stands.
    pub state: ChangeState,
    /// The branch that has it; `owner:branch` when that is in another repository, which is the name of no
    /// branch here.
    pub head: String,
    /// Its last commit.
    pub head_commit: String,
    /// The branch that it goes into.
    pub base: String,
    /// The commit that brought it in, once it is merged.
    pub merge_commit: Option<String>,
    /// Login of who opened it.
    pub author: String,
    /// Login of who pushed last; `None` when the forge does not say.
    pub last_pusher: Option<String>,
    /// Its title.
    pub title: String,
    /// Its text.
    pub body: String,
}

/// Where a change stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeState {
    /// Open.
    Open,
    /// Merged.
    Merged,
    /// Closed without being merged.
    Closed,
}

/// The status of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// Its name, such as `suimon/plan: stg`.
    pub context: String,
    /// How it is.
    pub state: StatusState,
    /// One line; forges cut it (GitHub: 140 characters).
    pub description: String,
    /// Where there is more.
    pub url: Option<String>,
}

/// How a status is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatusState {
    /// Not decided yet.
    Pending,
    /// Good.
    Success,
    /// Not good.
    Failure,
    /// It could not be found out.
    Error,
}

/// One review of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Review {
    /// Login.
    pub login: String,
    /// Whether it is the account of a program.
    pub bot: bool,
    /// What it says.
    pub state: ReviewState,
    /// The commit that was reviewed.
    pub commit: String,
    /// When.
    pub at: Timestamp,
}

/// What a review says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReviewState {
    /// Yes.
    Approved,
    /// No.
    ChangesRequested,
    /// Neither.
    Commented,
    /// Taken back.
    Dismissed,
}
