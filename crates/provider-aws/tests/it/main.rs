//! The adapter against the sandbox, moto and ministack.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout
)]

mod autoscaling;
mod ecs_cluster;
mod ecs_task_check;
mod ecs_task_definition;
mod eks_access;
mod eks_kinds;
mod eks_updates;
mod secrets_bad_input;
mod secrets_faults;
mod secrets_lifecycle;
mod secrets_values;
mod service_conflict;
mod service_cycle;
mod service_rollback;
mod service_support;
mod support;
