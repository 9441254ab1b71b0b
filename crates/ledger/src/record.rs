//! [`Record`]: one entry of a ledger.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use suimon_apply::Report;
use suimon_gate::{BreakGlass, Condition, Mode, SignedApproval};
use suimon_model::{Artifact, HealthStatus, Inventory, ResourceId};

/// The format of records.
pub const RECORD_FORMAT: &str = "suimon.dev/ledger/v1";

/// One entry of an environment's ledger.
///
/// # Guarantees
/// Holds no secret: everything in it is masked before it gets here.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// [`RECORD_FORMAT`].
    pub format: String,
    /// The project.
    pub project: String,
    /// The environment.
    pub environment: String,
    /// Position in the ledger, from 1: the fencing epoch of a run that it opens.
    pub number: u64,
    /// Commit id of the record before this one; `None` in the first.
    pub previous: Option<String>,
    /// When it was written.
    pub time: Timestamp,
    /// Who or what wrote it.
    pub actor: Actor,
    /// Why it was written.
    pub trigger: Trigger,
    /// What happened.
    pub event: Event,
    /// Last records of other ledgers that the writer had seen, by environment: whoever rewrites one
    /// ledger contradicts the others.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub witnessed: BTreeMap<String, String>,
}

/// Who or what wrote a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// Name for people.
    pub name: String,
    /// E-mail address, or the login of a program.
    pub email: String,
    /// Version of suimon.
    pub tool: String,
}

/// Why a record was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trigger {
    /// A person at the command line.
    Cli,
    /// A pipeline.
    Ci,
    /// The sync loop.
    Controller,
}

/// What would be applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// The commit; `None` for uncommitted files.
    pub revision: Option<String>,
    /// Name of the release.
    pub release: Option<String>,
    /// Identity of the release.
    pub release_id: String,
    /// Commit that `modules/` is read from; `None` where the files are uncommitted.
    pub modules: Option<String>,
    /// The pinned artifacts.
    pub artifacts: BTreeMap<String, Artifact>,
    /// Digest of the plan.
    pub digest: String,
    /// Forward, or back.
    pub mode: Mode,
    /// Ids that `--target` limited it to; empty for all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub targeted: Vec<ResourceId>,
    /// The gate's conditions, each with its reason.
    pub conditions: Vec<Condition>,
    /// The approvals that opened the gate, as they were signed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub approvals: Vec<SignedApproval>,
    /// A person went through a closed gate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub break_glass: Option<BreakGlass>,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "type")]
pub enum Event {
    /// A run began: nothing was written yet. The lock of the environment until it is closed.
    Opened {
        /// Name of the run, unique.
        run: String,
        /// What is applied.
        attempt: Box<Attempt>,
        /// Who holds the lock.
        lease: Lease,
    },
    /// A run ended.
    Closed {
        /// The run.
        run: String,
        /// What became of every object.
        report: Box<Report>,
        /// How the environment was at the end.
        health: HealthSummary,
        /// What the environment owns now.
        inventory: Inventory,
    },
    /// A run that did not close was declared over.
    TakenOver {
        /// The run.
        run: String,
        /// Why that was safe, or who said so.
        why: String,
    },
    /// An apply that its gate did not let through.
    Refused {
        /// What would have been applied; its conditions say whether it was held or denied.
        attempt: Box<Attempt>,
    },
    /// An apply whose plan could not be made.
    PlanFailed {
        /// The commit.
        revision: Option<String>,
        /// Why, without secrets.
        reason: String,
    },
    /// A later look at what was applied.
    Checked {
        /// What was looked at: the release's identity.
        release_id: String,
        /// How the environment was.
        health: HealthSummary,
    },
    /// A rollback holds the environment at a release until its revert is merged.
    Pinned {
        /// Identity of the release that is restored.
        release_id: String,
        /// Its name.
        release: Option<String>,
        /// The commit that reverts.
        revision: String,
        /// Identity of the release that is left.
        from: String,
        /// Why.
        reason: String,
    },
    /// The environment follows its declaration again.
    Unpinned {
        /// Why.
        why: String,
    },
    /// Somebody has seen that a gate was gone through.
    Acknowledged {
        /// Commit id of the record that says so.
        record: String,
    },
}

/// Who holds the lock, as far as another process can find out whether it is still there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// Name of the machine, for people.
    pub host: String,
    /// Identity of the machine, where it has one.
    pub machine: Option<String>,
    /// Identity of its last start.
    pub boot: Option<String>,
    /// The namespace that the process id is of.
    pub pid_namespace: Option<String>,
    /// Process id.
    pub pid: u32,
    /// Start of the process, in ticks since the machine's.
    pub started: Option<u64>,
}

/// How an environment was.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HealthSummary {
    /// The worst of its objects; `None` when nothing is declared.
    pub status: Option<HealthStatus>,
    /// Objects that are not Current, each with one line.
    pub not_current: Vec<(ResourceId, HealthStatus, String)>,
}

impl HealthSummary {
    /// Whether everything is Current.
    pub fn is_healthy(&self) -> bool {
        self.not_current.is_empty() && matches!(self.status, None | Some(HealthStatus::Current))
    }
}
