//! Rendering whole projects from memory.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod bounds;
mod config;
mod edit_release;
mod gate;
mod independent;
mod objects;
mod patches;
mod refs;
mod release;
mod render;
mod schema;
mod support;
mod templates;
mod worker;
mod yaml;
