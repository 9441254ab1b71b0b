//! HTTP for forges and for the checks of gates: verified TLS, proxies, deadlines, bounded bodies.

mod client;
mod connect;
mod message;
mod retry;
mod settings;

pub use client::Client;
pub use message::{Method, Request, Response};
pub use retry::{Pace, Retry};
pub use settings::Settings;

pub(crate) use client::{address, is_here, same_origin, shown};
pub(crate) use retry::is_limited;
