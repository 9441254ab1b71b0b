//! The adapter against API servers: the sandbox with its faults, and a real one.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod cluster;
mod connecting;
mod eks;
mod fake;
mod faults;
mod manifests;
mod marks;
mod pending;
mod real;
mod requests;
mod scenarios;
