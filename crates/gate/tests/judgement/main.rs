//! The whole judgement, by tables.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod break_glass;
mod counting;
mod empty;
mod forged_people;
mod forged_reviews;
mod forged_signatures;
mod mutations;
mod others;
mod trusted;
mod upstream;
mod world;
