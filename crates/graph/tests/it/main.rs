//! What the crate promises, through its public names only.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod aws;
mod cycles;
mod eks;
mod explicit;
mod formats;
mod implied;
mod implied_pods;
mod properties;
mod scale;
mod support;
mod walk;
mod waves;
