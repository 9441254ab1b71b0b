//! Who may approve was decided before the change: nobody changes that and approves it themselves.

use std::collections::BTreeMap;

use suimon_gate::{Known, Mode, State, Trusted};
use suimon_model::{BreakGlassRule, Gate, RollbackRule};

use crate::world::{BEFORE, World, public, rule, signers};

type Spoil = fn(&mut World);

const LOOSER: &[(&str, Spoil)] = &[
    ("nothing", |_| {}),
    ("gate removed", |w| w.facts.gate = None),
    ("approvals removed", |w| w.gate().approvals.clear()),
    ("none required", |w| w.gate().approvals[0].required = 0),
    ("role renamed", |w| w.gate().approvals[0].role = "eve".into()),
    ("any group", |w| w.gate().approvals[0].from.clear()),
    ("other group", |w| w.gate().approvals[0].from = vec!["qa".into()]),
    ("member added", |w| {
        w.approvers().groups.get_mut("team").unwrap().push("eve@example.com".into());
    }),
    ("group replaced", |w| {
        w.approvers().groups.insert("team".into(), vec!["eve@example.com".into()]);
    }),
    ("group renamed", |w| {
        let qa = w.approvers().groups.remove("qa").unwrap();
        w.approvers().groups = BTreeMap::from([("team".to_owned(), qa)]);
    }),
    ("key of a member replaced", |w| {
        *w.signer_file() = signers(&[("ben@example.com,eve@example.com", "eve")]);
    }),
    ("other file", |w| {
        w.approvers().allowed_signers = Some("mine".into());
        w.facts.files.allowed_signers = Some(signers(&[("ben@example.com", "eve")]));
    }),
    ("reviews count", |w| {
        w.approvers().forge = true;
        w.approvers().groups.get_mut("team").unwrap().push("@eve".into());
        w.review("eve");
    }),
    ("glass may be broken", |w| {
        w.gate().break_glass = Some(BreakGlassRule::default());
    }),
    ("a rollback needs nothing", |w| {
        w.gate().rollback = Some(RollbackRule::default());
        w.facts.mode = Mode::Rollback;
    }),
    ("no approvers", |w| w.gate().approvers = None),
];

/// Eve is asked for nothing before this change, and approves.
#[test]
fn a_change_that_loosens_the_gate_is_held_by_the_gate_of_before() {
    for (case, spoil) in LOOSER {
        let mut world = World::new();
        spoil(&mut world);
        world.approve("eve");
        let held: Vec<String> = world
            .judge()
            .into_iter()
            .filter(|one| one.state == State::Held)
            .map(|one| one.message)
            .collect();
        assert!(held.iter().any(|one| one.starts_with("peer: 0 of 1")), "{case}: {}", world.show());
        let changed = world.of("policy-changed");
        assert_eq!(changed.len(), usize::from(*case != "nothing"), "{case}");
        world.plan.changes.clear();
        assert_eq!(world.is_open(), *case == "nothing", "{case}, empty: {}", world.show());
    }
}

#[test]
fn who_could_approve_before_can_approve_the_new_policy() {
    let cases: &[(&str, Spoil)] = &[
        ("gate removed", |w| w.facts.gate = None),
        ("approvals removed", |w| w.gate().approvals.clear()),
        ("limits", |w| w.protect().max_deletes = Some(100)),
        ("member added", |w| {
            w.approvers().groups.get_mut("team").unwrap().push("eve@example.com".into());
        }),
        ("group renamed", |w| {
            let team = w.approvers().groups.remove("team").unwrap();
            w.approvers().groups.insert("sre".into(), team);
            w.gate().approvals[0].from = vec!["sre".into()];
        }),
        ("another signer added", |w| *w.signer_file() += &signers(&[("old@example.com", "old")])),
        ("comment added to the signers", |w| *w.signer_file() += "# as of today\n"),
        ("another revoked", |w| {
            w.approvers().revoked_keys = Some("revoked".into());
            w.facts.files.revoked_keys = Some(public("old"));
        }),
    ];
    for (case, spoil) in cases {
        for empty in [false, true] {
            let mut world = World::new();
            spoil(&mut world);
            if empty {
                world.plan.changes.clear();
            }
            assert!(!world.is_open(), "{case}");
            assert_eq!(world.of("policy-changed")[0].state, State::Held, "{case}");
            world.approve("ben");
            assert!(world.is_open(), "{case}: {}", world.show());
            assert_eq!(world.of("policy-changed")[0].state, State::Passed, "{case}");
        }
    }
}

