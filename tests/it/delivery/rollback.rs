//! Rollback: back to what was proved, and held there until the revert is merged.

use serde_json::Value;

use crate::delivery::promotion::Line;
use crate::run::Ran;

/// Two releases after the first, all the way to `prod`.
fn thrice(stg: &str, prod: &str) -> Line {
    let line = Line::applied(stg, prod);
    for version in ["2", "3"] {
        line.release(version);
        line.move_on("dev", "stg");
        line.move_on("stg", "prod");
    }
    line
}

fn rollback(line: &Line, environment: &str, more: &[&str]) -> Ran {
    let mut args = vec!["rollback", environment];
    if !more.iter().any(|one| ["--dry-run", "--unpin"].contains(one)) {
        args.push("--auto-approve");
    }
    args.extend(more);
    line.suimon(&args)
}

const REVERT: &str = "suimon/rollback/prod";

#[test]
fn a_rollback_applies_the_last_proved_release_and_holds_the_head_until_it_is_merged() {
    let line = thrice("", "");
    let before = line.status("prod")["applied"].clone();
    let main = line.env().git(&["rev-parse", "main"]);
    let done = rollback(&line, "prod", &["--reason", "checkout fails"]).code(0);
    done.notes("prod is pinned");
    assert_eq!(line.live("prod"), "2");
    assert_eq!(line.env().git(&["rev-parse", "main"]), main);
    let files = line.env().git(&["diff", "--name-only", "main", REVERT]);
    assert_eq!(files, "envs/prod/release.yaml");
    let change = line.change(1);
    assert_eq!((&change["head"], &change["base"]), (&REVERT.into(), &"main".into()));
    let records = line.shop.records("prod");
    let pinned = records.iter().find(|one| one["event"]["type"] == "pinned").unwrap();
    assert_eq!(pinned["event"]["reason"], "checkout fails");
    assert_eq!(pinned["event"]["from"], before["release"]["id"]);
    assert_eq!(pinned["event"]["revision"], line.env().git(&["rev-parse", REVERT]).as_str());
    assert_ne!(line.status("prod")["pin"], Value::Null);
    line.suimon(&["history", "prod"]).code(0).says("rolled back").says("checkout fails");
    // Nothing puts the release back meanwhile.
    line.shop.apply("prod").code(3).notes("(pinned)");
    line.suimon(&["gate", "prod"]).code(3).says("(pinned)");
    line.shop.apply("prod").code(3);
    assert_eq!(line.live("prod"), "2");
    rollback(&line, "prod", &[]).code(0).says("Nothing to do");
    line.merge(REVERT);
    assert_eq!(line.next("prod").unwrap(), ["apply", "prod"]);
    line.shop.apply("prod").code(0);
    assert_eq!(line.shop.events("prod").last().unwrap(), "unpinned");
    assert_eq!((line.live("prod").as_str(), &line.status("prod")["pin"]), ("2", &Value::Null));
    line.suimon(&["history", "prod", "--verify"]).code(0);
}

#[test]
fn a_rollback_goes_to_the_release_that_is_named() {
    let line = thrice("", "");
    let history = line.suimon(&["history", "prod", "--json"]).code(0).json();
    let attempts: Vec<&Value> = history["records"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|one| one["event"].get("attempt"))
        .collect();
    let ids: Vec<&str> = attempts.iter().map(|one| one["release_id"].as_str().unwrap()).collect();
    let name = attempts[1]["release"].as_str().unwrap();
    rollback(&line, "prod", &["--to", "never"]).code(1).notes("never proved");
    let present = attempts[2]["release"].as_str().unwrap();
    rollback(&line, "prod", &["--to", present]).code(1).notes("already");
    let refs = line.refs();
    rollback(&line, "prod", &["--to", "first", "--dry-run"]).code(0).says("1 to change");
    assert_eq!(line.refs(), refs);
    rollback(&line, "prod", &["--to", "first"]).code(0);
    assert_eq!(line.live("prod"), "1");
    rollback(&line, "prod", &["--to", &ids[1]["sha256:".len()..][..12]]).code(0);
    assert_eq!(line.live("prod"), "2");
    rollback(&line, "prod", &["--to", ids[0]]).code(0);
    rollback(&line, "prod", &["--to", name]).code(0);
    assert_eq!(line.live("prod"), "2");
    line.suimon(&["history", "prod", "--verify"]).code(0);
}

#[test]
fn a_name_that_two_releases_had_is_ambiguous() {
    let line = Line::applied("", "");
    for version in ["2", "3"] {
        let commit = line.release(version);
        line.pin("prod", &commit);
        line.commit("the same name again");
        line.shop.apply("prod").code(0);
    }
    let events = line.shop.events("prod");
    let refused = rollback(&line, "prod", &["--to", "first"]).code(1);
    refused.notes("3 releases").notes("name it by more of its identity");
    assert_eq!((line.live("prod").as_str(), line.shop.events("prod")), ("3", events));
    rollback(&line, "prod", &[]).code(0);
    assert_eq!(line.live("prod"), "2");
}

#[test]
fn there_is_no_way_back_to_what_was_never_proved() {
    let line = Line::new("", "");
    rollback(&line, "prod", &[]).code(1).notes("nothing was applied to prod yet");
    line.shop.apply("prod").code(0);
    rollback(&line, "prod", &[]).code(1).notes("no earlier release");
    rollback(&line, "prd", &[]).code(1).notes("prd");
    let deployment =
        crate::manifests::deployment("default", "web", "web", "r.example.com/web:fail");
    line.env().file("modules/web/kubernetes/web.yaml", &deployment);
    line.commit("unhealthy");
    line.suimon(&["apply", "prod", "--auto-approve", "--no-wait"]);
    line.module("3");
    line.commit("three");
    line.shop.apply("prod").code(0);
    // Not to the one between, which was never healthy.
    rollback(&line, "prod", &[]).code(0);
    assert_eq!(line.live("prod"), "1");
}

