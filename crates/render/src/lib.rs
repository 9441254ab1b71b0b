//! Snapshot and Environment to DesiredState.