#[test]
fn what_changed_is_named() {
    let mut world = World::new();
    world.plan.changes.clear();
    world.gate().approvals.clear();
    world.protect().max_deletes = Some(3);
    world.signer_file().clear();
    world.facts.files.revoked_keys = Some(String::new());
    insta::assert_snapshot!(world.of("policy-changed")[0].message, @"`gate`, `protect`, the allowed signers, the revoked keys changed since 111111111111, the last revision applied: who could approve before must approve that");
}

#[test]
fn the_first_revision_is_its_own_judge() {
    let mut world = World::new();
    world.facts.trusted = Trusted::First;
    world.approve("eve");
    world.assert_held("first", "not in team in the revision to apply");
    world.approve("ben");
    assert!(world.is_open(), "{}", world.show());
    insta::assert_snapshot!(world.of("trusted-policy")[0].message, @"who may approve is read from the revision itself, the first one here");
}

#[test]
fn where_nobody_was_asked_before_the_revision_is_its_own_judge() {
    for gate in [None, Some(Gate::default())] {
        let mut world = World::new();
        let Trusted::At { gate: before, .. } = &mut world.facts.trusted else { panic!() };
        *before = gate;
        world.assert_held("asked for now", "peer: 0 of 1 approval");
        world.approve("ben");
        assert!(world.is_open(), "{}", world.show());
        assert!(world.of("policy-changed").is_empty());
    }
}

#[test]
fn a_gate_that_was_there_before_keeps_uncommitted_files_out() {
    let mut world = World::new();
    let Trusted::At { gate: before, .. } = &mut world.facts.trusted else { panic!() };
    *before = Some(Gate::default());
    world.facts.gate = None;
    world.plan.revision = None;
    assert_eq!(world.of("uncommitted")[0].state, State::Held);
    assert!(!world.is_open());
    world.plan.revision = Some("4f0c".into());
    assert!(world.is_open(), "{}", world.show());
    world.facts.on_branch = Some(Known::Known(false));
    assert_eq!(world.of("on-branch")[0].state, State::Held);
}

#[test]
fn what_cannot_be_read_is_not_absent() {
    for empty in [false, true] {
        for gated in [false, true] {
            let mut world = World::new();
            world.facts.trusted = Trusted::Unknown(format!("{BEFORE} is not in this clone"));
            if empty {
                world.plan.changes.clear();
            }
            if !gated {
                world.facts.gate = None;
            }
            world.approve("ben");
            assert!(!world.is_open(), "{empty} {gated}");
            assert_eq!(world.of("trusted-policy")[0].state, State::Held);
        }
    }
}

/// Before: two approve a rollback. The files are the same now.
fn rollback(before: RollbackRule) -> World {
    let mut world = World::new();
    world.gate().rollback = Some(before);
    world.trust();
    world.facts.mode = Mode::Rollback;
    world
}

#[test]
fn a_rollback_asks_for_what_its_block_says() {
    let mut world = World::new();
    world.facts.mode = Mode::Rollback;
    world.assert_held("no block", "peer: 0 of 1 approval");
    assert!(rollback(RollbackRule::default()).is_open());
    let mut world = rollback(RollbackRule {
        approvals: vec![rule("oncall", 1, &["qa"])],
        ..RollbackRule::default()
    });
    world.approve("ben");
    world.assert_held("another role", "oncall: 0 of 1 approval");
    world.approve_as("eve", |s| s.role = "oncall".into());
    assert!(world.is_open(), "{}", world.show());
}

#[test]
fn a_rollback_that_changes_the_policy_is_no_rollback() {
    let cases: &[Spoil] = &[
        |w| w.gate().approvals.clear(),
        |w| w.gate().rollback = None,
        |w| w.signer_file().clear(),
        |w| w.protect().max_deletes = Some(9),
    ];
    for spoil in cases {
        let mut world = rollback(RollbackRule::default());
        spoil(&mut world);
        world.assert_held("policy changed", "peer: 0 of 1 approval");
    }
}

#[test]
fn a_rollback_is_before_its_merge() {
    let mut world = rollback(RollbackRule::default());
    world.facts.on_branch = Some(Known::Known(false));
    assert_eq!(world.of("on-branch")[0].state, State::Waived);
    assert!(world.is_open());
    world.plan.revision = None;
    assert!(!world.is_open(), "a rollback is a commit all the same");
}
