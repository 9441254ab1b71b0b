//! Desired, live and inventory to Plan.
