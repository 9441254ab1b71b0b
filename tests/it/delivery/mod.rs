//! Gates, approvals, locks and records: the binary on a Git repository.

mod decided;
mod ecs;
mod forge;
mod ledger;
mod promotion;
mod remote;
mod rollback;
mod signed;

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::env::Env;
use crate::gate::{Gate, Hold, Release};
use crate::manifests::config_map;
use crate::run::Ran;

/// A project of `dev`, `stg` and `prod` on one cluster; `stg` and `prod` have these gates.
pub(crate) struct Shop {
    pub(crate) env: Env,
}

pub(crate) const OPEN: &str = "";

impl Shop {
    pub(crate) fn new(stg: &str, prod: &str) -> Self {
        let env = Env::sandbox();
        let url = env.api().address;
        let url = format!("http://{url}");
        env.kubeconfig_for(&[("dev", &url), ("stg", &url), ("prod", &url)]);
        env.set("SUIMON_ACTOR", "Olga <olga@example.com>");
        env.file(
            "suimon.yaml",
            "apiVersion: suimon.dev/v1alpha1\nkind: Project\nmetadata: {name: shop}\n\
             spec: {pipeline: [dev, stg, prod]}\n",
        );
        env.file(
            "modules/web/module.yaml",
            "apiVersion: suimon.dev/v1alpha1\nkind: Module\nmetadata: {name: web}\n",
        );
        let shop = Self { env };
        for (name, gate) in [("dev", OPEN), ("stg", stg), ("prod", prod)] {
            shop.environment(name, gate);
            shop.value(name, "1");
        }
        shop
    }

    pub(crate) fn environment(&self, name: &str, gate: &str) {
        let text = format!(
            "apiVersion: suimon.dev/v1alpha1\nkind: Environment\nmetadata: {{name: {name}}}\nspec:\n  \
             platform: kubernetes\n  targets: {{kubernetes: {{context: {name}}}}}\n{gate}"
        );
        self.env.file(&format!("envs/{name}/environment.yaml"), &text);
    }

    pub(crate) fn value(&self, name: &str, value: &str) {
        let text = config_map("default", &format!("a-{name}"), value);
        self.env.file(&format!("envs/{name}/manifests/all.yaml"), &text);
    }

    pub(crate) fn apply(&self, environment: &str) -> Ran {
        self.env.suimon(&["apply", environment, "--auto-approve"])
    }

    /// The records of an environment, oldest first.
    pub(crate) fn records(&self, environment: &str) -> Vec<Value> {
        let name = format!("refs/suimon/ledger/{environment}");
        let ids = self.env.git(&["for-each-ref", "--format=%(objectname)", &name]);
        if ids.is_empty() {
            return Vec::new();
        }
        let ids = self.env.git(&["rev-list", "--reverse", &name]);
        let record = |id: &str| self.env.git(&["show", &format!("{id}:record.json")]);
        ids.lines().map(|id| serde_json::from_str(&record(id)).unwrap()).collect()
    }

    /// What happened to an environment, in words.
    pub(crate) fn events(&self, environment: &str) -> Vec<String> {
        let records = self.records(environment);
        records.iter().map(|one| one["event"]["type"].as_str().unwrap().to_owned()).collect()
    }

    /// Makes an SSH key; its file.
    pub(crate) fn key(&self, name: &str) -> PathBuf {
        let path = self.env.root().join(name);
        let mut command = Command::new("ssh-keygen");
        command.args(["-q", "-t", "ed25519", "-N", "", "-C", name, "-f"]).arg(&path);
        assert!(command.status().unwrap().success());
        path
    }

    /// The allowed signers of these keys, each of `NAME@example.com`.
    pub(crate) fn signers(&self, names: &[&str]) {
        let line = |name: &&str| {
            let key = std::fs::read_to_string(self.env.root().join(format!("{name}.pub"))).unwrap();
            format!("{name}@example.com {}\n", key.trim())
        };
        let text: String = names.iter().map(line).collect();
        self.env.file("signers", &text);
    }

    pub(crate) fn digest(&self, environment: &str) -> String {
        let plan = self.env.suimon(&["plan", environment, "--json"]).code(0).json();
        plan["digest"].as_str().unwrap().to_owned()
    }

    pub(crate) fn approve(
        &self,
        environment: &str,
        digest: &str,
        key: &Path,
        more: &[&str],
    ) -> Ran {
        let mut args = vec!["approve", environment, "--plan", digest, "--role", "peer", "--yes"];
        args.extend(["--key", key.to_str().unwrap()]);
        args.extend(more);
        self.env.suimon(&args)
    }
}

