//! Promotion: a release on its way from `dev` over `stg` to `prod`, each on its own cluster.

use std::path::Path;

use serde_json::Value;
use suimon_sandbox::Sandbox;

use crate::delivery::Shop;
use crate::delivery::signed::openssh_accepts;
use crate::env::Env;
use crate::http::Api;
use crate::run::Ran;

/// A pipeline of three clusters, whose environments all use one module.
pub(crate) struct Line {
    pub(crate) shop: Shop,
    /// The clusters of `stg` and `prod`.
    clusters: [Sandbox; 2],
}

/// A digest for an image.
pub(crate) const DIGEST: &str =
    "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

impl Line {
    /// With these gates, committed, and nothing applied. All environments follow the head of the branch.
    pub(crate) fn new(stg: &str, prod: &str) -> Self {
        let shop = Shop::new(stg, prod);
        let clusters = [Env::another_sandbox(), Env::another_sandbox()];
        let dev = format!("http://{}", shop.env.api().address);
        let [a, b] = &clusters;
        shop.env.kubeconfig_for(&[("dev", &dev), ("stg", &a.url()), ("prod", &b.url())]);
        let line = Self { shop, clusters };
        for (name, gate) in [("dev", ""), ("stg", stg), ("prod", prod)] {
            line.environment(name, gate);
        }
        let module =
            "apiVersion: suimon.dev/v1alpha1\nkind: Module\nmetadata: {name: web}\nspec: {}\n";
        line.env().file("modules/web/module.yaml", module);
        line.module("1");
        line.commit("one");
        line.env().git(&["config", "user.name", "t"]);
        line.env().git(&["config", "user.email", "t@example.com"]);
        line
    }

    /// The same with `stg` and `prod` pinned to the first commit, which all have applied.
    pub(crate) fn applied(stg: &str, prod: &str) -> Self {
        let line = Self::new(stg, prod);
        let first = line.env().git(&["rev-parse", "HEAD"]);
        line.pin("stg", &first);
        line.pin("prod", &first);
        line.commit("pinned");
        for name in ["dev", "stg", "prod"] {
            line.shop.apply(name).code(0);
        }
        line
    }

    pub(crate) fn env(&self) -> &Env {
        &self.shop.env
    }

    pub(crate) fn environment(&self, name: &str, gate: &str) {
        self.shop
            .environment(name, &format!("{gate}  modules:\n    - {{name: web, module: web}}\n"));
    }

    /// What the module renders.
    pub(crate) fn module(&self, version: &str) {
        let text = crate::manifests::config_map("default", "web", version);
        self.env().file("modules/web/kubernetes/web.yaml", &text);
    }

    /// Pins an environment by hand, with comments.
    pub(crate) fn pin(&self, environment: &str, modules: &str) {
        let text = format!(
            "# What {environment} runs.\napiVersion: suimon.dev/v1alpha1\nkind: Release\n\
             metadata: {{name: \"first\"}} # for people\nspec:\n  # Where modules are read from.\n  \
             modules: {modules}\n"
        );
        self.env().file(&format!("envs/{environment}/release.yaml"), &text);
    }

    pub(crate) fn commit(&self, message: &str) -> String {
        self.env().commit(message)
    }

    /// Another version of the module, applied to `dev`.
    pub(crate) fn release(&self, version: &str) -> String {
        self.module(version);
        let commit = self.commit(&format!("version {version}"));
        self.shop.apply("dev").code(0);
        commit
    }

    pub(crate) fn suimon(&self, args: &[&str]) -> Ran {
        self.env().suimon(args)
    }

    pub(crate) fn promote(&self, from: &str, to: &str, more: &[&str]) -> Ran {
        let mut args = vec!["promote", from, to];
        args.extend(more);
        self.suimon(&args)
    }

    /// `--commit`, and apply.
    pub(crate) fn move_on(&self, from: &str, to: &str) {
        self.promote(from, to, &["--commit"]).code(0);
        self.shop.apply(to).code(0);
    }

    /// The release of an environment as its file has it.
    pub(crate) fn file(&self, environment: &str) -> String {
        let path = self.env().project().join(format!("envs/{environment}/release.yaml"));
        std::fs::read_to_string(path).unwrap()
    }

