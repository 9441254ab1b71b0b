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
    /// Its time.
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
    /// It could not be asked, or the chain is not a continuation of what this machine has seen of it.
    fn tip(&self, name: &str) -> Result<Option<String>>;

    /// A chain, oldest first, that ends at `tip`.
    ///
    /// # Errors
    /// A commit is missing or damaged.
    fn chain(&self, tip: &str) -> Result<Vec<Stored>>;

    /// Appends one commit after `expected`.
    ///
    /// # Errors
    /// It is not known whether it was appended, or it was refused for another reason than another
    /// writer.
    fn append(&self, name: &str, expected: Option<&str>, draft: &Draft) -> Result<Appended>;
}
