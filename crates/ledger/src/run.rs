//! [`Run`]: the lock of an environment, from before the first write to after the last.

use jiff::Timestamp;
use suimon_apply::Report;
use suimon_model::Inventory;

use crate::ledger::Step;
use crate::{
    Actor, Attempt, Entry, Error, Event, HealthSummary, History, Lease, Ledger, Liveness, OpenRun,
    Recorded, Result, Trigger,
};

/// How many abandoned runs are taken over before one begins.
const TAKE_OVERS: usize = 8;

/// What a run begins with.
#[derive(Debug, Clone, PartialEq)]
pub struct Opening {
    /// Who or what applies.
    pub actor: Actor,
    /// Why.
    pub trigger: Trigger,
    /// When.
    pub time: Timestamp,
    /// What is applied.
    pub attempt: Attempt,
    /// How others find out whether the owner is still there.
    pub lease: Lease,
    /// Name of the run: no other run has it, ever.
    pub run: String,
    /// Take the environment over from a run that holds it, whether it is gone or not.
    pub take_over: bool,
    /// What the gate's judgement stood on.
    pub basis: Basis,
}

/// What a judgement stood on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Basis {
    /// Anything: what was recorded meanwhile does not matter.
    #[default]
    Any,
    /// The history up to this record, or an empty one: when another run has touched the environment
    /// since, the run does not begin.
    UpTo(Option<String>),
}

/// A run that holds its environment.
#[derive(Debug, Clone)]
pub struct Run {
    ledger: Ledger,
    record: String,
    run: String,
    actor: Actor,
    trigger: Trigger,
}

impl Ledger {
    /// Begins a run: from now on the environment is locked by it.
    ///
    /// A run that holds the environment is taken over, in a record of its own, when `liveness` says
    /// that its owner is gone, or when the opening asks for it.
    ///
    /// # Errors
    /// As [`read`](Self::read); and another run holds the environment ([`Error::Locked`]), or has had
    /// it since the judgement ([`Error::Moved`]).
    pub fn open(&self, opening: Opening, liveness: &dyn Fn(&Lease) -> Liveness) -> Result<Run> {
        self.settle()?;
        let mut forced: Option<String> = None;
        for _ in 0..TAKE_OVERS {
            let mut opened = false;
            let record = self.push(&mut |history| {
                self.check_basis(&opening, history)?;
                let open = history.open_run();
                opened = open.is_none();
                let event = match open {
                    None => Event::Opened {
                        run: opening.run.clone(),
                        attempt: Box::new(opening.attempt.clone()),
                        lease: opening.lease.clone(),
                    },
                    Some(open) => self.take_over(&opening, &open, &mut forced, liveness)?,
                };
                let (actor, trigger) = (&opening.actor, opening.trigger);
                Ok(Step::Write(Box::new(entry(actor, trigger, opening.time, event))))
            })?;
            if opened {
                return Ok(Run {
                    ledger: self.clone(),
                    record,
                    run: opening.run,
                    actor: opening.actor,
                    trigger: opening.trigger,
                });
            }
        }
        Err(Error::Contention)
    }

    fn take_over(
        &self,
        opening: &Opening,
        open: &OpenRun<'_>,
        forced: &mut Option<String>,
        liveness: &dyn Fn(&Lease) -> Liveness,
    ) -> Result<Event> {
        let run = open.run.to_owned();
        let locked = |state: &str| Error::Locked {
            environment: self.environment.clone(),
            holder: format!("{}; {state}", holder(open)),
        };
        // Force is meant for the run that was seen, not for one that begins meanwhile.
        if opening.take_over && forced.as_ref().is_none_or(|one| *one == run) {
            *forced = Some(run.clone());
            let why = format!("{} asked for it (--take-over)", opening.actor.name);
            return Ok(Event::TakenOver { run, why });
        }
        match liveness(open.lease) {
            Liveness::Gone(why) => Ok(Event::TakenOver { run, why }),
            Liveness::Alive => Err(locked("its process is running")),
            Liveness::Unknown => {
                Err(locked("whether it is still running cannot be told from here"))
            }
        }
    }

