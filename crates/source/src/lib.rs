//! Git to [`Snapshot`](suimon_model::Snapshot), read in place, and refs and commits written beside it.
//! Nothing here ever writes a work tree, but for one thing that the user asks for by name:
//! [`Repository::commit_here`] commits a few files on the branch that is checked out, and writes just these.
//!
//! [`open`] turns a [`Request`] into the files of one commit, straight from the object database, or into
//! the uncommitted files of a working folder. Remote repositories are fetched into a bare mirror first.
//! Everything read is untrusted: paths, names, kinds and sizes are checked, and no filter, hook or
//! submodule ever runs. [`Repository`] makes commits and moves refs, here and on a remote; objects and refs
//! of this machine are read and written in this process, and whatever goes over a network is left to the git
//! program, with the user's own settings for it.

mod address;
mod attributes;
mod budget;
mod carry;
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
