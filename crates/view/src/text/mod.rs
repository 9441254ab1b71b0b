//! Text for a terminal or a log, in Terraform's habits.

mod comparison;
mod diagnostics;
mod event;
mod findings;
mod gate;
mod history;
mod object;
mod plan;
mod problems;
mod report;
mod status;
mod table;

pub use comparison::comparison;
pub use diagnostics::{Sources, diagnostics, diagnostics_with};
pub use event::event;
pub(crate) use event::message;
pub use findings::findings;
pub use gate::gate;
pub use history::{HistoryOptions, history, verification};
pub use plan::{drift, plan, plan_parts};
pub(crate) use plan::{gone, summary};
pub(crate) use problems::subject;
pub(crate) use report::Totals;
pub use report::report;
pub use status::status;
