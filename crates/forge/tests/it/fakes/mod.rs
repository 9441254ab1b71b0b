//! Forges in memory, each with the words of its API.

pub(crate) mod gitea;
pub(crate) mod github;
pub(crate) mod gitlab;
mod world;

pub(crate) use world::{Comment, World};
