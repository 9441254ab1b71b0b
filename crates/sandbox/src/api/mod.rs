//! The verbs of the API.

pub(crate) mod allocate;
pub(crate) mod delete;
pub(crate) mod list;
pub(crate) mod read;
pub(crate) mod scale;
pub(crate) mod watch;
pub(crate) mod write;
