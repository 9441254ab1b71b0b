//! The append-only, hash-chained history of an environment, in a Git ref.

mod error;
mod record;
mod store;

pub use error::{Error, Result};
pub use record::{Actor, Attempt, Event, HealthSummary, Lease, RECORD_FORMAT, Record, Trigger};
pub use store::{Appended, Draft, Store, Stored};
