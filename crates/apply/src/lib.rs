//! `ApprovedPlan` → [`Report`]: walks the graph, does what the plan says and nothing else.

mod event;
mod report;

pub use event::Event;
pub use report::{End, Entry, Report};