    /// The environment as `suimon status --json` has it.
    pub(crate) fn status(&self, environment: &str) -> Value {
        let status = self.suimon(&["status", "--json"]).code(0).json();
        let all = status["environments"].as_array().unwrap();
        all.iter().find(|one| one["name"] == environment).unwrap().clone()
    }

    /// The command that status names next for an environment, without the program's name.
    pub(crate) fn next(&self, environment: &str) -> Option<Vec<String>> {
        let status = self.status(environment);
        let command = status["next"]["command"].as_str()?;
        let words: Vec<&str> = command.split(' ').collect();
        assert_eq!(words[0], "suimon");
        Some(words[1..].iter().map(|word| (*word).to_owned()).collect())
    }

    /// What the module's object has in a cluster.
    pub(crate) fn live(&self, environment: &str) -> String {
        let api = match environment {
            "stg" => Api::new(&self.clusters[0].url()),
            "prod" => Api::new(&self.clusters[1].url()),
            _ => self.env().api(),
        };
        let live = api.get("/api/v1/namespaces/default/configmaps/web").unwrap();
        live["data"]["value"].as_str().unwrap().to_owned()
    }

    pub(crate) fn refs(&self) -> String {
        self.env().git(&["for-each-ref", "--format=%(refname) %(objectname)"])
    }

    /// A change of the local forge.
    pub(crate) fn change(&self, number: u32) -> Value {
        let file = format!("refs/suimon/forge:changes/{number}.json");
        serde_json::from_str(&self.env().git(&["show", &file])).unwrap()
    }

    /// Merges a branch, as somebody does on the forge.
    pub(crate) fn merge(&self, branch: &str) {
        self.env().git(&["merge", "-q", "--no-ff", "-m", "merge", branch]);
    }
}

#[test]
fn what_dev_proved_is_pinned_where_nothing_was() {
    let line = Line::new("", "");
    let proved = line.env().git(&["rev-parse", "HEAD"]);
    line.shop.apply("dev").code(0);
    line.module("2");
    line.commit("not applied yet");
    let said = line.promote("dev", "stg", &["--commit"]).code(0);
    said.says("from dev to stg");
    assert!(line.file("stg").contains(&format!("modules: {proved}")), "{}", line.file("stg"));
    let touched = line.env().git(&["show", "--name-only", "--format=%s", "HEAD"]);
    assert!(touched.ends_with("envs/stg/release.yaml"), "{touched}");
    assert_eq!(touched.lines().filter(|one| one.starts_with("envs/")).count(), 1, "{touched}");
    line.suimon(&["validate"]).code(0);
    line.shop.apply("stg").code(0);
    let live = line.suimon(&["render", "stg", "-o", "json"]).code(0).stdout;
    assert!(live.contains("\"value\": \"1\"") || live.contains("\"value\":\"1\""), "{live}");
    line.promote("dev", "stg", &["--commit"]).code(0).says("Nothing to change");
    // Also where the head of the branch is what was proved: the next commit would change that.
    line.shop.apply("stg").code(0);
    line.env().git(&["revert", "--no-edit", "HEAD~1"]);
    line.promote("stg", "prod", &["--dry-run"]).code(0).says(&proved);
    line.promote("stg", "prod", &["--commit"]).code(0).says("from stg to prod");
    assert!(line.file("prod").contains(&format!("modules: {proved}")), "{}", line.file("prod"));
    line.promote("stg", "prod", &[]).code(0).says("Nothing to change");
}

