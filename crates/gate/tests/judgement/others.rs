//! Checks, windows, pins, branches and findings, as they come.

use suimon_gate::{
    CheckAnswer, Condition, Finding, Known, Mode, Pin, Proof, State, Trusted, Upstream, Verdict,
};
use suimon_model::{Check, Gate, Probe, RollbackRule, UpstreamRule, Window, WindowTimes};

use crate::world::{World, now};

/// A gate without approvals.
fn gated(gate: Gate) -> World {
    let mut world = World::new();
    world.facts.gate = Some(gate);
    world.trust();
    world
}

fn check(name: &str) -> Check {
    Check { name: name.into(), probe: Probe::Command(vec!["true".into()]), timeout: 10 }
}

fn line(world: &World, rule: &str) -> String {
    let lines = world.of(rule).into_iter();
    lines.map(|one| format!("{}: {}", one.state, one.message)).collect::<Vec<_>>().join("; ")
}

#[test]
fn every_declared_check_needs_a_good_answer() {
    let answer = |name: &str, answer: Result<(), &str>| CheckAnswer {
        name: name.into(),
        answer: answer.map_err(str::to_owned),
    };
    let cases = [
        (vec![], "held: smoke: it was not asked"),
        (vec![answer("smoke", Ok(()))], "passed: smoke: as wanted"),
        (vec![answer("smoke", Err("not run here"))], "held: smoke: not run here"),
        (vec![answer("smoke", Err("status 503"))], "held: smoke: status 503"),
        (vec![answer("other", Ok(()))], "held: smoke: it was not asked"),
        (vec![answer("Smoke", Ok(()))], "held: smoke: it was not asked"),
        (vec![answer("smoke", Ok(())), answer("smoke", Err("twice"))], "held: smoke: twice"),
        (vec![answer("smoke", Err("a\u{1b}[31m"))], "held: smoke: a [31m"),
    ];
    for (answers, wanted) in cases {
        let mut world = gated(Gate { checks: vec![check("smoke")], ..Gate::default() });
        world.facts.checks = answers;
        assert_eq!(line(&world, "check"), wanted);
        assert_eq!(world.is_open(), wanted.starts_with("passed"));
    }
    let mut world = gated(Gate { checks: vec![check("a"), check("b")], ..Gate::default() });
    world.facts.checks = vec![answer("a", Ok(()))];
    assert_eq!(line(&world, "check"), "passed: a: as wanted; held: b: it was not asked");
    let long = "n".repeat(500);
    let mut world = gated(Gate { checks: vec![check(&long)], ..Gate::default() });
    world.facts.checks = vec![answer(&long, Ok(()))];
    assert!(world.is_open(), "{}", world.show());
}

#[test]
fn a_rollback_asks_for_windows_and_checks_where_its_block_says_so() {
    for (windows, checks) in [(false, false), (true, false), (false, true), (true, true)] {
        let window =
            Window { when: WindowTimes::Allow("Sat".into()), timezone: "UTC".into(), reason: None };
        let rollback = RollbackRule { approvals: Vec::new(), windows, checks };
        let mut world = gated(Gate {
            windows: vec![window],
            checks: vec![check("smoke")],
            rollback: Some(rollback),
            ..Gate::default()
        });
        world.facts.mode = Mode::Rollback;
        let state = |asked: bool| if asked { State::Held } else { State::Waived };
        assert_eq!(world.of("window")[0].state, state(windows));
        assert_eq!(world.of("check")[0].state, state(checks));
        world.gate().rollback = None;
        world.trust();
        assert_eq!(world.of("window")[0].state, State::Held, "no block asks for everything");
        assert_eq!(world.of("check")[0].state, State::Held);
    }
}

