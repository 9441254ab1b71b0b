//! Ends of runs that could not be recorded yet.

use crate::codec::{RECORD_FILE, decode};
use crate::run::close_step;
use crate::{Appended, Entry, Error, Event, Ledger, RECORD_FORMAT, Record, Result};

/// How often a kept end is written again because another process of this machine was faster.
const ATTEMPTS: usize = 16;

impl Ledger {
    /// Ends of runs that could not be recorded when they came, oldest first. They are kept in
    /// `refs/suimon/pending/<env>` of this machine.
    ///
    /// # Errors
    /// They cannot be read.
    pub fn pending(&self) -> Result<Vec<Entry>> {
        Ok(self.kept()?.map(|(_, entries)| entries).unwrap_or_default())
    }

    /// Records the ends of runs that are kept: how many. Every other write does so first. One of a run
    /// that the ledger does not know stays kept and stops nothing.
    ///
    /// # Errors
    /// They can still not be recorded; they stay kept.
    pub fn settle(&self) -> Result<usize> {
        let Some((tip, entries)) = self.kept()? else { return Ok(0) };
        let mut recorded = 0;
        for entry in &entries {
            let run = entry.event.run().unwrap_or_default().to_owned();
            match self.push(&mut |history| Ok(close_step(history, &run, entry))) {
                Ok(_) => recorded += 1,
                Err(error @ Error::Impossible { .. }) => {
                    tracing::warn!(%error, "the kept end of a run cannot be recorded");
                }
                Err(error) => return Err(error),
            }
        }
        if recorded == entries.len() {
            // Where another end was kept meanwhile, all stay, and these are found recorded next time.
            self.store.forget(&self.pending_name(), &tip)?;
        }
        Ok(recorded)
    }

    /// Keeps the end of a run; says what became of it.
    pub(crate) fn keep(&self, entry: &Entry, opened: &str, error: &Error) -> Error {
        match self.try_keep(entry, opened) {
            Ok(()) => Error::CloseKept { why: error.to_string() },
            Err(second) => {
                tracing::warn!(%error, %second, "the end of a run could not be kept");
                error.clone()
            }
        }
    }

    fn try_keep(&self, entry: &Entry, opened: &str) -> Result<()> {
        // Its number is told when it is recorded.
        let record = Record {
            format: RECORD_FORMAT.to_owned(),
            project: self.project.clone(),
            environment: self.environment.clone(),
            number: 0,
            previous: Some(opened.to_owned()),
            time: entry.time,
            actor: entry.actor.settled(),
            trigger: entry.trigger,
            event: entry.event.clone(),
            witnessed: Default::default(),
        };
        let bytes = crate::codec::encode(&record).map_err(Error::TooLarge)?;
        let draft = crate::link::draft(&record, bytes, None);
        for _ in 0..ATTEMPTS {
            let tip = self.store.kept(&self.pending_name())?;
            match self.store.keep(&self.pending_name(), tip.as_deref(), &draft)? {
                Appended::Done(_) => return Ok(()),
                Appended::Lost { .. } => {}
            }
        }
        Err(Error::Contention)
    }

    fn kept(&self) -> Result<Option<(String, Vec<Entry>)>> {
        let Some(tip) = self.store.kept(&self.pending_name())? else { return Ok(None) };
        let mut entries = Vec::new();
        for stored in self.store.chain(&tip, None)? {
            let bytes = stored.files.get(RECORD_FILE).map(Vec::as_slice).unwrap_or_default();
            let record = decode(bytes).map_err(|_| Error::Damaged {
                environment: self.environment.clone(),
                why: format!("the kept end of a run, {}, cannot be read", stored.id),
            })?;
            if matches!(record.event, Event::Closed { .. }) {
                entries.push(Entry {
                    actor: record.actor,
                    trigger: record.trigger,
                    time: record.time,
                    event: record.event,
                });
            }
        }
        Ok(Some((tip, entries)))
    }

    fn pending_name(&self) -> String {
        format!("refs/suimon/pending/{}", self.environment)
    }
}
