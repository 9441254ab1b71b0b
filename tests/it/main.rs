//! End-to-end tests: the binary as a user runs it, on the embedded sandbox and, where there is one,
//! on a real API server.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod env;
mod examples;
mod exit_codes;
mod hostile;
mod lifecycle;
mod sample;
