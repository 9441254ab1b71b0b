//! The AWS adapter: Amazon ECS, EKS, Secrets Manager and Application Auto Scaling as planned resources, written in
//! the shape of ACK.
//!
//! `resource` says what a kind of resource is and does; `kinds` is the table of them; every kind is a folder or a
//! file of its API's module. Reading is in batches, under the limits that the APIs publish.

mod autoscaling;
mod aws;
mod bucket;
mod call;
mod context;
mod credentials;
mod ecs;
mod eks;
mod eks_access;
mod export;
mod failure;
mod kinds;
mod limits;
mod marks;
mod options;
mod prepare;
mod provider;
mod resource;
mod secrets;
mod session;
mod shape;

pub use aws::{Aws, check};
pub use eks_access::EksAccess;
pub use options::Options;
