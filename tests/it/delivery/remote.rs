//! Ledgers that machines share: clones, races, a remote that is away, and repositories that are read in place.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::mpsc;

use serde_json::Value;

use crate::delivery::{OPEN, PEER, Shop, held};
use crate::gate::{Gate, Hold, Release};
use crate::run::Ran;

/// A shop with a bare repository as `origin`.
fn shared() -> Shop {
    share(Shop::new(OPEN, OPEN))
}

/// Gives a shop its `origin`.
fn share(shop: Shop) -> Shop {
    let origin = origin(&shop);
    shop.env.commit("one");
    shop.env.git(&["init", "-q", "--bare", origin.to_str().unwrap()]);
    shop.env.git(&["remote", "add", "origin", origin.to_str().unwrap()]);
    shop.env.git(&["push", "-q", "origin", "main"]);
    shop
}

fn origin(shop: &Shop) -> PathBuf {
    shop.env.root().join("origin.git")
}

/// A clone as a colleague has it.
fn clone(shop: &Shop, name: &str) -> PathBuf {
    let path = shop.env.root().join(name);
    shop.env.git(&["clone", "-q", origin(shop).to_str().unwrap(), path.to_str().unwrap()]);
    path
}

/// Runs the binary in a clone.
fn at(shop: &Shop, folder: &Path, args: &[&str]) -> Ran {
    let mut command = shop.env.command(args);
    command.current_dir(folder);
    shop.env.run(command)
}

fn ledger(shop: &Shop, folder: &Path) -> String {
    shop.env.git(&["-C", folder.to_str().unwrap(), "rev-parse", "refs/suimon/ledger/dev"])
}

#[test]
fn a_fresh_clone_knows_what_was_done() {
    let shop = shared();
    shop.apply("dev").code(0);
    let there = clone(&shop, "there");
    let told = at(&shop, &there, &["history", "dev", "--json"]).code(0).json();
    assert_eq!(told["records"], shop.env.suimon(&["history", "dev", "--json"]).json()["records"]);
    at(&shop, &there, &["history", "dev", "--verify"]).code(0).says("the chain is whole");
    // It proved this already.
    at(&shop, &there, &["apply", "dev", "--auto-approve"]).code(0).says("No changes.");
    assert_eq!(told["records"].as_array().unwrap().len(), 2);
    assert_eq!(ledger(&shop, &there), ledger(&shop, &origin(&shop)));
    // Plain git brings it too.
    let other = clone(&shop, "other");
    let other = other.to_str().unwrap();
    shop.env.git(&["-C", other, "fetch", "-q", "origin", "refs/suimon/*:refs/suimon/*"]);
    let log = shop.env.git(&["-C", other, "log", "--format=%s", "refs/suimon/ledger/dev"]);
    assert!(log.lines().next().unwrap().contains("complete, healthy"), "{log}");
    at(&shop, Path::new(other), &["history", "dev", "--verify"]).code(0);
}

#[test]
fn a_clone_that_is_behind_brings_what_others_have_applied() {
    let shop = shared();
    shop.apply("dev").code(0);
    let there = clone(&shop, "there");
    shop.value("dev", "2");
    let pushed = shop.env.commit("two");
    shop.env.git(&["push", "-q", "origin", "main"]);
    shop.apply("dev").code(0);
    at(&shop, &there, &["history", "dev", "--verify"]).code(0).says("4 records");
    // What nobody has pushed cannot be looked at.
    shop.value("dev", "3");
    let kept = shop.env.commit("three");
    shop.apply("dev").code(0);
    let verified = at(&shop, &there, &["history", "dev", "--verify"]).code(1);
    let problem = format!("it applied {kept}, which the repository does not have");
    assert_eq!(verified.stdout.matches(&problem).count(), 1, "{}", verified.stdout);
    assert!(!verified.stdout.contains(&pushed), "{}", verified.stdout);
}

