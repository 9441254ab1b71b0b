//! Kubernetes as a [`Provider`](suimon_provider::Provider): discovery, batch reads, server-side
//! apply, ApplySet ownership, health.
//!
//! The only user of the kube crate. Every request goes through one place (`transport`) that bounds
//! its time and its retries; every refusal through one place (`classify`) that says what it means.

mod applyset;
mod attribute;
mod bearer;
mod call;
mod classify;
#[cfg(test)]
mod classify_tests;
mod conflict;
mod connect;
mod digest;
mod discovery;
mod eks;
mod export;
mod failure;
pub mod health;
mod kind_read;
mod kubernetes;
mod list;
mod live;
mod object;
mod observe;
mod options;
mod owner;
mod owners;
mod parent;
mod pending;
mod poll;
mod prepare;
mod provider;
mod redact;
mod remove;
mod resource;
mod resources;
mod schemas;
mod session;
mod status;
mod transport;
mod write;

pub use kubernetes::Kubernetes;
pub use options::{Options, Policy};
