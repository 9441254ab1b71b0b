//! The port to a Git host, and its adapters.

mod error;
mod port;

pub use error::{Error, Result};
pub use port::{Change, ChangeState, Forge, Proposal, Review, ReviewState, Status, StatusState};
