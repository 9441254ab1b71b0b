//! What `suimon status` says, and what it says to do next.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;
#[path = "common/ledger.rs"]
mod ledger;

use common::{change, drift, drifted, plan};
use insta::assert_snapshot;
use ledger::{
    Book, RELEASE_1, RELEASE_2, REVISION_1, REVISION_2, attempt, glass, healthy, now, report,
    unhealthy,
};
use serde_json::json;
use suimon_apply::End;
use suimon_gate::{Condition, Known, State};
use suimon_ledger::{Attempt, Event, HealthSummary, History};
use suimon_model::HealthStatus;
use suimon_plan::{Action, Plan};
use suimon_view::status::{Declared, Environment, Ledger, Live, Pipeline, next};
use suimon_view::{Style, json as view, text};
use unicode_width::UnicodeWidthStr;

fn declared(release: &str) -> Declared {
    let of = attempt(release);
    Declared { release: of.release, release_id: release.into(), revision: of.revision, gated: true }
}

fn environment<'a>(name: &'a str, ledger: Ledger<'a>, release: &str) -> Environment<'a> {
    Environment {
        name,
        in_pipeline: true,
        ledger,
        declared: Known::Known(declared(release)),
        live: Live::NotAsked,
        holder_gone: None,
        revert_merged: false,
        proposed: None,
    }
}

fn pipeline(environments: Vec<Environment<'_>>) -> Pipeline<'_> {
    Pipeline { project: "shop", now: now(), environments, only: None }
}

/// One step, as text.
fn step(pipeline: &Pipeline<'_>, place: usize) -> String {
    match next(pipeline, place) {
        Some(next) => format!("{} ({})", next.command.unwrap_or_else(|| "wait".into()), next.why),
        None => "nothing".into(),
    }
}

fn changes() -> Plan {
    plan(vec![change("ConfigMap/web/a", Action::Create, None, Some(json!({"data": {}})))])
}

fn held() -> Vec<Condition> {
    vec![
        Condition::new("window", State::Passed, "open until 16:00"),
        Condition::new("approvals", State::Held, "1 approval is missing as peer")
            .help("ask ben@example.com: `suimon approve stg --plan sha256:dd --role peer`"),
    ]
}

/// dev holds release 2 and declares it; stg holds release 1.
struct World {
    dev: History,
    stg: History,
    none: History,
}

impl World {
    fn new() -> Self {
        let (mut dev, mut stg) = (Book::default(), Book::default());
        dev.apply("d1", RELEASE_1).apply("d2", RELEASE_2);
        stg.apply("s1", RELEASE_1);
        Self { dev: dev.history(), stg: stg.history(), none: History::default() }
    }

    fn pipeline(&self) -> Pipeline<'_> {
        pipeline(vec![
            environment("dev", Ledger::Read(&self.dev), RELEASE_2),
            environment("stg", Ledger::Read(&self.stg), RELEASE_1),
            environment("prod", Ledger::Read(&self.none), RELEASE_1),
        ])
    }
}

#[test]
fn what_one_has_proved_and_the_next_one_lacks_is_promoted() {
    let world = World::new();
    let mut all = world.pipeline();
    assert_eq!(step(&all, 0), "suimon promote dev stg (stg lacks what dev has proved)");
    all.environments[1].proposed = Some(RELEASE_2.into());
    assert_eq!(step(&all, 0), "wait (merge the promotion: branch suimon/promote/stg)");
    assert_eq!(step(&all, 1), "nothing");
    assert_eq!(step(&all, 2), "suimon gate prod (it was never applied)");
    all.environments[2].declared = Known::Known(declared(RELEASE_2));
    assert_eq!(step(&all, 1), "suimon promote stg prod (prod lacks what stg has proved)");
    assert_eq!(step(&all, 2), "wait (a promotion from stg)");
}

