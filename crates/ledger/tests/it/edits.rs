//! A thousand edits of a ledger: all are found.

use std::sync::Arc;

use jiff::SignedDuration;
use serde_json::Value;
use suimon_ledger::{
    Entry, Event, Ledger, MemoryStore, Opening, Outside, Record, Signing, Store, Stored, Trigger,
    verify,
};

use crate::keys::{allowed, key, signing};
use crate::place::{Edited, GitPlace, Place, chain, write};
use crate::support::{
    actor, apply, at, attempt, checked, done, healthy, inventory, opening, sick, unknown,
};

const LEDGER: &str = "refs/suimon/ledger/stg";
const RECORD: &str = "record.json";
const SIGNATURE: &str = "record.json.sig";

/// xorshift64*: the same edits on every run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let number = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33;
        usize::try_from(number).unwrap() % limit
    }
}

fn record(ledger: &Ledger, event: Event, second: i64) {
    let entry = Entry { actor: actor(), trigger: Trigger::Ci, time: at(second), event };
    ledger.append(entry).unwrap();
}

/// What a ledger is protected by besides its own content.
#[derive(Clone, Copy, PartialEq)]
enum By {
    /// What a machine has seen.
    Seen,
    /// The ledger of another environment.
    Others,
    /// Signatures.
    Signatures,
}

/// The ledger of staging, and in turns with it the one of another environment.
fn write_ledgers(store: &Arc<dyn Store>, other: &Arc<dyn Store>, signing: &Signing) {
    let ledger = |store: &Arc<dyn Store>, environment: &str| {
        Ledger::new(Arc::clone(store), "shop", environment).signed(signing.clone())
    };
    let (dev, stg) = (ledger(other, "dev"), ledger(store, "stg"));
    apply(&dev, "d1", "one", 0);
    apply(&stg, "s1", "one", 10);
    record(&stg, checked("one", healthy()), 20);
    record(&stg, Event::Refused { attempt: Box::new(attempt("two")) }, 21);
    apply(&dev, "d2", "two", 30);
    apply(&stg, "s2", "two", 40);
    record(&stg, checked("two", sick()), 50);
    let pinned = Event::Pinned {
        release_id: attempt("one").release_id,
        release: Some("one".to_owned()),
        revision: "revert".to_owned(),
        from: attempt("two").release_id,
        reason: "errors".to_owned(),
    };
    record(&stg, pinned, 51);
    apply(&stg, "s3", "one", 52);
    let abandoned = stg.open(opening("s4", "two", 60), &unknown).unwrap();
    let forced = Opening { take_over: true, ..opening("s5", "three", 61) };
    let last = stg.open(forced, &unknown).unwrap();
    abandoned.close(done("stg", "two"), healthy(), inventory(), at(62)).unwrap();
    last.close(done("stg", "three"), healthy(), inventory(), at(63)).unwrap();
    record(&stg, Event::PlanFailed { revision: None, reason: "no cluster".to_owned() }, 70);
    record(&dev, Event::Unpinned { why: "merged".to_owned() }, 80);
}

fn problems(store: &dyn Store, signers: Option<&str>) -> Vec<String> {
    let outside = Outside {
        signers,
        has_commit: &|_| Ok(true),
        gate: &|_| Err("nobody approves here".to_owned()),
    };
    let found = verify(store, "shop", "stg", &outside).unwrap();
    found.problems.into_iter().map(|one| one.what).collect()
}

/// Edits of one commit, or of the order of the commits. The rest stays as it was written, so that each
/// of them is found by whoever reads nothing but this ledger, for the first time.
const SHALLOW: usize = 15;

/// Edits after which everything that follows is written anew, consistent in itself.
const DEEP: usize = 5;

