//! Rules about the workspace that no compiler checks.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod arrows;
mod commands;
mod doors;
mod files;
mod pure;
mod tidy;
mod venv;
