//! End-to-end tests: the binary as a user runs it, on the embedded sandbox and, where there is one,
//! on a real API server.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod drift;
mod env;
mod gate;
mod health;
mod http;
mod interrupt;
mod lifecycle;
mod manifests;
mod order;
mod prune;
mod saved;
mod secrets;