#[test]
fn a_release_goes_through_the_pipeline_and_only_its_line_changes() {
    let line = Line::applied("", "");
    let modules = line.release("2");
    let before = line.file("stg");
    let head = line.env().git(&["rev-parse", "HEAD"]);
    line.promote("dev", "stg", &["--commit"]).code(0).notes("version 2");
    let message = line.env().git(&["log", "-1", "--format=%B"]);
    assert!(message.contains("Suimon-Promotion: dev -> stg"), "{message}");
    assert_eq!(line.env().git(&["rev-parse", "HEAD^"]), head);
    let after = line.file("stg");
    let changed: Vec<_> = before.lines().zip(after.lines()).filter(|(a, b)| a != b).collect();
    assert_eq!(before.lines().count(), after.lines().count());
    assert_eq!(changed.len(), 2, "{after}");
    assert!(changed[0].1.ends_with("# for people"), "{after}");
    assert_eq!(changed[1].1, format!("  modules: {modules}"));
    assert_eq!(line.env().git(&["diff", "--name-only", &head, "HEAD"]), "envs/stg/release.yaml");
    line.promote("stg", "prod", &["--commit"]).code(0).says("Nothing to change");
    line.shop.apply("stg").code(0);
    line.move_on("stg", "prod");
    let release = |name: &str| line.status(name)["applied"]["release"].clone();
    assert!(release("dev")["id"].is_string());
    assert_eq!(release("prod")["id"], release("dev")["id"]);
    assert_eq!(release("prod"), release("stg"));
    let tip = line.env().git(&["rev-parse", "HEAD"]);
    for (from, to) in [("dev", "stg"), ("stg", "prod")] {
        for how in [&["--commit"][..], &["--dry-run"], &[]] {
            line.promote(from, to, how).code(0).says("Nothing to change");
        }
    }
    assert_eq!(line.env().git(&["rev-parse", "HEAD"]), tip);
}

#[test]
fn a_dry_run_shows_the_change_the_plan_and_the_gate_and_writes_nothing() {
    let line = Line::applied("  gate: {upstream: {healthyFor: 0s}}\n", "");
    line.release("2");
    let (refs, file) = (line.refs(), line.file("stg"));
    let shown = line.promote("dev", "stg", &["--dry-run"]).code(0);
    for part in ["envs/stg/release.yaml", "version 2", "1 to change", "Gate of stg: open"] {
        assert!(shown.stdout.contains(part), "no {part:?} in {}", shown.stdout);
    }
    assert_eq!((line.refs(), line.file("stg")), (refs, file));
    assert_eq!(line.env().git(&["status", "--porcelain"]), "");
}

#[test]
fn what_may_not_be_promoted_is_refused_with_the_reason() {
    let line = Line::applied("", "");
    line.module("2");
    line.commit("two");
    let refused = |from: &str, to: &str, why: &str| {
        let refs = line.refs();
        for how in [&["--commit"][..], &["--dry-run"], &[]] {
            line.promote(from, to, how).code(1).notes(why);
        }
        assert_eq!(line.refs(), refs, "{from} {to}");
    };
    refused("dev", "prod", "would skip stg");
    refused("stg", "dev", "only goes downstream");
    refused("dev", "dev", "cannot be promoted to itself");
    refused("dev", "prd", "there is no environment `prd`");
    refused("nowhere", "stg", "there is no environment `nowhere`");
    // Applied from files that are in no commit.
    line.module("3");
    line.shop.apply("dev").code(0);
    refused("dev", "stg", "not committed");
    // Applied, and not healthy.
    line.env().git(&["checkout", "-q", "."]);
    let deployment =
        crate::manifests::deployment("default", "web", "web", "r.example.com/web:fail");
    line.env().file("modules/web/kubernetes/web.yaml", &deployment);
    line.commit("unhealthy");
    line.suimon(&["apply", "dev", "--auto-approve", "--no-wait"]);
    refused("dev", "stg", "dev has nothing to promote");
    // Only a part of it.
    line.module("4");
    line.commit("part");
    let target = "ConfigMap/default/web";
    line.suimon(&["apply", "dev", "--auto-approve", "--target", target]).code(0);
    refused("dev", "stg", "dev has nothing to promote");
    line.shop.apply("dev").code(0);
    line.promote("dev", "stg", &["--dry-run"]).code(0);
}

