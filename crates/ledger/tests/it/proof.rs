//! What a history says about a release.

use suimon_gate::Proof;

use crate::script::history;
use crate::support::T0;

fn proof(script: &str, release: &str) -> String {
    let second = |time: jiff::Timestamp| time.as_second() - T0;
    match history(script).proof(&format!("sha256:{release}")) {
        Proof::Never { holds } => format!("never, holds {}", holds.as_deref().unwrap_or("nothing")),
        Proof::Unhealthy { why } => format!("unhealthy: {why}"),
        Proof::Healthy { since, until, record } => {
            let until = until.map(|until| format!(" until {}", second(until))).unwrap_or_default();
            format!("healthy since {}{until} by {record}", second(since))
        }
        Proof::Revoked { at, why } => format!("revoked at {}: {why}", second(at)),
    }
}

const SICK: &str = "Deployment.apps/web/api is Failed: 0 of 3 replicas are ready";
const FAILED: &str = "1 of its objects failed, the first was Deployment.apps/web/api";

#[test]
fn a_release_is_proved_by_whole_healthy_runs_only() {
    for (script, expected) in [
        ("", "never, holds nothing".to_owned()),
        ("b ok", "never, holds b".to_owned()),
        ("refuse a; no-plan; check a ok", "never, holds nothing".to_owned()),
        ("open a", "unhealthy: it is being applied".to_owned()),
        ("a ok", "healthy since 2 by c2".to_owned()),
        ("a sick", format!("unhealthy: {SICK}")),
        ("a failed", format!("unhealthy: {FAILED}")),
        ("a stopped", "unhealthy: its apply was interrupted".to_owned()),
        ("open a; take", "unhealthy: its run was abandoned".to_owned()),
        ("open a; take; late ok", "unhealthy: its run was abandoned".to_owned()),
        (
            "open a target; close ok",
            "unhealthy: only a part of it was applied (--target)".to_owned(),
        ),
        ("a sick; check a ok", format!("unhealthy: {SICK}")),
        ("a sick; a ok", "healthy since 4 by c4".to_owned()),
        ("open a target; close ok; a ok", "healthy since 4 by c4".to_owned()),
        ("open a; take; a ok", "healthy since 4 by c4".to_owned()),
        ("open a rollback; close ok", "healthy since 2 by c2".to_owned()),
        ("open a dirty; close ok", "healthy since 2 by c2".to_owned()),
    ] {
        assert_eq!(proof(script, "a"), expected, "{script}");
    }
}

#[test]
fn a_proof_lasts_while_nothing_speaks_against_it() {
    for (script, expected) in [
        ("a ok; a ok", "healthy since 2 by c2".to_owned()),
        ("a ok; open a", "healthy since 2 until 3 by c2".to_owned()),
        ("a ok; open a; close ok", "healthy since 2 by c2".to_owned()),
        ("a ok; check a ok; refuse b; no-plan; check b sick", "healthy since 2 by c2".to_owned()),
        ("a ok; open a target; close ok", "healthy since 2 by c2".to_owned()),
        ("a ok; open b", "healthy since 2 until 3 by c2".to_owned()),
        ("a ok; b ok; c ok", "healthy since 2 until 3 by c2".to_owned()),
        ("a ok; b ok; check a sick", "healthy since 2 until 3 by c2".to_owned()),
        ("a ok; open b; close sick", "healthy since 2 until 3 by c2".to_owned()),
        ("a ok; b ok; open a", "healthy since 2 until 3 by c2".to_owned()),
        ("a ok; b ok; a ok", "healthy since 6 by c6".to_owned()),
        ("a ok; pin a from b", "healthy since 2 by c2".to_owned()),
        ("a ok; open a; close ok; b ok; unpin", "healthy since 2 until 5 by c2".to_owned()),
        ("b ok; open b; take; a ok; late failed", "healthy since 6 by c6".to_owned()),
    ] {
        assert_eq!(proof(script, "a"), expected, "{script}");
    }
}

#[test]
fn a_bad_end_a_failed_check_and_a_rollback_revoke_it() {
    for (script, expected) in [
        ("a ok; check a sick", format!("revoked at 3: {SICK}")),
        ("a ok; check a sick; check a ok", format!("revoked at 3: {SICK}")),
        ("a ok; check a sick; a failed", format!("revoked at 3: {SICK}")),
        ("a ok; a sick", format!("revoked at 4: {SICK}")),
        ("a ok; a failed", format!("revoked at 4: {FAILED}")),
        ("a ok; a stopped", "revoked at 4: its apply was interrupted".to_owned()),
        ("a ok; open a target; close sick", format!("revoked at 4: {SICK}")),
        ("a ok; open a; take", "revoked at 4: its run was abandoned".to_owned()),
        ("a ok; open a; take; late ok", "revoked at 4: its run was abandoned".to_owned()),
        ("a ok; pin b from a", "revoked at 3: it was rolled back to b".to_owned()),
        ("a ok; pin b from c", "revoked at 3: it was rolled back to b".to_owned()),
        (
            "a ok; open b rollback; close ok; pin b from a",
            "revoked at 3: it was rolled back to b".to_owned(),
        ),
        ("a ok; b ok; pin b from a", "revoked at 5: it was rolled back to b".to_owned()),
        ("a ok; b ok; a sick", format!("revoked at 6: {SICK}")),
        ("a ok; check a sick; a ok", "healthy since 5 by c5".to_owned()),
        ("a ok; check a sick; b ok; a ok", "healthy since 7 by c7".to_owned()),
        ("a ok; pin b from a; a ok", "healthy since 5 by c5".to_owned()),
    ] {
        assert_eq!(proof(script, "a"), expected, "{script}");
    }
}

#[test]
fn only_what_is_proved_is_eligible() {
    for (script, expected) in [
        ("", "no: nothing was applied yet".to_owned()),
        ("a ok", "c2 a".to_owned()),
        ("a ok; a ok", "c4 a".to_owned()),
        ("a ok; check a ok; refuse b", "c2 a".to_owned()),
        ("a ok; open a target; close ok", "c2 a".to_owned()),
        ("a ok; open b", "no: b is being applied by Aiko".to_owned()),
        ("a ok; b failed", format!("no: b is not healthy: {FAILED}")),
        ("a ok; b sick", format!("no: b is not healthy: {SICK}")),
        (
            "a ok; open b target; close ok",
            "no: b is not healthy: only a part of it was applied (--target)".to_owned(),
        ),
        ("a ok; open b; take", "no: b is not healthy: its run was abandoned".to_owned()),
        ("a ok; check a sick", format!("no: a is not healthy since 2026-05-28T20:26:43Z: {SICK}")),
        (
            "a ok; b ok; open a rollback; close ok; pin a from b",
            "no: a rollback by Aiko holds it at a: errors".to_owned(),
        ),
        ("a ok; b ok; open a rollback; close ok; pin a from b; unpin", "c6 a".to_owned()),
        (
            "open a dirty; close ok",
            "no: a was applied from files that are not committed".to_owned(),
        ),
    ] {
        let history = history(script);
        let found = match history.eligible() {
            Ok(applied) => {
                format!("{} {}", applied.record.id, applied.attempt.release.as_deref().unwrap())
            }
            Err(why) => format!("no: {why}"),
        };
        assert_eq!(found, expected, "{script}");
        assert_eq!(history.proved().is_some(), !expected.starts_with("no"), "{script}");
    }
}