fn edit(kind: usize, chain: &[Stored], other: &[Stored], chance: &mut Chance) -> Vec<Edited> {
    let mut edited = Edited::all(chain);
    // What the last record says is vouched for by nothing that follows it.
    let at = chance.below(chain.len() - usize::from(kind == 0));
    match kind {
        0..=7 => content(kind, &mut edited[at], chain, chance),
        8 => drop(edited.remove(chance.below(chain.len() - 1))),
        9 => {
            let at = chance.below(chain.len() - 1);
            edited.swap(at, at + 1);
        }
        10 => edited.insert(at, edited[at].clone()),
        11 => drop(edited.drain(..=chance.below(chain.len() - 1))),
        12 => edited.insert(at, Edited::all(other)[chance.below(other.len())].clone()),
        13 => {
            let copy = edited[at].clone();
            edited.push(copy);
        }
        _ => {
            let to = chance.below(chain.len());
            let moved = edited.remove(at);
            edited.insert(if to == at { (at + 1) % chain.len() } else { to }, moved);
        }
    }
    edited
}

fn content(kind: usize, one: &mut Edited, chain: &[Stored], chance: &mut Chance) {
    let some_bytes = |bytes: &mut Vec<u8>, chance: &mut Chance| {
        let at = chance.below(bytes.len());
        bytes[at] ^= 1 << chance.below(8);
    };
    match kind {
        0 => some_bytes(one.files().get_mut(RECORD).unwrap(), chance),
        1 => match chance.below(3) {
            0 => one.stored.message.push('x'),
            1 => one.stored.message = one.stored.message.replacen("shop", "shap", 1),
            _ => one.stored.message.clear(),
        },
        2 => one.stored.author = "Ben <ben@example.com>".to_owned(),
        3 => {
            let second = SignedDuration::from_secs(1 + chance.below(100_000) as i64);
            one.stored.time -= second;
        }
        4 => {
            let name = ["more.json", "a", "record.json.bak"][chance.below(3)];
            one.files().insert(name.to_owned(), b"more".to_vec());
        }
        5 => {
            let content = one.files().remove(RECORD).unwrap();
            if chance.below(2) == 0 {
                one.files().insert("Record.json".to_owned(), content);
            }
        }
        6 => one.more_parents.push(chain[chance.below(chain.len())].id.clone()),
        _ => written_otherwise(one.files().get_mut(RECORD).unwrap(), chance),
    }
}

/// The same record in other bytes.
fn written_otherwise(bytes: &mut Vec<u8>, chance: &mut Chance) {
    let text = String::from_utf8(bytes.clone()).unwrap();
    let value: Value = serde_json::from_str(&text).unwrap();
    let other = match chance.below(7) {
        0 => serde_json::to_string_pretty(&value).unwrap() + "\n",
        1 => text.trim_end().to_owned(),
        2 => text + "\n",
        3 => text.replacen('{', "{\"later\":1,", 1),
        4 => text.replacen("\"actor\"", "\"actor\":null,\"actor\"", 1),
        5 => text.replacen(
            "\"format\":\"suimon.dev/ledger/v1\"",
            "\"format\":\"suimon.dev/ledger/v2\"",
            1,
        ),
        _ => text.replacen("\"project\":\"shop\"", "\"project\":\"\\u0073hop\"", 1),
    };
    *bytes = other.into_bytes();
}

/// The ledger with one record changed, left out or put in, and everything after it written anew by
/// somebody who has suimon but not the key.
fn rewrite(kind: usize, chain: &[Stored], chance: &mut Chance) -> Vec<Edited> {
    let forge = MemoryStore::new();
    let stranger = Signing { signer: Some(Arc::new(key(9))), allowed: None };
    let signs = chance.below(2) == 0 && chain[0].files.contains_key(SIGNATURE);
    let signing = if signs { stranger } else { Signing::default() };
    let ledger = Ledger::new(Arc::new(forge.clone()), "shop", "stg").signed(signing);
    let mut records: Vec<Record> =
        chain.iter().map(|one| serde_json::from_slice(&one.files[RECORD]).unwrap()).collect();
    let at = chance.below(records.len());
    match kind {
        0 => records[at].time += SignedDuration::from_secs(1),
        1 => records[at].actor.name = "Ben".to_owned(),
        2 => records[at].trigger = Trigger::Controller,
        3 => {
            let event = checked("one", healthy());
            records.insert(at, Record { event, ..records[at].clone() });
        }
        _ => {
            let harmless: Vec<usize> =
                (0..records.len()).filter(|at| records[*at].event.run().is_none()).collect();
            records.remove(harmless[chance.below(harmless.len())]);
        }
    }
    for record in records {
        let Record { actor, trigger, time, event, .. } = record;
        ledger.append(Entry { actor, trigger, time, event }).unwrap();
    }
    Edited::all(&crate::place::chain(&forge, LEDGER))
}

