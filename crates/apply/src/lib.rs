//! `ApprovedPlan` → [`Report`]: walks the graph, does what the plan says and nothing else.
//!
//! A node starts when what it depends on is healthy; a node that fails skips its dependents and
//! nothing else; deletes come last and only after everything else succeeded.

mod attributes;
mod event;
mod job;
mod prune;
mod report;
mod run;
mod step;
mod wait;

pub use attributes::Attributes;
pub use event::Event;
pub use job::{Job, Options, Stop, stop_channel};
pub use report::{End, Entry, Report};
pub use run::apply;
pub use wait::poll;
