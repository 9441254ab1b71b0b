//! What is owned and no longer declared.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(clippy::needless_pass_by_value)]

mod support;

use insta::assert_snapshot;
use serde_json::{Value, json};
use suimon_plan::{Action, Reason};
use support::world::{World, config, crd, lines, namespace, thing};

fn object(version: &str, kind: &str, name: &str, rest: Value) -> Value {
    let mut object = json!({"apiVersion": version, "kind": kind, "metadata": {"name": name, "namespace": "web"}});
    for (key, value) in rest.as_object().unwrap() {
        object[key] = value.clone();
    }
    object
}

fn annotated(key: &str, value: &str) -> Value {
    let mut object = config("kept", json!({"k": "v"}));
    object["metadata"]["annotations"][key] = json!(value);
    object
}

#[test]
fn deletes_go_against_the_order_of_creation_and_carry_the_uid() {
    let template = json!({"spec": {"containers": [{"name": "a", "envFrom": [{"configMapRef": {"name": "a"}}]}]}});
    let world = World::new()
        .extra(namespace("web"))
        .extra(crd("example.com", "Thing", "things"))
        .extra(thing("t"))
        .extra(config("a", json!({})))
        .extra(object("v1", "Service", "api", json!({})))
        .extra(object("apps/v1", "Deployment", "api", json!({"spec": {"template": template}})))
        .extra(object("v1", "ServiceAccount", "api", json!({})));
    let plan = world.plan();
    assert_snapshot!(lines(&plan), @r"
    - Thing.example.com/web/t NoLongerDeclared
    - Deployment.apps/web/api NoLongerDeclared
    - Service/web/api NoLongerDeclared
    - ConfigMap/web/a NoLongerDeclared
    - ServiceAccount/web/api NoLongerDeclared
    - CustomResourceDefinition.apiextensions.k8s.io/things.example.com NoLongerDeclared
    - Namespace/web NoLongerDeclared
    0 unchanged of 0
    ");
    let change = &plan.changes[0];
    assert_eq!(change.uid.as_deref(), Some(format!("uid-of-{}", change.id).as_str()));
    assert!(change.before.is_some() && change.after.is_none() && change.location.is_none());
}

#[test]
fn deletes_follow_everything_else() {
    let world =
        World::new().extra(config("gone", json!({}))).absent(&config("new", json!({"k": "v"})));
    let actions: Vec<Action> = world.plan().changes.iter().map(|change| change.action).collect();
    assert_eq!(actions, [Action::Create, Action::Delete]);
}

#[test]
fn what_is_marked_to_be_kept_is_forgotten() {
    for (key, value) in [
        ("suimon.dev/prune", "false"),
        ("suimon.dev/prune", "Disabled"),
        ("argocd.argoproj.io/sync-options", "Prune=false"),
        ("argocd.argoproj.io/sync-options", "Validate=false, Prune=confirm"),
        ("argocd.argoproj.io/sync-options", "ServerSideApply=true,Delete=false"),
        ("argocd.argoproj.io/sync-options", "Delete=confirm"),
        ("kustomize.toolkit.fluxcd.io/prune", "Disabled"),
        ("cli-utils.sigs.k8s.io/on-remove", "keep"),
        ("client.lifecycle.config.k8s.io/deletion", "detach"),
        ("helm.sh/resource-policy", "keep"),
    ] {
        let plan = World::new().extra(annotated(key, value)).plan();
        let change = &plan.changes[0];
        assert_eq!(
            (change.action, change.reason),
            (Action::Forget, Reason::KeptOnRemoval),
            "{key}"
        );
    }
    for (key, value) in [
        ("suimon.dev/prune", "true"),
        ("argocd.argoproj.io/sync-options", "Prune=true,Validate=false"),
        ("kustomize.toolkit.fluxcd.io/prune", "enabled"),
    ] {
        let plan = World::new().extra(annotated(key, value)).plan();
        assert_eq!(plan.changes[0].action, Action::Delete, "{key}: {value}");
    }
}

#[test]
fn what_holds_something_kept_is_kept_and_what_holds_something_declared_is_refused() {
    let mut kept = thing("kept");
    kept["metadata"]["annotations"]["suimon.dev/prune"] = json!("false");
    let keeping = World::new()
        .extra(namespace("web"))
        .extra(namespace("other"))
        .extra(crd("example.com", "Thing", "things"))
        .extra(kept)
        .extra(config("gone", json!({})));
    assert_snapshot!(lines(&keeping.plan()), @r"
    . Thing.example.com/web/kept KeptOnRemoval
    . CustomResourceDefinition.apiextensions.k8s.io/things.example.com KeptOnRemoval
    . Namespace/web KeptOnRemoval
    - ConfigMap/web/gone NoLongerDeclared
    - Namespace/other NoLongerDeclared
    0 unchanged of 0
    ");

    let needed = World::new()
        .extra(namespace("web"))
        .extra(crd("example.com", "Thing", "things"))
        .same(&thing("t"));
    assert_snapshot!(lines(&needed.plan()), @r"
    refused CustomResourceDefinition.apiextensions.k8s.io/things.example.com [still-needed] it is no longer declared, and deleting it would delete Thing.example.com/web/t
    refused Namespace/web [still-needed] it is no longer declared, and deleting it would delete Thing.example.com/web/t
    1 unchanged of 1
    ");
}

#[test]
fn what_is_not_ours_to_delete_is_left() {
    let mut controlled = config("controlled", json!({}));
    controlled["metadata"]["ownerReferences"] =
        json!([{"kind": "ReplicaSet", "name": "x", "controller": true}]);
    let mut record = config("record", json!({}));
    record["metadata"]["labels"]["applyset.kubernetes.io/id"] = json!("applyset-x-v1");
    let declared = config("renamed", json!({"k": "v"}));
    let service = object("v1", "Service", "api", json!({"spec": {"ports": []}}));
    let service = support::marked(service, "digest");
    let mut world = World::new()
        .extra(controlled)
        .extra(record)
        .same(&declared)
        .same(&service)
        .extra(object("v1", "Endpoints", "api", json!({})))
        .extra(config("leaving", json!({})))
        .extra(config("twin", json!({})))
        .extra(config("foreign", json!({})))
        .extra(config("stranger", json!({})));
    let extra = |world: &mut World, name: &str, set: &dyn Fn(&mut suimon_plan::LiveObject)| {
        set(world
            .observed
            .extra
            .get_mut(&format!("ConfigMap/web/{name}").parse().unwrap())
            .unwrap());
    };
    extra(&mut world, "leaving", &|live| live.terminating = true);
    extra(&mut world, "twin", &|live| live.uid = "uid-of-ConfigMap/web/renamed".to_owned());
    extra(&mut world, "foreign", &|live| live.foreign_owner = Some("Argo CD".to_owned()));
    extra(&mut world, "stranger", &|live| live.owned = false);
    assert_snapshot!(lines(&world.plan()), @r"
    . ConfigMap/web/foreign KeptOnRemoval
    2 unchanged of 2
    ");
}
