//! Tests of the ledger.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod approvals;
mod codec;
mod edits;
mod faulty;
mod git;
mod history;
mod keys;
mod lease;
mod lock;
mod place;
mod proof;
mod races;
mod script;
mod signatures;
mod support;
