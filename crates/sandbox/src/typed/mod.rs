//! Structured merge: typed values, sets of field paths, and the operations that server-side apply is made of.

mod compare;
mod fieldset;
mod item;
mod merge;
mod remove;
mod validate;
mod walk;

pub(crate) use compare::{Comparison, compare};
pub(crate) use fieldset::FieldSet;
pub(crate) use merge::merge;
pub(crate) use remove::remove;
pub(crate) use validate::validate;
pub(crate) use walk::to_field_set;

#[cfg(test)]
mod tests;