#[test]
fn windows_that_cannot_be_read_hold() {
    let cases = [
        ("Mon 25:00-26:00", "UTC", "window 1 cannot be read"),
        ("Mon-Fri", "Mars/Olympus", "`Mars/Olympus` is not a time zone"),
        ("", "UTC", "there are no times"),
    ];
    for (text, zone, wanted) in cases {
        let when = WindowTimes::Allow(text.into());
        let window = Window { when, timezone: zone.into(), reason: None };
        let world = gated(Gate { windows: vec![window], ..Gate::default() });
        assert!(line(&world, "window").contains(wanted), "{}", line(&world, "window"));
        assert!(!world.is_open());
    }
    let when = WindowTimes::Allow("Mon-Sun".into());
    let window = Window { when, timezone: "UTC".into(), reason: None };
    let mut world = gated(Gate { windows: vec![window], ..Gate::default() });
    assert!(world.is_open());
    world.facts.now = None;
    assert_eq!(line(&world, "window"), "held: the time is not known");
}

#[test]
fn a_pin_holds_until_its_revert_is_merged() {
    let pin = |merged: bool, release: &str| {
        Known::Known(Some(Pin {
            release_id: release.into(),
            release: Some("2026-11-20.1".into()),
            revision: "abcdef0123456789".into(),
            by: "aiko@example.com".into(),
            at: now(),
            merged,
        }))
    };
    let held = "a rollback by aiko@example.com at 2026-11-23T12:00:00Z holds release 2026-11-20.1";
    let cases = [
        (
            Mode::Forward,
            pin(false, "sha256:o"),
            format!("held: {held}, and its revert abcdef012345 is not merged"),
        ),
        (Mode::Forward, pin(true, "sha256:o"), format!("passed: {held}, and its revert is merged")),
        (
            Mode::Forward,
            pin(false, "sha256:5e1ea5e"),
            format!("passed: {held}, and that is what would be applied"),
        ),
        (
            Mode::Rollback,
            pin(false, "sha256:o"),
            format!("passed: {held}, and another rollback may replace it"),
        ),
        (
            Mode::Forward,
            Known::Unknown("no ledger".into()),
            "held: it is not known whether a rollback holds the environment: no ledger".to_owned(),
        ),
        (Mode::Forward, Known::Known(None), String::new()),
    ];
    for gate in [None, Some(Gate::default())] {
        for (mode, pin, wanted) in &cases {
            let mut world = World::new();
            (world.facts.gate, world.facts.mode) = (gate.clone(), *mode);
            world.trust();
            world.facts.pin = pin.clone();
            assert_eq!(line(&world, "pinned"), *wanted);
            assert_eq!(world.is_open(), !wanted.starts_with("held"), "{wanted}");
        }
    }
}

#[test]
fn a_gated_environment_is_applied_from_the_protected_branch() {
    let cases = [
        (None, ""),
        (Some(Known::Known(true)), "passed: 4f0c2ab91d3e is on the protected branch"),
        (Some(Known::Known(false)), "held: 4f0c2ab91d3e is not on the protected branch"),
        (
            Some(Known::Unknown("shallow clone".into())),
            "held: it is not known whether 4f0c2ab91d3e is on the protected branch: shallow clone",
        ),
    ];
    for (on_branch, wanted) in cases {
        let mut world = gated(Gate::default());
        world.facts.on_branch = on_branch.clone();
        assert_eq!(line(&world, "on-branch"), wanted);
        assert_eq!(world.is_open(), !wanted.starts_with("held"));
        let mut world = World::new();
        world.facts.gate = None;
        world.trust();
        world.facts.on_branch = on_branch;
        assert!(world.is_open(), "an environment without a gate is applied from anywhere");
    }
}

#[test]
fn findings_are_passed_on_as_they_are() {
    let states = [State::Passed, State::Warned, State::Held, State::Denied];
    for state in states {
        let mut world = gated(Gate::default());
        let found = Condition::new("limits-set", state, "Deployment.apps/web/a").help("set limits");
        world.facts.inspected = vec![found.clone()];
        assert_eq!(world.of("limits-set"), std::slice::from_ref(&found));
        match (state, world.verdict()) {
            (State::Passed | State::Warned, Verdict::Open(approved)) => {
                assert!(approved.conditions().contains(&found));
            }
            (State::Held, Verdict::Held(reasons)) | (State::Denied, Verdict::Denied(reasons)) => {
                assert_eq!(reasons, [Finding::from(&found)]);
            }
            (_, other) => panic!("{state}: {other:?}"),
        }
    }
}

