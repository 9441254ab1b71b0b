//! [`Gate`]: what an environment asks for before anything enters it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{ForgeSettings, LedgerSettings, Project};

/// The `gate` block of an environment, as declared.
///
/// # Caveats
/// Windows, time zones and rule names are text here; the gate crate reads them and says what is wrong.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Gate {
    /// What the environment before this one must have proved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upstream: Option<UpstreamRule>,
    /// Who must approve.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub approvals: Vec<ApprovalRule>,
    /// Where approvals come from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approvers: Option<Approvers>,
    /// When changes may be made.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub windows: Vec<Window>,
    /// What is asked of the world before a change.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<Check>,
    /// Built-in rules about what is declared.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<Rule>,
    /// Whether a person may go through a closed gate; `None` is no.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub break_glass: Option<BreakGlassRule>,
    /// What a rollback asks for instead of the rest; `None` asks for everything but the upstream.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rollback: Option<RollbackRule>,
}

/// `upstream`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UpstreamRule {
    /// How long the same release must have been healthy there without a break, in seconds.
    pub healthy_for: u64,
}

/// One of `approvals`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ApprovalRule {
    /// The role: `peer`, `business`, `quality`, …
    pub role: String,
    /// How many different people.
    pub required: u32,
    /// Names of the groups whose members may approve in this role; empty is anybody who is known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub from: Vec<String>,
    /// How long an approval holds, in seconds; `None` is for ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_after: Option<u64>,
}

/// Where approvals come from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Approvers {
    /// A file of the project in OpenSSH's `allowed_signers` format.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed_signers: Option<String>,
    /// A file of the project with the public keys, one a line, that are not trusted any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revoked_keys: Option<String>,
    /// Whether approving reviews of the forge count.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub forge: bool,
    /// People by group: principals of the allowed signers, and logins of the forge as `@login`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub groups: BTreeMap<String, Vec<String>>,
}

/// One of `windows`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Window {
    /// When: open hours, or a freeze.
    #[serde(flatten)]
    pub when: WindowTimes,
    /// IANA name of the time zone, `UTC` by default.
    pub timezone: String,
    /// Why, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// The times of a [`Window`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum WindowTimes {
    /// Open at these times, such as `Mon-Thu 10:00-16:00`.
    Allow(String),
    /// Closed in these days, such as `2026-12-24..2027-01-04` (both included), or at these times,
    /// such as `Fri 15:00-24:00`.
    Freeze(String),
}

/// One of `checks`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Check {
    /// Its name in messages; the URL or the program by default.
    pub name: String,
    /// What is done.
    #[serde(flatten)]
    pub probe: Probe,
    /// How long it may take, in seconds.
    pub timeout: u64,
}

/// What a [`Check`] does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Probe {
    /// A GET request.
    Http(HttpProbe),
    /// A program and its arguments; only where a person runs the command line.
    Command(Vec<String>),
}

/// A GET request and the answer that it wants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HttpProbe {
    /// `http://` or `https://`.
    pub url: String,
    /// The status.
    pub expect: u16,
    /// Text that the answer's body must hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contains: Option<String>,
}

/// One of `rules`: a name, or a name with settings (`{limits-set: {resources: [memory]}}`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// Kebab-case name.
    pub name: String,
    /// Its settings; null where it has none.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub settings: Value,
}

/// `breakGlass`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BreakGlassRule {
    /// Names of the groups whose members may; empty is whoever can apply.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub from: Vec<String>,
}

/// `rollback`: the shortened gate.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RollbackRule {
    /// Who must approve.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub approvals: Vec<ApprovalRule>,
    /// Whether the windows count.
    #[serde(default)]
    pub windows: bool,
    /// Whether the checks count.
    #[serde(default)]
    pub checks: bool,
}

/// The files of a project that a gate is judged with, at one revision.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GateFiles {
    /// Content of the allowed signers.
    pub allowed_signers: Option<String>,
    /// Content of the revoked keys.
    pub revoked_keys: Option<String>,
    /// Rego policies by path (`policies/*.rego`).
    pub policies: BTreeMap<String, String>,
    /// What `suimon.yaml` says that the gate depends on.
    pub project: ProjectPolicy,
}

/// The part of `suimon.yaml` that the gate of one environment depends on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ProjectPolicy {
    /// The environment that releases come from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upstream: Option<String>,
    /// The protected branch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// Whose reviews count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forge: Option<ForgeSettings>,
    /// Where the ledgers are, and who signs them.
    pub ledger: LedgerSettings,
}

impl ProjectPolicy {
    /// What a project says about one of its environments.
    pub fn of(project: &Project, environment: &str) -> Self {
        Self {
            upstream: project.upstream_of(environment).map(str::to_owned),
            branch: project.branch.clone(),
            forge: project.forge.clone(),
            ledger: project.ledger.clone(),
        }
    }
}