#[test]
fn who_approves_needs_a_clone_of_their_own_only() {
    let shop = Shop::new(PEER, OPEN);
    let aiko = shop.key("aiko");
    shop.signers(&["aiko"]);
    let shop = share(shop);
    let there = clone(&shop, "there");
    shop.apply("stg").code(3);
    let digest = shop.digest("stg");
    let key = aiko.to_str().unwrap();
    let args = ["approve", "stg", "--plan", &digest, "--role", "peer", "--key", key, "--yes"];
    at(&shop, &there, &args).code(0).says("The gate of stg is open");
    shop.env.suimon(&["gate", "stg"]).code(0).says("aiko@example.com");
    shop.apply("stg").code(0);
    for folder in [shop.env.project(), there] {
        at(&shop, &folder, &["history", "stg", "--verify"]).code(0).says("3 records");
    }
    // An approval that was given and is gone is no approval, and is missed.
    let bare = origin(&shop);
    shop.env.git(&["-C", bare.to_str().unwrap(), "update-ref", "-d", "refs/suimon/approvals/stg"]);
    shop.value("stg", "2");
    shop.env.commit("two");
    let writes = shop.env.writes().len();
    shop.apply("stg").code(1).notes("it is gone from");
    assert_eq!(shop.env.writes().len(), writes);
}

#[test]
fn a_remote_that_was_rewritten_is_refused_by_whoever_has_seen_it() {
    let shop = shared();
    shop.apply("dev").code(0);
    let there = clone(&shop, "there");
    at(&shop, &there, &["history", "dev"]).code(0);
    let bare = origin(&shop);
    let bare = bare.to_str().unwrap();
    let writes = shop.env.writes().len();
    shop.value("dev", "2");
    shop.env.commit("two");
    let rewrites: [(&[&str], &str); 2] = [
        (&["update-ref", "refs/suimon/ledger/dev", "refs/suimon/ledger/dev~1"], "it was rewritten"),
        (&["update-ref", "-d", "refs/suimon/ledger/dev"], "it is gone"),
    ];
    for (rewrite, said) in rewrites {
        let mut args = vec!["-C", bare];
        args.extend(rewrite);
        shop.env.git(&args);
        for folder in [shop.env.project(), there.clone()] {
            at(&shop, &folder, &["history", "dev", "--verify"]).code(1).says(said);
            at(&shop, &folder, &["history", "dev"]).code(1).notes(said);
        }
        shop.apply("dev").code(1).notes(said);
    }
    assert_eq!(shop.env.writes().len(), writes);
}

/// What two runs of `apply dev` from two folders did: the first that ended, and the other.
fn race(shop: &Shop, folders: [&Path; 2]) -> [(usize, Ran); 2] {
    let gate = Gate::new(&shop.env.api().address, Some(Hold::Before(1)));
    let straight = format!("http://{}", shop.env.api().address);
    let url = gate.url();
    shop.env.kubeconfig_for(&[("dev", &url), ("stg", &straight), ("prod", &straight)]);
    let (done, ended) = mpsc::channel();
    for (number, folder) in folders.into_iter().enumerate() {
        let mut command = shop.env.command(&["apply", "dev", "--auto-approve"]);
        command.current_dir(folder).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.env("SUIMON_ACTOR", format!("Runner{number} <runner{number}@example.com>"));
        let child = command.spawn().unwrap();
        let done = done.clone();
        std::thread::spawn(move || done.send((number, child.wait_with_output().unwrap())));
    }
    let ran = |(number, output): (usize, std::process::Output)| {
        (number, shop.env.ran(output.status, output.stdout, output.stderr))
    };
    let first = ran(ended.recv().unwrap());
    assert!(gate.wait_held(|| false));
    gate.release(Release::GoOn);
    let second = ran(ended.recv().unwrap());
    let requests = gate.requests();
    let wrote = |one: &&String| {
        one.contains("configmaps/a-dev") && !one.contains("dryRun") && one.starts_with("PATCH")
    };
    assert_eq!(requests.iter().filter(wrote).count(), 1, "both wrote: {requests:#?}");
    [first, second]
}

/// Rounds of a race: the loser names the winner and has written nothing, and every round is on record, whole.
fn races(shop: &Shop, other: &Path, rounds: usize) {
    for round in 0..rounds {
        shop.value("dev", &format!("round {round}"));
        shop.env.commit("another value");
        if other != shop.env.project() {
            let main = shop.env.project();
            let (other, main) = (other.to_str().unwrap(), main.to_str().unwrap());
            shop.env.git(&["-C", other, "pull", "-q", main, "main"]);
        }
        let [(_, lost), (winner, won)] = race(shop, [&shop.env.project(), other]);
        lost.code(4).notes(&format!("dev is being applied by Runner{winner} on "));
        won.code(0);
    }
    let told = shop.env.suimon(&["history", "dev", "--json"]).code(0).json();
    let records = told["records"].as_array().unwrap();
    assert_eq!(records.len(), 2 * rounds);
    for (number, pair) in records.chunks(2).enumerate() {
        assert_eq!(
            (&pair[0]["event"]["type"], &pair[1]["event"]["type"]),
            (&"opened".into(), &"closed".into())
        );
        assert_eq!(pair[0]["event"]["run"], pair[1]["event"]["run"]);
        assert_eq!(pair[0]["number"], 2 * number + 1);
        assert_eq!(pair[1]["event"]["report"]["end"], "complete");
    }
    let there = at(shop, other, &["history", "dev", "--json"]).code(0).json();
    assert_eq!(there["records"], told["records"]);
    for folder in [shop.env.project(), other.to_owned()] {
        at(shop, &folder, &["history", "dev", "--verify"]).code(0);
    }
}