    fn check_basis(&self, opening: &Opening, history: &History) -> Result<()> {
        let Basis::UpTo(basis) = &opening.basis else { return Ok(()) };
        let known = match basis {
            None => 0,
            Some(id) => match history.records.iter().rposition(|one| one.id == *id) {
                Some(at) => at + 1,
                None => {
                    let why = format!("it has no record {id}, which was seen before");
                    return Err(Error::Damaged { environment: self.environment.clone(), why });
                }
            },
        };
        let moves = |one: &&Recorded| {
            matches!(
                one.record.event,
                Event::Opened { .. }
                    | Event::Closed { .. }
                    | Event::Pinned { .. }
                    | Event::Unpinned { .. }
            )
        };
        let since = history.records.get(known..).unwrap_or_default();
        match since.iter().map(AsRef::as_ref).rev().find(moves) {
            None => Ok(()),
            Some(moved) if history.open_run().is_some_and(|open| open.record.id == moved.id) => {
                // Whether its owner is still there decides.
                Ok(())
            }
            Some(moved) => Err(Error::Moved {
                environment: self.environment.clone(),
                by: format!("{} ({})", moved.record.actor.name, moved.record.event.name()),
            }),
        }
    }
}

fn holder(open: &OpenRun<'_>) -> String {
    let (record, lease) = (&open.record.record, open.lease);
    format!(
        "{} on {} (process {}), run {} since {}",
        record.actor.name, lease.host, lease.pid, open.run, record.time
    )
}

fn entry(actor: &Actor, trigger: Trigger, time: Timestamp, event: Event) -> Entry {
    Entry { actor: actor.clone(), trigger, time, event }
}

impl Run {
    /// Commit id of the record that opened it.
    pub fn record(&self) -> &str {
        &self.record
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.run
    }

    /// Whether the environment is still this run's.
    ///
    /// # Errors
    /// [`Error::TakenOver`] when it is not: nothing may be written any more. Any other error says that
    /// it could not be asked.
    pub fn check(&self) -> Result<()> {
        let history = self.ledger.read()?;
        let ended = history
            .iter()
            .rev()
            .find(|one| one.record.event.run() == Some(&self.run) && one.id != self.record);
        match ended.map(|one| (&one.record.event, one)) {
            None => Ok(()),
            Some((Event::TakenOver { why, .. }, one)) => {
                Err(Error::TakenOver { why: format!("by {}: {why}", one.record.actor.name) })
            }
            Some(_) => Err(Error::TakenOver { why: "it has ended already".to_owned() }),
        }
    }

    /// Records the end, also of a run that was taken over meanwhile; again is no harm.
    ///
    /// # Errors
    /// It could not be recorded. [`Error::CloseKept`] when it is kept on this machine: the next command
    /// that writes records it.
    pub fn close(
        &self,
        report: Report,
        health: HealthSummary,
        inventory: Inventory,
        time: Timestamp,
    ) -> Result<String> {
        let report = Box::new(report);
        let event = Event::Closed { run: self.run.clone(), report, health, inventory };
        let entry = entry(&self.actor, self.trigger, time, event);
        match self.ledger.push(&mut |history| Ok(close_step(history, &self.run, &entry))) {
            Err(error @ (Error::Impossible { .. } | Error::TooLarge(_))) => Err(error),
            Err(error) => Err(self.ledger.keep(&entry, &self.record, &error)),
            Ok(id) => Ok(id),
        }
    }
}

/// What to do for a run's end: nothing where it stands there already.
pub(crate) fn close_step(history: &History, run: &str, entry: &Entry) -> Step {
    match history.closed(run) {
        Some(closed) => Step::Done(closed.record.id.clone()),
        None => Step::Write(Box::new(entry.clone())),
    }
}
