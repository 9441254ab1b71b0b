//! Amazon ECS, EKS and Secrets Manager.

mod bad_inputs;
mod canary;
mod compare;
mod crash;
mod identity;
pub(crate) mod import;
pub(crate) mod story;
