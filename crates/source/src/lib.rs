//! Git to Snapshot, without a work tree.
