//! Running Tera: pure, strict and bounded.
//!
//! Before Tera sees a template, [`prepare`] adds to it (and never removes or reorders anything):
//!
//! * `| __must` behind every variable whose absence Tera would swallow (`{% if values.tpyo %}`), and
//!   `| __out` behind what `{{ … }}` prints, so that undefined and null are errors;
//! * names for the two arguments of `ref("…", "…")`, because Tera knows only named ones;
//! * two private-use characters at the start of each line of plain text, from which [`LineMap`]
//!   knows the template line of every rendered line.
//!
//! The additions are known, so every place that Tera reports is mapped back to the author's text.

mod batch;
mod engine;
mod filters;
mod lines;
mod prepare;
mod problem;
mod scan;
mod strict;
pub mod worker;

pub(crate) use batch::Marked;
pub use batch::{
    InProcess, TemplateBatch, TemplateJob, TemplateRunner, TemplateScope, TemplateSet,
    TemplateSource,
};
pub(crate) use lines::{LineMap, SetLines};
