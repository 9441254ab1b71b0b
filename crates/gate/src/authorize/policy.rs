//! [`InForce`]: whose approvals are asked for, and whose word counts.

use suimon_model::{ApprovalRule, Approvers, Gate, GateFiles, Protect};

use crate::{Facts, Mode, Trusted};

use super::words::short;

/// Where approvers are read from.
#[derive(Debug, Clone)]
pub(super) struct Source<'a> {
    pub(super) approvers: &'a Approvers,
    pub(super) files: &'a GateFiles,
    /// For people.
    pub(super) label: String,
}

/// What is in force for this change: decided before it, where anything was decided before it.
#[derive(Debug)]
pub(super) struct InForce<'a> {
    /// The gate before this change could not be read, and why.
    pub(super) unknown: Option<&'a str>,
    /// Whether there is a gate, or was one before this change.
    pub(super) gated: bool,
    /// The approvals that are asked for.
    pub(super) rules: &'a [ApprovalRule],
    /// Everybody who approves must be known to all of these.
    pub(super) sources: Vec<Source<'a>>,
    /// What of the policy this change changes, where approvals were asked for before it.
    pub(super) changed: Vec<&'static str>,
    /// The shortened gate of a rollback counts: it changes no policy.
    pub(super) shortened: bool,
    /// The gate that says whether the glass may be broken.
    pub(super) glass: Option<&'a Gate>,
    /// For people.
    pub(super) label: String,
}

impl<'a> InForce<'a> {
    pub(super) fn new(facts: &'a Facts) -> Self {
        let own = facts.gate.as_ref();
        let back = facts.mode == Mode::Rollback;
        let mut policy = Self {
            unknown: None,
            gated: own.is_some(),
            rules: own.map_or(&[][..], |gate| asked(gate, back)),
            sources: own_source(facts).into_iter().collect(),
            changed: Vec::new(),
            shortened: back,
            glass: own,
            label: "the revision itself, the first one here".to_owned(),
        };
        match &facts.trusted {
            Trusted::First => policy,
            Trusted::Unknown(why) => Self { unknown: Some(why), glass: None, ..policy },
            Trusted::At { revision, gate, protect, files } => {
                policy.label = format!("{}, the last revision applied", short(revision));
                policy.glass = gate.as_ref();
                policy.gated |= gate.is_some();
                let Some(gate) = gate else { return policy };
                let changed = changed(facts, gate, protect, files);
                policy.shortened = back && changed.is_empty();
                if gate.approvals.is_empty() {
                    policy.rules = own.map_or(&[][..], |gate| asked(gate, policy.shortened));
                    return policy;
                }
                let before = asked(gate, policy.shortened);
                if !before.is_empty() {
                    policy.rules = before;
                }
                let label = policy.label.clone();
                let approvers = gate.approvers.as_ref().unwrap_or(&NOBODY);
                policy.sources.insert(0, Source { approvers, files, label });
                policy.changed = changed;
                policy
            }
        }
    }
}

static NOBODY: Approvers = Approvers {
    allowed_signers: None,
    revoked_keys: None,
    forge: false,
    groups: std::collections::BTreeMap::new(),
};

/// The approvals that a gate asks for.
fn asked(gate: &Gate, shortened: bool) -> &[ApprovalRule] {
    match &gate.rollback {
        Some(rollback) if shortened => &rollback.approvals,
        _ => &gate.approvals,
    }
}

fn own_source(facts: &Facts) -> Option<Source<'_>> {
    let approvers = facts.gate.as_ref()?.approvers.as_ref()?;
    let label = "the revision to apply".to_owned();
    Some(Source { approvers, files: &facts.files, label })
}

fn changed(facts: &Facts, gate: &Gate, protect: &Protect, files: &GateFiles) -> Vec<&'static str> {
    let mut changed = Vec::new();
    let mut differs = |differs: bool, what: &'static str| {
        if differs {
            changed.push(what);
        }
    };
    differs(facts.gate.as_ref() != Some(gate), "`gate`");
    differs(facts.protect != *protect, "`protect`");
    differs(facts.files.allowed_signers != files.allowed_signers, "the allowed signers");
    differs(facts.files.revoked_keys != files.revoked_keys, "the revoked keys");
    let (now, then) = (&facts.files.project, &files.project);
    // Without a gate there is no word of them, and that the gate is gone is said already.
    if facts.gate.is_some() {
        differs(now.upstream != then.upstream, "the environment before it in `pipeline`");
        differs(now.branch != then.branch, "`branch` of suimon.yaml");
        differs(now.forge != then.forge, "`forge` of suimon.yaml");
        differs(now.ledger != then.ledger, "`ledger` of suimon.yaml");
    }
    changed
}
