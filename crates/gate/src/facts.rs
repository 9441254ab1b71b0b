//! [`Facts`]: everything that a gate is judged by besides the plan.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use suimon_model::{Gate, GateFiles, Protect};

use crate::{Condition, Known};

/// What the gate needs to know besides the plan.
///
/// # Guarantees
/// By default nothing is known, and what is not known holds: also an environment without a gate, for
/// it may have had one before this change. [`unrecorded`](Self::unrecorded) is where there is no before.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// The environment's limits on deletes.
    pub protect: Protect,
    /// The environment's gate at the revision that would be applied.
    pub gate: Option<Gate>,
    /// The files it is judged with, at the same revision.
    pub files: GateFiles,
    /// What [`inspect`](crate::inspect) found in the declared objects.
    pub inspected: Vec<Condition>,
    /// Digest of the delete list that a person confirmed
    /// ([`Plan::deletes_digest`](suimon_plan::Plan::deletes_digest)).
    pub confirmed_deletes: Option<String>,
    /// The person said that conflicting fields may be taken over.
    pub force_conflicts: bool,
    /// Whether this goes forward or back.
    pub mode: Mode,
    /// The time of the judgement; without it nothing that depends on time is open.
    pub now: Option<Timestamp>,
    /// Who may approve, as decided before this change.
    pub trusted: Trusted,
    /// What the environment before this one has proved; `None` for the first of the pipeline.
    pub upstream: Option<Upstream>,
    /// Identity of the release that the environment holds; `Known(None)` when it never held one.
    pub holds: Known<Option<String>>,
    /// The statements in the approvals ref.
    pub approvals: Known<Vec<SignedApproval>>,
    /// The forge's reviews of the change, where the gate counts them.
    pub reviews: Known<Option<ReviewedChange>>,
    /// Who made what would be applied.
    pub authors: Known<Authors>,
    /// Answers of the gate's checks.
    pub checks: Vec<CheckAnswer>,
    /// A rollback that holds the environment where it is.
    pub pin: Known<Option<Pin>>,
    /// Whether the revision is on the protected branch; `None` where the project names none.
    pub on_branch: Option<Known<bool>>,
    /// A person wants to go through a closed gate.
    pub break_glass: Option<BreakGlass>,
}

impl Facts {
    /// The facts about an environment of which nothing is recorded: no repository, no ledger, no
    /// approvals. Everything that could be looked up was, and is not there.
    ///
    /// # Caveats
    /// Only for a place that has no history. A history that could not be read is `Unknown`, and holds.
    pub fn unrecorded() -> Self {
        Self {
            trusted: Trusted::First,
            holds: Known::Known(None),
            approvals: Known::Known(Vec::new()),
            reviews: Known::Known(None),
            authors: Known::Known(Authors::default()),
            pin: Known::Known(None),
            ..Self::default()
        }
    }
}

/// Whether an apply goes forward or back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// The whole gate.
    #[default]
    Forward,
    /// Back to a release that this environment has proved: the shortened gate.
    Rollback,
}

/// The gate as it was before this change: the last revision that was applied through it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "there is one of them in a judgement")]
pub enum Trusted {
    /// It could not be read: nobody is trusted.
    Unknown(String),
    /// Nothing was ever applied: the revision itself is what there is.
    First,
    /// The gate at this revision.
    At {
        /// The commit.
        revision: String,
        /// Its gate.
        gate: Option<Gate>,
        /// Its limits on deletes.
        protect: Protect,
        /// Its files.
        files: GateFiles,
    },
}

impl Default for Trusted {
    fn default() -> Self {
        Self::Unknown("it was not looked up".to_owned())
    }
}

/// The environment before this one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upstream {
    /// Its name.
    pub environment: String,
    /// What its ledger says about the plan's release.
    pub proof: Known<Proof>,
}

/// What a ledger says about one release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Proof {
    /// It was never applied whole there.
    Never {
        /// The release that is there instead, by name or identity.
        holds: Option<String>,
    },
    /// It was applied, and is not healthy yet.
    Unhealthy {
        /// What is not, in one line.
        why: String,
    },
    /// It was applied and healthy without a break.
    Healthy {
        /// Since then.
        since: Timestamp,
        /// Until something else was applied; `None` while it is there.
        until: Option<Timestamp>,
        /// The record that says so.
        record: String,
    },
    /// It was healthy, and then a check failed or it was rolled back.
    Revoked {
        /// When.
        at: Timestamp,
        /// By what, in one line.
        why: String,
    },
}

/// A statement as it stands in the approvals ref, not believed yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedApproval {
    /// The exact bytes that were signed; see [`Statement`](crate::Statement).
    pub statement: String,
    /// OpenSSH's signature, in its armor (PROTOCOL.sshsig).
    pub signature: String,
}

/// A change on the forge and its reviews.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReviewedChange {
    /// Its address, for people.
    pub url: String,
    /// Its last commit.
    pub head: String,
    /// Whether what would be applied is exactly that: the same commit, or its merge with the same tree.
    pub is_applied: bool,
    /// Login of who opened it.
    pub author: String,
    /// Login of who pushed last; `Unknown` when the forge does not say.
    pub last_pusher: Known<String>,
    /// Its reviews.
    pub reviews: Vec<Review>,
}

/// One review.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Review {
    /// Login.
    pub login: String,
    /// Whether it is the account of a program.
    pub bot: bool,
    /// What it says.
    pub state: ReviewState,
    /// The commit that was reviewed.
    pub commit: String,
    /// When.
    pub at: Timestamp,
    /// Whether the account may write to the repository now.
    pub may_write: Known<bool>,
}

/// What a review says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReviewState {
    /// Yes.
    Approved,
    /// No.
    ChangesRequested,
    /// Neither.
    Commented,
    /// Taken back.
    Dismissed,
}

/// Who made what would be applied, since what is applied now.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Authors {
    /// E-mail addresses of authors and committers, in lower case.
    pub people: BTreeSet<String>,
    /// Fingerprints (`SHA256:…`) of the SSH keys that signed the commits.
    pub keys: BTreeSet<String>,
}

/// The answer of one check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckAnswer {
    /// The check's name.
    pub name: String,
    /// `Ok`, or why it is not as wanted.
    pub answer: Result<(), String>,
}

/// An environment that is held where a rollback put it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pin {
    /// Identity of the release.
    pub release_id: String,
    /// Its name.
    pub release: Option<String>,
    /// The commit that reverts.
    pub revision: String,
    /// Who.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// Whether the revision that would be applied has the revert in it.
    pub merged: bool,
}

/// Going through a closed gate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BreakGlass {
    /// Why.
    pub reason: String,
    /// Who: an e-mail address or a login.
    pub by: String,
}
