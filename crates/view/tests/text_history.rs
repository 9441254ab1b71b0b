//! What `suimon history` prints.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;
#[path = "common/ledger.rs"]
mod ledger;

use insta::assert_snapshot;
use ledger::{
    Book, RELEASE_1, RELEASE_2, REVISION_2, approval, attempt, entry, glass, healthy, now, report,
    unhealthy,
};
use suimon_apply::End;
use suimon_gate::{Condition, Mode, State};
use suimon_ledger::{Attempt, Event, Problem, Verification};
use suimon_model::Outcome;
use suimon_plan::Action;
use suimon_view::Style;
use suimon_view::text::{HistoryOptions, history, verification};

fn told(book: &Book) -> String {
    told_with(book, None, false)
}

fn told_with(book: &Book, limit: Option<usize>, verbose: bool) -> String {
    let options = HistoryOptions { now: now(), limit, verbose };
    history("stg", &book.history(), &options, &Style::PLAIN)
}

#[test]
fn a_run_is_one_entry_and_the_newest_is_first() {
    let mut book = Book::default();
    book.apply("r1", RELEASE_1);
    let entries = vec![
        entry("Namespace/web", Action::Create, Outcome::Created, None),
        entry("Deployment.apps/web/api", Action::Update, Outcome::Configured, None),
        entry("Service/web/api", Action::NoOp, Outcome::Unchanged, None),
        entry("ConfigMap/web/old", Action::Delete, Outcome::Deleted, None),
    ];
    let approved = Attempt {
        approvals: vec![
            approval("ben@example.com", "peer"),
            approval("chie@example.com", "business"),
        ],
        ..attempt(RELEASE_2)
    };
    book.open("r2", approved).close("r2", report(End::Complete, entries), healthy());
    assert_snapshot!(told(&book), @"
    #3 applied  2026-11-22T08:00:00Z (6h ago)
        by        Aiko <aiko@example.com>, command line
        what      release 2026-11-22.1 (222222222222), revision b2b2b2b2b2b2
        plan      dddddddddddd
        approved  by ben@example.com (peer), chie@example.com (business)
        done      1 created, 1 changed, 1 destroyed, 1 unchanged
        health    healthy
        took      1h

    #1 applied  2026-11-22T06:00:00Z (8h ago)
        by        Aiko <aiko@example.com>, command line
        what      release 2026-11-21.1 (111111111111), revision a1a1a1a1a1a1
        plan      dddddddddddd
        done      nothing to do
        health    healthy
        took      1h
    ");
    assert_snapshot!(told_with(&book, Some(1), true), @"
    #3 applied  2026-11-22T08:00:00Z (6h ago)
        by        Aiko <aiko@example.com>, command line
        what      release 2026-11-22.1 (222222222222), revision b2b2b2b2b2b2
        plan      sha256:dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd
        approved  by ben@example.com (peer), chie@example.com (business)
          passed  open until 16:00 (window)
        done      1 created, 1 changed, 1 destroyed, 1 unchanged
          Namespace/web: created
          Deployment.apps/web/api: changed
          Service/web/api: unchanged
          ConfigMap/web/old: destroyed
        health    healthy
        took      1h
        record    #3 0000000000000000000000000000000000000003
        tool      suimon 0.1.0
        record    #4 0000000000000000000000000000000000000004
        tool      suimon 0.1.0

    1 older entry not shown.
    ");
}

#[test]
fn nothing_was_applied() {
    assert_snapshot!(told(&Book::default()), @"Nothing was ever applied to stg.");
}

#[test]
fn ends_that_are_not_good_name_what_failed() {
    let mut book = Book::default();
    let why = "timed out after 10m\u{1b}[2J";
    let failed = vec![
        entry("Deployment.apps/web/api", Action::Update, Outcome::Failed, Some(why)),
        entry("Service/web/api", Action::Create, Outcome::Created, None),
        entry(
            "Ingress.networking.k8s.io/web/api",
            Action::Create,
            Outcome::Skipped,
            Some("api failed"),
        ),
    ];
    let mut partial = report(End::Partial, failed);
    partial.problems = vec!["the ownership record was not written".into()];
    book.open("r1", attempt(RELEASE_1)).close("r1", partial, unhealthy());
    let none = vec![entry("Namespace/web", Action::Create, Outcome::Failed, Some("forbidden"))];
    book.open("r2", attempt(RELEASE_1)).close("r2", report(End::Partial, none), unhealthy());
    book.open("r3", attempt(RELEASE_1)).close("r3", report(End::Interrupted, vec![]), healthy());
    book.open("r4", attempt(RELEASE_1)).close("r4", report(End::Complete, vec![]), unhealthy());
    assert_snapshot!(told(&book), @r"
    #7 applied, not healthy  2026-11-22T12:00:00Z (2h ago)
        by        Aiko <aiko@example.com>, command line
        what      release 2026-11-21.1 (111111111111), revision a1a1a1a1a1a1
        plan      dddddddddddd
        done      nothing to do
        health    Failed: 1 object not healthy
          Deployment.apps/web/api: Failed: 1 of 3 replicas are ready
        took      1h

    #5 interrupted  2026-11-22T10:00:00Z (4h ago)
        by        Aiko <aiko@example.com>, command line
        what      release 2026-11-21.1 (111111111111), revision a1a1a1a1a1a1
        plan      dddddddddddd
        done      nothing to do
        health    healthy
        took      1h

    #3 failed  2026-11-22T08:00:00Z (6h ago)
        by        Aiko <aiko@example.com>, command line
        what      release 2026-11-21.1 (111111111111), revision a1a1a1a1a1a1
        plan      dddddddddddd
        done      1 failed
          Namespace/web: failed: forbidden
        health    Failed: 1 object not healthy
          Deployment.apps/web/api: Failed: 1 of 3 replicas are ready
        took      1h

    #1 applied in part  2026-11-22T06:00:00Z (8h ago)
        by        Aiko <aiko@example.com>, command line
        what      release 2026-11-21.1 (111111111111), revision a1a1a1a1a1a1
        plan      dddddddddddd
        done      1 created, 1 failed, 1 not started
          Deployment.apps/web/api: failed: timed out after 10m\u{1b}[2J
          problem: the ownership record was not written
        health    Failed: 1 object not healthy
          Deployment.apps/web/api: Failed: 1 of 3 replicas are ready
        took      1h
    ");
}

#[test]
fn many_failures_are_counted() {
    let mut book = Book::default();
    let entries = (0..25).map(|n| {
        entry(&format!("ConfigMap/web/c{n}"), Action::Create, Outcome::Failed, Some("no"))
    });
    book.open("r1", attempt(RELEASE_1)).close(
        "r1",
        report(End::Partial, entries.collect()),
        unhealthy(),
    );
    let text = told(&book);
    assert_eq!(text.matches(": failed: no").count(), 10, "{text}");
    assert!(text.contains("and 15 other failures; -v lists them"), "{text}");
    assert_eq!(told_with(&book, None, true).matches(": failed: no").count(), 25);
}

#[test]
fn what_a_gate_did_not_let_through_has_every_reason() {
    let mut book = Book::default();
    let mut held = attempt(RELEASE_1);
    held.conditions.push(Condition::new("approvals", State::Held, "1 approval is missing as peer"));
    held.conditions.push(Condition::new("no-latest-tag", State::Warned, "api has the tag latest"));
    book.add(Event::Refused { attempt: Box::new(held.clone()) });
    held.mode = Mode::Rollback;
    held.conditions.push(Condition::new("policy", State::Denied, "no team\nin two lines"));
    book.add(Event::Refused { attempt: Box::new(held) });
    book.add(Event::PlanFailed { revision: None, reason: "envs/stg: no such key\nline 2".into() });
    assert_snapshot!(told(&book), @"
    #3 plan failed  2026-11-22T08:00:00Z (6h ago)
        by        Aiko <aiko@example.com>, command line
        what      uncommitted files
        why       envs/stg: no such key
                  line 2

    #2 rollback denied  2026-11-22T07:00:00Z (7h ago)
        by        Aiko <aiko@example.com>, command line
        what      release 2026-11-21.1 (111111111111), revision a1a1a1a1a1a1
        plan      dddddddddddd
          warned  api has the tag latest (no-latest-tag)
          held    1 approval is missing as peer (approvals)
          denied  no team
              in two lines (policy)

    #1 held  2026-11-22T06:00:00Z (8h ago)
        by        Aiko <aiko@example.com>, command line
        what      release 2026-11-21.1 (111111111111), revision a1a1a1a1a1a1
        plan      dddddddddddd
          warned  api has the tag latest (no-latest-tag)
          held    1 approval is missing as peer (approvals)
    ");
}

#[test]
fn broken_glass_is_loud_until_it_is_acknowledged() {
    let mut book = Book::default();
    let mut broken = Attempt { break_glass: Some(glass()), ..attempt(RELEASE_1) };
    broken.conditions.push(Condition::new("approvals", State::Waived, "1 approval was missing"));
    book.open("r1", broken).close("r1", report(End::Complete, vec![]), healthy());
    assert_snapshot!(told(&book), @"
    #1 applied  2026-11-22T06:00:00Z (8h ago)
        by        Aiko <aiko@example.com>, command line
        what      release 2026-11-21.1 (111111111111), revision a1a1a1a1a1a1
        plan      dddddddddddd
        BREAK-GLASS by aiko@example.com: payments are down
          nobody has said that it was seen: suimon gate stg --acknowledge 0000000000000000000000000000000000000001
          waived  1 approval was missing (approvals)
        done      nothing to do
        health    healthy
        took      1h
    ");
    book.add(Event::Acknowledged { record: book.records[0].id.clone() });
    let text = told(&book);
    assert!(text.contains("seen by aiko@example.com with #3"), "{text}");
    assert!(text.contains("BREAK-GLASS by aiko@example.com: payments are down"), "{text}");
    assert!(!text.contains("--acknowledge"), "{text}");
}

#[test]
fn rollbacks_pins_checks_and_take_overs_are_told() {
    let mut book = Book::default();
    let back = Attempt { mode: Mode::Rollback, revision: None, ..attempt(RELEASE_1) };
    book.open("r1", attempt(RELEASE_2));
    book.add(Event::TakenOver { run: "r1".into(), why: "process 42 on laptop is gone".into() });
    book.add(Event::Pinned {
        release_id: RELEASE_1.into(),
        release: Some("2026-11-21.1".into()),
        revision: REVISION_2.into(),
        from: RELEASE_2.into(),
        reason: "checkout fails".into(),
    });
    book.open("r2", back).close("r2", report(End::Complete, vec![]), healthy());
    book.close("r1", report(End::Interrupted, vec![]), healthy());
    book.add(Event::Checked { release_id: RELEASE_1.into(), health: unhealthy() });
    book.add(Event::Unpinned { why: "the revert is merged".into() });
    book.open("r3", Attempt { targeted: vec![common::id("Pod/a")], ..attempt(RELEASE_2) });
    assert_snapshot!(told(&book), @"
    #9 running  2026-11-22T14:00:00Z (30m ago)
        by        Aiko <aiko@example.com>, command line
        what      release 2026-11-22.1 (222222222222), revision b2b2b2b2b2b2
                  limited to 1 object by --target
        plan      dddddddddddd
        end       process 42 on laptop has the lock

    #8 unpinned  2026-11-22T13:00:00Z (1h ago)
        by        Aiko <aiko@example.com>, command line
        why       the revert is merged

    #7 checked: unhealthy  2026-11-22T12:00:00Z (2h ago)
        by        Aiko <aiko@example.com>, command line
        what      release 111111111111
        health    Failed: 1 object not healthy
          Deployment.apps/web/api: Failed: 1 of 3 replicas are ready

    #4 rolled back  2026-11-22T09:00:00Z (5h ago)
        by        Aiko <aiko@example.com>, command line
        what      release 2026-11-21.1 (111111111111), uncommitted files
        plan      dddddddddddd
        done      nothing to do
        health    healthy
        took      1h

    #3 pinned  2026-11-22T08:00:00Z (6h ago)
        by        Aiko <aiko@example.com>, command line
        what      held at 2026-11-21.1 (111111111111), away from 222222222222
        until     the revert is merged: b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2
        why       checkout fails

    #2 took over  2026-11-22T07:00:00Z (7h ago)
        by        Aiko <aiko@example.com>, command line
        what      #1
        why       process 42 on laptop is gone

    #1 interrupted  2026-11-22T06:00:00Z (8h ago)
        by        Aiko <aiko@example.com>, command line
        what      release 2026-11-22.1 (222222222222), revision b2b2b2b2b2b2
        plan      dddddddddddd
        taken     over by aiko@example.com with #2: process 42 on laptop is gone
        done      nothing to do
        health    healthy
        late      the end is on record as #6, after it was taken over
    ");
}

#[test]
fn hostile_text_is_written_out() {
    let mut book = Book::default();
    let bad = "x\u{1b}[2J\u{202e}\ny";
    let mut attempt = attempt(RELEASE_1);
    (attempt.release, attempt.revision, attempt.digest) =
        (Some(bad.into()), Some(bad.into()), bad.into());
    attempt.conditions = vec![Condition::new(bad, State::Held, bad)];
    attempt.approvals = vec![approval(bad, bad), approval("a", "b")];
    attempt.approvals[1].statement = bad.into();
    attempt.break_glass = Some(suimon_gate::BreakGlass { reason: bad.into(), by: bad.into() });
    attempt.artifacts.insert(bad.into(), [(bad.to_owned(), bad.to_owned())].into());
    book.open(bad, attempt.clone());
    book.add(Event::Refused { attempt: Box::new(attempt) });
    book.add(Event::PlanFailed { revision: Some(bad.into()), reason: bad.into() });
    book.add(Event::TakenOver { run: bad.into(), why: bad.into() });
    book.add(Event::Unpinned { why: bad.into() });
    book.add(Event::Acknowledged { record: bad.into() });
    book.add(Event::Pinned {
        release_id: bad.into(),
        release: Some(bad.into()),
        revision: bad.into(),
        from: bad.into(),
        reason: bad.into(),
    });
    for recorded in &mut book.records {
        recorded.record.actor.name = bad.into();
        recorded.record.actor.email = bad.into();
        recorded.record.actor.tool = bad.into();
        recorded.id = bad.into();
    }
    for verbose in [false, true] {
        let text = told_with(&book, None, verbose);
        assert!(!text.contains(['\u{1b}', '\u{202e}', '\r']), "{text}");
        assert!(!text.lines().any(|line| line.starts_with('y')), "{text}");
    }
}

#[test]
fn a_verification_says_what_was_proved_or_everything_that_is_wrong() {
    let whole = Verification { records: 3, signed: 1, tip: Some("00aa".into()), problems: vec![] };
    let unsigned = Verification { records: 1, signed: 0, ..whole.clone() };
    let problem = |record: Option<&str>, number, what: &str| Problem {
        record: record.map(str::to_owned),
        number,
        what: what.into(),
    };
    let broken = Verification {
        problems: vec![
            problem(Some("00bb"), Some(2), "its message is not the one of its record\u{1b}[2J"),
            problem(None, None, "the chain was cut\nafter record 2"),
        ],
        ..whole.clone()
    };
    let told = |found: &Verification| verification("stg", found, &Style::PLAIN);
    assert_snapshot!(told(&whole), @"
    stg: 3 records, the chain is whole, 1 signature is good.
    Last record: 00aa
    ");
    assert_snapshot!(told(&unsigned), @"
    stg: 1 record, the chain is whole, no record is signed.
    Last record: 00aa
    ");
    assert_snapshot!(told(&broken), @r"
    stg: 2 problems in 3 records; 1 signature is good.

      ! #2 00bb: its message is not the one of its record\u{1b}[2J
      ! the chain was cut
          after record 2
    ");
    assert_snapshot!(told(&Verification::default()), @"stg: nothing was ever recorded.");
}
