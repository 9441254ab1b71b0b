//! From YAML documents to [`Manifest`](suimon_model::Manifest)s, checked before anything is written.

mod check;
mod fields;
mod kinds;
mod read;
mod strings;

pub(crate) use check::{Found, Where, check_object};
pub(crate) use read::{Collector, Read, deferred, set_namespace};
