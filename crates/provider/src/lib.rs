//! The port to live APIs.
