//! The gate as it was before a change.

use suimon_gate::Trusted;
use suimon_ledger::History;
use suimon_model::Snapshot;

/// The gate at the revision that was applied last, forward and whole.
pub(crate) fn trusted(history: &History, snapshot: &dyn Snapshot, environment: &str) -> Trusted {
    let Some(revision) = history.trusted_revision() else { return Trusted::First };
    let before = match snapshot.at(&revision) {
        Ok(before) => before,
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
