//! Deletes, replaces, and what holds them back.

use serde_json::json;

use crate::env::Env;
use crate::manifests::{
    annotated, config_map, config_map_path, deployment, deployment_path, job, namespace,
};
use crate::run::Ran;

#[test]
fn on_the_sandbox() {
    let env = Env::sandbox();
    kept_objects_are_forgotten(&env);
    ignored_objects_are_left_alone(&env);
    deletes_are_held_and_protected(&env);
}

const FILE: &str = "envs/dev/manifests/all.yaml";

pub(crate) fn kept_objects_are_forgotten(env: &Env) {
    let ns = "keep";
    let marks = [
        ("suimon", json!({"suimon.dev/prune": "false"})),
        ("argo", json!({"argocd.argoproj.io/sync-options": "Validate=false,Prune=false"})),
        ("flux", json!({"kustomize.toolkit.fluxcd.io/prune": "disabled"})),
        ("helm", json!({"helm.sh/resource-policy": "keep"})),
    ];
    let mut all = namespace(ns) + &config_map(ns, "gone", "1");
    for (name, annotations) in &marks {
        all += &annotated(ns, name, annotations);
    }
    env.with_environment("keep", "", &all);
    env.apply(&[]).code(0);
    env.file(FILE, &namespace(ns));
    let plan = env.plan(&[]).code(0);
    plan.says("Plan: 0 to add, 0 to change, 1 to destroy").says("4 to forget");
    env.apply(&[]).code(0).says("1 destroyed, 4 forgotten");
    assert!(env.api().get(&config_map_path(ns, "gone")).is_none());
    for (name, _) in &marks {
        let kept = env.api().get(&config_map_path(ns, name)).unwrap();
        let metadata = kept["metadata"].to_string();
        assert!(!metadata.contains("applyset.kubernetes.io/part-of"), "{metadata}");
        assert!(!metadata.contains("suimon.dev/applied"), "{metadata}");
    }
    env.settled();
}

pub(crate) fn ignored_objects_are_left_alone(env: &Env) {
    let ns = "ignore";
    let marks = [
        ("suimon", json!({"suimon.dev/reconcile": "disabled"})),
        ("flux", json!({"kustomize.toolkit.fluxcd.io/reconcile": "disabled"})),
        ("ssa", json!({"kustomize.toolkit.fluxcd.io/ssa": "Ignore"})),
    ];
    let plain = |value: &str| -> String {
        marks.iter().map(|(name, _)| config_map(ns, name, value)).collect()
    };
    env.with_environment("ignore", "", &(namespace(ns) + &plain("1")));
    env.apply(&[]).code(0);
    for (name, annotations) in &marks {
        let patch = json!({"metadata": {"annotations": annotations}});
        env.api().merge(&config_map_path(ns, name), "kubectl-annotate", &patch);
    }
    env.file(FILE, &(namespace(ns) + &plain("2")));
    env.apply(&[]).code(0);
    for (name, _) in &marks {
        let live = env.api().get(&config_map_path(ns, name)).unwrap();
        assert_eq!(live.pointer("/data/value"), Some(&json!("1")), "{name}");
    }
}

pub(crate) fn deletes_are_held_and_protected(env: &Env) {
    let ns = "limits";
    let maps = |names: &[&str]| -> String {
        namespace(ns) + &names.iter().map(|name| config_map(ns, name, "1")).collect::<String>()
    };
    let limit = "  protect: {maxDeletes: 1}\n";
    env.with_environment("limits", limit, &maps(&["a", "b", "c"]));
    env.apply(&[]).code(0);
    env.file(FILE, &maps(&["a"]));
    let held = env
        .apply(&[])
        .code(3)
        .notes("2 owned objects would be deleted or replaced, `maxDeletes` is 1");
    let two = confirmation(&held);
    env.plan(&[]).code(0).says(&two);

    env.file(FILE, &maps(&[]));
    let held = env.apply(&["--confirm-deletes", &two]).code(3);
    assert_ne!(confirmation(&held), two, "another list has another digest");
    assert!(env.api().get(&config_map_path(ns, "b")).is_some(), "something was deleted");

    env.file(FILE, &maps(&["a"]));
    env.apply(&["--confirm-deletes", &two]).code(0).says("2 destroyed");

    let protect = "  protect: {kinds: [ConfigMap]}\n";
    env.with_environment("limits", protect, &maps(&[]));
    let denied = env.apply(&["--confirm-deletes", &two]).code(1);
    denied.notes("ConfigMap/limits/a would be deleted, and its kind is protected");
    assert!(env.api().get(&config_map_path(ns, "a")).is_some());
}

