//! The same release, proved in the environment before this one, for long enough.

use jiff::Timestamp;
use suimon_gate::{Facts, Known, Mode, Proof, State, Upstream};
use suimon_model::{Gate, UpstreamRule};

use crate::world::{World, now};

/// Staging must have been healthy for 30 minutes; nobody has to approve.
fn soaked(proof: Known<Proof>) -> World {
    let mut world = World::new();
    world.facts.gate =
        Some(Gate { upstream: Some(UpstreamRule { healthy_for: 1800 }), ..Gate::default() });
    world.trust();
    world.facts.upstream = Some(Upstream { environment: "stg".into(), proof });
    world
}

fn at(minutes_ago: i64) -> Timestamp {
    Timestamp::from_second(now().as_second() - minutes_ago * 60).unwrap()
}

fn healthy(since: i64, until: Option<i64>) -> Known<Proof> {
    Known::Known(Proof::Healthy { since: at(since), until: until.map(at), record: "r1".into() })
}

fn line(world: &World) -> String {
    let condition = world.of("upstream").remove(0);
    format!("{}: {}", condition.state, condition.message)
}

#[test]
fn soak() {
    let release = "release 2026-11-22.3";
    let cases = [
        (
            healthy(30, None),
            format!("passed: {release} has been healthy in stg for 30m, 30m are asked for"),
        ),
        (
            healthy(90, None),
            format!("passed: {release} has been healthy in stg for 1h 30m, 30m are asked for"),
        ),
        (
            healthy(29, None),
            format!(
                "held: {release} has been healthy in stg for 29m of 30m: 1m are missing, opens at 2026-11-23T12:01:00Z"
            ),
        ),
        (
            healthy(0, None),
            format!(
                "held: {release} has been healthy in stg for 0s of 30m: 30m are missing, opens at 2026-11-23T12:30:00Z"
            ),
        ),
        (
            healthy(-10, None),
            format!(
                "held: {release} has been healthy in stg for 0s of 30m: 30m are missing, opens at 2026-11-23T12:40:00Z"
            ),
        ),
        (
            healthy(100, Some(60)),
            format!("passed: {release} was healthy in stg for 40m, 30m are asked for"),
        ),
        (
            healthy(100, Some(80)),
            format!(
                "held: {release} was healthy in stg for 20m of 30m, and was replaced there at 2026-11-23T10:40:00Z"
            ),
        ),
        (
            healthy(10, Some(-60)),
            format!(
                "held: {release} was healthy in stg for 10m of 30m, and was replaced there at 2026-11-23T13:00:00Z"
            ),
        ),
        (
            healthy(60, Some(70)),
            format!(
                "held: {release} was healthy in stg for 0s of 30m, and was replaced there at 2026-11-23T10:50:00Z"
            ),
        ),
        (
            Known::Known(Proof::Never { holds: None }),
            format!("held: stg has not proved {release}: it holds nothing yet"),
        ),
        (
            Known::Known(Proof::Never { holds: Some("2026-11-22.2".into()) }),
            format!("held: stg has not proved {release}: it holds 2026-11-22.2"),
        ),
        (
            Known::Known(Proof::Unhealthy { why: "Deployment.apps/web/a is Failed".into() }),
            format!(
                "held: {release} is applied in stg and not healthy: Deployment.apps/web/a is Failed"
            ),
        ),
        (
            Known::Known(Proof::Revoked { at: at(5), why: "a check failed".into() }),
            format!("held: stg had proved {release}, until 2026-11-23T11:55:00Z: a check failed"),
        ),
        (
            Known::Unknown("unreachable".into()),
            "held: the ledger of stg could not be read: unreachable".to_owned(),
        ),
    ];
    for (proof, wanted) in cases {
        let world = soaked(proof);
        assert_eq!(line(&world), wanted);
        assert_eq!(world.is_open(), wanted.starts_with("passed"), "{wanted}");
    }
}

#[test]
fn one_second_less_is_less() {
    let mut world = soaked(healthy(30, None));
    let second = |back: i64| Timestamp::from_second(now().as_second() - back).unwrap();
    world.facts.now = Some(second(1));
    assert_eq!(
        line(&world),
        "held: release 2026-11-22.3 has been healthy in stg for 29m 59s of 30m: 1s are missing, \
         opens at 2026-11-23T12:00:00Z"
    );
    world.facts.now = None;
    assert_eq!(line(&world), "held: the time is not known, so neither is how long it was healthy");
}

#[test]
fn no_soak_is_asked_for_and_a_proof_is() {
    let no_soak = |proof| {
        let mut world = soaked(proof);
        world.gate().upstream = Some(UpstreamRule { healthy_for: 0 });
        world
    };
    assert_eq!(
        line(&no_soak(healthy(0, None))),
        "passed: release 2026-11-22.3 has been healthy in stg for 0s"
    );
    assert!(!no_soak(healthy(-1, None)).is_open(), "healthy from the future");
    assert!(!no_soak(Known::Known(Proof::Never { holds: None })).is_open());
    assert!(!no_soak(Known::default()).is_open());
}

#[test]
fn a_soak_beyond_the_calendar_does_not_overflow() {
    let mut world = soaked(healthy(30, None));
    world.gate().upstream = Some(UpstreamRule { healthy_for: u64::MAX });
    assert!(
        line(&world).starts_with("held: release 2026-11-22.3 has been healthy in stg for 30m of")
    );
    world.facts.upstream = Some(Upstream {
        environment: "stg".into(),
        proof: Known::Known(Proof::Healthy {
            since: Timestamp::MIN,
            until: Some(Timestamp::MAX),
            record: "r".into(),
        }),
    });
    assert!(line(&world).starts_with("held"));
}

#[test]
fn the_first_environment_has_nothing_before_it() {
    let mut world = soaked(healthy(60, None));
    world.facts.upstream = None;
    assert_eq!(
        line(&world),
        "held: no environment is before this one, so none has proved anything"
    );
}

#[test]
fn a_rollback_does_not_need_it() {
    let mut world = soaked(Known::default());
    world.facts.mode = Mode::Rollback;
    assert_eq!(line(&world), "waived: a rollback goes to a release that was proved here");
    assert!(world.is_open());
}

#[test]
fn without_the_block_nothing_is_asked_of_it() {
    let mut world = soaked(Known::default());
    world.facts.gate = Some(Gate::default());
    world.trust();
    assert!(world.of("upstream").is_empty());
    assert!(world.is_open());
    assert_ne!(world.facts, Facts::default());
    assert!(world.judge().iter().all(|one| one.state != State::Held));
}