/// What the edit number `seed` does, and what is found.
fn found(place: &dyn Place, plain: &Plain, seed: usize) -> (String, Vec<String>) {
    let mut chance = Chance((seed as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let kind = seed % (SHALLOW + DEEP + 3);
    let unseen = plain.by != By::Seen;
    let (what, tip, unseen) = match kind.checked_sub(SHALLOW) {
        None => {
            let edited = edit(kind, &plain.stg, &plain.dev, &mut chance);
            (format!("edit {kind}"), write(place, &edited), true)
        }
        Some(kind) if kind < DEEP => {
            let edited = rewrite(kind, &plain.stg, &mut chance);
            (format!("rewrite {kind}"), write(place, &edited), unseen)
        }
        Some(kind) if kind == DEEP => {
            let tip = plain.stg[chance.below(plain.stg.len() - 1)].id.clone();
            ("truncation".to_owned(), Some(tip), plain.by == By::Others)
        }
        Some(kind) if kind == DEEP + 1 => {
            let tip = write(place, &Edited::all(&plain.dev));
            ("the chain of another environment".to_owned(), tip, true)
        }
        Some(_) => ("the chain is gone".to_owned(), None, plain.by == By::Others),
    };
    let machine = place.machine();
    if !unseen {
        machine.tip(LEDGER).unwrap();
    }
    place.force(LEDGER, tip.as_deref());
    let problems = problems(machine.as_ref(), plain.signers().as_deref());
    if !unseen {
        let ledger = Ledger::new(machine, "shop", "stg");
        assert!(ledger.read().is_err(), "{seed}: {what} is read by a machine that has seen more");
    }
    place.force(LEDGER, plain.stg.last().map(|last| last.id.as_str()));
    (what, problems)
}

/// The ledgers as they were written.
struct Plain {
    by: By,
    stg: Vec<Stored>,
    dev: Vec<Stored>,
}

impl Plain {
    fn write(place: &dyn Place, by: By) -> Self {
        let machine = place.machine();
        let elsewhere: Arc<dyn Store> = Arc::new(MemoryStore::new());
        let other = if by == By::Others { &machine } else { &elsewhere };
        let signing = if by == By::Signatures { signing() } else { Signing::default() };
        write_ledgers(&machine, other, &signing);
        let dev = chain(other.as_ref(), "refs/suimon/ledger/dev");
        let stg = chain(machine.as_ref(), LEDGER);
        Self { by, stg, dev }
    }

    fn signers(&self) -> Option<String> {
        (self.by == By::Signatures).then(allowed)
    }
}

fn all_found(place: &dyn Place, by: By, seeds: std::ops::Range<usize>) {
    let plain = Plain::write(place, by);
    let untouched =
        || assert_eq!(problems(place.machine().as_ref(), plain.signers().as_deref()), [""; 0]);
    untouched();
    for seed in seeds {
        let (what, problems) = found(place, &plain, seed);
        assert!(!problems.is_empty(), "{seed}: {what} was not found");
    }
    untouched();
}

#[test]
fn edits_of_a_ledger_that_was_seen_before_are_found() {
    all_found(&MemoryStore::new(), By::Seen, 0..400);
}

#[test]
fn edits_of_a_ledger_that_another_one_names_are_found() {
    all_found(&MemoryStore::new(), By::Others, 400..760);
}

#[test]
fn edits_of_a_signed_ledger_are_found() {
    all_found(&MemoryStore::new(), By::Signatures, 760..880);
}

#[test]
fn edits_of_a_ledger_in_git_are_found() {
    all_found(&GitPlace::new(), By::Seen, 880..950);
    all_found(&GitPlace::new(), By::Others, 950..1000);
    all_found(&GitPlace::new(), By::Signatures, 1000..1040);
}