#[test]
fn everything_at_once_is_said_at_once() {
    let mut world = World::new();
    world.gate().checks = vec![check("smoke")];
    world.gate().windows = vec![Window {
        when: WindowTimes::Freeze("2026-11-20..2026-11-30".into()),
        timezone: "Asia/Tokyo".into(),
        reason: Some("sale".into()),
    }];
    world.facts.on_branch = Some(Known::Known(false));
    world.facts.inspected = vec![Condition::new("limits-set", State::Passed, "all are set")];
    world.trust();
    world.protect().max_deletes = Some(4);
    insta::assert_snapshot!(world.show(), @r"
    passed max-deletes: 0 owned objects would be deleted or replaced, `maxDeletes` is 4
    passed trusted-policy: who may approve is read from 111111111111, the last revision applied
    passed uncommitted: the gate is read from commit 4f0c2ab91d3e
    held on-branch: 4f0c2ab91d3e is not on the protected branch
    held policy-changed: `protect` changed since 111111111111, the last revision applied: who could approve before must approve that
    held approvals: peer: 0 of 1 approval
    held window: frozen by `2026-11-20..2026-11-30` Asia/Tokyo (sale): opens Tue 2026-12-01 00:00 Asia/Tokyo
    held check: smoke: it was not asked
    passed limits-set: all are set
    ");
}

/// Everything is asked for, and everything is as wanted.
fn open() -> World {
    let mut world = World::new();
    let gate = world.gate();
    gate.upstream = Some(UpstreamRule { healthy_for: 60 });
    gate.checks = vec![check("smoke")];
    gate.windows = vec![Window {
        when: WindowTimes::Allow("Mon".into()),
        timezone: "UTC".into(),
        reason: None,
    }];
    world.trust();
    let since = "2026-11-23T11:00:00Z".parse().unwrap();
    world.facts.upstream = Some(Upstream {
        environment: "stg".into(),
        proof: Known::Known(Proof::Healthy { since, until: None, record: "r1".into() }),
    });
    world.facts.checks = vec![CheckAnswer { name: "smoke".into(), answer: Ok(()) }];
    world.facts.on_branch = Some(Known::Known(true));
    world.approve("ben");
    world
}

type Forget = fn(&mut World);

#[test]
fn whatever_is_not_known_holds_and_nothing_else_gives_way() {
    assert!(open().is_open(), "{}", open().show());
    let cases: &[(&str, Forget)] = &[
        ("trusted-policy", |w| w.facts.trusted = Trusted::default()),
        ("on-branch", |w| w.facts.on_branch = Some(Known::default())),
        ("pinned", |w| w.facts.pin = Known::default()),
        ("upstream", |w| w.facts.upstream.as_mut().unwrap().proof = Known::default()),
        ("upstream", |w| w.facts.upstream = None),
        ("upstream", |w| w.facts.now = None),
        ("approvals", |w| w.facts.now = None),
        ("window", |w| w.facts.now = None),
        ("approvals", |w| w.facts.approvals = Known::default()),
        ("approvals", |w| w.facts.authors = Known::default()),
        ("check", |w| w.facts.checks.clear()),
    ];
    for (rule, forget) in cases {
        let mut world = open();
        forget(&mut world);
        assert!(!world.is_open(), "{rule}");
        assert!(world.of(rule).iter().any(|one| one.state == State::Held), "{}", world.show());
        let before = open().judge();
        for condition in world.judge() {
            let known = before.iter().find(|one| one.rule == condition.rule);
            let known = known.map(|one| one.state);
            assert!(known.is_none_or(|state| condition.state >= state), "{rule}: {condition:?}");
        }
    }
}
