//! [`Store`]: where chains of commits are kept.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::{Actor, Result};

/// A commit of a chain, as it is stored: nothing about it is believed yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Commit id.
    pub id: String,
    /// Ids of its parents.
    pub parents: Vec<String>,
    /// Its message.
    pub message: String,
    /// `name <email>` of its author.
    pub author: String,
    /// Its time, to the second.
    pub time: Timestamp,
    /// Its files by path.
    pub files: BTreeMap<String, Vec<u8>>,
}

/// A commit to append.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// Its message.
    pub message: String,
    /// Who writes it.
    pub actor: Actor,
    /// When.
    pub time: Timestamp,
    /// Its files by path.
    pub files: BTreeMap<String, Vec<u8>>,
}

/// How an append ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Appended {
    /// It is the last commit of the chain now: its id.
    Done(String),
    /// Somebody else was first: the last commit is another one now.
    Lost {
        /// The last commit now.
        now: Option<String>,
    },
}

/// Chains of commits by ref name.
///
/// # Guarantees
/// `append` is compare-and-swap: of two writers that saw the same last commit, one wins. A lost answer
/// is read back before anything is said.
pub trait Store: Send + Sync {
    /// The last commit of a chain, as it is now where the chain is shared; `None` when there is none.
    ///
    /// # Errors
    /// It could not be asked, or the chain is not a continuation of what this machine has seen of it
    /// ([`Error::Damaged`](crate::Error::Damaged)).
    fn tip(&self, name: &str) -> Result<Option<String>>;

    /// The commits of a chain that ends at `tip`, oldest first; those after `after` where that is one
    /// of them, else all.
    ///
    /// # Errors
    /// A commit is missing or damaged, or there are too many.
    fn chain(&self, tip: &str, after: Option<&str>) -> Result<Vec<Stored>>;

    /// Appends one commit after `expected`.
    ///
    /// # Errors
    /// It is not known whether it was appended, or it was refused for another reason than another
    /// writer.
    fn append(&self, name: &str, expected: Option<&str>, draft: &Draft) -> Result<Appended>;

    /// The id that a commit of exactly this content has; any other content has another one.
    ///
    /// # Errors
    /// The store could not be used.
    fn identify(&self, previous: Option<&str>, draft: &Draft) -> Result<String>;

    /// Chains below `prefix` with their last commits, as they are now where they are shared.
    ///
    /// # Errors
    /// They could not be listed.
    fn chains(&self, prefix: &str) -> Result<BTreeMap<String, String>>;

    /// Chains below `prefix` with their last commits, as this machine saw them last; asks nobody.
    ///
    /// # Errors
    /// They could not be listed.
    fn seen(&self, prefix: &str) -> Result<BTreeMap<String, String>>;

    /// The last commit of a chain that only this machine has.
    ///
    /// # Errors
    /// It could not be read.
    fn kept(&self, name: &str) -> Result<Option<String>>;

    /// Appends one commit to a chain that only this machine has.
    ///
    /// # Errors
    /// It could not be written.
    fn keep(&self, name: &str, expected: Option<&str>, draft: &Draft) -> Result<Appended>;

    /// Drops a chain that only this machine has, unless it moved on from `expected`: whether it did.
    ///
    /// # Errors
    /// It could not be written.
    fn forget(&self, name: &str, expected: &str) -> Result<bool>;
}
