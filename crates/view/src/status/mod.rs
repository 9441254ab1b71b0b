//! [`Pipeline`]: what is known about every environment, and what follows from it.

mod environment;
mod next;

pub(crate) use environment::{Facts, Recorded, health_word};
pub use next::{Next, next};

use jiff::Timestamp;
use suimon_gate::{Condition, Known};
use suimon_ledger::{HealthSummary, History};
use suimon_plan::Plan;

/// What is known about the environments of a project.
#[derive(Debug, Clone)]
pub struct Pipeline<'a> {
    /// The project.
    pub project: &'a str,
    /// Now; ages are counted from here.
    pub now: Timestamp,
    /// All environments: those of the pipeline in its order, then the others.
    pub environments: Vec<Environment<'a>>,
    /// Show only this one; `None` shows all.
    pub only: Option<&'a str>,
}

/// What is known about one environment.
#[derive(Debug, Clone)]
pub struct Environment<'a> {
    /// Its name.
    pub name: &'a str,
    /// Whether it is in the project's pipeline, between the one before it and the one after it.
    pub in_pipeline: bool,
    /// What was done to it.
    pub ledger: Ledger<'a>,
    /// What its files declare; `Unknown` when they are wrong, and why.
    pub declared: Known<Declared>,
    /// What is live.
    pub live: Live<'a>,
    /// Why the process that holds the lock is certainly gone, where that is so.
    pub holder_gone: Option<String>,
    /// Whether the revert that would end a pin is in what is declared.
    pub revert_merged: bool,
    /// Identity of the release that an open promotion would bring here.
    pub proposed: Option<String>,
}

/// What is known about a ledger.
#[derive(Debug, Clone)]
pub enum Ledger<'a> {
    /// Its records.
    Read(&'a History),
    /// There is no repository to keep one in.
    None,
    /// It could not be read, and why.
    Unreadable(String),
    /// It is not what it says, and why.
    Damaged(String),
}

/// What an environment's files declare.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declared {
    /// Name of the release.
    pub release: Option<String>,
    /// Its identity.
    pub release_id: String,
    /// The commit; `None` for uncommitted files.
    pub revision: Option<String>,
    /// Whether the environment has a gate.
    pub gated: bool,
}

/// What is known about what is live.
#[derive(Debug, Clone)]
pub enum Live<'a> {
    /// Nobody looked.
    NotAsked,
    /// It could not be read at all, and why.
    Unreachable(String),
    /// It was read.
    Seen {
        /// How what is declared is now.
        health: HealthSummary,
        /// What an apply would do.
        plan: &'a Plan,
        /// What the gate says about that.
        conditions: &'a [Condition],
    },
}

impl<'a> Pipeline<'a> {
    /// The environments to show.
    pub(crate) fn shown(&self) -> impl Iterator<Item = (usize, &Environment<'a>)> {
        let all = self.environments.iter().enumerate();
        all.filter(|(_, one)| self.only.is_none_or(|only| only == one.name))
    }
}
