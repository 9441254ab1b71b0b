//! One run at a time.

use std::sync::Arc;

use suimon_gate::Proof;
use suimon_ledger::{Basis, Entry, Error, Event, Ledger, Liveness, MemoryStore, Opening, Trigger};

use crate::faulty::{Fault, Faulty};
use crate::support::{
    actor, apply, at, attempt, checked, done, healthy, inventory, ledger, opening, report, sick,
    unknown,
};

fn names(ledger: &Ledger) -> Vec<&'static str> {
    ledger.read().unwrap().iter().map(|one| one.record.event.name()).collect()
}

fn entry(event: Event) -> Entry {
    Entry { actor: actor(), trigger: Trigger::Ci, time: at(50), event }
}

#[test]
fn a_run_holds_the_environment_until_it_is_closed() {
    let store = MemoryStore::new();
    let dev = ledger(&store, "dev");
    let record = apply(&dev, "r1", "one", 0);
    let history = dev.read().unwrap();
    let since = at(5);
    assert_eq!(history.proof("sha256:one"), Proof::Healthy { since, until: None, record });
    let run = dev.open(opening("r2", "two", 20), &unknown).unwrap();
    run.check().unwrap();
    let other = ledger(&store.beside(), "dev");
    let error = other.open(opening("r3", "two", 21), &unknown).unwrap_err();
    insta::assert_snapshot!(error, @"dev is being applied by Aiko on laptop (process 7), run r2 since 2026-05-28T20:27:00Z; whether it is still running cannot be told from here");
    run.close(done("dev", "two"), healthy(), inventory(), at(25)).unwrap();
    other.open(opening("r3", "two", 26), &unknown).unwrap();
    assert_eq!(names(&dev), ["opened", "closed", "opened", "closed", "opened"]);
}

#[test]
fn an_abandoned_run_is_taken_over_when_its_owner_is_gone_or_somebody_says_so() {
    for (liveness, take_over, expected) in [
        (Liveness::Alive, false, Err("its process is running")),
        (Liveness::Unknown, false, Err("whether it is still running cannot be told from here")),
        (Liveness::Gone("process 7 is gone".to_owned()), false, Ok("process 7 is gone")),
        (Liveness::Alive, true, Ok("Aiko asked for it (--take-over)")),
        (Liveness::Unknown, true, Ok("Aiko asked for it (--take-over)")),
        (
            Liveness::Gone("process 7 is gone".to_owned()),
            true,
            Ok("Aiko asked for it (--take-over)"),
        ),
    ] {
        let dev = ledger(&MemoryStore::new(), "dev");
        let first = dev.open(opening("r1", "one", 0), &unknown).unwrap();
        let second = Opening { take_over, ..opening("r2", "two", 10) };
        let result = dev.open(second, &|_| liveness.clone());
        match expected {
            Ok(why) => {
                let run = result.unwrap();
                assert_eq!(run.name(), "r2");
                assert_eq!(names(&dev), ["opened", "taken-over", "opened"]);
                let error = first.check().unwrap_err();
                assert_eq!(error, Error::TakenOver { why: format!("by Aiko: {why}") });
                run.check().unwrap();
            }
            Err(why) => {
                let Err(Error::Locked { holder, .. }) = result else { panic!("{result:?}") };
                assert!(holder.ends_with(why), "{holder}");
                assert_eq!(names(&dev), ["opened"]);
                first.check().unwrap();
            }
        }
    }
}

#[test]
fn a_late_end_is_kept_and_changes_nothing() {
    let dev = ledger(&MemoryStore::new(), "dev");
    let first = dev.open(opening("r1", "one", 0), &unknown).unwrap();
    let forced = Opening { take_over: true, ..opening("r2", "two", 10) };
    let second = dev.open(forced, &unknown).unwrap();
    first.close(done("dev", "one"), healthy(), inventory(), at(20)).unwrap();
    second.check().unwrap();
    let history = dev.read().unwrap();
    assert_eq!(history.open_run().unwrap().run, "r2");
    assert!(history.closed("r1").unwrap().late);
    assert_eq!(history.trusted_revision(), None);
    second.close(done("dev", "two"), healthy(), inventory(), at(30)).unwrap();
    assert_eq!(names(&dev), ["opened", "taken-over", "opened", "closed", "closed"]);
    assert_eq!(dev.read().unwrap().trusted_revision().as_deref(), Some("two-commit"));
}

