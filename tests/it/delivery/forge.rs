//! Forges: what a pipeline says about a change, on the local forge and on GitHub, and reviews as approvals.

use serde_json::{Value, json};

use crate::delivery::promotion::Line;
use crate::github::{GitHub, TOKEN};

/// A branch with this change of `dev`, and its last commit.
fn branch(line: &Line, name: &str, value: &str) -> String {
    line.env().git(&["checkout", "-q", "-b", name, "main"]);
    line.shop.value("dev", value);
    line.commit(&format!("dev gets {value}"))
}

const CI: [&str; 5] = ["ci", "--base", "main", "--head", "HEAD"];

/// A file of the local forge.
fn stored(line: &Line, path: &str) -> String {
    line.env().git(&["show", &format!("refs/suimon/forge:{path}")])
}

/// Files of the local forge.
fn files(line: &Line) -> String {
    line.env().git(&["ls-tree", "-r", "--name-only", "refs/suimon/forge"])
}

#[test]
fn a_check_tells_of_every_environment_and_comments_on_those_that_are_touched() {
    let line = Line::applied("", "");
    branch(&line, "topic", "2");
    let ran = line.suimon(&CI).code(0);
    ran.clone().says("dev: 0 to add, 1 to change, 0 to destroy; gate open");
    ran.clone().says("stg: not touched").says("prod: not touched");
    ran.notes("no comment is written");
    let head = line.env().git(&["rev-parse", "HEAD"]);
    let statuses: String = files(&line)
        .lines()
        .filter(|one| one.contains(&head))
        .map(|one| stored(&line, one))
        .collect();
    for name in ["dev", "stg", "prod"] {
        for what in ["plan", "gate"] {
            let context = format!("suimon/{what}: {name}");
            assert!(statuses.contains(&context), "no {context} in {statuses}");
        }
    }
    line.suimon(&["status"]).code(0);
    assert_eq!(line.shop.events("dev"), ["opened", "closed"], "a check applies nothing");
}

#[test]
fn a_change_of_a_module_tells_what_promoting_it_would_do() {
    let line = Line::applied("", "");
    line.env().git(&["checkout", "-q", "-b", "topic"]);
    line.module("2");
    line.commit("two");
    let refs = line.refs();
    let mut args = CI.to_vec();
    args.push("--dry-run");
    let ran = line.suimon(&args).code(0);
    ran.clone().says("dev: 0 to add, 1 to change, 0 to destroy");
    ran.says("stg: not changed by this; promoting the modules would do: 0 to add, 1 to change, 0 to destroy");
    assert_eq!(line.refs(), refs);
}

#[test]
fn a_check_fails_when_a_plan_cannot_be_made_and_not_when_a_gate_is_held() {
    let line = Line::new("", "  gate: {upstream: {healthyFor: 9999h}}\n");
    line.env().git(&["checkout", "-q", "-b", "topic"]);
    line.shop.value("prod", "2");
    line.commit("held");
    line.suimon(&CI).code(0).says("prod: 2 to add, 0 to change, 0 to destroy; gate held");
    line.env().file("envs/prod/manifests/all.yaml", "kind: ConfigMap\n");
    line.commit("broken");
    line.suimon(&CI).code(1).says("prod: no plan");
    line.env().git(&["checkout", "-q", "main"]);
    line.suimon(&["ci", "--base", "nowhere"]).code(1).notes("nowhere");
}

#[test]
fn a_local_change_is_commented_in_place() {
    let line = Line::applied("", "");
    line.release("2");
    line.promote("dev", "stg", &[]).code(0);
    let ci = ["ci", "--change", "1"];
    line.suimon(&ci).code(0).says("stg: 0 to add, 1 to change");
    let comments = || {
        let all = files(&line);
        let of: Vec<&str> = all.lines().filter(|one| one.contains("comments")).collect();
        assert_eq!(of.len(), 1, "{all}");
        stored(&line, of[0])
    };
    let first = comments();
    assert!(first.contains("suimon plan") && first.contains("stg"), "{first}");
    line.suimon(&ci).code(0);
    assert_eq!(comments(), first);
}

/// A line on GitHub: `origin` is a bare repository, and its changes are on a fake GitHub.
struct Hosted {
    line: Line,
    github: GitHub,
}

