//! Loopback servers that speak the wire protocols of Kubernetes and of AWS.
//!
//! [`Sandbox`] is an API server in memory, faithful where a GitOps engine looks: discovery, objects with their
//! defaults and versions, server-side apply with `managedFields`, lists in pages, watches, and small controllers.
//! [`envtest`] starts a real `kube-apiserver` for tests that compare the two, and [`awstest`] `moto` and `ministack`.

mod api;
mod aws;
pub mod awstest;
mod clock;
mod codec;
mod controllers;
mod convert;
mod defaults;
mod discovery;
pub mod envtest;
mod fault;
mod hooks;
mod http;
mod managed;
mod openapi;
mod patch;
mod quantity;
mod resource;
mod sandbox;
mod schema;
mod selector;
mod state;
mod status;
mod store;
mod table;
mod typed;
mod validate;
mod value;

pub use aws::{
    Aws, AwsEffect, AwsFault, AwsOptions, AwsRequest, EksCaller, EksEndpoint, Rate,
    eks_token_caller,
};
pub use clock::Clock;
pub use fault::{Effect, Fault};
pub use sandbox::{Error, Options, Request, Sandbox};