#[test]
fn what_is_declared_goes_through_the_gate() {
    let world = World::new();
    let (changes, held) = (changes(), held());
    let open = [Condition::new("window", State::Passed, "open")];
    let mixed: Vec<_> =
        held.iter().cloned().chain([Condition::new("window", State::Held, "closed")]).collect();
    let denied = [Condition::new("policy", State::Denied, "no team")];
    let mut all = world.pipeline();
    all.environments[1].declared = Known::Known(declared(RELEASE_2));
    let why = "another release is declared than is applied";
    assert_eq!(step(&all, 0), "nothing");
    assert_eq!(step(&all, 1), format!("suimon gate stg ({why})"));
    for (conditions, expected) in [
        (&open[..], format!("suimon apply stg ({why})")),
        (&held, "suimon approve stg --plan sha256:dd --role peer (approvals are missing)".into()),
        (&mixed, "suimon gate stg (its gate is held)".into()),
        (&denied, "suimon gate stg (its gate denies)".into()),
    ] {
        all.environments[1].live = Live::Seen { health: healthy(), plan: &changes, conditions };
        assert_eq!(step(&all, 1), expected);
    }
    let ungated = Declared { gated: false, ..declared(RELEASE_2) };
    all.environments[1].declared = Known::Known(ungated);
    all.environments[1].live = Live::NotAsked;
    assert_eq!(step(&all, 1), format!("suimon apply stg ({why})"));
}

#[test]
fn a_first_environment_is_applied_and_the_others_wait_for_it() {
    let none = History::default();
    let mut all = pipeline(vec![
        environment("dev", Ledger::Read(&none), RELEASE_1),
        environment("stg", Ledger::Read(&none), RELEASE_1),
    ]);
    let open = Declared { gated: false, ..declared(RELEASE_1) };
    all.environments[0].declared = Known::Known(open);
    assert_eq!(step(&all, 0), "suimon apply dev (it was never applied)");
    assert_eq!(step(&all, 1), "wait (dev has to prove the release first)");
    let changes = changes();
    all.environments[0].ledger = Ledger::None;
    assert_eq!(step(&all, 0), "suimon plan dev (nothing is recorded)");
    all.environments[0].live = Live::Seen { health: healthy(), plan: &changes, conditions: &[] };
    assert_eq!(step(&all, 0), "suimon apply dev (what is declared is not applied)");
}

#[test]
fn what_is_not_well_is_looked_at_first() {
    let world = World::new();
    let mut all = world.pipeline();
    let (empty, changes) = (plan(Vec::new()), changes());
    let mut moved = changes.clone();
    moved.drift = vec![drift("ConfigMap/web/a", vec![drifted("/data/a", json!(1), json!(2))])];
    let coming = HealthSummary {
        status: Some(HealthStatus::InProgress),
        not_current: vec![(common::id("Pod/a"), HealthStatus::InProgress, "starting".into())],
    };
    for (live, expected) in [
        (
            Live::Seen { health: unhealthy(), plan: &empty, conditions: &[] },
            "suimon plan dev (it is not healthy)",
        ),
        (
            Live::Seen { health: unhealthy(), plan: &changes, conditions: &[] },
            "suimon plan dev (it is not healthy)",
        ),
        (
            Live::Seen { health: healthy(), plan: &changes, conditions: &[] },
            "suimon apply dev (what is declared is not applied)",
        ),
        (
            Live::Seen { health: coming, plan: &empty, conditions: &[] },
            "suimon status dev (it is still on its way)",
        ),
        (
            Live::Seen { health: healthy(), plan: &moved, conditions: &[] },
            "suimon plan dev (something else has changed it)",
        ),
        (Live::Unreachable("no route".into()), "suimon plan dev (it could not be read)"),
        (
            Live::Seen { health: healthy(), plan: &empty, conditions: &[] },
            "suimon promote dev stg (stg lacks what dev has proved)",
        ),
    ] {
        all.environments[0].live = live;
        assert_eq!(step(&all, 0), expected);
    }
    all.environments[0].declared = Known::Unknown("envs/dev: no such key".into());
    assert_eq!(step(&all, 0), "suimon validate dev (its files are wrong)");
    all.environments[0].ledger = Ledger::Damaged("record 3 was edited".into());
    assert_eq!(step(&all, 0), "suimon history dev --verify (its ledger is damaged)");
    all.environments[0].ledger = Ledger::Unreadable("no network".into());
    assert_eq!(step(&all, 0), "wait (its ledger could not be read)");
}

/// What happens to dev after it has applied release 2, and the step that follows.
type Case = (&'static str, fn(&mut Book), &'static str);

