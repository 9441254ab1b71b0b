//! Reading real repositories, made with the git program in temporary folders.
#![allow(missing_docs, unreachable_pub, clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![cfg(unix)]

mod folders;
mod here;
mod hostile;
mod objects;
mod places;
mod refs;
mod remotes;
mod revisions;
mod server;
mod shared;
mod support;
