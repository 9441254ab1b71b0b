//! What something else wrote, and who may have it.

use serde_json::json;

use crate::env::Env;
use crate::manifests::{
    config_map, config_map_object, config_map_path, deployment, deployment_path, namespace,
};

#[test]
fn on_the_sandbox() {
    let env = Env::sandbox();
    drift_is_shown_first_and_repaired(&env);
    a_conflict_is_never_forced_silently(&env);
    what_exists_is_adopted_and_what_others_own_is_refused(&env);
}

pub(crate) fn drift_is_shown_first_and_repaired(env: &Env) {
    let ns = "drift";
    let all = |image: &str, value: &str| {
        namespace(ns) + &config_map(ns, "a", value) + &deployment(ns, "web", "web", image)
    };
    env.with_environment("drift", "", &all("web:1", "1"));
    env.apply(&[]).code(0);
    let web = deployment_path(ns, "web");
    let container = json!([{"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": "hot:fix"}]);
    let path = format!("{web}?fieldManager=kubectl-edit");
    let (status, _) =
        env.api().call("PATCH", &path, "application/json-patch+json", &container.to_string());
    assert_eq!(status, 200);
    env.api().merge(&web, "kubectl-scale", &json!({"spec": {"replicas": 5}}));
    env.api().merge(&web, "kubectl-label", &json!({"metadata": {"labels": {"theirs": "stays"}}}));
    env.file("envs/dev/manifests/all.yaml", &all("web:1", "2"));

    let plan = env.plan(&["--detailed-exitcode"]).code(2);
    let text = plan.clone().says("by kubectl-edit").says("by kubectl-scale").stdout;
    let drift = text.find("kubectl-scale").unwrap();
    let changes = text.find("will perform the following actions").unwrap();
    assert!(drift < changes, "drift comes first:\n{text}");
    assert!(!text.contains("theirs"), "labels of others are not ours:\n{text}");

    let json = env.plan(&["--json"]).code(0).json();
    let fields = json["drift"][0]["fields"].as_array().unwrap();
    assert_eq!(fields.len(), 2, "{json}");
    for field in fields {
        let time = field["time"].as_str().unwrap();
        assert!(time.parse::<jiff::Timestamp>().is_ok(), "{time}");
    }
    let only = env.plan(&["--drift-only", "--detailed-exitcode"]).code(2).stdout;
    assert!(only.contains("kubectl-edit") && !only.contains("ConfigMap/drift/a"), "{only}");

    env.apply(&[]).code(0).says("0 added, 2 changed, 0 destroyed");
    let live = env.api().get(&web).unwrap();
    assert_eq!(live.pointer("/spec/replicas"), Some(&json!(2)));
    assert_eq!(live.pointer("/metadata/labels/theirs"), Some(&json!("stays")));
    env.settled();
    env.plan(&["--drift-only", "--detailed-exitcode"]).code(0);
}

pub(crate) fn a_conflict_is_never_forced_silently(env: &Env) {
    let ns = "conflict";
    env.with_environment("conflict", "", &(namespace(ns) + &config_map(ns, "a", "1")));
    env.apply(&[]).code(0);
    let path = config_map_path(ns, "a");
    env.api().apply(&path, "other-engine", &config_map_object("a", "theirs"));
    env.file(
        "envs/dev/manifests/all.yaml",
        &(namespace(ns) + &config_map(ns, "a", "ours") + &config_map(ns, "b", "1")),
    );
    let refused = env.apply(&[]).code(4);
    let all = refused.all();
    for part in ["other-engine", "data.value", "theirs", "ours", "--force-conflicts"] {
        assert!(all.contains(part), "no {part:?} in\n{all}");
    }
    assert!(env.api().get(&config_map_path(ns, "b")).is_none(), "something was written");
    let json = env.plan(&["--json"]).json();
    let conflict = json["changes"].as_array().unwrap().iter().find_map(|c| c["conflicts"].get(0));
    let conflict = conflict.unwrap();
    assert_eq!(conflict["manager"], "other-engine");
    assert_eq!((&conflict["ours"], &conflict["theirs"]), (&json!("ours"), &json!("theirs")));

    env.apply(&["--force-conflicts"]).code(0);
    let live = env.api().get(&path).unwrap();
    assert_eq!(live.pointer("/data/value"), Some(&json!("ours")));
    env.settled();
}