pub(crate) const PEER: &str = "  gate:\n    approvals: [{role: peer, from: [team]}]\n    approvers:\n      \
                    allowedSigners: signers\n      groups: {team: [aiko@example.com, ben@example.com, olga@example.com]}\n";

#[test]
fn an_apply_is_recorded_before_and_after_and_an_empty_one_only_when_it_says_something_new() {
    let shop = Shop::new(OPEN, OPEN);
    let first = shop.env.commit("one");
    shop.apply("dev").code(0);
    assert_eq!(shop.events("dev"), ["opened", "closed"]);
    let records = shop.records("dev");
    let attempt = &records[0]["event"]["attempt"];
    assert_eq!(attempt["revision"], first.as_str());
    assert_eq!(records[0]["actor"]["email"], "olga@example.com");
    let closed = &records[1]["event"];
    assert_eq!(closed["report"]["end"], "complete");
    assert_eq!(closed["report"]["digest"], attempt["digest"]);
    assert_eq!(closed["health"]["status"], "Current");
    let uid = &closed["inventory"]["entries"]["ConfigMap/default/a-dev"]["uid"];
    assert!(uid.as_str().is_some_and(|uid| !uid.is_empty()), "{closed}");
    shop.apply("dev").code(0);
    assert_eq!(shop.events("dev"), ["opened", "closed"], "nothing new was said");
    shop.env.file("README", "x");
    let second = shop.env.commit("two");
    shop.apply("dev").code(0).says("No changes.");
    assert_eq!(shop.events("dev"), ["opened", "closed", "opened", "closed"]);
    assert_eq!(shop.records("dev")[2]["event"]["attempt"]["revision"], second.as_str());
}

#[test]
fn records_are_where_the_remote_is() {
    let shop = Shop::new(OPEN, OPEN);
    let origin = shop.env.root().join("origin.git");
    shop.env.commit("one");
    shop.env.git(&["init", "-q", "--bare", origin.to_str().unwrap()]);
    shop.env.git(&["remote", "add", "origin", origin.to_str().unwrap()]);
    shop.apply("dev").code(0);
    let refs = shop.env.git(&["ls-remote", "origin", "refs/suimon/ledger/*"]);
    assert!(refs.contains("refs/suimon/ledger/dev"), "{refs}");
}

#[test]
fn a_folder_without_git_is_applied_with_a_note() {
    let shop = Shop::new("  gate: {windows: []}\n", OPEN);
    shop.apply("dev").code(0).notes("Nothing is recorded: the project is in no Git repository.");
    shop.apply("stg").code(3).notes("(uncommitted)");
}

#[test]
fn a_gate_is_read_from_a_commit_never_from_a_working_copy() {
    let shop = Shop::new(PEER, OPEN);
    shop.key("aiko");
    shop.signers(&["aiko"]);
    shop.env.commit("one");
    shop.environment("stg", OPEN);
    shop.apply("dev").code(0);
    assert_eq!(shop.records("dev")[0]["event"]["attempt"]["revision"], Value::Null);
    shop.environment("stg", "  gate: {}\n");
    shop.apply("stg").code(3).notes("(uncommitted)");
    assert_eq!(shop.events("stg"), ["refused"]);
}

#[test]
fn an_approval_opens_the_gate_for_exactly_one_plan() {
    let shop = Shop::new(PEER, OPEN);
    let (aiko, ben) = (shop.key("aiko"), shop.key("ben"));
    shop.signers(&["aiko", "ben"]);
    shop.env.commit("one");
    shop.apply("stg").code(3).notes("peer: 0 of 1 approval");
    assert_eq!(shop.events("stg"), ["refused"]);
    let digest = shop.digest("stg");
    shop.approve("stg", "sha256:000000000000", &aiko, &[]).code(4).notes("is another one now");
    shop.approve("stg", &digest[..20], &aiko, &[]).code(0).says("The gate of stg is open");
    shop.approve("stg", &digest, &aiko, &[]).code(0).says("already");
    let gate = shop.env.suimon(&["gate", "stg"]).code(0);
    assert!(gate.stdout.contains("aiko@example.com"), "{}", gate.stdout);
    shop.apply("stg").code(0);
    let records = shop.records("stg");
    let approvals = records[1]["event"]["attempt"]["approvals"].as_array().unwrap();
    assert_eq!(approvals.len(), 1);
    // OpenSSH accepts what was signed.
    let file = |name: &str| shop.env.git(&["show", &format!("refs/suimon/approvals/stg:{name}")]);
    let signature = shop.env.root().join("approval.sig");
    std::fs::write(&signature, file("approval.json.sig") + "\n").unwrap();
    let statement = shop.env.root().join("approval.json");
    std::fs::write(&statement, file("approval.json") + "\n").unwrap();
    let verified = Command::new("ssh-keygen")
        .args(["-Y", "verify", "-f"])
        .arg(shop.env.project().join("signers"))
        .args(["-I", "aiko@example.com", "-n", "approval@suimon.dev", "-s"])
        .arg(&signature)
        .stdin(std::fs::File::open(&statement).unwrap())
        .output()
        .unwrap();
    assert!(verified.status.success(), "{verified:?}");
    // Another plan is another digest.
    shop.value("stg", "2");
    shop.env.commit("two");
    shop.apply("stg").code(3);
    shop.approve("stg", &digest, &ben, &[]).code(4);
}

