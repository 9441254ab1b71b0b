//! [`verify`]: whether a ledger is what it says.

mod approvals;
mod others;
mod trust;

use std::collections::BTreeSet;

use suimon_gate::signers::AllowedSigners;
use suimon_model::{Gate, GateFiles};

use crate::codec::{RECORD_FILE, SIGNATURE_FILE, Unreadable};
use crate::link::{self, Place};
use crate::rules::Rules;
use crate::{Event, LEDGER_REFS, Record, Result, Store, Stored, sign};
use others::Others;
use trust::Trust;

/// An environment's gate at some commit, where it has one, and the files it is judged with.
pub type GateAt = (Option<Gate>, GateFiles);

/// What a ledger is held against besides itself.
pub struct Outside<'a> {
    /// Content of the allowed signers of records, where the project asks for signed ones.
    pub signers: Option<&'a str>,
    /// Whether the repository has a commit.
    pub has_commit: &'a dyn Fn(&str) -> Result<bool, String>,
    /// The environment's gate at a commit, and its files.
    pub gate: &'a dyn Fn(&str) -> Result<GateAt, String>,
}

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verification {
    /// Everything that is wrong; empty when the ledger is what it says.
    pub problems: Vec<Problem>,
    /// How many records were looked at.
    pub records: usize,
    /// How many of them have a signature that is believed.
    pub signed: usize,
    /// The last record.
    pub tip: Option<String>,
}

/// Something that is wrong with a ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The commit; `None` where it is about the ledger as a whole.
    pub record: Option<String>,
    /// Its place in the chain, from 1.
    pub number: Option<u64>,
    /// What, in one line.
    pub what: String,
}

/// Looks at every record of a ledger: that its commit holds exactly what suimon writes for it, at its
/// place; that it can follow those before it; its signature; that what was applied is in the
/// repository; that the approvals in it verify against those who were trusted then; and that it agrees
/// with what this machine has seen and with the ledgers of the other environments.
///
/// Where the project asks for signatures, every record needs one, but for those before the first that
/// has one: that signature vouches for them.
///
/// # Errors
/// The store cannot be asked. What is wrong with the ledger is in the [`Verification`].
pub fn verify(
    store: &dyn Store,
    project: &str,
    environment: &str,
    outside: &Outside<'_>,
) -> Result<Verification> {
    let name = format!("{LEDGER_REFS}{environment}");
    let mut verifier = Verifier::new(project, environment, outside);
    let others = Others::read(store, environment)?;
    let chain = match read(store, &name)? {
        Ok(chain) => chain,
        Err(why) => {
            verifier.problem(None, why);
            return Ok(verifier.done());
        }
    };
    for stored in &chain {
        verifier.record(store, stored)?;
    }
    verifier.unsigned_are_problems();
    let found = others.compare(store, environment, &verifier.ids, &verifier.witnessed)?;
    verifier.found.problems.extend(found);
    Ok(verifier.done())
}

/// The commits of a chain; what is wrong with it as a whole is the inner error.
fn read(store: &dyn Store, name: &str) -> Result<Result<Vec<Stored>, String>> {
    let tip = match store.tip(name) {
        Ok(Some(tip)) => tip,
        Ok(None) => return Ok(Ok(Vec::new())),
        Err(crate::Error::Damaged { why, .. }) => return Ok(Err(why)),
        Err(error) => return Err(error),
    };
    // It is all on this machine: what cannot be read is not as it was written.
    Ok(store.chain(&tip, None).map_err(|error| match error {
        crate::Error::Damaged { why, .. } => why,
        error => format!("the chain that ends at {tip} cannot be read: {error}"),
    }))
}

struct Verifier<'a> {
    project: &'a str,
    environment: &'a str,
    outside: &'a Outside<'a>,
    signers: Option<AllowedSigners>,
    rules: Rules,
    trust: Trust,
    found: Verification,
    /// Ids of the records, in the order of the chain.
    ids: Vec<String>,
    /// Records without signature, and how many of them came before the first that has one.
    unsigned: Vec<(String, u64)>,
    first_signed: Option<u64>,
    /// Environment, its record, and the record here that names it.
    witnessed: BTreeSet<(String, String, String)>,
}

impl<'a> Verifier<'a> {
    fn new(project: &'a str, environment: &'a str, outside: &'a Outside<'a>) -> Self {
        Self {
            project,
            environment,
            outside,
            signers: outside.signers.map(AllowedSigners::parse),
            rules: Rules::default(),
            trust: Trust::default(),
            found: Verification::default(),
            ids: Vec::new(),
            unsigned: Vec::new(),
            first_signed: None,
            witnessed: BTreeSet::new(),
        }
    }

    fn done(mut self) -> Verification {
        self.found.records = self.ids.len();
        self.found.tip = self.ids.pop();
        self.found
    }

