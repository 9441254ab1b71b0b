//! What may follow what in a ledger.

use std::collections::{BTreeMap, BTreeSet};

use crate::{Event, Record};

/// What is known after some records.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rules {
    /// The run that holds the lock.
    open: Option<String>,
    runs: BTreeMap<String, RunState>,
    /// Records that say that a gate was gone through.
    glass: BTreeSet<String>,
}

#[derive(Debug, Clone)]
struct RunState {
    digest: String,
    closed: bool,
}

impl Rules {
    /// Whether this record may come next.
    pub(crate) fn check(&self, record: &Record) -> Result<(), String> {
        match &record.event {
            Event::Opened { run, attempt, .. } => self.check_opened(run, &attempt.digest),
            Event::Closed { run, report, .. } => {
                let state = self.runs.get(run).ok_or_else(|| unknown("it ends", run))?;
                if state.closed {
                    Err(format!("it ends run {run}, which has ended already"))
                } else if state.digest != report.digest {
                    Err(format!(
                        "it ends run {run} with the report of another plan, {}",
                        report.digest
                    ))
                } else if report.environment != record.environment {
                    Err(format!("its report is of environment {}", report.environment))
                } else {
                    Ok(())
                }
            }
            Event::TakenOver { run, .. } if self.open.as_ref() != Some(run) => {
                Err(format!("it takes run {run} over, which does not hold the environment"))
            }
            Event::Acknowledged { record } if !self.glass.contains(record) => {
                Err(format!("it acknowledges {record}, which went through no closed gate"))
            }
            _ => Ok(()),
        }
    }

    fn check_opened(&self, run: &str, digest: &str) -> Result<(), String> {
        if let Some(open) = &self.open {
            Err(format!("it opens run {run} while {open} is open"))
        } else if self.runs.contains_key(run) {
            Err(format!("it opens run {run} again"))
        } else if run.is_empty() || digest.is_empty() {
            Err("it opens a run without a name or a plan".to_owned())
        } else {
            Ok(())
        }
    }

    /// Takes this record as given.
    pub(crate) fn admit(&mut self, id: &str, record: &Record) {
        if record.event.attempt().is_some_and(|attempt| attempt.break_glass.is_some()) {
            self.glass.insert(id.to_owned());
        }
        match &record.event {
            Event::Opened { run, attempt, .. } => {
                let state = RunState { digest: attempt.digest.clone(), closed: false };
                self.runs.insert(run.clone(), state);
                self.open = Some(run.clone());
            }
            Event::Closed { run, .. } => {
                if let Some(state) = self.runs.get_mut(run) {
                    state.closed = true;
                }
                self.release(run);
            }
            Event::TakenOver { run, .. } => self.release(run),
            _ => {}
        }
    }

    fn release(&mut self, run: &str) {
        if self.open.as_deref() == Some(run) {
            self.open = None;
        }
    }
}

fn unknown(what: &str, run: &str) -> String {
    format!("{what} run {run}, which never began")
}

impl Event {
    /// The run that it is about.
    pub fn run(&self) -> Option<&str> {
        match self {
            Self::Opened { run, .. } | Self::Closed { run, .. } | Self::TakenOver { run, .. } => {
                Some(run)
            }
            _ => None,
        }
    }

    /// What would be or is applied.
    pub fn attempt(&self) -> Option<&crate::Attempt> {
        match self {
            Self::Opened { attempt, .. } | Self::Refused { attempt } => Some(attempt),
            _ => None,
        }
    }

    /// Its name, as in JSON.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Opened { .. } => "opened",
            Self::Closed { .. } => "closed",
            Self::TakenOver { .. } => "taken-over",
            Self::Refused { .. } => "refused",
            Self::PlanFailed { .. } => "plan-failed",
            Self::Checked { .. } => "checked",
            Self::Pinned { .. } => "pinned",
            Self::Unpinned { .. } => "unpinned",
            Self::Acknowledged { .. } => "acknowledged",
        }
    }
}