#[test]
fn who_cannot_approve_is_told_before_signing() {
    let shop = Shop::new(PEER, OPEN);
    let keys: Vec<PathBuf> =
        ["aiko", "ben", "eve", "t"].iter().map(|name| shop.key(name)).collect();
    shop.signers(&["aiko", "ben", "t"]);
    let mut gate = PEER.replace("olga@", "t@");
    gate = gate.replace("ben@example.com, ", "");
    shop.environment("stg", &gate);
    shop.env.commit("one");
    let digest = shop.digest("stg");
    // The commits of these tests are by t@example.com.
    shop.approve("stg", &digest, &keys[3], &[]).code(1).notes("nobody approves their own work");
    shop.approve("stg", &digest, &keys[1], &[]).code(1).notes("in none of the groups");
    shop.approve("stg", &digest, &keys[2], &[]).code(1).notes("not among the allowed signers");
    let as_ben = &["--principal", "ben@example.com"];
    shop.approve("stg", &digest, &keys[0], as_ben).code(1).notes("is not one of ben@example.com");
    let key = keys[0].to_str().unwrap();
    let args = ["approve", "stg", "--plan", &digest, "--role", "boss", "--key", key, "--yes"];
    shop.env.suimon(&args).code(1).notes("its roles are peer");
    let refs = shop.env.git(&["for-each-ref", "refs/suimon/approvals"]);
    assert_eq!(refs, "");
}

#[test]
fn who_may_approve_is_decided_before_the_change() {
    let shop = Shop::new(PEER, OPEN);
    let (aiko, ben) = (shop.key("aiko"), shop.key("ben"));
    shop.signers(&["aiko"]);
    shop.env.commit("one");
    shop.approve("stg", &shop.digest("stg"), &aiko, &[]).code(0);
    shop.apply("stg").code(0);
    shop.signers(&["aiko", "ben"]);
    shop.value("stg", "2");
    shop.env.commit("ben may approve");
    let digest = shop.digest("stg");
    shop.approve("stg", &digest, &ben, &[]).code(1).notes("not among the allowed signers");
    // Without a gate there would be nobody to ask; the one of before still asks.
    shop.environment("stg", OPEN);
    shop.env.commit("no gate");
    shop.apply("stg").code(3).notes("(policy-changed)");
    shop.approve("stg", &shop.digest("stg"), &aiko, &[]).code(0);
    shop.apply("stg").code(0);
}

#[test]
fn nothing_enters_that_the_environment_before_has_not_proved() {
    let shop = Shop::new("  gate: {upstream: {healthyFor: 0s}}\n", OPEN);
    shop.env.commit("one");
    shop.apply("stg").code(3).notes("(upstream)");
    shop.apply("dev").code(0);
    shop.apply("stg").code(0);
    shop.env.file("modules/web/kubernetes/x.yaml", &config_map("default", "x", "1"));
    shop.env.commit("another release");
    shop.apply("stg").code(3).notes("(upstream)");
}