#[test]
fn what_turns_unhealthy_later_is_not_promoted() {
    let line = Line::applied("", "");
    let web = crate::manifests::deployment("default", "web", "web", "r.example.com/web:1");
    line.env().file("modules/web/kubernetes/web.yaml", &web);
    line.commit("two");
    line.shop.apply("dev").code(0);
    line.promote("dev", "stg", &["--dry-run"]).code(0);
    let path = "/apis/apps/v1/namespaces/default/deployments/web";
    line.env().api().delete(path);
    line.suimon(&["status", "--record"]).code(0);
    assert_eq!(line.shop.events("dev").last().unwrap(), "checked");
    line.promote("dev", "stg", &["--commit"]).code(1).notes("dev has nothing to promote");
    line.shop.apply("dev").code(0);
    line.promote("dev", "stg", &["--commit"]).code(0);
}

#[test]
fn a_promotion_is_a_branch_and_a_change_of_the_forge() {
    let line = Line::applied("", "");
    line.release("2");
    let main = line.env().git(&["rev-parse", "main"]);
    line.promote("dev", "stg", &[]).code(0).says("changes/1.json");
    assert_eq!(line.env().git(&["rev-parse", "main", "HEAD"]), format!("{main}\n{main}"));
    let branch = "suimon/promote/stg";
    let files = line.env().git(&["diff", "--name-only", "main", branch]);
    assert_eq!(files, "envs/stg/release.yaml");
    let change = line.change(1);
    assert_eq!((&change["head"], &change["base"]), (&branch.into(), &"main".into()));
    let body = change["body"].as_str().unwrap();
    for part in ["1 to change", "version 2", "Gate: open"] {
        assert!(body.contains(part), "no {part:?} in {body}");
    }
    let first = line.env().git(&["rev-parse", branch]);
    line.promote("dev", "stg", &[]).code(0).says("proposed already");
    line.promote("dev", "stg", &["--pr"]).code(0).says("proposed already");
    assert_eq!(line.env().git(&["rev-parse", branch]), first);
    // A newer release takes its place, in the same change.
    let third = line.release("3");
    line.promote("dev", "stg", &[]).code(0).says("changes/1.json");
    let file = line.env().git(&["show", &format!("{branch}:envs/stg/release.yaml")]);
    assert!(file.contains(&third), "{file}");
    assert!(line.change(1)["body"].as_str().unwrap().contains("version 3"));
    let forge = line.env().git(&["ls-tree", "-r", "--name-only", "refs/suimon/forge"]);
    assert!(!forge.contains("changes/2.json"), "{forge}");
    // Merging it applies nothing; the next apply does.
    line.merge(branch);
    assert_eq!(line.shop.events("stg").len(), 2);
    line.shop.apply("stg").code(0).says("1 changed");
    line.promote("dev", "stg", &[]).code(0).says("Nothing to change");
}

#[test]
fn with_queue_a_release_waits_for_the_one_before_it() {
    let line = Line::applied("", "");
    let second = line.release("2");
    line.promote("dev", "stg", &[]).code(0);
    let third = line.release("3");
    line.promote("dev", "stg", &["--queue"]).code(0).says("waits behind");
    line.promote("dev", "stg", &["--queue"]).code(0).says("already");
    let pinned =
        |branch: &str| line.env().git(&["show", &format!("{branch}:envs/stg/release.yaml")]);
    assert!(pinned("suimon/promote/stg").contains(&second));
    line.merge("suimon/promote/stg");
    line.shop.apply("stg").code(0);
    line.suimon(&["ci", "--base", "HEAD", "--head", "HEAD"]).code(0);
    assert!(pinned("suimon/promote/stg").contains(&third));
    let waiting = line.env().git(&["for-each-ref", "refs/heads/suimon/promote-queue"]);
    assert_eq!(waiting, "");
}

#[test]
fn work_of_other_people_on_the_branch_is_left_alone() {
    let line = Line::applied("", "");
    line.release("2");
    line.promote("dev", "stg", &[]).code(0);
    line.env().git(&["checkout", "-q", "suimon/promote/stg"]);
    line.env().file("README", "mine");
    let mine = line.commit("mine");
    line.env().git(&["checkout", "-q", "main"]);
    line.release("3");
    line.promote("dev", "stg", &[]).code(1).notes("other people");
    assert_eq!(line.env().git(&["rev-parse", "suimon/promote/stg"]), mine);
}

