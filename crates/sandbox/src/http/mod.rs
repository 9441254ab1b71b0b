//! HTTP: connections, requests, answers.

mod accept;
mod answer;
mod body;
mod protobuf;
mod resources;
mod route;
pub(crate) mod serve;

pub(crate) use answer::Answer;
pub(crate) use route::Route;
