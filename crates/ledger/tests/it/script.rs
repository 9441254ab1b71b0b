//! Histories, written as one word or two a record.

use suimon_apply::{End, Entry as Outcome, Report};
use suimon_gate::{BreakGlass, Mode};
use suimon_ledger::{Attempt, Event, History, RECORD_FORMAT, Record, Recorded, Trigger};

use crate::support::{actor, api, at, attempt, done, healthy, inventory, lease, report, sick};

/// The history of a script such as `open a; close ok; check a sick`. The record at place n, from 1, has
/// the id `c<n>` and the time n.
///
/// `open R [target|rollback|glass|dirty]`, `close [ok|sick|failed|stopped]`, `take` (the open run is
/// taken over), `late [ok|sick|failed]` (the run that was taken over last ends), `check R [ok|sick]`,
/// `pin R from R`, `unpin`, `refuse R [glass]`, `no-plan`, `seen c<n>`; `R ok` is `open R; close ok`.
pub(crate) fn history(script: &str) -> History {
    let mut writer = Writer::default();
    for step in script.split(';').map(str::trim).filter(|step| !step.is_empty()) {
        let words: Vec<&str> = step.split(' ').collect();
        match words.as_slice() {
            [release, end @ ("ok" | "sick" | "failed" | "stopped")]
                if !matches!(*release, "close" | "late") =>
            {
                writer.write(&["open", release]);
                writer.write(&["close", end]);
            }
            words => writer.write(words),
        }
    }
    History::new(writer.records)
}

#[derive(Default)]
struct Writer {
    records: Vec<Recorded>,
    /// Runs with what they apply, newest last.
    runs: Vec<(String, Attempt)>,
    taken: Option<(String, Attempt)>,
}

impl Writer {
    fn write(&mut self, words: &[&str]) {
        let event = self.event(words);
        let number = self.records.len() as u64 + 1;
        self.records.push(Recorded {
            id: format!("c{number}"),
            record: Record {
                format: RECORD_FORMAT.to_owned(),
                project: "shop".to_owned(),
                environment: "dev".to_owned(),
                number,
                previous: self.records.last().map(|last| last.id.clone()),
                time: at(number as i64),
                actor: actor(),
                trigger: Trigger::Cli,
                event,
                witnessed: Default::default(),
            },
        });
    }

    fn event(&mut self, words: &[&str]) -> Event {
        let id = |release: &str| attempt(release).release_id;
        match words {
            ["open", release, rest @ ..] => {
                let run = format!("r{}", self.runs.len() + 1);
                let attempt = special(release, rest);
                self.runs.push((run.clone(), attempt.clone()));
                Event::Opened { run, attempt: Box::new(attempt), lease: lease(7) }
            }
            ["close", end] => closed(self.runs.last().unwrap(), end),
            ["take"] => {
                self.taken = self.runs.last().cloned();
                let run = self.taken.clone().unwrap().0;
                Event::TakenOver { run, why: "process 7 on laptop is gone".to_owned() }
            }
            ["late", end] => closed(self.taken.as_ref().unwrap(), end),
            ["check", release, how] => {
                let health = if *how == "ok" { healthy() } else { sick() };
                Event::Checked { release_id: id(release), health }
            }
            ["pin", to, "from", from] => Event::Pinned {
                release_id: id(to),
                release: Some((*to).to_owned()),
                revision: "revert".to_owned(),
                from: id(from),
                reason: "errors".to_owned(),
            },
            ["unpin"] => Event::Unpinned { why: "the revert is merged".to_owned() },
            ["refuse", release, rest @ ..] => {
                Event::Refused { attempt: Box::new(special(release, rest)) }
            }
            ["no-plan"] => Event::PlanFailed { revision: None, reason: "no cluster".to_owned() },
            ["seen", record] => Event::Acknowledged { record: (*record).to_owned() },
            other => panic!("{other:?}"),
        }
    }
}

fn special(release: &str, rest: &[&str]) -> Attempt {
    let mut attempt = attempt(release);
    for word in rest {
        match *word {
            "target" => attempt.targeted = vec![api()],
            "rollback" => attempt.mode = Mode::Rollback,
            "dirty" => (attempt.revision, attempt.modules) = (None, None),
            "glass" => {
                let (reason, by) = ("the site is down".to_owned(), actor().email);
                attempt.break_glass = Some(BreakGlass { reason, by });
            }
            other => panic!("{other:?}"),
        }
    }
    attempt
}

fn closed((run, attempt): &(String, Attempt), end: &str) -> Event {
    let environment = "dev";
    let report = match end {
        "ok" | "sick" => Report { digest: attempt.digest.clone(), ..done(environment, "x") },
        "failed" => {
            let mut report = report(environment, &attempt.digest, End::Partial);
            report.entries.push(Outcome {
                id: api(),
                location: None,
                action: suimon_plan::Action::Update,
                outcome: suimon_model::Outcome::Failed,
                reason: Some("denied".to_owned()),
                conflicts: Vec::new(),
                health: None,
            });
            report
        }
        "stopped" => report(environment, &attempt.digest, End::Interrupted),
        other => panic!("{other:?}"),
    };
    let health = if end == "sick" { sick() } else { healthy() };
    Event::Closed { run: run.clone(), report: Box::new(report), health, inventory: inventory() }
}
