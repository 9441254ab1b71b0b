//! Git to [`Snapshot`](suimon_model::Snapshot), read in place: nothing here ever writes a work tree.
//!
//! [`open`] turns a [`Request`] into the files of one commit, straight from the object database, or into
//! the uncommitted files of a working folder. Remote repositories are fetched into a bare mirror first.
//! Everything read is untrusted: paths, names, kinds and sizes are checked, and no filter, hook or
//! submodule ever runs.

mod address;
mod attributes;
mod budget;
mod changes;
mod checkout;
mod commit;
mod content;
mod error;
mod folder;
mod git;
mod locate;
mod mirror;
mod open;
mod path;
mod repository;
mod request;
mod resolve;
mod store;
mod tree;
mod walk;

use error::Error;
pub use open::open;
pub use repository::{CommitInfo, NewCommit, Repository, Swap};
pub use request::{Limits, Opened, Place, Request};
