//! Breaking the glass: what it goes through, what it never does, and who may.

use suimon_gate::{
    BreakGlass, CheckAnswer, Condition, Known, Pin, Proof, State, Trusted, Upstream, Verdict,
};
use suimon_model::{BreakGlassRule, Check, Probe, UnknownRead, UpstreamRule, Window, WindowTimes};
use suimon_plan::{Action, Conflict, Refusal};

use crate::world::{World, change, now};

/// The glass may be broken, and aiko does.
fn glass() -> World {
    let mut world = World::new();
    world.gate().break_glass = Some(BreakGlassRule::default());
    world.trust();
    world.facts.break_glass =
        Some(BreakGlass { reason: "shop is down".into(), by: "aiko@example.com".into() });
    world
}

type Spoil = fn(&mut World);

fn window(text: &str) -> Window {
    Window { when: WindowTimes::Allow(text.into()), timezone: "UTC".into(), reason: None }
}

const WAIVED: &[(&str, Spoil)] = &[
    ("approvals", |_| {}),
    ("upstream", |w| {
        w.gate().upstream = Some(UpstreamRule { healthy_for: 60 });
        let proof = Known::Known(Proof::Never { holds: None });
        w.facts.upstream = Some(Upstream { environment: "stg".into(), proof });
        w.trust();
    }),
    ("window", |w| {
        w.gate().windows = vec![window("Sat-Sun")];
        w.trust();
    }),
    ("check", |w| {
        let probe = Probe::Command(vec!["true".into()]);
        w.gate().checks = vec![Check { name: "smoke".into(), probe, timeout: 1 }];
        w.facts.checks =
            vec![CheckAnswer { name: "smoke".into(), answer: Err("not run here".into()) }];
        w.trust();
    }),
    ("policy", |w| {
        w.facts.inspected.push(Condition::new("policy", State::Denied, "no"));
    }),
    ("images-pinned", |w| {
        w.facts.inspected.push(Condition::new("images-pinned", State::Held, "no"));
    }),
    ("pinned", |w| {
        w.facts.pin = Known::Known(Some(Pin {
            release_id: "sha256:other".into(),
            release: None,
            revision: "r".into(),
            by: "ben@example.com".into(),
            at: now(),
            merged: false,
        }));
    }),
];

#[test]
fn what_it_waives() {
    for (rule, spoil) in WAIVED {
        let mut world = glass();
        spoil(&mut world);
        assert!(world.is_open(), "{rule}: {}", world.show());
        let waived = world.of(rule);
        assert!(waived.iter().all(|one| one.state == State::Waived), "{rule}: {waived:?}");
        let Verdict::Open(approved) = world.verdict() else { panic!("{rule}") };
        assert_eq!(approved.break_glass(), Some("shop is down"), "{rule}");
        assert_eq!(approved.conditions(), world.judge());
        world.facts.break_glass = None;
        assert!(!world.is_open(), "{rule} was closed without it");
    }
}

const NEVER: &[(&str, Spoil)] = &[
    ("refused", |w| {
        w.plan.refused.push(Refusal {
            id: "Service/web/b".parse().unwrap(),
            code: "owned-by-another".into(),
            message: "belongs to Argo CD".into(),
            help: None,
            location: None,
        });
    }),
    ("unknown-state", |w| {
        w.plan.unknown.push(UnknownRead {
            id: None,
            group_kind: "Secret".into(),
            reason: "forbidden".into(),
        });
    }),
    ("conflict", |w| {
        w.plan.changes[0].conflicts.push(Conflict {
            field: ".spec.replicas".into(),
            manager: "other".into(),
            ours: None,
            theirs: None,
            repairs_drift: false,
        });
    }),
    ("protected-kind", |w| {
        w.protect().kinds.insert("ConfigMap".into());
        w.trust();
        w.plan.changes.push(change("ConfigMap/web/c", Action::Delete));
    }),
    ("max-deletes", |w| {
        w.protect().max_deletes = Some(0);
        w.trust();
        w.plan.changes.push(change("ConfigMap/web/c", Action::Delete));
    }),
    ("empty-environment", |w| {
        w.plan.changes = vec![change("ConfigMap/web/c", Action::Delete)];
        w.plan.declared = 0;
    }),
    ("uncommitted", |w| w.plan.revision = None),
    ("on-branch", |w| w.facts.on_branch = Some(Known::Known(false))),
    ("trusted-policy", |w| w.facts.trusted = Trusted::default()),
    ("policy-changed", |w| w.gate().approvals.clear()),
];

