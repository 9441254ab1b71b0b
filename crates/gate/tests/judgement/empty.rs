//! A plan without changes: no approvals, windows or checks, and still only what was proved.

use suimon_gate::{Known, Pin, Proof, State, Trusted, Upstream};
use suimon_model::{Check, HttpProbe, Probe, UpstreamRule, Window, WindowTimes};
use suimon_plan::Action;

use crate::world::{World, change, now};

/// Everything is asked for, and nothing is given; nothing changes either.
fn empty() -> World {
    let mut world = World::new();
    world.plan.changes.clear();
    let gate = world.gate();
    gate.upstream = Some(UpstreamRule { healthy_for: 60 });
    gate.windows = vec![Window {
        when: WindowTimes::Allow("Sat".into()),
        timezone: "UTC".into(),
        reason: None,
    }];
    gate.checks = vec![Check {
        name: "health".into(),
        probe: Probe::Http(HttpProbe {
            url: "https://example.com".into(),
            expect: 200,
            contains: None,
        }),
        timeout: 10,
    }];
    world.trust();
    world.facts.upstream = Some(Upstream {
        environment: "stg".into(),
        proof: Known::Known(Proof::Never { holds: None }),
    });
    world.facts.holds = Known::Known(Some(world.plan.release_id.clone()));
    world
}

#[test]
fn it_passes_without_approvals_windows_and_checks() {
    let world = empty();
    insta::assert_snapshot!(world.show(), @r"
    passed trusted-policy: who may approve is read from 111111111111, the last revision applied
    passed uncommitted: the gate is read from commit 4f0c2ab91d3e
    waived upstream: nothing changes, and release 2026-11-22.3 is here already
    waived approvals: peer: nothing changes, so nobody needs to approve
    waived window: nothing changes, so the time does not matter
    waived check: health: nothing changes, so it is not asked
    ");
    assert!(world.is_open());
}

#[test]
fn what_is_left_alone_is_no_change() {
    let mut world = empty();
    world.plan.changes.push(change("ConfigMap/web/a", Action::NoOp));
    assert!(world.is_open(), "{}", world.show());
}

type Spoil = fn(&mut World);

#[test]
fn it_is_held_by_the_rest() {
    let cases: &[(&str, Spoil, &str)] = &[
        (
            "another release is here",
            |w| {
                w.facts.holds = Known::Known(Some("sha256:other".into()));
            },
            "upstream",
        ),
        ("no release is here", |w| w.facts.holds = Known::Known(None), "upstream"),
        ("not known what is here", |w| w.facts.holds = Known::default(), "upstream"),
        ("uncommitted", |w| w.plan.revision = None, "uncommitted"),
        ("not on the branch", |w| w.facts.on_branch = Some(Known::Known(false)), "on-branch"),
        ("branch not known", |w| w.facts.on_branch = Some(Known::default()), "on-branch"),
        ("trusted revision not known", |w| w.facts.trusted = Trusted::default(), "trusted-policy"),
        ("policy changed", |w| w.gate().approvals.clear(), "policy-changed"),
        ("limits changed", |w| w.protect().max_deletes = Some(1), "policy-changed"),
        ("signers changed", |w| w.signer_file().push('\n'), "policy-changed"),
        (
            "revoked keys changed",
            |w| {
                w.facts.files.revoked_keys = Some(String::new());
            },
            "policy-changed",
        ),
        (
            "pinned elsewhere",
            |w| {
                w.facts.pin = Known::Known(Some(Pin {
                    release_id: "sha256:other".into(),
                    release: None,
                    revision: "r".into(),
                    by: "aiko@example.com".into(),
                    at: now(),
                    merged: false,
                }));
            },
            "pinned",
        ),
        ("pin not known", |w| w.facts.pin = Known::default(), "pinned"),
    ];
    for (case, spoil, rule) in cases {
        let mut world = empty();
        spoil(&mut world);
        let held = world.judge().into_iter().find(|one| one.state == State::Held);
        assert_eq!(held.map(|one| one.rule).as_deref(), Some(*rule), "{case}: {}", world.show());
        assert!(!world.is_open(), "{case}");
    }
}

#[test]
fn one_change_asks_for_everything() {
    let mut world = empty();
    world.plan.changes.push(change("ConfigMap/web/a", Action::Update));
    let held: Vec<String> = world
        .judge()
        .into_iter()
        .filter(|one| one.state == State::Held)
        .map(|one| one.rule)
        .collect();
    assert_eq!(held, ["upstream", "approvals", "window", "check"]);
}