    fn problem(&mut self, at: Option<(&str, u64)>, what: String) {
        self.found.problems.push(Problem {
            record: at.map(|(id, _)| id.to_owned()),
            number: at.map(|(_, number)| number),
            what,
        });
    }

    fn record(&mut self, store: &dyn Store, stored: &Stored) -> Result<()> {
        let number = self.ids.len() as u64 + 1;
        let at = Some((stored.id.as_str(), number));
        let previous = self.ids.last().cloned();
        self.ids.push(stored.id.clone());
        match link::record(stored) {
            Err(Unreadable::Format(format)) => {
                self.problem(at, format!("it has the format {format:?}, which is not known here"));
            }
            Err(Unreadable::Other(why)) => self.problem(at, why),
            Ok(record) => {
                self.place(store, stored, &record, previous.as_deref())?;
                self.signature(stored, &record, number);
                self.content(stored, &record, number);
            }
        }
        Ok(())
    }

    /// Whether the commit is exactly the one that suimon makes of this record at this place.
    fn place(
        &mut self,
        store: &dyn Store,
        stored: &Stored,
        record: &Record,
        previous: Option<&str>,
    ) -> Result<()> {
        let number = self.ids.len() as u64;
        let (project, environment) = (self.project, self.environment);
        let place = Place { project, environment, number, previous };
        let faults = link::faults(stored, record, place);
        let sound = faults.is_empty();
        for fault in faults {
            self.problem(Some((&stored.id, number)), fault);
        }
        if sound && self.is_other(store, stored, record, previous)? {
            let what = "its commit has more in it than its record: another committer, time zone, \
                        header or kind of file";
            self.problem(Some((&stored.id, number)), what.to_owned());
        }
        Ok(())
    }

    fn is_other(
        &self,
        store: &dyn Store,
        stored: &Stored,
        record: &Record,
        previous: Option<&str>,
    ) -> Result<bool> {
        let mut draft = link::draft(record, Vec::new(), None);
        draft.files.clone_from(&stored.files);
        match store.identify(previous, &draft) {
            Ok(id) => Ok(id != stored.id),
            // Such a commit is never made.
            Err(crate::Error::Repository(_)) if record.actor != record.actor.settled() => Ok(true),
            Err(error) => Err(error),
        }
    }

    fn signature(&mut self, stored: &Stored, record: &Record, number: u64) {
        let Some(signature) = stored.files.get(SIGNATURE_FILE) else {
            self.unsigned.push((stored.id.clone(), number));
            return;
        };
        let bytes = stored.files.get(RECORD_FILE).map(Vec::as_slice).unwrap_or_default();
        let checked = std::str::from_utf8(signature)
            .map_err(|_| "it is no text".to_owned())
            .and_then(|text| sign::check(text, bytes, record, self.signers.as_ref()));
        match checked {
            Ok(()) => {
                self.found.signed += 1;
                self.first_signed.get_or_insert(number);
            }
            Err(why) => {
                let what = format!("its signature is not believed: {why}");
                self.problem(Some((&stored.id, number)), what);
            }
        }
    }

    fn unsigned_are_problems(&mut self) {
        if self.signers.is_none() {
            return;
        }
        for (id, number) in std::mem::take(&mut self.unsigned) {
            if self.first_signed.is_none_or(|first| number > first) {
                let what = "it is not signed, and the project asks for signed records";
                self.problem(Some((&id, number)), what.to_owned());
            }
        }
    }

    fn content(&mut self, stored: &Stored, record: &Record, number: u64) {
        let at = Some((stored.id.as_str(), number));
        if let Err(why) = self.rules.check(record) {
            self.problem(at, why);
        }
        self.rules.admit(&stored.id, record);
        if record.actor != record.actor.settled() {
            self.problem(at, "its actor is not written as suimon writes names".to_owned());
        }
        if let Event::Opened { attempt, .. } = &record.event {
            let commits = [&attempt.revision, &attempt.modules].into_iter().flatten();
            for commit in commits.collect::<BTreeSet<_>>() {
                match (self.outside.has_commit)(commit) {
                    Ok(true) => {}
                    Ok(false) => {
                        let what =
                            format!("it applied {commit}, which the repository does not have");
                        self.problem(at, what);
                    }
                    Err(why) => {
                        self.problem(
                            at,
                            format!("it applied {commit}, which cannot be looked up: {why}"),
                        );
                    }
                }
            }
            let found = approvals::check(record, attempt, &mut self.trust, self.outside);
            for what in found {
                self.problem(at, what);
            }
        }
        self.trust.read(&record.event);
        for (environment, other) in &record.witnessed {
            self.witnessed.insert((environment.clone(), other.clone(), stored.id.clone()));
        }
    }
}