#[test]
fn of_two_clones_that_apply_at_once_one_wins() {
    let shop = shared();
    let there = clone(&shop, "there");
    races(&shop, &there, 10);
    assert_eq!(ledger(&shop, &there), ledger(&shop, &origin(&shop)));
}

#[test]
fn of_two_processes_that_apply_at_once_one_wins() {
    let shop = Shop::new(OPEN, OPEN);
    shop.env.commit("one");
    races(&shop, &shop.env.project(), 10);
}

#[test]
fn without_its_remote_nothing_is_applied_and_all_else_still_works() {
    let shop = shared();
    shop.apply("dev").code(0);
    shop.value("dev", "2");
    shop.env.commit("two");
    std::fs::rename(origin(&shop), shop.env.root().join("away")).unwrap();
    let writes = shop.env.writes().len();
    shop.apply("dev").code(1).notes("origin.git");
    assert_eq!(shop.env.writes().len(), writes);
    shop.env.suimon(&["plan", "dev"]).code(0).says("1 to change");
    shop.env.suimon(&["validate"]).code(0);
    std::fs::rename(shop.env.root().join("away"), origin(&shop)).unwrap();
    shop.apply("dev").code(0);
    assert_eq!(shop.events("dev"), ["opened", "closed", "opened", "closed"]);
}

#[test]
fn an_end_that_cannot_be_recorded_is_recorded_by_the_next_command() {
    let shop = shared();
    let gate = Gate::new(&shop.env.api().address, Some(Hold::Before(1)));
    let running = held(&shop, &gate);
    std::fs::rename(origin(&shop), shop.env.root().join("away")).unwrap();
    gate.release(Release::GoOn);
    running.finish().code(0).notes("kept on this machine");
    std::fs::rename(shop.env.root().join("away"), origin(&shop)).unwrap();
    shop.apply("dev").code(0);
    let events = shop.events("dev");
    assert_eq!(events[..2], ["opened", "closed"], "{events:?}");
    shop.env.suimon(&["history", "dev", "--verify"]).code(0);
}

#[test]
fn what_is_applied_from_a_repository_is_recorded_in_it() {
    let shop = shared();
    let revision = shop.env.git(&["rev-parse", "HEAD"]);
    let elsewhere = shop.env.root().join("elsewhere");
    std::fs::create_dir(&elsewhere).unwrap();
    let bare = origin(&shop);
    let url = format!("file://{}", bare.display());
    let from = |place: &str, args: &[&str]| {
        let mut all = args.to_vec();
        all.extend(["--repo", place, "--revision", "main"]);
        at(&shop, &elsewhere, &all).code(0)
    };
    from(&url, &["apply", "dev", "--auto-approve"]);
    let path = bare.to_str().unwrap();
    let stored = |environment: &str| {
        let name = format!("refs/suimon/ledger/{environment}:record.json");
        let text = shop.env.git(&["-C", path, "show", &name]);
        serde_json::from_str::<Value>(&text).unwrap()
    };
    assert_eq!(
        (&stored("dev")["number"], &stored("dev")["event"]["type"]),
        (&2.into(), &"closed".into())
    );
    from(&url, &["history", "dev", "--verify"]).says("dev: 2 records, the chain is whole");
    // The same by its path.
    from(path, &["apply", "stg", "--auto-approve"]);
    assert_eq!(stored("stg")["number"], 2);
    from(path, &["history", "stg"]).says(&revision[..12]);
    // A checkout that has a remote records there.
    let project = shop.env.project();
    from(project.to_str().unwrap(), &["apply", "prod", "--auto-approve"]);
    assert_eq!(stored("prod")["number"], 2);
}

