//! The pipeline in order.
