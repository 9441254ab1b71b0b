//! The gate as it was before a change.

use suimon_gate::{Mode, Trusted};
use suimon_ledger::History;
use suimon_model::{GateFiles, Protect, Snapshot};

/// The gate at the revision that was applied last, forward and whole.
pub(crate) fn trusted(history: &History, snapshot: &dyn Snapshot, environment: &str) -> Trusted {
    let Some(revision) = history.trusted_revision() else { return Trusted::First };
    let before = match snapshot.at(&revision) {
        Ok(before) => before,
        Err(_) if !asked_for_approvals(history, &revision) => {
            let (protect, files) = (Protect::default(), GateFiles::default());
            return Trusted::At { revision, gate: None, protect, files };
        }
        Err(error) => {
            return Trusted::Unknown(format!(
                "commit {revision}, which was applied last, cannot be read here ({}): fetch it",
                error.summary
            ));
        }
    };
    match suimon_render::load_gate(before.as_ref(), environment) {
        Ok((environment, files)) => {
            let (gate, protect) = (environment.gate, environment.protect);
            Trusted::At { revision, gate, protect, files }
        }
        Err(found) => Trusted::Unknown(format!(
            "the gate at commit {revision}, which was applied last, cannot be read: {found}"
        )),
    }
}

/// Whether approvals were asked for when a revision was applied. A gate without them says nothing about the next
/// change, so a commit that is gone for good (a branch that was pushed anew) is in nobody's way.
fn asked_for_approvals(history: &History, revision: &str) -> bool {
    let attempts = history.iter().filter_map(|one| one.record.event.attempt());
    let mut of_revision = attempts.filter(|attempt| {
        attempt.mode == Mode::Forward && attempt.revision.as_deref() == Some(revision)
    });
    of_revision.any(|attempt| {
        attempt
            .conditions
            .iter()
            .any(|one| matches!(one.rule.as_str(), "approvals" | "policy-changed"))
    })
}
