//! What is written and read: commits, and how a swap ended.

use std::collections::BTreeMap;

/// A commit to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCommit {
    /// The commit that it follows; `None` for a first one.
    pub parent: Option<String>,
    /// Whether it begins with the parent's files, or with none.
    pub keep_files: bool,
    /// Files by path from the repository's top; `None` takes one out.
    pub files: BTreeMap<String, Option<Vec<u8>>>,
    /// Its message.
    pub message: String,
    /// Who wrote it.
    pub name: String,
    /// Their e-mail address.
    pub email: String,
    /// When, in seconds since 1970 (UTC).
    pub time: i64,
}

/// A commit, without its files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitInfo {
    /// Its id.
    pub id: String,
    /// Id of its tree.
    pub tree: String,
    /// Its parents' ids.
    pub parents: Vec<String>,
    /// Its message, all of it.
    pub message: String,
    /// The author's name.
    pub author: String,
    /// The author's e-mail address.
    pub author_email: String,
    /// The committer's e-mail address.
    pub committer_email: String,
    /// When it was committed, in seconds since 1970 (UTC).
    pub time: i64,
    /// Its SSH signature in OpenSSH's armor, where it has one.
    pub ssh_signature: Option<String>,
}

/// How a swap of a ref ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Swap {
    /// The ref is at the new commit, or others have already gone on from there.
    Done,
    /// Somebody else moved it: where it is now.
    Lost(Option<String>),
}
