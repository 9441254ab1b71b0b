//! Records by what they belong to: a run is one entry, from its first record to its last.

use std::collections::BTreeMap;

use suimon_ledger::{Event, History, Recorded};

/// One entry of a history.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry<'a> {
    /// The record that it began with.
    pub(crate) first: &'a Recorded,
    /// Where it is a run that was closed: the record that says so.
    pub(crate) closed: Option<&'a Recorded>,
    /// Where it is a run that another one took over: the record that says so.
    pub(crate) taken_over: Option<&'a Recorded>,
    /// Where somebody has seen that it broke the glass: the record that says so.
    pub(crate) acknowledged: Option<&'a Recorded>,
}

/// The records of a history, oldest first, with the records of a run brought together.
pub(crate) fn entries(history: &History) -> Vec<Entry<'_>> {
    let mut entries: Vec<Entry<'_>> = Vec::new();
    let mut runs: BTreeMap<&str, usize> = BTreeMap::new();
    let mut ids: BTreeMap<&str, usize> = BTreeMap::new();
    for logged in history.iter() {
        let known = |run: &String| runs.get(run.as_str()).copied();
        match &logged.record.event {
            Event::Closed { run, .. } => {
                let open = known(run).and_then(|at| entries.get_mut(at));
                if let Some(entry) = open.filter(|entry| entry.closed.is_none()) {
                    entry.closed = Some(logged);
                    ids.insert(logged.id.as_str(), known(run).unwrap_or_default());
                    continue;
                }
            }
            Event::TakenOver { run, .. } => {
                if let Some(entry) = known(run).and_then(|at| entries.get_mut(at)) {
                    entry.taken_over.get_or_insert(logged);
                }
            }
            Event::Acknowledged { record } => {
                let seen = ids.get(record.as_str()).and_then(|at| entries.get_mut(*at));
                if let Some(entry) = seen {
                    entry.acknowledged.get_or_insert(logged);
                }
            }
            Event::Opened { run, .. } => {
                runs.entry(run).or_insert(entries.len());
            }
            _ => {}
        }
        ids.insert(logged.id.as_str(), entries.len());
        entries.push(Entry { first: logged, closed: None, taken_over: None, acknowledged: None });
    }
    entries
}