#[test]
fn breaking_the_glass_is_recorded_and_shown_until_acknowledged() {
    let gate = PEER.to_owned() + "    breakGlass: true\n";
    let shop = Shop::new(&gate, PEER);
    shop.key("aiko");
    shop.signers(&["aiko"]);
    shop.env.commit("one");
    let args = |environment| ["apply", environment, "--auto-approve", "--break-glass", "on fire"];
    shop.env.suimon(&args("prod")).code(1).notes("has no `breakGlass`");
    shop.env.suimon(&args("stg")).code(0);
    let records = shop.records("stg");
    assert_eq!(records[0]["event"]["attempt"]["break_glass"]["reason"], "on fire");
    let shown = shop.env.suimon(&["gate", "stg"]).says("BREAK-GLASS by olga@example.com");
    let record =
        shown.stdout.split("--acknowledge ").nth(1).unwrap().split_whitespace().next().unwrap();
    shop.env.suimon(&["gate", "stg", "--acknowledge", "0000000"]).code(1).notes(record);
    shop.env.suimon(&["gate", "stg", "--acknowledge", record]).code(0);
    let after = shop.env.suimon(&["gate", "stg"]);
    assert!(!after.stdout.contains("BREAK-GLASS"), "{}", after.stdout);
}

/// A run that is held before a write of its own, and nobody else's.
pub(crate) fn held<'a>(shop: &'a Shop, gate: &Gate) -> crate::run::Running<'a> {
    let straight = format!("http://{}", shop.env.api().address);
    let url = gate.url();
    shop.env.kubeconfig_for(&[("dev", &url), ("stg", &url), ("prod", &url)]);
    let mut running = shop.env.start(shop.env.command(&["apply", "dev", "--auto-approve"]));
    assert!(gate.wait_held(|| running.ended()));
    shop.env.kubeconfig_for(&[("dev", &straight), ("stg", &straight), ("prod", &straight)]);
    running
}

#[test]
fn an_environment_is_locked_while_it_is_applied() {
    let shop = Shop::new(OPEN, OPEN);
    shop.env.commit("one");
    let gate = Gate::new(&shop.env.api().address, Some(Hold::Before(2)));
    let running = held(&shop, &gate);
    let second = shop.apply("dev").code(4);
    assert!(second.stderr.contains("dev is being applied by Olga"), "{}", second.stderr);
    shop.apply("stg").code(0);
    gate.release(Release::GoOn);
    running.finish().code(0);
    assert_eq!(shop.events("dev"), ["opened", "closed"]);
}

#[test]
fn a_killed_run_is_taken_over_where_it_is_certain_that_it_is_gone() {
    let shop = Shop::new(OPEN, OPEN);
    shop.env.commit("one");
    let gate = Gate::new(&shop.env.api().address, Some(Hold::Before(2)));
    let running = held(&shop, &gate);
    running.signal("KILL");
    gate.release(Release::Cut);
    running.finish();
    assert_eq!(shop.events("dev"), ["opened"]);
    shop.apply("dev").code(0);
    assert_eq!(shop.events("dev"), ["opened", "taken-over", "opened", "closed"]);
}

#[test]
fn an_interrupted_run_is_closed() {
    let shop = Shop::new(OPEN, OPEN);
    shop.env.commit("one");
    let gate = Gate::new(&shop.env.api().address, Some(Hold::Before(1)));
    let mut running = held(&shop, &gate);
    running.signal("INT");
    running.wait_for("Interrupted");
    gate.release(Release::GoOn);
    running.finish().code(130);
    assert_eq!(shop.events("dev"), ["opened", "closed"]);
    assert_eq!(shop.records("dev")[1]["event"]["report"]["end"], "interrupted");
}

#[test]
fn an_apply_without_a_plan_is_recorded_and_names_nothing_that_is_not_there() {
    let shop = Shop::new(OPEN, OPEN);
    shop.env.file("envs/dev/manifests/all.yaml", "kind: ConfigMap\n");
    shop.env.commit("one");
    shop.apply("dev").code(1);
    assert_eq!(shop.events("dev"), ["plan-failed"]);
    shop.apply("nowhere").code(1);
    assert_eq!(shop.events("nowhere"), [""; 0]);
}

#[test]
fn checks_are_asked_at_the_last_moment_and_not_by_a_plan() {
    let check = |command: &str| {
        format!("  gate:\n    checks: [{{name: smoke, command: [sh, -c, {command}]}}]\n")
    };
    let marker = "\"echo asked >> ../asked; test -e ../fine\"";
    let shop = Shop::new(&check(marker), OPEN);
    shop.env.commit("one");
    let asked = || std::fs::read_to_string(shop.env.root().join("asked")).unwrap_or_default();
    shop.env.suimon(&["plan", "stg"]).code(0);
    assert_eq!(asked(), "");
    shop.env.suimon(&["gate", "stg"]).code(3).says("smoke");
    assert_eq!(asked(), "asked\n");
    shop.apply("stg").code(3).notes("(check)");
    std::fs::write(shop.env.root().join("fine"), "").unwrap();
    shop.apply("stg").code(0);
}
