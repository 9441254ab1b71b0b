//! The adapters against servers that record what they are asked and refuse as the real ones do.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod conformance;
mod documents;
mod fakes;
mod faults;
mod gitea;
mod github;
mod gitlab;
mod http;
mod local;
mod openapi;
mod server;
mod settings;
mod tls;