#[test]
fn a_commit_of_a_promotion_leaves_other_files_as_they_are() {
    let line = Line::applied("", "");
    line.release("2");
    line.env().file("README", "staged");
    line.env().git(&["add", "README"]);
    line.env().file("notes", "not added");
    line.shop.value("dev", "dirty");
    line.promote("dev", "stg", &["--commit"]).code(0);
    assert_eq!(line.env().git(&["diff", "--name-only", "HEAD^", "HEAD"]), "envs/stg/release.yaml");
    let status = line.env().git(&["status", "--porcelain"]);
    let status: Vec<&str> = status.lines().map(str::trim).collect();
    assert_eq!(status, ["A  README", "M envs/dev/manifests/all.yaml", "?? notes"]);
    // A release that somebody is editing is not overwritten.
    line.env().git(&["checkout", "-q", "--", "envs/dev"]);
    line.release("3");
    line.env().file("envs/stg/release.yaml", &(line.file("stg") + "# mine\n"));
    line.promote("dev", "stg", &["--commit"]).code(1).notes("uncommitted");
    assert!(line.file("stg").ends_with("# mine\n"));
}

#[test]
fn artifacts_are_pinned_once_and_go_along() {
    let line = Line::applied("", "");
    let text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web, namespace: default}\n\
                data: {image: \"{{ artifacts.api.image }}\"}\n";
    line.env().remove("modules/web/kubernetes/web.yaml");
    line.env().file("modules/web/kubernetes/web.yaml.tera", text);
    line.commit("with an image");
    let image = format!("registry.example.com/api@{DIGEST}");
    let set = |text: &str, more: &[&str]| {
        let mut args = vec!["release", "set", text];
        args.extend(more);
        line.suimon(&args)
    };
    let tag = set("api=registry.example.com/api:v1", &["--commit"]).code(1);
    tag.notes("has no digest").notes("crane digest registry.example.com/api:v1");
    set("api", &[]).code(1);
    set(&format!("api={image}"), &["--environment", "stg"]).code(1).notes("by promotion alone");
    set(&format!("api={image}"), &["--environment", "prd"]).code(1).notes("prd");
    assert_eq!(line.env().git(&["status", "--porcelain"]), "");
    set(&format!("api={image}"), &["--commit"]).code(0);
    assert_eq!(line.env().git(&["diff", "--name-only", "HEAD^", "HEAD"]), "envs/dev/release.yaml");
    set(&format!("api={image}"), &["--commit"]).code(0).says("Nothing to change");
    line.shop.apply("dev").code(0);
    line.promote("dev", "stg", &["--dry-run"]).code(0).says(DIGEST);
    line.move_on("dev", "stg");
    line.move_on("stg", "prod");
    for name in ["stg", "prod"] {
        assert!(line.file(name).contains(&image), "{}", line.file(name));
    }
    // Another image is another release, on its way alone.
    let other = image.replace("aaaa", "bbbb");
    set(&format!("api={other}"), &["--commit"]).code(0);
    line.promote("dev", "stg", &["--commit"]).code(0).says("Nothing to change");
    line.shop.apply("dev").code(0);
    line.promote("dev", "stg", &["--commit"]).code(0);
    assert!(line.file("stg").contains(&other) && line.file("prod").contains(&image));
}

/// Both environments ask what comes before, and for a peer.
const PEER: &str = "  gate:\n    upstream: {healthyFor: 0s}\n    approvals: [{role: peer, from: [team]}]\n    \
                    approvers:\n      allowedSigners: signers\n      groups: {team: [aiko@example.com, \
                    ben@example.com]}\n";

/// Does what status names next until there is nothing left; the commands that were run.
fn follow(line: &Line, key: &Path) -> Vec<String> {
    let mut done = Vec::new();
    while let Some(mut args) =
        ["dev", "stg", "prod"].iter().find_map(|environment| line.next(environment))
    {
        done.push(args[..args.len().min(3)].join(" "));
        assert!(done.len() < 20, "no end of it: {done:?}");
        match args[0].as_str() {
            "promote" => args.push("--commit".to_owned()),
            "apply" => args.push("--auto-approve".to_owned()),
            "approve" => args.extend(["--yes", "--key", key.to_str().unwrap()].map(str::to_owned)),
            _ => {}
        }
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        line.suimon(&args).code(0);
    }
    done
}