const CASES: [Case; 8] = [
    ("failed", failed, "suimon plan dev (the last apply failed in part)"),
    ("interrupted", interrupted, "suimon gate dev (the last apply did not come to its end)"),
    ("running", running, "wait (aiko@example.com is applying it)"),
    ("abandoned", abandoned, "suimon gate dev (the last apply did not come to its end)"),
    ("checked", unwell, "suimon plan dev (it is not healthy)"),
    ("checked again", well_again, "suimon apply dev (an apply proves it again)"),
    (
        "glass",
        broken,
        "suimon gate dev --acknowledge 0000000000000000000000000000000000000003 (its gate was broken through)",
    ),
    ("pinned", pinned, "wait (merge the revert: branch suimon/rollback/dev)"),
];

fn failed(book: &mut Book) {
    book.open("x", attempt(RELEASE_2)).close("x", report(End::Partial, vec![]), unhealthy());
}

fn interrupted(book: &mut Book) {
    book.open("x", attempt(RELEASE_2)).close("x", report(End::Interrupted, vec![]), healthy());
}

fn running(book: &mut Book) {
    book.open("x", attempt(RELEASE_2));
}

fn abandoned(book: &mut Book) {
    running(book);
    book.add(Event::TakenOver { run: "x".into(), why: "gone".into() });
}

fn unwell(book: &mut Book) {
    book.add(Event::Checked { release_id: RELEASE_2.into(), health: unhealthy() });
}

fn well_again(book: &mut Book) {
    unwell(book);
    book.add(Event::Checked { release_id: RELEASE_2.into(), health: healthy() });
}

fn broken(book: &mut Book) {
    let broken = Attempt { break_glass: Some(glass()), ..attempt(RELEASE_2) };
    book.open("x", broken).close("x", report(End::Complete, vec![]), healthy());
}

/// A rollback to release 1 holds it.
fn pinned(book: &mut Book) {
    book.add(Event::Pinned {
        release_id: RELEASE_1.into(),
        release: None,
        revision: REVISION_1.into(),
        from: RELEASE_2.into(),
        reason: "bad".into(),
    });
}

#[test]
fn what_the_ledger_holds_against_it_comes_first() {
    let stg = World::new().stg;
    for (name, happen, expected) in CASES {
        let mut book = Book::default();
        book.apply("d", RELEASE_2);
        happen(&mut book);
        let dev = book.history();
        let all = pipeline(vec![
            environment("dev", Ledger::Read(&dev), RELEASE_2),
            environment("stg", Ledger::Read(&stg), RELEASE_1),
        ]);
        assert_eq!(step(&all, 0), expected, "{name}");
    }
}

#[test]
fn a_run_that_is_gone_and_a_revert_that_is_merged_need_an_apply() {
    let (mut dev, mut stg) = (Book::default(), Book::default());
    dev.open("x", attempt(RELEASE_1));
    stg.apply("x", RELEASE_1);
    pinned(&mut stg);
    let (dev, stg) = (dev.history(), stg.history());
    let mut all = pipeline(vec![
        environment("dev", Ledger::Read(&dev), RELEASE_1),
        environment("stg", Ledger::Read(&stg), RELEASE_1),
    ]);
    all.environments[0].holder_gone = Some("process 42 on laptop is gone".into());
    all.environments[1].revert_merged = true;
    assert_eq!(step(&all, 0), "suimon apply dev (a run did not end; the next one takes over)");
    assert_eq!(step(&all, 1), "suimon apply stg (the revert is merged: that ends the pin)");
}

#[test]
fn a_release_that_was_rolled_back_is_not_promoted_again() {
    let (mut dev, mut stg) = (Book::default(), Book::default());
    dev.apply("d", RELEASE_2);
    stg.apply("s", RELEASE_1);
    pinned(&mut stg);
    let (dev, stg) = (dev.history(), stg.history());
    let all = pipeline(vec![
        environment("dev", Ledger::Read(&dev), RELEASE_2),
        environment("stg", Ledger::Read(&stg), RELEASE_1),
    ]);
    assert_eq!(step(&all, 0), "nothing");
}

