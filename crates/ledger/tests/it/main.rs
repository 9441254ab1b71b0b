//! Tests of the ledger.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod faulty;
mod history;
mod lease;
mod lock;
mod proof;
mod script;
mod support;