#[test]
fn status_names_the_next_step_and_it_is_the_one_that_works() {
    let line = Line::new("", "");
    let aiko = line.shop.key("aiko");
    line.shop.key("ben");
    line.shop.signers(&["aiko", "ben"]);
    line.environment("stg", PEER);
    line.environment("prod", PEER);
    let first = line.commit("gates");
    line.pin("stg", &first);
    line.pin("prod", &first);
    line.commit("pinned");
    let entered =
        ["apply dev", "approve stg --plan", "apply stg", "approve prod --plan", "apply prod"];
    assert_eq!(follow(&line, &aiko), entered);
    line.module("2");
    line.commit("two");
    let moved = [
        "apply dev",
        "promote dev stg",
        "approve stg --plan",
        "apply stg",
        "promote stg prod",
        "approve prod --plan",
        "apply prod",
    ];
    assert_eq!(follow(&line, &aiko), moved);
    for name in ["dev", "stg", "prod"] {
        let ran = line.suimon(&["history", name, "--verify"]).code(0);
        ran.says("the chain is whole");
        assert_eq!(line.status(name)["next"], Value::Null);
    }
}

#[test]
fn openssh_accepts_an_approval_as_the_documentation_shows() {
    let line = Line::new(PEER, "");
    let aiko = line.shop.key("aiko");
    line.shop.key("ben");
    line.shop.signers(&["aiko", "ben"]);
    line.commit("signers");
    line.shop.apply("dev").code(0);
    let digest = line.shop.digest("stg");
    line.shop.approve("stg", &digest, &aiko, &[]).code(0);
    let file =
        |name: &str| line.env().git(&["show", &format!("refs/suimon/approvals/stg:{name}")]) + "\n";
    let (statement, signature) = (file("approval.json"), file("approval.json.sig"));
    let accepts = |who: &str, namespace: &str, statement: &str| {
        openssh_accepts(&line.shop, "signers", (who, namespace), (statement, &signature))
    };
    assert!(accepts("aiko@example.com", "approval@suimon.dev", &statement));
    assert!(!accepts("ben@example.com", "approval@suimon.dev", &statement));
    assert!(!accepts("aiko@example.com", "ledger@suimon.dev", &statement));
    assert!(!accepts("aiko@example.com", "approval@suimon.dev", &statement.replace("stg", "prd")));
    let value: Value = serde_json::from_str(&statement).unwrap();
    assert_eq!((&value["environment"], &value["digest"]), (&"stg".into(), &digest.into()));
}

#[test]
fn an_approval_is_of_one_plan_and_of_one_environment() {
    let line = Line::new("", "");
    let aiko = line.shop.key("aiko");
    line.shop.key("ben");
    line.shop.signers(&["aiko", "ben"]);
    line.environment("stg", PEER);
    line.environment("prod", PEER);
    line.commit("gates");
    line.shop.apply("dev").code(0);
    let approved = line.shop.digest("stg");
    line.shop.approve("stg", &approved, &aiko, &[]).code(0);
    line.suimon(&["gate", "stg"]).code(0);
    // A new commit is a new plan, also where it writes the same; the same plan again is the same.
    line.env().file("README", "x");
    line.commit("nothing of it");
    line.shop.apply("dev").code(0);
    line.shop.apply("stg").code(3).notes("it is for another plan");
    line.env().git(&["reset", "-q", "--hard", "HEAD^"]);
    assert_eq!(line.shop.digest("stg"), approved);
    line.shop.apply("stg").code(0);
    line.shop.apply("prod").code(3).notes("peer: 0 of 1 approval");
    // Another plan voids it.
    line.release("2");
    let digest = line.shop.digest("stg");
    line.shop.approve("stg", &digest, &aiko, &[]).code(0);
    line.release("3");
    line.shop.apply("stg").code(3).notes("peer: 0 of 1 approval");
    line.shop.approve("stg", &digest, &aiko, &[]).code(4);
    let shown = line.suimon(&["gate", "stg"]).code(3);
    shown.says("suimon approve stg --plan");
}