#[test]
fn a_pin_ends_when_it_is_asked_for() {
    let line = thrice("", "");
    rollback(&line, "prod", &["--unpin"]).code(0).says("is not pinned");
    rollback(&line, "prod", &[]).code(0);
    rollback(&line, "prod", &["--unpin"]).code(0).says("follows its declaration again");
    assert_eq!(line.shop.events("prod").last().unwrap(), "unpinned");
    line.shop.apply("prod").code(0);
    assert_eq!(line.live("prod"), "3");
}

#[test]
fn a_revert_may_be_a_commit_of_the_branch() {
    let line = thrice("", "");
    let before = line.env().git(&["rev-parse", "HEAD"]);
    rollback(&line, "prod", &["--commit"]).code(0);
    assert_eq!(line.env().git(&["rev-parse", "HEAD^"]), before);
    assert_eq!(line.env().git(&["diff", "--name-only", &before, "HEAD"]), "envs/prod/release.yaml");
    assert_eq!(line.live("prod"), "2");
    line.shop.apply("prod").code(0);
    assert_eq!(line.live("prod"), "2");
    assert_eq!(line.status("prod")["pin"], Value::Null);
}

#[test]
fn what_is_left_is_not_promoted_until_it_is_proved_again() {
    let line = Line::applied("", "  gate: {upstream: {healthyFor: 0s}}\n");
    line.release("2");
    line.move_on("dev", "stg");
    line.promote("stg", "prod", &["--commit"]).code(0);
    line.suimon(&["gate", "prod"]).code(0);
    rollback(&line, "stg", &["--reason", "slow"]).code(0);
    assert_eq!(line.live("stg"), "1");
    line.shop.apply("prod").code(3).notes("(upstream)");
    assert_eq!(line.live("prod"), "1");
    line.release("3");
    line.promote("dev", "stg", &["--commit"]).code(0);
    rollback(&line, "stg", &["--unpin"]).code(0);
    line.shop.apply("stg").code(0);
    line.move_on("stg", "prod");
    assert_eq!(line.live("prod"), "3");
}

#[test]
fn status_names_no_promotion_that_was_merged_and_left() {
    let line = Line::applied("", "");
    line.release("2");
    line.promote("dev", "stg", &[]).code(0);
    line.merge("suimon/promote/stg");
    line.shop.apply("stg").code(0);
    rollback(&line, "stg", &["--reason", "slow"]).code(0);
    line.merge("suimon/rollback/stg");
    line.shop.apply("stg").code(0);
    let why = line.status("dev")["next"]["why"].clone();
    assert!(why.as_str().unwrap().contains("stg left this release"), "{why}");
    line.promote("dev", "stg", &["--commit"]).code(1).notes("stg left this release");
    line.suimon(&["status", "dev", "--record"]).code(0);
    assert_eq!(line.next("dev").unwrap(), ["promote", "dev", "stg"]);
    line.promote("dev", "stg", &["--commit"]).code(0);
}

/// A gate that is frozen for good, with a role of its own for a rollback.
fn frozen(rollback: &str) -> String {
    format!(
        "  gate:\n    upstream: {{healthyFor: 0s}}\n    approvals: [{{role: business, from: [team]}}]\n    \
         approvers:\n      allowedSigners: signers\n      groups: {{team: [aiko@example.com]}}\n    \
         windows: [{{freeze: \"2000-01-01..2999-12-31\"}}]\n{rollback}"
    )
}

/// Three releases in an ungated `prod`, which then gets this gate.
fn gated(gate: &str) -> (Line, String) {
    let line = thrice("", "");
    let key = line.shop.key("aiko");
    line.shop.signers(&["aiko"]);
    line.environment("prod", gate);
    line.commit("a gate");
    // It is in force once it is applied.
    line.shop.apply("prod").code(0);
    (line, key.to_str().unwrap().to_owned())
}

#[test]
fn a_rollback_goes_through_the_shortened_gate() {
    let shortened = "    rollback: {approvals: [{role: peer, from: [team]}]}\n";
    let (line, key) = gated(&frozen(shortened));
    let held = rollback(&line, "prod", &["--reason", "x"]).code(3);
    held.clone().notes("peer: 0 of 1 approval");
    for other in ["(window)", "business", "(upstream)"] {
        assert!(!held.stderr.contains(other), "{}", held.stderr);
    }
    assert_eq!(line.live("prod"), "3");
    assert_eq!(line.status("prod")["pin"], Value::Null);
    // The command that it names is the one that works.
    let command = held.stderr.split("suimon approve ").nth(1).unwrap();
    let command =
        command.split([';', '`', '\n']).next().unwrap().replace("--role ROLE", "--role peer");
    let mut args = vec!["approve"];
    args.extend(command.split_whitespace());
    args.extend(["--key", &key, "--yes"]);
    line.suimon(&args).code(0);
    rollback(&line, "prod", &["--reason", "x"]).code(0);
    assert_eq!(line.live("prod"), "2");
}

#[test]
fn an_empty_block_lets_every_rollback_through_and_no_block_none_but_by_the_whole_gate() {
    let (line, _) = gated(&frozen("    rollback: {}\n"));
    rollback(&line, "prod", &[]).code(0);
    assert_eq!(line.live("prod"), "2");
    let (line, _) = gated(&frozen(""));
    let held = rollback(&line, "prod", &[]).code(3);
    held.clone().notes("(window)").notes("business: 0 of 1 approval");
    assert!(!held.stderr.contains("(upstream)"), "{}", held.stderr);
    assert_eq!(line.live("prod"), "3");
}
