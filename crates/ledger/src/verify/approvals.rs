//! The approvals that a record says opened its gate.

use suimon_gate::signers::{AllowedSigners, RevokedKeys};
use suimon_gate::{APPROVAL_NAMESPACE, STATEMENT_FORMAT, SignedApproval, Statement, ssh};
use suimon_model::{Gate, GateFiles};

use super::Outside;
use super::trust::Trust;
use crate::{Attempt, Record};

/// How far clocks may be apart, in seconds.
const SKEW: i64 = 300;

/// What is wrong with the approvals of an attempt, by those who were trusted when it was made.
pub(super) fn check(
    record: &Record,
    attempt: &Attempt,
    trust: &mut Trust,
    outside: &Outside<'_>,
) -> Vec<String> {
    if attempt.approvals.is_empty() {
        return Vec::new();
    }
    let files = match trusted(attempt, trust, outside) {
        Ok(files) => files,
        Err(why) => return vec![format!("its approvals cannot be looked at: {why}")],
    };
    let signers = AllowedSigners::parse(files.allowed_signers.as_deref().unwrap_or_default());
    let revoked = RevokedKeys::parse(files.revoked_keys.as_deref().unwrap_or_default());
    let mut problems = Vec::new();
    for approval in &attempt.approvals {
        if let Err((who, why)) = accept(approval, record, attempt, (&signers, &revoked)) {
            problems.push(format!("its approval by {who} is not believed: {why}"));
        }
    }
    problems
}

/// The files at the revision that was trusted; where that asked for no approvals, or there was none, at
/// the revision that was applied.
fn trusted(
    attempt: &Attempt,
    trust: &mut Trust,
    outside: &Outside<'_>,
) -> Result<GateFiles, String> {
    let asks = |gate: &Option<Gate>| {
        gate.as_ref().is_some_and(|gate| {
            let rollback = gate.rollback.as_ref().is_some_and(|one| !one.approvals.is_empty());
            !gate.approvals.is_empty() || rollback
        })
    };
    if let Some(revision) = trust.revision.clone() {
        let (gate, files) = trust.gate(&revision, outside.gate).map_err(Clone::clone)?;
        if asks(gate) {
            return Ok(files.clone());
        }
    }
    let revision = attempt.revision.as_ref().ok_or("it applied files that are not committed")?;
    let (_, files) = trust.gate(revision, outside.gate).map_err(Clone::clone)?;
    Ok(files.clone())
}

/// Whether an approval is of this attempt, by somebody whose key counted then; else by whom it says it
/// is, and why not.
fn accept(
    approval: &SignedApproval,
    record: &Record,
    attempt: &Attempt,
    (signers, revoked): (&AllowedSigners, &RevokedKeys),
) -> Result<(), (String, String)> {
    let nobody = |why: &str| ("nobody".to_owned(), why.to_owned());
    let said: Statement =
        serde_json::from_str(&approval.statement).map_err(|_| nobody("it is no statement"))?;
    let refuse = |why: String| Err((said.principal.clone(), why));
    if said.format != STATEMENT_FORMAT || said.text() != approval.statement {
        return refuse("its statement is not written as suimon writes statements".to_owned());
    }
    if said.project != record.project || said.environment != record.environment {
        return refuse(format!("it is of {}/{}", said.project, said.environment));
    }
    if said.digest != attempt.digest {
        return refuse(format!("it is of the plan {}", said.digest));
    }
    if said.time.as_second() > record.time.as_second().saturating_add(SKEW) {
        return refuse(format!("it was made at {}, after the apply", said.time));
    }
    let key =
        match ssh::verify(&approval.signature, APPROVAL_NAMESPACE, approval.statement.as_bytes()) {
            Ok(key) => key,
            Err(error) => return refuse(error.to_string()),
        };
    if revoked.has(key.fingerprint()) || !revoked.problems().is_empty() {
        return refuse("its key was revoked".to_owned());
    }
    let times = [said.time, record.time];
    match signers.admit(&key, &said.principal, APPROVAL_NAMESPACE, &times) {
        Ok(_) => Ok(()),
        Err(error) => refuse(error.to_string()),
    }
}
