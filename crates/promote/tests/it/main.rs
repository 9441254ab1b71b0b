//! Branches and files in a real repository.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod branches;
mod documents;
mod repo;
