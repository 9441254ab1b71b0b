//! [`Chain`]: the records read so far, and what may follow them.

use std::sync::Arc;

use crate::codec::{RECORDS, Unreadable};
use crate::link::{self, Place};
use crate::rules::Rules;
use crate::{Error, History, Record, Recorded, Result, Store};

/// The records read so far.
#[derive(Debug, Clone)]
pub(crate) struct Chain {
    project: String,
    environment: String,
    records: Vec<Arc<Recorded>>,
    rules: Rules,
}

impl Chain {
    pub(crate) fn new(project: &str, environment: &str) -> Self {
        Self {
            project: project.to_owned(),
            environment: environment.to_owned(),
            records: Vec::new(),
            rules: Rules::default(),
        }
    }

    pub(crate) fn history(&self) -> History {
        History { records: self.records.clone() }
    }

    pub(crate) fn check(&self, record: &Record) -> Result<(), String> {
        self.rules.check(record)
    }

    fn tip(&self) -> Option<&str> {
        self.records.last().map(|last| last.id.as_str())
    }

    /// Reads on to another tip.
    pub(crate) fn follow(&mut self, store: &dyn Store, tip: Option<&str>) -> Result<()> {
        if self.tip() == tip {
            return Ok(());
        }
        // Another handle of this process may have read further.
        if let Some(at) = tip.and_then(|tip| self.records.iter().rposition(|one| one.id == tip)) {
            self.restart(at + 1);
            return Ok(());
        }
        let Some(tip) = tip else {
            self.restart(0);
            return Ok(());
        };
        let more = store.chain(tip, self.tip())?;
        let continues = more.first().and_then(|first| first.parents.first()).map(String::as_str);
        if continues != self.tip() {
            self.restart(0);
        }
        for stored in more {
            self.add(&stored)?;
        }
        Ok(())
    }

    /// Takes a record as appended after `previous`.
    pub(crate) fn extend(&mut self, id: String, record: Record, previous: Option<&str>) {
        if self.tip() == previous {
            self.rules.admit(&id, &record);
            self.records.push(Arc::new(Recorded { id, record }));
        }
    }

    fn restart(&mut self, keep: usize) {
        self.records.truncate(keep);
        self.rules = Rules::default();
        for one in &self.records {
            self.rules.admit(&one.id, &one.record);
        }
    }

    fn add(&mut self, stored: &crate::Stored) -> Result<()> {
        let id = &stored.id;
        if self.records.len() >= RECORDS {
            return Err(Error::TooLarge(format!(
                "the ledger of {} has more than {RECORDS} records, which is the limit",
                self.environment
            )));
        }
        let record = link::record(stored).map_err(|unreadable| match unreadable {
            Unreadable::Format(format) => {
                Error::Newer { environment: self.environment.clone(), record: id.clone(), format }
            }
            Unreadable::Other(why) => self.damaged(id, &why),
        })?;
        let place = Place {
            project: &self.project,
            environment: &self.environment,
            number: self.records.len() as u64 + 1,
            previous: self.tip(),
        };
        if let Some(fault) = link::faults(stored, &record, place).first() {
            return Err(self.damaged(id, fault));
        }
        self.rules.check(&record).map_err(|why| self.damaged(id, &why))?;
        self.rules.admit(id, &record);
        self.records.push(Arc::new(Recorded { id: id.clone(), record }));
        Ok(())
    }

    fn damaged(&self, id: &str, why: &str) -> Error {
        Error::Damaged { environment: self.environment.clone(), why: format!("record {id}: {why}") }
    }
}
