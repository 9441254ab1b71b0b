//! Two writers on one environment.

use std::path::Path;
use std::sync::Barrier;
use std::thread;

use suimon_ledger::{Entry, Error, Event, History, Ledger, Outside, Run, Trigger, verify};

use crate::place::{git, store};
use crate::support::{actor, at, done, healthy, inventory, opening, unknown};

/// What a writer did in one race.
enum Did {
    Held(Box<Run>),
    Refused,
}

/// One writer's part of a race: both try to open at once; the one that holds the environment closes it
/// while the other one records that it did not get it.
fn race(ledger: &Ledger, writer: &str, number: usize, barrier: &Barrier) -> Did {
    let second = number as i64 * 10;
    let run = format!("{writer}-{number}");
    barrier.wait();
    let did = match ledger.open(opening(&run, writer, second), &unknown) {
        Ok(run) => Did::Held(Box::new(run)),
        Err(Error::Locked { .. }) => Did::Refused,
        Err(error) => panic!("{error:?}"),
    };
    barrier.wait();
    match &did {
        Did::Held(run) => {
            run.check().unwrap();
            run.close(done("dev", writer), healthy(), inventory(), at(second + 1)).unwrap();
        }
        Did::Refused => {
            let event = Event::PlanFailed { revision: None, reason: run };
            let time = at(second + 1);
            let entry = Entry { actor: actor(), trigger: Trigger::Ci, time, event };
            ledger.append(entry).unwrap();
        }
    }
    barrier.wait();
    did
}

fn races(places: [(&Path, Option<&str>); 2], count: usize) {
    let barrier = Barrier::new(2);
    let writer = |(path, remote): (&Path, Option<&str>), name: &'static str| {
        let ledger = Ledger::new(std::sync::Arc::new(store(path, remote)), "shop", "dev");
        let mut held = Vec::new();
        for number in 0..count {
            held.push(matches!(race(&ledger, name, number, &barrier), Did::Held(_)));
        }
        (held, ledger.read().unwrap())
    };
    let ((one, history), (two, other)) = thread::scope(|scope| {
        let first = scope.spawn(|| writer(places[0], "aiko"));
        let second = scope.spawn(|| writer(places[1], "ben"));
        (first.join().unwrap(), second.join().unwrap())
    });
    assert!(one.iter().zip(&two).all(|(one, two)| one != two), "one holds it, the other does not");
    assert_eq!(history.records.len(), count * 3);
    assert_eq!(history, other);
    never_interleaved(&history, count);
    for (path, remote) in places {
        let outside = Outside {
            signers: None,
            has_commit: &|_| Ok(true),
            gate: &|_| Err("nobody approves here".to_owned()),
        };
        let found = verify(&store(path, remote), "shop", "dev", &outside).unwrap();
        assert_eq!((found.problems, found.records), (Vec::new(), count * 3));
    }
}

fn never_interleaved(history: &History, count: usize) {
    let mut open: Option<&str> = None;
    let mut runs = 0;
    for one in history.iter() {
        match &one.record.event {
            Event::Opened { run, .. } => {
                assert_eq!(open.replace(run), None);
                runs += 1;
            }
            Event::Closed { run, .. } => assert_eq!(open.take(), Some(run.as_str())),
            Event::PlanFailed { .. } => {}
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((open, runs), (None, count));
}

#[test]
fn of_two_writers_in_one_repository_one_opens() {
    let dir = tempfile::tempdir().unwrap();
    git(dir.path(), &["init", "-q", "checkout"]);
    let path = dir.path().join("checkout");
    races([(&path, Some("local")), (&path, Some("local"))], 200);
}

#[test]
fn of_two_clones_that_share_a_repository_one_opens() {
    let dir = tempfile::tempdir().unwrap();
    git(dir.path(), &["init", "-q", "--bare", "shared.git"]);
    for name in ["one", "two"] {
        git(dir.path(), &["init", "-q", name]);
        let remote = dir.path().join("shared.git");
        git(&dir.path().join(name), &["remote", "add", "origin", remote.to_str().unwrap()]);
    }
    let (one, two) = (dir.path().join("one"), dir.path().join("two"));
    races([(&one, None), (&two, None)], 40);
}
