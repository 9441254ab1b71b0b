//! Saved plans: exactly that plan, or nothing.

use serde_json::json;

use crate::env::Env;
use crate::manifests::{config_map, config_map_path, namespace};

const FILE: &str = "envs/dev/manifests/all.yaml";

fn project(value: &str) -> String {
    namespace("saved") + &config_map("saved", "a", value)
}

#[test]
fn on_the_sandbox() {
    let env = Env::sandbox();
    a_saved_plan_is_applied_once(&env);
}

pub(crate) fn a_saved_plan_is_applied_once(env: &Env) {
    env.with_environment("saved", "", &project("1"));
    env.plan(&["--out", "plan.json"])
        .code(0)
        .notes("apply exactly it with: suimon apply plan.json");
    let apply = || {
        let wait = if env.is_real() { "--no-wait" } else { "--wait" };
        env.suimon(&["apply", "plan.json", wait])
    };
    apply().code(0).says("2 added");
    let again = apply().code(4);
    again.notes("ConfigMap/saved/a: create is not needed any more");
    env.settled();

    env.file(FILE, &project("2"));
    env.plan(&["--out", "plan.json"]).code(0);
    env.api().merge(&config_map_path("saved", "a"), "somebody", &json!({"data": {"value": "9"}}));
    let stale = apply().code(4);
    stale.notes("saved plan is stale: nothing was written").notes("ConfigMap/saved/a");
    let live = env.api().get(&config_map_path("saved", "a")).unwrap();
    assert_eq!(live["data"]["value"], "9");
}

#[test]
fn files_that_changed_void_a_plan() {
    let env = Env::sandbox();
    env.with_manifests(&project("1"));
    env.plan(&["--out", "plan.json"]).code(0);
    env.file(FILE, &project("2"));
    let stale = env.suimon(&["apply", "plan.json"]).code(4);
    insta::assert_snapshot!(stale.stderr, @r"
    reading uncommitted files in [DIR]/project (no Git repository)
    error: saved plan is stale: nothing was written
      ConfigMap/saved/a: /data/value is not as planned any more
      help: plan again: suimon plan dev --out FILE
    ");
    assert_eq!(env.writes(), [""; 0]);
}

#[test]
fn an_edited_plan_is_refused() {
    let env = Env::sandbox();
    env.with_manifests(&project("1"));
    env.plan(&["--out", "plan.json"]).code(0);
    let path = env.project().join("plan.json");
    let text = std::fs::read_to_string(&path).unwrap();
    let edits = [
        ("\"value\":\"1\"", "\"value\":\"2\"", 4),
        ("\"environment\":\"dev\"", "\"environment\":\"prod\"", 4),
        ("\"format_version\":\"1.0\"", "\"format_version\":\"9.0\"", 4),
        ("\"name\":\"shop\"", "", 1),
        ("{", "", 1),
    ];
    for (old, new, code) in edits {
        let edited = text.replacen(old, new, 1);
        if edited == text {
            continue;
        }
        std::fs::write(&path, edited).unwrap();
        env.suimon(&["apply", "plan.json"]).code(code).notes("plan.json: ");
    }
    std::fs::write(&path, "{}").unwrap();
    env.suimon(&["apply", "plan.json"]).code(1).notes("not a saved plan");
    assert_eq!(env.writes(), [""; 0]);
}

#[test]
fn another_cluster_is_not_the_one_that_was_planned() {
    let env = Env::sandbox();
    env.with_manifests(&project("1"));
    env.plan(&["--out", "plan.json"]).code(0);
    let other = Env::another_sandbox();
    env.kubeconfig_for(&[("dev", &other.url())]);
    env.suimon(&["apply", "plan.json"]).code(4).notes("the target was kubernetes sha256:");
}

#[test]
fn a_plan_of_a_commit_applies_that_commit() {
    let env = Env::sandbox();
    env.with_manifests(&project("1"));
    env.file(".gitignore", "plan.json\n");
    let first = env.commit("one");
    env.plan(&["--out", "plan.json"]).code(0).notes(&first[..7]);
    env.file(FILE, &project("2"));
    env.commit("two");
    let applied = env.suimon(&["apply", "plan.json"]).code(0);
    assert!(applied.stderr.contains(&first[..7]), "{}", applied.stderr);
    let live = env.api().get(&config_map_path("saved", "a")).unwrap();
    assert_eq!(live["data"]["value"], "1");
    env.plan(&["--detailed-exitcode"]).code(2).says("\"1\" -> \"2\"");
}

#[test]
fn an_owner_who_came_later_is_not_adopted_by_a_saved_plan() {
    let env = Env::sandbox();
    env.with_manifests(&project("1"));
    env.apply(&[]).code(0);
    env.file(FILE, &project("2"));
    env.plan(&["--out", "plan.json"]).code(0);
    let flux = json!({"metadata": {"labels": {"kustomize.toolkit.fluxcd.io/name": "k", "kustomize.toolkit.fluxcd.io/namespace": "n"}}});
    env.api().merge(&config_map_path("saved", "a"), "kustomize-controller", &flux);
    env.suimon(&["apply", "plan.json"]).code(4);
    let live = env.api().get(&config_map_path("saved", "a")).unwrap();
    assert_eq!(live["data"]["value"], "1");
}
