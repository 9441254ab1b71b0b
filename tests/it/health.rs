//! Waiting until things are healthy, and what happens when they are not.

use serde_json::json;

use crate::env::Env;
use crate::manifests::{config_map, config_map_path, deployment, job, namespace};

fn after(namespace: &str, name: &str, on: &str) -> String {
    config_map(namespace, name, "1").replacen(
        &format!("namespace: {namespace}}}"),
        &format!("namespace: {namespace}, annotations: {{suimon.dev/depends-on: {on}}}}}"),
        1,
    )
}

#[test]
fn what_never_gets_healthy_fails_at_the_timeout() {
    let env = Env::sandbox_with(false);
    let all = namespace("h")
        + &deployment("h", "web", "web", "web:1")
        + &after("h", "later", "Deployment.apps/h/web")
        + &config_map("h", "beside", "1");
    env.with_manifests(&all);
    let ran = env.apply(&["--timeout", "1s"]).code(5);
    insta::assert_snapshot!(ran.stdout.split("Plan digest").nth(1).unwrap().split_once("\n").unwrap().1, @r"
    Done (2):
      + Namespace/h: created
      + ConfigMap/h/beside: created

    Failed (1):
      + Deployment.apps/h/web: failed: not healthy within 1s: 0 of 2 replicas are created
          at envs/dev/manifests/all.yaml:6:1

    Not started (1):
      + ConfigMap/h/later: not started: depends on Deployment.apps/h/web, which failed

    Apply incomplete: 2 of 4 objects done, 1 failed, 1 not started.
    Resources: 2 added, 0 changed, 0 destroyed.
    To see what is left: suimon plan dev. When the cause is gone, running the same command again continues from here.
    ");
    assert!(env.api().get(&config_map_path("h", "later")).is_none());
    assert!(env.api().get(&config_map_path("h", "beside")).is_some());

    env.apply(&["--no-wait"]).code(0).says("1 added");
    env.settled();
}

#[test]
fn a_job_that_fails_holds_back_what_waits_for_it_and_all_deletes() {
    let env = Env::sandbox();
    env.with_manifests(&(namespace("j") + &config_map("j", "old", "1")));
    env.apply(&[]).code(0);
    let all = namespace("j")
        + &job("j", "migrate", "migrate:fail")
        + &after("j", "app", "Job.batch/j/migrate");
    env.file("envs/dev/manifests/all.yaml", &all);
    let ran = env.apply(&["--json"]).code(5);
    let report = ran.json();
    let entry = |id: &str| {
        let entries = report["entries"].as_array().unwrap();
        entries.iter().find(|e| e["id"] == id).unwrap_or_else(|| panic!("{id}: {report}")).clone()
    };
    assert_eq!(report["end"], "partial");
    assert_eq!(entry("Job.batch/j/migrate")["outcome"], "failed");
    assert_eq!(entry("ConfigMap/j/app")["outcome"], "skipped");
    assert_eq!(entry("ConfigMap/j/old")["outcome"], "skipped");
    assert!(env.api().get(&config_map_path("j", "old")).is_some());
    // The same again: the job is as declared, and still failed.
    env.apply(&[]).code(1);
    assert!(env.api().get(&config_map_path("j", "app")).is_none());
}

#[test]
fn an_object_that_is_being_deleted_is_waited_for() {
    let env = Env::sandbox();
    env.with_manifests(&config_map("default", "a", "1"));
    let mut object = crate::manifests::config_map_object("a", "old");
    object["metadata"]["finalizers"] = json!(["example.com/stuck"]);
    env.api().create("/api/v1/namespaces/default/configmaps", &object);
    let path = config_map_path("default", "a");
    env.api().delete(&path);
    let stuck = env.apply(&["--timeout", "1s"]).code(1);
    assert!(stuck.all().contains("example.com/stuck"), "{}", stuck.all());

    let mut running = env.start(env.command(&["apply", "dev", "--auto-approve"]));
    running.wait_for("ConfigMap/default/a");
    env.api().merge(&path, "somebody", &json!({"metadata": {"finalizers": null}}));
    running.finish().code(0).says("1 added");
    env.settled();
}
