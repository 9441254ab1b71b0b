//! The pipeline in order: render → graph → observe → plan → gate → apply.
//!
//! [`plan()`] and [`apply()`] are the whole of it; the command line and the controller call these and
//! add nothing to what they decide.

mod adopted;
mod error;
mod follow;
mod observe;
mod owned;
mod pipeline;
mod prepare;
mod preview;
mod record;
mod settle;
mod stale;

pub use error::{Error, Result};
pub use follow::follow;
pub use pipeline::{Options, Planned, apply, plan};
pub use record::{attempt, health, inventory};
pub use stale::{Moved, moved};