impl Hosted {
    fn new(prod: &str) -> Self {
        let line = Line::new("", prod);
        let first = line.env().git(&["rev-parse", "HEAD"]);
        line.pin("stg", &first);
        line.pin("prod", &first);
        let origin = line.env().root().join("origin.git");
        let github = GitHub::new(&origin);
        let project = format!(
            "apiVersion: suimon.dev/v1alpha1\nkind: Project\nmetadata: {{name: shop}}\nspec:\n  \
             pipeline: [dev, stg, prod]\n  branch: main\n  \
             forge: {{kind: github, repository: acme/shop, url: \"{}\"}}\n",
            github.url()
        );
        line.env().file("suimon.yaml", &project);
        line.commit("hosted");
        let path = origin.to_str().unwrap();
        line.env().git(&["init", "-q", "--bare", path]);
        line.env().git(&["remote", "add", "origin", path]);
        line.env().git(&["push", "-q", "origin", "main"]);
        line.env().set("GITHUB_TOKEN", TOKEN);
        Self { line, github }
    }

    fn push(&self, branch: &str) {
        self.line.env().git(&["push", "-q", "-f", "origin", branch]);
    }

    /// Runs `suimon ci` as GitHub Actions runs it for a pull request.
    fn ci(&self, number: u64, head: &str) -> crate::run::Ran {
        let event = json!({
            "number": number,
            "pull_request": {
                "number": number,
                "base": {"sha": self.line.env().git(&["rev-parse", "main"])},
                "head": {"sha": head},
            },
        });
        let path = self.line.env().root().join("event.json");
        std::fs::write(&path, event.to_string()).unwrap();
        let mut command = self.line.env().command(&["ci"]);
        command
            .env("GITHUB_ACTIONS", "true")
            .env("GITHUB_EVENT_PATH", &path)
            .env("GITHUB_REF", format!("refs/pull/{number}/merge"))
            .env("GITHUB_REPOSITORY", "acme/shop");
        self.line.env().run(command)
    }
}

#[test]
fn a_promotion_is_a_pull_request_that_is_updated_in_place() {
    let hosted = Hosted::new("");
    let (line, github) = (&hosted.line, &hosted.github);
    line.shop.apply("dev").code(0);
    line.release("2");
    line.promote("dev", "stg", &[]).code(1).notes("not on main");
    hosted.push("main");
    line.promote("dev", "stg", &[]).code(0).says("/pull/1");
    assert_eq!(github.writes(), ["POST /pulls"]);
    let at_origin = |name: &str| line.env().git(&["ls-remote", "origin", name]);
    assert!(!at_origin("refs/heads/suimon/promote/stg").is_empty());
    let body = github.state.lock().unwrap().pulls[0]["body"].as_str().unwrap().to_owned();
    for part in ["version 2", "2 to add", "Gate: open"] {
        assert!(body.contains(part), "no {part:?} in {body}");
    }
    line.promote("dev", "stg", &[]).code(0).says("proposed already");
    assert_eq!(github.writes(), [""; 0]);
    line.release("3");
    hosted.push("main");
    line.promote("dev", "stg", &[]).code(0).says("/pull/1");
    assert_eq!(github.state.lock().unwrap().pulls.len(), 1);
    let superseded = &github.comments(1)[0];
    assert!(superseded.contains("was superseded by"), "{superseded}");
}

#[test]
fn comments_are_updated_in_place_and_marked_when_they_are_stale() {
    let hosted = Hosted::new("  gate: {upstream: {healthyFor: 9999h}}\n");
    let (line, github) = (&hosted.line, &hosted.github);
    for name in ["dev", "stg"] {
        line.shop.apply(name).code(0);
    }
    branch(line, "topic", "2");
    line.shop.value("stg", "2");
    let head = line.commit("stg too");
    hosted.push("topic");
    let number = github.open("olga", "topic");
    hosted.ci(number, &head).code(0);
    let first = github.comments(number);
    assert_eq!(first.len(), 2, "{first:?}");
    for name in ["dev", "stg", "prod"] {
        assert_eq!(github.status(&head, &format!("suimon/plan: {name}")).0, "success", "{name}");
        assert_eq!(github.status(&head, &format!("suimon/gate: {name}")).0, "success", "{name}");
    }
    github.writes();
    hosted.ci(number, &head).code(0);
    assert_eq!(github.writes(), [""; 0], "the same again");
    // Only `prod` is touched now, and its gate is held.
    line.env().git(&["reset", "-q", "--hard", "main"]);
    line.shop.value("prod", "2");
    let head = line.commit("prod instead");
    hosted.push("topic");
    hosted.ci(number, &head).code(0);
    let comments = github.comments(number);
    assert_eq!(comments.len(), 3, "{comments:?}");
    let stale = comments.iter().filter(|body| body.contains("**Stale:**")).count();
    assert_eq!(stale, 2, "{comments:?}");
    assert_eq!(github.status(&head, "suimon/gate: prod").0, "pending");
    assert_eq!(github.status(&head, "suimon/plan: dev"), ("success".into(), "not touched".into()));
    // What cannot be planned fails the check, and is said.
    line.env().file("envs/prod/manifests/all.yaml", "kind: ConfigMap\n");
    let head = line.commit("broken");
    hosted.push("topic");
    hosted.ci(number, &head).code(1);
    assert_eq!(github.status(&head, "suimon/plan: prod").0, "failure");
    assert_eq!(github.comments(number).len(), 3);
}

