//! Text for a terminal or a log, in Terraform's habits.

mod comparison;
mod diagnostics;
mod event;
mod findings;
mod gate;
mod object;
mod plan;
mod problems;
mod report;

pub use comparison::comparison;
pub use diagnostics::{Sources, diagnostics, diagnostics_with};
pub use event::event;
pub(crate) use event::message;
pub use findings::findings;
pub use gate::gate;
pub use plan::{drift, plan, plan_parts};
pub(crate) use plan::{gone, summary};
pub(crate) use problems::subject;
pub(crate) use report::Totals;
pub use report::report;
