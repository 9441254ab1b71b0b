//! Whom the records before trusted.

use std::collections::BTreeMap;

use suimon_apply::End;
use suimon_gate::Mode;

use crate::{Event, GateAt};

/// The revision that says who may approve next, while a ledger is read.
#[derive(Debug, Default)]
pub(super) struct Trust {
    /// As [`History::trusted_revision`](crate::History::trusted_revision).
    pub(super) revision: Option<String>,
    /// Open runs that would move it.
    runs: BTreeMap<String, String>,
    gates: BTreeMap<String, Result<GateAt, String>>,
}

impl Trust {
    pub(super) fn read(&mut self, event: &Event) {
        match event {
            Event::Opened { run, attempt, .. } => {
                let whole = attempt.mode == Mode::Forward && attempt.targeted.is_empty();
                if let Some(revision) = attempt.revision.as_ref().filter(|_| whole) {
                    self.runs.insert(run.clone(), revision.clone());
                }
            }
            Event::TakenOver { run, .. } => {
                self.runs.remove(run);
            }
            Event::Closed { run, report, .. } => {
                if let Some(revision) =
                    self.runs.remove(run).filter(|_| report.end == End::Complete)
                {
                    self.revision = Some(revision);
                }
            }
            _ => {}
        }
    }

    /// The gate at a revision; every one is asked for once.
    pub(super) fn gate(
        &mut self,
        revision: &str,
        ask: &dyn Fn(&str) -> Result<GateAt, String>,
    ) -> Result<&GateAt, &String> {
        let known = self.gates.entry(revision.to_owned());
        known.or_insert_with(|| ask(revision)).as_ref()
    }
}
