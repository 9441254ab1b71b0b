//! From the first file to the last delete.

use serde_json::Value;

use crate::env::{Env, repository};
use crate::manifests::{config_map, config_map_path, deployment, deployment_path, namespace};

#[test]
fn on_the_sandbox() {
    let env = Env::sandbox();
    lifecycle(&env);
    removal_reaches_everything(&env);
}

/// Create, find nothing to do, change, remove; works without controllers too.
pub(crate) fn lifecycle(env: &Env) {
    let ns = "life";
    let both =
        |value: &str| namespace(ns) + &config_map(ns, "a", value) + &config_map(ns, "b", "1");
    env.with_environment("life", "", &(both("1") + &deployment(ns, "web", "web", "web:1")));
    env.suimon(&["validate"]).code(0).says("dev: valid, 4 objects");
    env.plan(&[]).code(0).says("Plan: 4 to add, 0 to change, 0 to destroy.");
    env.plan(&["--detailed-exitcode"]).code(2);
    assert!(env.api().get(&format!("/api/v1/namespaces/{ns}")).is_none(), "a plan wrote");

    env.apply(&[]).code(0).says("Apply complete! Resources: 4 added, 0 changed, 0 destroyed.");
    env.settled();
    if !env.is_real() {
        env.sandbox_api().clear_requests();
        env.apply(&[]).code(0).says("No changes.");
        assert_eq!(env.writes(), [""; 0], "a second apply wrote");
    }

    env.file("envs/dev/manifests/all.yaml", &(both("2") + &deployment(ns, "web", "web", "web:2")));
    let plan = env.plan(&["--detailed-exitcode"]).code(2);
    let plan = plan.says("Plan: 0 to add, 2 to change, 0 to destroy.");
    plan.says("image: web:1 -> web:2");
    env.apply(&[]).code(0).says("Apply complete! Resources: 0 added, 2 changed, 0 destroyed.");
    env.settled();
    let live = env.api().get(&config_map_path(ns, "a")).unwrap();
    assert_eq!(live.pointer("/data/value"), Some(&Value::from("2")));

    env.file("envs/dev/manifests/all.yaml", &(namespace(ns) + &config_map(ns, "a", "2")));
    let plan = env.plan(&[]).code(0);
    let plan = plan.says("- ConfigMap/life/b").says("- Deployment.apps/life/web");
    plan.says("Plan: 0 to add, 0 to change, 2 to destroy.");
    env.apply(&[]).code(0).says("Apply complete! Resources: 0 added, 0 changed, 2 destroyed.");
    env.settled();
    assert!(env.api().get(&config_map_path(ns, "b")).is_none());
    assert!(env.api().get(&config_map_path(ns, "a")).is_some());
    if !env.is_real() {
        assert!(env.api().get(&deployment_path(ns, "web")).is_none());
    }
}

/// The last objects go only when somebody confirms it.
fn removal_reaches_everything(env: &Env) {
    env.file("envs/dev/manifests/all.yaml", "");
    let held = env.apply(&[]).code(3);
    let held =
        held.notes("environment dev renders 0 objects, and 2 owned objects would be deleted");
    let digest = held.stderr.split("--confirm-deletes ").nth(1).unwrap();
    let digest = digest.split('`').next().unwrap().to_owned();
    assert!(env.api().get("/api/v1/namespaces/life").is_some(), "something was deleted");

    env.apply(&["--confirm-deletes", "sha256:0000"]).code(3);
    env.apply(&["--confirm-deletes", &digest]).code(0).says("2 destroyed");
    assert!(env.api().get("/api/v1/namespaces/life").is_none());
    env.settled();
}

#[test]
fn a_first_project_of_init() {
    let env = Env::sandbox();
    env.suimon(&["init", "--name", "shop", "--context", "dev"]).code(0).says("suimon plan dev");
    env.suimon(&["init"]).code(1).notes("nothing was written");
    env.suimon(&["validate"]).code(0).says("dev: valid, 3 objects");
    env.suimon(&["render", "dev"]).code(0).says("kind: Deployment");
    for format in ["tree", "dot", "mermaid", "json"] {
        let graph = env.suimon(&["graph", "dev", "--format", format]).code(0);
        graph.says("Deployment.apps/shop-dev/hello");
    }
    env.apply(&[]).code(0).says("3 added");
    env.settled();
}

