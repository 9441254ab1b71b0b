//! The other questions to a history.

use crate::script::history;
use crate::support::{at, inventory};

#[test]
fn the_environment_holds_what_was_opened_last() {
    for (script, holds, closed) in [
        ("refuse a; no-plan", None, None),
        ("a ok", Some("a"), Some(("c2", false))),
        ("a ok; refuse b; check a ok", Some("a"), Some(("c2", false))),
        ("a ok; open b", Some("b"), None),
        ("a ok; b failed", Some("b"), Some(("c4", false))),
        ("open a; take", Some("a"), None),
        ("open a; take; late ok", Some("a"), Some(("c3", true))),
        ("open a; take; open b; late ok", Some("b"), None),
        ("open a; take; open b; late ok; close ok", Some("b"), Some(("c5", false))),
    ] {
        let history = history(script);
        let held = history.holds();
        assert_eq!(held.map(|held| held.attempt.release.as_deref().unwrap()), holds, "{script}");
        let found = held.and_then(|held| held.closed).map(|end| (end.record.id.as_str(), end.late));
        assert_eq!(found, closed, "{script}");
    }
}

#[test]
fn the_lock_is_the_last_run_without_an_end() {
    for (script, open) in [
        ("", None),
        ("open a", Some("r1")),
        ("open a; refuse b; check a ok; no-plan", Some("r1")),
        ("open a; close failed", None),
        ("open a; take", None),
        ("open a; take; late ok", None),
        ("open a; take; open b", Some("r2")),
        ("open a; take; open b; late ok", Some("r2")),
        ("open a; take; open b; late ok; close ok", None),
    ] {
        let history = history(script);
        assert_eq!(history.open_run().map(|open| open.run), open, "{script}");
    }
}

#[test]
fn who_may_approve_is_told_by_the_last_whole_forward_run() {
    for (script, revision) in [
        ("", None),
        ("open a", None),
        ("a ok", Some("a-commit")),
        ("a sick", Some("a-commit")),
        ("a ok; open b", Some("a-commit")),
        ("a ok; b failed", Some("a-commit")),
        ("a ok; b stopped", Some("a-commit")),
        ("a ok; open b target; close ok", Some("a-commit")),
        ("a ok; b ok; open a rollback; close ok", Some("b-commit")),
        ("a ok; open b dirty; close ok", Some("a-commit")),
        ("a ok; open b; take; late ok", Some("a-commit")),
        ("a ok; refuse b; check a ok", Some("a-commit")),
    ] {
        assert_eq!(history(script).trusted_revision().as_deref(), revision, "{script}");
    }
}

#[test]
fn a_pin_holds_until_it_is_taken_out() {
    for (script, pin) in [
        ("a ok", None),
        ("a ok; pin a from b", Some(("c3", "sha256:a", "sha256:b"))),
        ("pin a from b; a ok", Some(("c1", "sha256:a", "sha256:b"))),
        ("pin a from b; unpin", None),
        ("pin a from b; unpin; pin c from d", Some(("c3", "sha256:c", "sha256:d"))),
        ("pin a from b; pin c from a", Some(("c2", "sha256:c", "sha256:a"))),
    ] {
        let history = history(script);
        let found = history.pin().map(|pin| (pin.record.id.as_str(), pin.release_id, pin.from));
        assert_eq!(found, pin, "{script}");
    }
    let pinned = history("pin a from b");
    let pin = pinned.pin().unwrap();
    assert_eq!((pin.revision, pin.reason, pin.at), ("revert", "errors", at(1)));
    assert_eq!((pin.release, pin.by.name.as_str()), (Some("a"), "Aiko"));
}

#[test]
fn broken_glass_is_shown_until_somebody_has_seen_it() {
    for (script, expected) in [
        ("a ok; refuse b", vec![]),
        ("open a glass; close ok", vec!["c1"]),
        ("open a glass; close ok; b ok", vec!["c1"]),
        ("open a glass; close ok; seen c1", vec![]),
        ("open a glass; close ok; open b glass; close ok; seen c1", vec!["c3"]),
        ("refuse a glass", vec!["c1"]),
    ] {
        let history = history(script);
        let found: Vec<&str> = history.unacknowledged().iter().map(|one| one.id.as_str()).collect();
        assert_eq!(found, expected, "{script}");
    }
}

#[test]
fn proved_releases_come_newest_first_with_how_they_stand() {
    let history = history("a ok; b ok; c sick; open d target; close ok; b ok; pin b from c; a ok");
    let found: Vec<(&str, &str, bool)> = history
        .releases()
        .iter()
        .map(|one| {
            (one.applied.attempt.release_id.as_str(), one.applied.record.id.as_str(), one.holds)
        })
        .collect();
    assert_eq!(found, [("sha256:a", "c13", true), ("sha256:b", "c10", false)]);
}

#[test]
fn the_inventory_is_of_the_last_end_in_time() {
    assert_eq!(history("open a").inventory(), None);
    assert_eq!(history("open a; take; late ok").inventory(), None);
    assert_eq!(history("a failed; open b").inventory(), Some(&inventory()));
}

#[test]
fn records_are_found_by_id() {
    let history = history("a ok");
    assert_eq!(history.find("c2").unwrap().record.number, 2);
    assert_eq!(history.find("c3"), None);
    assert_eq!(history.last().unwrap().id, "c2");
}
