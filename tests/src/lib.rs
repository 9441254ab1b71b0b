//! The hermetic environment the end-to-end tests run in.