#[test]
fn an_environment_beside_the_pipeline_has_no_neighbours() {
    let world = World::new();
    let mut all = world.pipeline();
    all.environments[1].in_pipeline = false;
    all.environments[1].declared = Known::Known(declared(RELEASE_2));
    all.environments[2].in_pipeline = false;
    assert_eq!(step(&all, 0), "nothing");
    assert_eq!(step(&all, 1), "suimon gate stg (another release is declared than is applied)");
    assert_eq!(step(&all, 2), "suimon gate prod (it was never applied)");
}

#[test]
fn the_pipeline_at_a_glance() {
    let world = World::new();
    let mut moved = changes();
    moved.drift = (0..5).map(|n| drift(&format!("ConfigMap/web/c{n}"), vec![])).collect();
    let (empty, held) = (plan(Vec::new()), held());
    let mut all = world.pipeline();
    all.environments[0].live = Live::Seen { health: healthy(), plan: &empty, conditions: &[] };
    all.environments[1].live = Live::Seen { health: unhealthy(), plan: &moved, conditions: &held };
    all.environments[2].live = Live::Unreachable("https://10.0.0.1: no route to host".into());
    assert_snapshot!(text::status(&all, &Style::PLAIN), @"
    Pipeline of shop at 2026-11-22T14:30:00Z

    ENV   RELEASE                      REVISION  AGE  HEALTH       DRIFT  GATE
    dev   2026-11-22.1 (222222222222)  b2b2b2b2  5h   healthy      0      open
    stg   2026-11-21.1 (111111111111)  a1a1a1a1  7h   unhealthy    5      held
    prod  never applied                -         -    unreachable  -      -

    stg
      Deployment.apps/web/api: Failed: 1 of 3 replicas are ready
      drift: ConfigMap/web/c0
      drift: ConfigMap/web/c1
      drift: ConfigMap/web/c2
      drift: and 2 objects more
      Plan: 1 to add, 0 to change, 0 to destroy.
      held: 1 approval is missing as peer (approvals)

    prod
      unreachable: https://10.0.0.1: no route to host

    Next
      dev: suimon promote dev stg  (stg lacks what dev has proved)
      stg: suimon plan stg  (something else has changed it)
      prod: suimon plan prod  (it could not be read)
    ");
    all.only = Some("dev");
    assert_snapshot!(text::status(&all, &Style::PLAIN), @"
    Pipeline of shop at 2026-11-22T14:30:00Z

    ENV  RELEASE                      REVISION  AGE  HEALTH   DRIFT  GATE
    dev  2026-11-22.1 (222222222222)  b2b2b2b2  5h   healthy  0      open

    Next
      dev: suimon promote dev stg  (stg lacks what dev has proved)
    ");
}

#[test]
fn what_was_recorded_alone() {
    let mut stg = Book::default();
    let broken = Attempt { break_glass: Some(glass()), ..attempt(RELEASE_2) };
    stg.apply("a", RELEASE_1).open("b", broken).close(
        "b",
        report(End::Complete, vec![]),
        healthy(),
    );
    stg.add(Event::Checked { release_id: RELEASE_2.into(), health: unhealthy() });
    stg.add(Event::Pinned {
        release_id: RELEASE_1.into(),
        release: Some("2026-11-21.1".into()),
        revision: REVISION_2.into(),
        from: RELEASE_2.into(),
        reason: "checkout fails".into(),
    });
    stg.open("c", Attempt { mode: suimon_gate::Mode::Rollback, ..attempt(RELEASE_1) });
    let stg = stg.history();
    let mut all = pipeline(vec![
        environment("dev", Ledger::None, RELEASE_1),
        environment("stg", Ledger::Read(&stg), RELEASE_2),
        environment("prod", Ledger::Damaged("record 3 was edited".into()), RELEASE_1),
    ]);
    all.environments[0].declared = Known::Unknown("envs/dev/environment.yaml: no such key".into());
    assert_snapshot!(text::status(&all, &Style::PLAIN), @"
    Pipeline of shop at 2026-11-22T14:30:00Z
    Nothing live was read: health is what was recorded last.

    ENV   RELEASE                      REVISION  AGE  HEALTH  DRIFT  GATE
    dev   not recorded                 -         -    -       -      -
    stg   2026-11-21.1 (111111111111)  a1a1a1a1  2h   -       -      -
    prod  LEDGER DAMAGED               -         -    -       -      -

    dev
      in no repository: nothing is recorded
      wrong files: envs/dev/environment.yaml: no such key

    stg
      BREAK-GLASS by aiko@example.com 6h ago, not acknowledged: payments are down
      locked by aiko@example.com for 2h: process 42 on laptop
      pinned to 2026-11-21.1 (111111111111) by aiko@example.com 3h ago: checkout fails
      declared and not applied: release 2026-11-22.1 (222222222222)

    prod
      damaged ledger: record 3 was edited

    Next
      dev: suimon validate dev  (its files are wrong)
      stg: waits: aiko@example.com is applying it
      prod: suimon history prod --verify  (its ledger is damaged)
    ");
}

#[test]
fn wide_long_and_hostile_names_keep_the_table_narrow() {
    let bad = "w\u{1b}[2J\u{202e}\n水門水門水門水門水門水門水門水門水門水門";
    let mut book = Book::default();
    let mut odd = attempt(RELEASE_1);
    (odd.release, odd.revision, odd.release_id) = (Some(bad.into()), Some(bad.into()), bad.into());
    odd.break_glass = Some(suimon_gate::BreakGlass { reason: bad.into(), by: bad.into() });
    book.open(bad, odd);
    book.records[0].record.actor.email = bad.into();
    let history = book.history();
    let mut plan = changes();
    plan.drift = vec![drift(&format!("ConfigMap/web/{}", "x".repeat(300)), vec![])];
    let conditions = [Condition::new(bad, State::Held, bad)];
    let mut odd = environment(bad, Ledger::Read(&history), RELEASE_2);
    odd.live = Live::Seen { health: unhealthy(), plan: &plan, conditions: &conditions };
    odd.holder_gone = Some(bad.into());
    let all = Pipeline { project: bad, ..pipeline(vec![odd]) };
    let text = text::status(&all, &Style::PLAIN);
    assert!(!text.contains(['\u{1b}', '\u{202e}']), "{text}");
    let table: Vec<&str> = text.lines().skip(2).take(2).collect();
    assert!(table.iter().all(|line| line.width() <= 100), "{table:#?}");
    assert!(table[0].starts_with("ENV"), "{text}");
    assert!(!text.lines().any(|line| line.starts_with('水')), "{text}");
}

#[test]
fn color_repeats_the_words_only() {
    let world = World::new();
    let held = held();
    let changes = changes();
    let mut all = world.pipeline();
    all.environments[1].live =
        Live::Seen { health: unhealthy(), plan: &changes, conditions: &held };
    let plain = text::status(&all, &Style::PLAIN);
    let colored = text::status(&all, &Style { color: true, ..Style::PLAIN });
    let mut stripped = String::new();
    for (number, part) in colored.split('\u{1b}').enumerate() {
        stripped.push_str(if number == 0 { part } else { part.split_once('m').unwrap().1 });
    }
    assert!(colored.len() > plain.len());
    assert_eq!(stripped, plain);
}

#[test]
fn json_has_the_same_facts() {
    let world = World::new();
    let (held, changes) = (held(), changes());
    let mut all = world.pipeline();
    all.environments[1].live =
        Live::Seen { health: unhealthy(), plan: &changes, conditions: &held };
    all.environments[2].live = Live::Unreachable("no route".into());
    let document = view::status(&all);
    let of =
        |pointer: &str| document.pointer(pointer).cloned().unwrap_or_else(|| panic!("{pointer}"));
    assert_eq!(of("/environments/0/applied/release/id"), RELEASE_2);
    assert_eq!(of("/environments/0/applied/proof/state"), "healthy");
    assert_eq!(of("/environments/0/next/command"), "suimon promote dev stg");
    assert_eq!(of("/environments/0/live"), serde_json::Value::Null);
    assert_eq!(of("/environments/1/live/gate/verdict"), "held");
    assert_eq!(of("/environments/1/live/health/word"), "unhealthy");
    assert_eq!(of("/environments/2/live/unreachable"), "no route");
    assert_eq!(of("/environments/2/applied"), serde_json::Value::Null);
    all.only = Some("prod");
    assert_eq!(view::status(&all)["environments"].as_array().unwrap().len(), 1);
}