/// The digest that a held plan asks for.
fn confirmation(held: &Ran) -> String {
    let rest = held.stderr.split("--confirm-deletes ").nth(1).unwrap();
    rest.split('`').next().unwrap().to_owned()
}

#[test]
fn deletes_go_in_reverse_order() {
    let env = Env::sandbox();
    let secret = "---\napiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: r}\n";
    let account = "---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {name: sa, namespace: r}\n";
    let all = namespace("r") + secret + account + &deployment("r", "web", "web", "web:1");
    env.with_manifests(&all);
    env.apply(&[]).code(0);
    env.file(FILE, &config_map("default", "other", "1"));
    env.sandbox_api().clear_requests();
    env.apply(&[]).code(0).says("1 added, 0 changed, 4 destroyed");
    let writes = env.writes();
    let at = |part: &str| {
        writes.iter().position(|w| w.contains(part)).unwrap_or_else(|| panic!("{part}: {writes:?}"))
    };
    let created = at("/configmaps/other");
    let deployment = at("DELETE /apis/apps/v1/namespaces/r/deployments/web");
    let namespace = at("DELETE /api/v1/namespaces/r");
    assert!(created < deployment, "{writes:?}");
    let last = writes.iter().rposition(|w| w == "DELETE /api/v1/namespaces/r").unwrap();
    assert!(
        deployment < at("serviceaccounts/sa") && at("secrets/s") < last,
        "{writes:?} {namespace}"
    );
}

#[test]
fn an_environment_that_went_missing_deletes_nothing() {
    let env = Env::sandbox();
    env.with_manifests(&config_map("default", "a", "1"));
    env.apply(&[]).code(0);
    env.remove("envs/dev");
    env.file(
        "envs/devel/environment.yaml",
        "apiVersion: suimon.dev/v1alpha1\nkind: Environment\nmetadata: {name: devel}\nspec: {platform: kubernetes}\n",
    );
    env.sandbox_api().clear_requests();
    let missing = env.apply(&[]).code(1);
    insta::assert_snapshot!(missing.stderr, @r"
    reading uncommitted files in [DIR]/project (no Git repository)
    error[no-environment]: there is no environment `dev`: no `envs/dev/environment.yaml`
      --> suimon.yaml:4:19
       |
     4 | spec: {pipeline: [dev]}
       |                   ^
      why: environments here: devel
    ");
    assert_eq!(env.sandbox_api().requests(), []);
}

#[test]
fn immutable_fields_are_replaced_when_the_plan_says_so() {
    let env = Env::sandbox();
    replace(&env);
}

pub(crate) fn replace(env: &Env) {
    let ns = "replace";
    let all = |image: &str, app: &str| {
        namespace(ns) + &job(ns, "migrate", image) + &deployment(ns, "web", app, "web:1")
    };
    env.with_environment("replace", "", &all("migrate:1", "one"));
    env.apply(&[]).code(0);
    let uid = |path: &str| env.api().get(path).unwrap()["metadata"]["uid"].clone();
    let path = deployment_path(ns, "web");
    let before = uid(&path);
    env.file(FILE, &all("migrate:2", "two"));
    let plan = env.plan(&["--detailed-exitcode"]).code(2);
    let plan = plan.says("-/+ Job.batch/replace/migrate").says("-/+ Deployment.apps/replace/web");
    let plan = plan.says("# forces replacement");
    plan.says("Plan: 2 to add, 0 to change, 2 to destroy.");
    if env.is_real() {
        return;
    }
    env.apply(&[]).code(0).says("2 added, 0 changed, 2 destroyed");
    assert_ne!(uid(&path), before);
    env.settled();
}
