//! [`Chain`]: the records read so far, and what may follow them.

use std::sync::Arc;

use suimon_gate::signers::AllowedSigners;

use crate::codec::{RECORD_FILE, RECORDS, SIGNATURE_FILE, Unreadable};
use crate::link::{self, Place};
use crate::rules::Rules;
use crate::sign::check;
use crate::{Error, History, Record, Recorded, Result, Store};

/// The records read so far.
#[derive(Debug, Clone)]
pub(crate) struct Chain {
    project: String,
    environment: String,
    records: Vec<Arc<Recorded>>,
    rules: Rules,
    /// Who must have signed the records, where the project says so.
    allowed: Option<AllowedSigners>,
    /// A record was signed: all that follow must be.
    signed: bool,
}

impl Chain {
    pub(crate) fn new(project: &str, environment: &str, allowed: Option<&str>) -> Self {
        Self {
            project: project.to_owned(),
            environment: environment.to_owned(),
            records: Vec::new(),
            rules: Rules::default(),
            allowed: allowed.map(AllowedSigners::parse),
            signed: false,
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
            self.signed |= self.allowed.is_some();
            self.rules.admit(&id, &record);
            self.records.push(Arc::new(Recorded { id, record }));
        }
    }

    fn restart(&mut self, keep: usize) {
        self.records.truncate(keep);
        self.signed &= keep > 0;
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
        self.check_signature(stored, &record).map_err(|why| self.damaged(id, &why))?;
        self.rules.admit(id, &record);
        self.records.push(Arc::new(Recorded { id: id.clone(), record }));
        Ok(())
    }

    /// Turning signatures on later leaves the records before the first signed one as they are.
    fn check_signature(&mut self, stored: &crate::Stored, record: &Record) -> Result<(), String> {
        let Some(allowed) = &self.allowed else { return Ok(()) };
        let file = |name: &str| stored.files.get(name).map(Vec::as_slice);
        match file(SIGNATURE_FILE).map(std::str::from_utf8) {
            None if self.signed => Err("it is not signed, and records before it are".to_owned()),
            None => Ok(()),
            Some(Err(_)) => Err("its signature is not text".to_owned()),
            Some(Ok(signature)) => {
                let bytes = file(RECORD_FILE).unwrap_or_default();
                check(signature, bytes, record, Some(allowed))?;
                self.signed = true;
                Ok(())
            }
        }
    }

    fn damaged(&self, id: &str, why: &str) -> Error {
        Error::Damaged { environment: self.environment.clone(), why: format!("record {id}: {why}") }
    }
}
