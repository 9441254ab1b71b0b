//! What a change cannot decide about itself: where its history is, what comes before it, which branch counts, who
//! made it, and whether it is the past.

use crate::delivery::{OPEN, PEER, Shop};
use crate::run::Ran;

const PROJECT: &str =
    "apiVersion: suimon.dev/v1alpha1\nkind: Project\nmetadata: {name: shop}\nspec:\n";

fn project(shop: &Shop, spec: &str) {
    shop.env.file("suimon.yaml", &format!("{PROJECT}{spec}"));
}

/// With one approval given and applied in `stg`.
fn applied() -> (Shop, std::path::PathBuf) {
    let shop = Shop::new(PEER, OPEN);
    let aiko = shop.key("aiko");
    shop.signers(&["aiko"]);
    shop.env.commit("one");
    shop.approve("stg", &shop.digest("stg"), &aiko, &[]).code(0);
    shop.apply("stg").code(0);
    (shop, aiko)
}

fn gate(shop: &Shop) -> Ran {
    shop.env.suimon(&["gate", "stg"])
}

#[test]
fn a_change_of_what_suimon_yaml_decides_is_approved_too() {
    let (shop, aiko) = applied();
    for (spec, what) in [
        ("  pipeline: [stg, dev, prod]\n", "the environment before it in `pipeline`"),
        ("  pipeline: [dev, stg, prod]\n  branch: main\n", "`branch` of suimon.yaml"),
        (
            "  pipeline: [dev, stg, prod]\n  forge: {kind: github, url: \"http://127.0.0.1:1\", \
             repository: a/b}\n",
            "`forge` of suimon.yaml",
        ),
        ("  pipeline: [dev, stg, prod]\n  ledger: {remote: local}\n", "`ledger` of suimon.yaml"),
    ] {
        project(&shop, spec);
        shop.env.commit(what);
        let held = gate(&shop).code(3);
        assert!(held.all().contains("(policy-changed)") && held.all().contains(what), "{held:?}");
        shop.apply("stg").code(3);
    }
    shop.approve("stg", &shop.digest("stg"), &aiko, &[]).code(0);
    shop.apply("stg").code(0);
}

#[test]
fn releases_come_from_where_they_came_from_before_the_change() {
    let upstream = "  gate: {upstream: {healthyFor: 0s}}\n";
    let shop = Shop::new(OPEN, upstream);
    shop.env.commit("one");
    for environment in ["dev", "stg", "prod"] {
        shop.apply(environment).code(0);
    }
    let module = crate::manifests::config_map("default", "x", "1");
    shop.env.file("modules/web/kubernetes/x.yaml", &module);
    project(&shop, "  pipeline: [dev, prod, stg]\n");
    shop.env.commit("prod before stg");
    shop.apply("dev").code(0);
    shop.apply("prod").code(3).notes("stg").notes("(upstream)");
}

#[test]
fn the_branch_that_counts_is_the_one_of_before() {
    let branch = "  pipeline: [dev, stg, prod]\n  branch: main\n";
    let shop = Shop::new("  gate: {rules: [no-latest-tag]}\n", OPEN);
    project(&shop, branch);
    shop.env.commit("one");
    shop.apply("stg").code(0);
    shop.env.git(&["checkout", "-qb", "side"]);
    shop.value("stg", "2");
    shop.env.commit("on the side");
    shop.apply("stg").code(3).notes("(on-branch)");
    project(&shop, &branch.replace("main", "side"));
    shop.env.commit("the side counts, says the side");
    shop.apply("stg").code(3).notes("(on-branch)");
    project(&shop, "  pipeline: [dev, stg, prod]\n");
    shop.env.commit("no branch counts, says the side");
    shop.apply("stg").code(3).notes("(on-branch)");
}

#[test]
fn a_ledger_is_where_it_was() {
    let (shop, _) = applied();
    shop.env.git(&["clone", "-q", "--bare", ".", "../origin.git"]);
    shop.env.git(&["remote", "add", "origin", "../origin.git"]);
    shop.env.git(&["push", "-q", "origin", "refs/suimon/ledger/stg:refs/suimon/ledger/stg"]);
    project(&shop, "  pipeline: [dev, stg, prod]\n  ledger: {remote: local}\n");
    shop.environment("stg", OPEN);
    shop.value("stg", "2");
    shop.env.commit("somewhere else there is no history");
    shop.apply("stg").code(1).notes("names another place for the ledgers");
}

#[test]
fn an_older_commit_is_no_way_forward() {
    let (shop, aiko) = applied();
    let old = shop.env.git(&["rev-parse", "HEAD"]);
    shop.value("stg", "2");
    shop.env.commit("two");
    shop.approve("stg", &shop.digest("stg"), &aiko, &[]).code(0);
    shop.apply("stg").code(0);
    let back = ["apply", "stg", "--auto-approve", "--revision", &old];
    shop.env.suimon(&back).code(3).notes("(outdated)");
}

#[test]
fn co_authors_do_not_approve() {
    let (shop, aiko) = applied();
    shop.value("stg", "2");
    shop.env.commit("squashed\n\nCo-authored-by: Aiko <Aiko@example.com>");
    let digest = shop.digest("stg");
    shop.approve("stg", &digest, &aiko, &[]).code(1).notes("nobody approves their own work");
    shop.apply("stg").code(3);
}

#[test]
fn a_ledger_that_another_one_contradicts_opens_nothing() {
    let (shop, _) = applied();
    shop.apply("prod").code(0);
    shop.env.git(&["update-ref", "-d", "refs/suimon/ledger/stg"]);
    shop.env.git(&["update-ref", "-d", "refs/suimon/seen/ledger/stg"]);
    shop.environment("stg", OPEN);
    shop.value("stg", "2");
    shop.env.commit("no gate, and no history that knows one");
    shop.apply("stg").code(1).notes("was cut or replaced");
    shop.environment("stg", "  gate: {rules: [no-latest-tag]}\n");
    shop.env.commit("a gate that asks for little");
    shop.apply("stg").code(1).notes("was cut or replaced");
}

#[test]
fn validate_finds_what_is_wrong_with_a_gate() {
    let gate = "  gate:\n    windows: [{allow: \"25:00 nonsense\", timezone: Mars/X}]\n    rules: [images-pined]\n";
    let shop = Shop::new(gate, OPEN);
    shop.env.file("policies/broken.rego", "package main\ndeny[msg] {\n");
    let found = shop.env.suimon(&["validate", "stg"]).code(1);
    for text in ["Mars/X", "images-pined", "broken.rego", "envs/stg/environment.yaml:"] {
        assert!(found.stderr.contains(text), "no {text} in {}", found.stderr);
    }
}