#[test]
fn the_project_says_where_its_ledger_is() {
    let shop = shared();
    let project = |ledger: &str| {
        let text = format!(
            "apiVersion: suimon.dev/v1alpha1\nkind: Project\nmetadata: {{name: shop}}\n\
             spec: {{pipeline: [dev, stg, prod], ledger: {{remote: {ledger}}}}}\n"
        );
        shop.env.file("suimon.yaml", &text);
        shop.env.commit("another place");
    };
    let at_origin = || shop.env.git(&["ls-remote", "origin", "refs/suimon/*"]);
    project("local");
    shop.apply("dev").code(0);
    assert_eq!(at_origin(), "");
    assert_eq!(shop.events("dev"), ["opened", "closed"]);
    project("upstream");
    shop.apply("dev").code(1).notes("upstream");
    shop.env.git(&["remote", "add", "upstream", origin(&shop).to_str().unwrap()]);
    shop.apply("dev").code(0);
    assert!(at_origin().contains("refs/suimon/ledger/dev"));
    assert_eq!(shop.events("dev"), ["opened", "closed", "opened", "closed"]);
}

/// Ben takes `dev` over from a clone.
fn take_over(shop: &Shop) {
    let there = clone(shop, "there");
    let main = shop.env.project();
    shop.env.git(&["-C", there.to_str().unwrap(), "pull", "-q", main.to_str().unwrap(), "main"]);
    let mut taker = shop.env.command(&["apply", "dev", "--auto-approve", "--take-over"]);
    taker.current_dir(&there).env("SUIMON_ACTOR", "Ben <ben@example.com>");
    shop.env.run(taker).code(0);
}

#[test]
fn a_run_that_was_taken_over_stops_before_its_next_write() {
    let shop = shared();
    let inner = crate::manifests::config_map("a", "inner", "1");
    let namespace = "apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n";
    shop.env.file("envs/dev/manifests/all.yaml", &format!("{namespace}---\n{inner}"));
    shop.env.commit("two");
    let gate = Gate::new(&shop.env.api().address, Some(Hold::Before(1)));
    let mut running = held(&shop, &gate);
    shop.apply("dev").code(4);
    take_over(&shop);
    running.wait_for("Taken over by another run");
    gate.release(Release::GoOn);
    running.finish().code(4).notes("taken over by Ben");
    assert_eq!(gate.writes(), 1, "{:#?}", gate.requests());
    let events = shop.events("dev");
    assert_eq!(events, ["opened", "taken-over", "opened", "closed", "closed"]);
    assert_eq!(shop.records("dev")[1]["actor"]["email"], "ben@example.com");
    shop.env.suimon(&["history", "dev", "--verify"]).code(0);
    shop.env.suimon(&["history", "dev"]).code(0).says("over by ben@example.com");
}

#[test]
fn a_run_that_was_taken_over_in_its_last_write_says_so() {
    let shop = shared();
    let gate = Gate::new(&shop.env.api().address, Some(Hold::Before(1)));
    let running = held(&shop, &gate);
    take_over(&shop);
    gate.release(Release::GoOn);
    running.finish().code(4).notes("taken over by Ben");
    let events = shop.events("dev");
    assert_eq!(events, ["opened", "taken-over", "opened", "closed", "closed"]);
}

#[test]
fn a_lock_of_another_machine_is_taken_over_only_by_word() {
    let shop = Shop::new(OPEN, OPEN);
    shop.env.commit("one");
    let gate = Gate::new(&shop.env.api().address, Some(Hold::Before(1)));
    let running = held(&shop, &gate);
    running.signal("KILL");
    gate.release(Release::Cut);
    running.finish();
    // As if it had been another machine.
    let record = shop.env.git(&["show", "refs/suimon/ledger/dev:record.json"]);
    let mut value: Value = serde_json::from_str(&record).unwrap();
    for key in ["machine", "boot", "host"] {
        value["event"]["lease"][key] = "elsewhere".into();
    }
    crate::delivery::ledger::replace(&shop, "refs/suimon/ledger/dev", &value);
    shop.env.git(&["update-ref", "-d", "refs/suimon/seen/ledger/dev"]);
    let refused = shop.apply("dev").code(4);
    assert!(refused.stderr.contains("elsewhere"), "{}", refused.stderr);
    refused.notes("--take-over");
    shop.env.suimon(&["apply", "dev", "--auto-approve", "--take-over"]).code(0);
    assert_eq!(shop.events("dev"), ["opened", "taken-over", "opened", "closed"]);
    assert_eq!(shop.records("dev")[1]["actor"]["email"], "olga@example.com");
    shop.env.suimon(&["history", "dev", "--verify"]).code(0);
}