#[test]
fn what_it_never_waives() {
    for (rule, spoil) in NEVER {
        let mut world = glass();
        spoil(&mut world);
        assert!(!world.is_open(), "{rule}: {}", world.show());
        let closed = |one: &Condition| matches!(one.state, State::Held | State::Denied);
        assert!(world.of(rule).iter().any(closed), "{rule}: {}", world.show());
    }
}

#[test]
fn who_may_and_where() {
    let groups = |from: &[&str]| {
        Some(BreakGlassRule { from: from.iter().map(|one| (*one).to_owned()).collect() })
    };
    let cases = [
        (
            None,
            "aiko@example.com",
            Err("the gate in 111111111111, the last revision applied has no `breakGlass`"),
        ),
        (groups(&[]), "aiko@example.com", Ok(())),
        (groups(&[]), "anybody", Ok(())),
        (groups(&["team"]), "aiko@example.com", Ok(())),
        (groups(&["qa", "team"]), "aiko@example.com", Ok(())),
        (groups(&["team"]), "@Frank", Ok(())),
        (groups(&["team"]), "frank", Ok(())),
        (
            groups(&["team"]),
            "eve@example.com",
            Err("eve@example.com is not in a group that may break the glass: team"),
        ),
        (
            groups(&["team"]),
            "AIKO@example.com",
            Err("AIKO@example.com is not in a group that may break the glass: team"),
        ),
        (groups(&["team"]), "", Err(" is not in a group that may break the glass: team")),
        (
            groups(&["gone"]),
            "aiko@example.com",
            Err("aiko@example.com is not in a group that may break the glass: gone"),
        ),
    ];
    for (rule, by, wanted) in cases {
        let mut world = glass();
        world.gate().break_glass = rule;
        world.trust();
        world.facts.break_glass = Some(BreakGlass { reason: "down".into(), by: by.into() });
        let own = world.of("break-glass").remove(0);
        match wanted {
            Ok(()) => {
                assert_eq!(own.state, State::Warned, "{by}");
                assert_eq!(own.message, format!("{by} goes through the closed gate: down"));
                assert!(world.is_open());
            }
            Err(why) => {
                assert_eq!((own.state, own.message.as_str()), (State::Denied, why));
                assert!(matches!(world.verdict(), Verdict::Denied(_)), "{by}");
            }
        }
    }
}

#[test]
fn it_is_decided_before_the_change() {
    let mut world = glass();
    let Trusted::At { gate: Some(before), .. } = &mut world.facts.trusted else { panic!() };
    before.break_glass = None;
    assert!(matches!(world.verdict(), Verdict::Denied(_)), "allowed by the change only");
    let Trusted::At { gate, .. } = &mut world.facts.trusted else { panic!() };
    *gate = None;
    assert_eq!(
        world.of("break-glass")[0].message,
        "nothing to break: no gate in 111111111111, the last revision applied"
    );
    world.facts.trusted = Trusted::First;
    assert!(world.is_open(), "the first revision is its own judge: {}", world.show());
    world.facts.trusted = Trusted::default();
    assert!(matches!(world.verdict(), Verdict::Denied(_)));
}

#[test]
fn it_needs_a_reason() {
    for reason in ["", " ", "\n\t"] {
        let mut world = glass();
        world.facts.break_glass =
            Some(BreakGlass { reason: reason.into(), by: "aiko@example.com".into() });
        assert!(matches!(world.verdict(), Verdict::Denied(_)));
    }
}

#[test]
fn an_open_gate_is_not_broken() {
    let mut world = glass();
    world.approve("ben");
    let Verdict::Open(approved) = world.verdict() else { panic!("{}", world.show()) };
    assert_eq!(approved.break_glass(), None);
    let own = world.of("break-glass").remove(0);
    assert_eq!(own.state, State::Passed);
}
