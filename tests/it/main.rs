//! End-to-end tests: the binary as a user runs it, on the embedded sandbox and, where there is one,
//! on a real API server.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr
)]

mod account;
mod aws;
mod bad_manifests;
mod bad_projects;
mod delivery;
mod drift;
mod env;
mod failures;
mod gate;
mod github;
mod health;
mod hostile;
mod http;
mod inputs;
mod interrupt;
mod lifecycle;
mod manifests;
mod order;
mod output;
mod prune;
mod real;
mod run;
mod sample;
mod saved;
mod secrets;
mod terminal;
