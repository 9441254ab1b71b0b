//! DesiredState to Order.
