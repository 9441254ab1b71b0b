//! Reading real repositories, made with the git program in temporary folders.
#![allow(missing_docs, unreachable_pub, clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![cfg(unix)]

mod folders;
mod hostile;
mod places;
mod remotes;
mod revisions;
mod server;
mod support;