#[test]
fn an_end_that_cannot_be_recorded_is_kept_and_recorded_by_the_next_write() {
    for fault in [Fault::Down, Fault::Lost] {
        let store = Faulty::new(MemoryStore::new());
        let dev = Ledger::new(Arc::new(store.clone()), "shop", "dev");
        let run = dev.open(opening("r1", "one", 0), &unknown).unwrap();
        store.next([fault]);
        let error = run.close(done("dev", "one"), healthy(), inventory(), at(5)).unwrap_err();
        assert_eq!(error, Error::CloseKept { why: "the remote is down".to_owned() });
        let pending = dev.pending().unwrap();
        assert_eq!((pending.len(), pending[0].event.name(), pending[0].time), (1, "closed", at(5)));

        store.next([if fault == Fault::Down { Fault::Down } else { Fault::None }]);
        let again = dev.open(opening("r2", "two", 10), &unknown);
        assert_eq!(again.is_err(), fault == Fault::Down);
        if fault == Fault::Down {
            assert_eq!(dev.pending().unwrap().len(), 1);
            dev.open(opening("r2", "two", 11), &unknown).unwrap();
        }
        assert!(dev.pending().unwrap().is_empty());
        assert_eq!(names(&dev), ["opened", "closed", "opened"]);
        let closed = dev.read().unwrap();
        let closed = closed.closed("r1").unwrap();
        assert_eq!((closed.time, closed.late, closed.inventory), (at(5), false, &inventory()));
    }
}

#[test]
fn ends_of_several_runs_are_kept_one_after_the_other() {
    let shared = MemoryStore::new();
    let store = Faulty::new(shared.clone());
    let dev = Ledger::new(Arc::new(store.clone()), "shop", "dev");
    let first = dev.open(opening("r1", "one", 0), &unknown).unwrap();
    store.next([Fault::Down]);
    first.close(done("dev", "one"), healthy(), inventory(), at(5)).unwrap_err();
    let elsewhere = ledger(&shared.beside(), "dev");
    let forced = Opening { take_over: true, ..opening("r2", "two", 10) };
    let second = elsewhere.open(forced, &unknown).unwrap();
    second.close(done("dev", "two"), sick(), inventory(), at(12)).unwrap();
    assert_eq!(dev.settle().unwrap(), 1);
    assert_eq!(dev.settle().unwrap(), 0);
    assert_eq!(names(&dev), ["opened", "taken-over", "opened", "closed", "closed"]);
    assert!(dev.read().unwrap().closed("r1").unwrap().late);
}

#[test]
fn a_kept_end_of_a_run_that_nobody_knows_stops_nothing() {
    let shared = MemoryStore::new();
    let store = Faulty::new(shared.clone());
    let dev = Ledger::new(Arc::new(store.clone()), "shop", "dev");
    let run = dev.open(opening("r1", "one", 0), &unknown).unwrap();
    store.next([Fault::Down]);
    run.close(done("dev", "one"), healthy(), inventory(), at(5)).unwrap_err();
    // Somebody begins the ledger anew, and this machine forgets the old one.
    shared.force("refs/suimon/ledger/dev", None);
    shared.forget_seen();
    dev.append(entry(checked("one", healthy()))).unwrap();
    assert_eq!(names(&dev), ["checked"]);
    assert_eq!(dev.pending().unwrap().len(), 1);
}

#[test]
fn closing_twice_records_one_end() {
    let dev = ledger(&MemoryStore::new(), "dev");
    let run = dev.open(opening("r1", "one", 0), &unknown).unwrap();
    let close = |second| run.close(done("dev", "one"), healthy(), inventory(), at(second));
    assert_eq!(close(5).unwrap(), close(6).unwrap());
    assert_eq!(names(&dev), ["opened", "closed"]);
    assert!(matches!(run.check(), Err(Error::TakenOver { .. })));
}