#[test]
fn without_a_terminal_apply_fails_rather_than_hangs() {
    let env = Env::sandbox();
    env.with_manifests(&config_map("default", "a", "1"));
    let ran = env.suimon(&["apply", "dev"]).code(1).says("Plan: 1 to add");
    insta::assert_snapshot!(ran.stderr, @r"
    reading uncommitted files in [DIR]/project (no Git repository)
    error: standard input is not a terminal, so nobody can approve the plan
      help: save a plan with `suimon plan ENV --out FILE` and apply the file, or use --auto-approve
    ");
    assert_eq!(env.writes(), [""; 0]);
}

#[test]
fn json_is_as_its_schemas_say() {
    let env = Env::sandbox();
    let valid = |schema: &str, document: &Value| {
        let schema = std::fs::read_to_string(repository().join(schema)).unwrap();
        let schema = jsonschema::validator_for(&serde_json::from_str(&schema).unwrap()).unwrap();
        let errors: Vec<String> = schema.iter_errors(document).map(|e| e.to_string()).collect();
        assert_eq!(errors, [""; 0], "{document}");
    };
    env.with_manifests(&(config_map("default", "a", "1") + &config_map("default", "b", "1")));
    let plan = env.plan(&["--json"]).code(0).json();
    valid("docs/plan.schema.json", &plan);
    assert_eq!(plan["summary"]["add"], 2);
    assert_eq!(plan["changes"][0]["action"], "create");
    let same = env.plan(&["--format", "json"]).code(0).json();
    assert_eq!(plan, same, "the same plan twice");

    let report = env.apply(&["--json"]).code(0).json();
    valid("docs/report.schema.json", &report);
    assert_eq!(report["end"], "complete");
    assert_eq!(report["entries"][1]["outcome"], "created");

    valid("docs/plan.schema.json", &env.plan(&["--json"]).code(0).json());
    let nothing = env.apply(&["--json"]).code(0).json();
    valid("docs/report.schema.json", &nothing);
    assert_eq!(nothing["entries"], serde_json::json!([]));
}

#[test]
fn markdown_for_a_pull_request() {
    let env = Env::sandbox();
    env.with_manifests(&config_map("default", "a", "1"));
    let markdown = env.plan(&["--format", "markdown"]).code(0).stdout;
    assert!(markdown.len() < 65_536 && markdown.contains("ConfigMap/default/a"), "{markdown}");
    insta::assert_snapshot!(markdown.lines().next().unwrap(), @"<!-- suimon:plan:shop/dev -->");
}

#[test]
fn target_limits_to_an_object_and_what_it_waits_for() {
    let env = Env::sandbox();
    let all = namespace("t") + &config_map("t", "a", "1") + &config_map("t", "b", "1");
    env.with_manifests(&all);
    env.apply(&["--target", "ConfigMap/t/a"]).code(0).says("2 added");
    assert!(env.api().get(&config_map_path("t", "b")).is_none());
    env.plan(&[]).says("Plan: 1 to add, 0 to change, 0 to destroy.");
    env.apply(&[]).code(0);

    env.file("envs/dev/manifests/all.yaml", &(namespace("t") + &config_map("t", "a", "2")));
    env.apply(&["--target", "ConfigMap/t/a"]).code(0).says("1 changed, 0 destroyed");
    assert!(env.api().get(&config_map_path("t", "b")).is_some(), "--target deleted");

    let unknown = env.plan(&["--target", "ConfigMap/other/a"]).code(1);
    insta::assert_snapshot!(unknown.stderr, @r"
    reading uncommitted files in [DIR]/project (no Git repository)
    error[unknown-target]: `--target ConfigMap/other/a` names nothing that is declared
      help: did you mean ConfigMap/t/a?
    ");
}
