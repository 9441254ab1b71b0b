//! Who approves, and whether that can count.

use std::collections::BTreeSet;

use suimon_gate::signers::AllowedSigners;
use suimon_gate::{Facts, Known, Mode, SignedApproval, State, Trusted, judge};
use suimon_model::{ApprovalRule, Gate, GateFiles};
use suimon_plan::Plan;

use crate::delivery_args::ApproveArgs;
use crate::failure::Failure;
use crate::ground::SshKey;

/// Who approves.
pub(super) struct Approver {
    /// As the allowed signers know them.
    pub(super) principal: String,
    /// Of the key.
    pub(super) fingerprint: String,
}

/// The gate whose roles and signers count: that of before the change, where it asked for approvals.
fn in_force(facts: &Facts) -> Option<(&Gate, &GateFiles)> {
    match &facts.trusted {
        Trusted::At { gate: Some(gate), files, .. } if !gate.approvals.is_empty() => {
            Some((gate, files))
        }
        _ => facts.gate.as_ref().map(|gate| (gate, &facts.files)),
    }
}

/// A role that only a rollback asks for is for a rollback.
pub(super) fn mode_of(facts: &Facts, role: &str) -> Mode {
    let Some((gate, _)) = in_force(facts) else { return Mode::Forward };
    let has = |rules: &[ApprovalRule]| rules.iter().any(|rule| rule.role == role);
    let back = gate.rollback.as_ref().is_some_and(|rollback| has(&rollback.approvals));
    if back && !has(&gate.approvals) { Mode::Rollback } else { Mode::Forward }
}

impl Approver {
    /// The person of a key; an error where their word could not count.
    pub(super) fn find(facts: &Facts, args: &ApproveArgs, key: &SshKey) -> Result<Self, Failure> {
        let environment = &args.environment;
        let Some((gate, files)) = in_force(facts) else {
            return Err(Failure::new(format!("{environment} has no gate that asks for approvals")));
        };
        let rule = rule(gate, facts.mode, environment, &args.role)?;
        let signers = AllowedSigners::parse(files.allowed_signers.as_deref().unwrap_or_default());
        let fingerprint = key.fingerprint().map_err(Failure::new)?;
        let principals: BTreeSet<&str> = signers.principals_of_key(&fingerprint);
        let principal = principal(args, &principals, &fingerprint)?;
        let groups = gate.approvers.as_ref().map(|approvers| &approvers.groups);
        let member = |group: &String| {
            let members = groups.and_then(|groups| groups.get(group));
            members.is_some_and(|members| members.contains(&principal))
        };
        if !rule.from.is_empty() && !rule.from.iter().any(member) {
            let what = format!(
                "{principal} is in none of the groups of the role {}: {}",
                rule.role,
                rule.from.join(", ")
            );
            return Err(Failure::new(what));
        }
        if let Known::Known(authors) = &facts.authors {
            let by_name =
                principals.iter().any(|name| authors.people.contains(&name.to_lowercase()));
            if by_name || authors.keys.contains(&fingerprint) {
                return Err(Failure::new(format!(
                    "{principal} is an author of what would be applied, and nobody approves their \
                     own work"
                )));
            }
        }
        Ok(Self { principal, fingerprint })
    }
}

fn rule<'a>(
    gate: &'a Gate,
    mode: Mode,
    environment: &str,
    role: &str,
) -> Result<&'a ApprovalRule, Failure> {
    let rules = match (mode, &gate.rollback) {
        (Mode::Rollback, Some(rollback)) => &rollback.approvals,
        _ => &gate.approvals,
    };
    if rules.is_empty() {
        return Err(Failure::new(format!("the gate of {environment} asks for no approval")));
    }
    rules.iter().find(|rule| rule.role == role).ok_or_else(|| {
        let known: Vec<&str> = rules.iter().map(|rule| rule.role.as_str()).collect();
        Failure::new(format!("the gate of {environment} has no role {role}"))
            .hint(format!("its roles are {}", known.join(", ")))
    })
}

fn principal(
    args: &ApproveArgs,
    principals: &BTreeSet<&str>,
    fingerprint: &str,
) -> Result<String, Failure> {
    let list = || principals.iter().copied().collect::<Vec<_>>().join(", ");
    match (&args.principal, principals.len()) {
        (_, 0) => Err(Failure::new(format!(
            "the key {fingerprint} is not among the allowed signers that count for {}",
            args.environment
        ))
        .hint("signers count from the apply of the change that adds them")),
        (Some(name), _) if principals.contains(name.as_str()) => Ok(name.clone()),
        (Some(name), _) => Err(Failure::new(format!(
            "the key {fingerprint} is not one of {name}: it belongs to {}",
            list()
        ))),
        (None, 1) => Ok(list()),
        (None, _) => Err(Failure::new(format!("the key {fingerprint} is that of {}", list()))
            .hint("say which one approves: --principal NAME")),
    }
}

/// Whether the gate takes an approval, and why not: as its judge says when this is all it has to look at.
pub(crate) fn counts(
    plan: &Plan,
    facts: &Facts,
    role: &str,
    approval: &SignedApproval,
) -> Result<(), String> {
    let mut alone = facts.clone();
    alone.approvals = Known::Known(vec![approval.clone()]);
    alone.reviews = Known::Known(None);
    if let Some(gate) = &mut alone.gate {
        only(gate, role);
    }
    if let Trusted::At { gate: Some(gate), .. } = &mut alone.trusted {
        only(gate, role);
    }
    let conditions = judge(plan, &alone);
    let open: Vec<&str> = conditions
        .iter()
        .filter(|one| one.rule == "approvals" && one.state == State::Held)
        .map(|one| one.message.as_str())
        .collect();
    if open.is_empty() { Ok(()) } else { Err(open.join("; ")) }
}

/// Leaves one role, and one approval of it.
fn only(gate: &mut Gate, role: &str) {
    let keep = |rules: &mut Vec<ApprovalRule>| {
        rules.retain(|rule| rule.role == role);
        rules.iter_mut().for_each(|rule| rule.required = 1);
    };
    keep(&mut gate.approvals);
    if let Some(rollback) = &mut gate.rollback {
        keep(&mut rollback.approvals);
    }
    if let Some(approvers) = &mut gate.approvers {
        approvers.forge = false;
    }
}