#[test]
fn a_judgement_that_another_run_made_stale_begins_no_run() {
    let dev = ledger(&MemoryStore::new(), "dev");
    let empty = Basis::UpTo(None);
    apply(&dev, "r1", "one", 0);
    let opened = dev.open(Opening { basis: empty, ..opening("r2", "two", 10) }, &unknown);
    let expected = Error::Moved { environment: "dev".into(), by: "Aiko (closed)".into() };
    assert_eq!(opened.unwrap_err(), expected);

    let seen = Basis::UpTo(dev.read().unwrap().last().map(|last| last.id.clone()));
    dev.append(entry(checked("one", healthy()))).unwrap();
    let again = Opening { basis: seen.clone(), ..opening("r2", "two", 11) };
    let run = dev.open(again, &unknown).unwrap();
    run.close(done("dev", "two"), healthy(), inventory(), at(12)).unwrap();
    let stale = dev.open(Opening { basis: seen, ..opening("r3", "one", 13) }, &unknown);
    assert!(matches!(stale, Err(Error::Moved { .. })));

    let nowhere = Basis::UpTo(Some("c0ffee".to_owned()));
    let lost = dev.open(Opening { basis: nowhere, ..opening("r3", "one", 13) }, &unknown);
    assert!(matches!(lost, Err(Error::Damaged { .. })));
}

#[test]
fn a_run_that_is_open_since_the_judgement_is_a_lock_and_no_surprise() {
    let dev = ledger(&MemoryStore::new(), "dev");
    dev.open(opening("r1", "one", 0), &unknown).unwrap();
    let second = Opening { basis: Basis::UpTo(None), ..opening("r2", "two", 10) };
    let error = dev.open(second, &unknown).unwrap_err();
    assert!(matches!(error, Error::Locked { .. }), "{error}");
}

#[test]
fn what_cannot_follow_is_not_recorded() {
    let dev = ledger(&MemoryStore::new(), "dev");
    let closed = |run: &str, digest: &str| Event::Closed {
        run: run.to_owned(),
        report: Box::new(report("dev", digest, suimon_apply::End::Complete)),
        health: healthy(),
        inventory: inventory(),
    };
    let refused = |event: Event| match dev.append(entry(event)) {
        Err(Error::Impossible { why, .. }) => why,
        other => panic!("{other:?}"),
    };
    let taken = |run: &str| Event::TakenOver { run: run.to_owned(), why: "it is gone".to_owned() };
    let mut found = vec![refused(closed("r1", "d")), refused(taken("r1"))];
    apply(&dev, "r1", "one", 0);
    found.push(refused(closed("r1", &attempt("one").digest)));
    found.push(refused(taken("r1")));
    found.push(refused(Event::Acknowledged { record: "c1".to_owned() }));
    let again = dev.open(opening("r1", "one", 9), &unknown).unwrap_err();
    found.push(again.to_string());
    dev.open(opening("r2", "two", 10), &unknown).unwrap();
    found.push(refused(closed("r2", "another")));
    found.push(refused(taken("r1")));
    insta::assert_snapshot!(found.join("\n"), @r"
    it ends run r1, which never began
    it takes run r1 over, which does not hold the environment
    it ends run r1, which has ended already
    it takes run r1 over, which does not hold the environment
    it acknowledges c1, which went through no closed gate
    this cannot be recorded in the ledger of dev: it opens run r1 again
    it ends run r2 with the report of another plan, another
    it takes run r1 over, which does not hold the environment
    ");
    assert_eq!(names(&dev), ["opened", "closed", "opened"]);
}

#[test]
fn force_is_for_the_run_that_was_seen() {
    let shared = MemoryStore::new();
    let dev = ledger(&shared, "dev");
    dev.open(opening("r1", "one", 0), &unknown).unwrap();
    // Another machine is faster: it takes over and opens a run between the look and the write.
    let rival = ledger(&shared.beside(), "dev");
    let store = Faulty::new(shared.clone());
    store.before(move || {
        let opening = Opening { take_over: true, ..opening("r2", "one", 9) };
        rival.open(opening, &unknown).unwrap();
    });
    let dev = Ledger::new(Arc::new(store), "shop", "dev");
    let error = dev.open(Opening { take_over: true, ..opening("r3", "two", 10) }, &unknown);
    let Err(Error::Locked { holder, .. }) = error else { panic!("{error:?}") };
    assert!(holder.contains("run r2"), "{holder}");
    assert_eq!(names(&dev), ["opened", "taken-over", "opened"]);
}
