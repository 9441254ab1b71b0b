//! The adapter against the sandbox, moto and ministack.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout
)]

mod eks_access;
mod support;
