//! The port to a Git host, and its adapters.

mod address;
mod error;
mod gitea;
mod github;
mod gitlab;
pub mod http;
mod local;
mod marker;
mod port;
mod rest;
mod statuses;
mod text;
mod thread;

pub use address::{Access, detect, from_settings};
pub use error::{Error, Result};
pub use gitea::Gitea;
pub use github::Github;
pub use gitlab::Gitlab;
pub use local::{Documents, Local, Version};
pub use port::{Change, ChangeState, Forge, Proposal, Review, ReviewState, Status, StatusState};