#[test]
fn without_a_token_the_repository_is_the_forge_and_a_bad_one_is_refused() {
    let hosted = Hosted::new("");
    let (line, github) = (&hosted.line, &hosted.github);
    line.shop.apply("dev").code(0);
    line.release("2");
    hosted.push("main");
    line.env().set("GITHUB_TOKEN", "ghs_bad");
    let refused = line.promote("dev", "stg", &[]).code(1);
    assert!(!refused.all().contains("ghs_bad"), "{}", refused.all());
    refused.notes("GITHUB_TOKEN");
    line.env().unset("GITHUB_TOKEN");
    line.promote("dev", "stg", &[]).code(0).notes("GITHUB_TOKEN or GH_TOKEN is not set");
    assert_eq!(github.writes(), [""; 0]);
}

const REVIEWED: &str = "  gate:\n    approvals: [{role: peer, from: [team]}]\n    approvers:\n      \
                        forge: true\n      groups: {team: [\"@ben\", \"@olga\"]}\n";

#[test]
fn a_review_of_somebody_else_on_exactly_the_last_commit_counts() {
    let hosted = Hosted::new(REVIEWED);
    let (line, github) = (&hosted.line, &hosted.github);
    line.env().git(&["checkout", "-q", "-b", "topic"]);
    line.shop.value("prod", "1b");
    let older = line.commit("a first try");
    line.shop.value("prod", "2");
    let head = line.commit("prod");
    line.env().git(&["checkout", "-q", "main"]);
    line.env().git(&["merge", "-q", "--ff-only", "topic"]);
    hosted.push("topic");
    hosted.push("main");
    let number = github.open("olga", "topic");
    let gate = |code: i32, login: &str, kind: &str, state: &str, commit: &str| {
        github.state.lock().unwrap().reviews.push(json!({
            "pull": number, "user": {"login": login, "type": kind}, "state": state,
            "commit_id": commit, "submitted_at": jiff::Timestamp::now(),
        }));
        line.suimon(&["gate", "prod"]).code(code).stdout
    };
    github.state.lock().unwrap().writers = ["ben", "olga", "eve"].map(str::to_owned).into();
    line.suimon(&["gate", "prod"]).code(3).says("peer: 0 of 1 approval");
    gate(3, "olga", "User", "APPROVED", &head);
    gate(3, "eve", "User", "APPROVED", &head);
    gate(3, "ben", "User", "APPROVED", &older);
    gate(3, "ben", "Bot", "APPROVED", &head);
    github.state.lock().unwrap().writers.retain(|one| one != "ben");
    gate(3, "ben", "User", "APPROVED", &head);
    github.state.lock().unwrap().writers.push("ben".to_owned());
    line.suimon(&["gate", "prod"]).code(0);
    gate(0, "ben", "User", "COMMENTED", &head);
    gate(3, "ben", "User", "CHANGES_REQUESTED", &head);
    line.shop.apply("prod").code(3);
    gate(0, "ben", "User", "APPROVED", &head);
    line.shop.apply("prod").code(0);
    // What cannot be asked is not taken as given.
    line.env().set("GITHUB_TOKEN", "ghs_bad");
    line.shop.value("prod", "3");
    line.commit("another");
    line.suimon(&["gate", "prod"]).code(3).says("GitHub");
    assert_eq!(line.shop.records("prod").last().unwrap()["event"]["type"], Value::from("closed"));
}