pub(crate) fn what_exists_is_adopted_and_what_others_own_is_refused(env: &Env) {
    let ns = "adopt";
    env.with_environment("adopt", "", &namespace(ns));
    env.apply(&[]).code(0);
    let collection = format!("/api/v1/namespaces/{ns}/configmaps");
    env.api().create(&collection, &config_map_object("plain", "1"));
    env.file("envs/dev/manifests/all.yaml", &(namespace(ns) + &config_map(ns, "plain", "1")));
    env.plan(&["--detailed-exitcode"]).code(2).says("Plan: 0 to add, 1 to change, 0 to destroy.");
    env.apply(&[]).code(0).says("1 changed");
    env.settled();

    let owner = &env.api().get(&config_map_path(ns, "plain")).unwrap()["metadata"]["uid"];
    let owners = [
        (
            "helm",
            json!({"labels": {"app.kubernetes.io/managed-by": "Helm"}, "annotations": {"meta.helm.sh/release-name": "r1", "meta.helm.sh/release-namespace": "ns1"}}),
            "Helm",
        ),
        (
            "argo",
            json!({"annotations": {"argocd.argoproj.io/tracking-id": "app1:/ConfigMap:adopt/argo"}}),
            "Argo CD",
        ),
        (
            "flux",
            json!({"labels": {"kustomize.toolkit.fluxcd.io/name": "k1", "kustomize.toolkit.fluxcd.io/namespace": "ns1"}}),
            "Flux",
        ),
        (
            "set",
            json!({"labels": {"applyset.kubernetes.io/part-of": "applyset-other-v1"}}),
            "applyset-other-v1",
        ),
        (
            "owned",
            json!({"ownerReferences": [{"apiVersion": "v1", "kind": "ConfigMap", "name": "plain", "uid": owner, "controller": true}]}),
            "plain",
        ),
    ];
    let mut all = namespace(ns) + &config_map(ns, "plain", "1");
    for (name, metadata, _) in &owners {
        let mut object = config_map_object(name, "1");
        object["metadata"].as_object_mut().unwrap().extend(metadata.as_object().unwrap().clone());
        env.api().create(&collection, &object);
        all += &config_map(ns, name, "2");
    }
    env.file("envs/dev/manifests/all.yaml", &all);
    let refused = env.apply(&[]).code(1);
    for (name, _, owner) in &owners {
        let line = refused.stderr.lines().find(|l| l.contains(&format!("ConfigMap/adopt/{name}:")));
        assert!(line.is_some_and(|l| l.contains(owner)), "{name}: {owner}\n{}", refused.stderr);
        let live = env.api().get(&config_map_path(ns, name));
        if let Some(live) = live {
            assert_eq!(live.pointer("/data/value"), Some(&json!("1")), "{name}");
        }
    }
    env.apply(&["--adopt"]).code(4).says("managed by kubectl-create");
    env.apply(&["--adopt", "--force-conflicts"]).code(0).says("5 changed");
    env.settled();
}

#[test]
fn another_environment_s_objects_are_refused_by_name() {
    let env = Env::sandbox();
    env.with_environment("one", "", &config_map("default", "a", "1"));
    env.apply(&[]).code(0);
    env.with_environment("two", "", &config_map("default", "a", "2"));
    let refused = env.apply(&[]).code(1);
    insta::assert_snapshot!(refused.stderr, @r"
    reading uncommitted files in [DIR]/project (no Git repository)
    Denied: the rules refuse this plan, for 1 reason:

      ! ConfigMap/default/a: the live object belongs to suimon environment dev of project one (ApplySet applyset-e0dywe3NcZnIHEV1-54pKhQLKcZ1__Y8OmLtBFlOZ7M-v1) (refused)
          help: stop managing it there, or take it over with `--adopt`
    ");
    env.plan(&[]).code(1);
    env.apply(&["--adopt"]).code(0);
    env.settled();
    env.with_environment("one", "", &config_map("default", "b", "1"));
    env.apply(&[]).code(0);
    assert!(env.api().get(&config_map_path("default", "a")).is_some(), "pruned from another owner");
}
