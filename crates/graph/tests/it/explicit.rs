use insta::assert_snapshot;
use serde_json::{Value, json};
use suimon_graph::{order, order_existing};

use crate::support::{
    annotated, edges, ids, manifest, manifests, object, ordered, problems, reading, waiting,
};

#[test]
fn depends_on_takes_commas_and_lines() {
    assert_snapshot!(edges(&ordered(&[
        waiting("web/a", " ConfigMap/web/b , Deployment.apps/web/d\nNamespace/ops,\n"),
        object("v1", "ConfigMap", "web/b"),
        object("apps/v1", "Deployment", "web/d"),
        object("v1", "Namespace", "ops"),
        waiting("web/none", "  "),
    ])), @"
    ConfigMap/web/a -> ConfigMap/web/b (suimon.dev/depends-on)
    ConfigMap/web/a -> Deployment.apps/web/d (suimon.dev/depends-on)
    ConfigMap/web/a -> Namespace/ops (suimon.dev/depends-on)
    ");
}

#[test]
fn cli_utils_syntax() {
    let key = "config.kubernetes.io/depends-on";
    assert_snapshot!(edges(&ordered(&[
        annotated(
            object("v1", "ConfigMap", "web/a"),
            key,
            "/namespaces/web/ConfigMap/b, apps/namespaces/web/Deployment/d,/Namespace/ops,rbac.authorization.k8s.io/ClusterRole/system:node",
        ),
        object("v1", "ConfigMap", "web/b"),
        object("apps/v1", "Deployment", "web/d"),
        object("v1", "Namespace", "ops"),
        object("rbac.authorization.k8s.io/v1", "ClusterRole", "system:node"),
    ])), @"
    ConfigMap/web/a -> ClusterRole.rbac.authorization.k8s.io/system:node (config.kubernetes.io/depends-on)
    ConfigMap/web/a -> ConfigMap/web/b (config.kubernetes.io/depends-on)
    ConfigMap/web/a -> Deployment.apps/web/d (config.kubernetes.io/depends-on)
    ConfigMap/web/a -> Namespace/ops (config.kubernetes.io/depends-on)
    ");
}

#[test]
fn a_reference_says_what_it_reads_and_wins_over_what_is_implied() {
    let secret = manifest(&object("v1", "Namespace", "web"));
    let reader = reading(&object("v1", "ConfigMap", "web/a"), "Namespace/web", "metadata.uid");
    let order = order(&[reader, secret]).unwrap();
    assert_snapshot!(edges(&order), @"ConfigMap/web/a -> Namespace/web (ref() reads metadata.uid)");
    let edge = order.edges().next().unwrap();
    assert_eq!((edge.dependent, edge.dependency), (1, 0));
    assert_eq!(edge.location.to_string(), "configmap-a.yaml:1:1");
}

#[test]
fn one_edge_with_the_strongest_reason() {
    let both = annotated(
        waiting("web/a", "Namespace/web"),
        "config.kubernetes.io/depends-on",
        "/Namespace/web",
    );
    let both = annotated(both, "argocd.argoproj.io/sync-wave", "1");
    assert_snapshot!(edges(&ordered(&[both, object("v1", "Namespace", "web")])), @"ConfigMap/web/a -> Namespace/web (suimon.dev/depends-on)");
}

#[test]
fn everything_wrong_is_reported_in_one_run() {
    let objects = [
        waiting("web/malformed", "ConfigMap, ConfigMap/web/a/b/c"),
        waiting("web/misspelt", "Deployment.apps/web/api-servre, Deployment/web/api-server"),
        waiting("web/unlike", "Gateway.example.com/web/something-else"),
        waiting("web/self", "ConfigMap/web/self, ConfigMap/web/malformed"),
        annotated(object("v1", "ConfigMap", "web/number"), "suimon.dev/depends-on", 7),
        annotated(
            object("v1", "ConfigMap", "web/cli"),
            "config.kubernetes.io/depends-on",
            "ConfigMap/web/self, /namespaces/web/ConfigMap/slef, /namespaces//ConfigMap/self",
        ),
        annotated(object("v1", "ConfigMap", "web/wave"), "argocd.argoproj.io/sync-wave", "first"),
        annotated(object("v1", "ConfigMap", "web/bare"), "argocd.argoproj.io/sync-wave", 1),
        object("apps/v1", "Deployment", "web/api-server"),
    ];
    let mut manifests = manifests(&objects);
    let target = "Secret.secretsmanager.services.k8s.aws/dev-db";
    manifests.push(reading(&object("v1", "ConfigMap", "web/reader"), target, "arn"));
    assert_snapshot!(order(&manifests).unwrap_err(), @r#"
    error[invalid-sync-wave]: sync-wave of `ConfigMap/web/bare` is not a string
      --> configmap-bare.yaml:1:1
      why: the values of annotations are strings, also where they are numbers
      help: write the number in quotes, such as "1"

    error[invalid-dependency]: `/namespaces//ConfigMap/self` in config.kubernetes.io/depends-on of `ConfigMap/web/cli` is not an id
      --> configmap-cli.yaml:1:1
      help: write group/namespaces/namespace/Kind/name or group/Kind/name

    error[invalid-dependency]: `ConfigMap/web/self` in config.kubernetes.io/depends-on of `ConfigMap/web/cli` is not an id
      --> configmap-cli.yaml:1:1
      help: write group/namespaces/namespace/Kind/name or group/Kind/name; the nearest object is `ConfigMap/web/self`

    error[unknown-dependency]: `ConfigMap/web/cli` waits for `ConfigMap/web/slef`, which is not declared
      --> configmap-cli.yaml:1:1
      why: `/namespaces/web/ConfigMap/slef` in config.kubernetes.io/depends-on
      help: did you mean `ConfigMap/web/self`?

    error[invalid-dependency]: `ConfigMap/web/a/b/c` in suimon.dev/depends-on of `ConfigMap/web/malformed` is not an id
      --> configmap-malformed.yaml:1:1
      help: write Kind[.group]/[namespace/]name

    error[invalid-dependency]: `ConfigMap` in suimon.dev/depends-on of `ConfigMap/web/malformed` is not an id
      --> configmap-malformed.yaml:1:1
      help: write Kind[.group]/[namespace/]name

    error[unknown-dependency]: `ConfigMap/web/misspelt` waits for `Deployment.apps/web/api-servre`, which is not declared
      --> configmap-misspelt.yaml:1:1
      why: `Deployment.apps/web/api-servre` in suimon.dev/depends-on
      help: did you mean `Deployment.apps/web/api-server`?

    error[unknown-dependency]: `ConfigMap/web/misspelt` waits for `Deployment/web/api-server`, which is not declared
      --> configmap-misspelt.yaml:1:1
      why: `Deployment/web/api-server` in suimon.dev/depends-on
      help: did you mean `Deployment.apps/web/api-server`?

    error[invalid-dependency]: annotation `suimon.dev/depends-on` of `ConfigMap/web/number` is not a string
      --> configmap-number.yaml:1:1
      help: write the ids in one string, separated by commas

    error[unknown-reference]: `ConfigMap/web/reader` waits for `Secret.secretsmanager.services.k8s.aws/dev-db`, which is not declared
      --> configmap-reader.yaml:1:1
      why: `/data/value` reads its `arn`
      help: declare it in this environment or remove the dependency

    error[self-dependency]: `ConfigMap/web/self` waits for itself
      --> configmap-self.yaml:1:1
      why: by suimon.dev/depends-on
      help: remove the reference

    error[unknown-dependency]: `ConfigMap/web/unlike` waits for `Gateway.example.com/web/something-else`, which is not declared
      --> configmap-unlike.yaml:1:1
      why: `Gateway.example.com/web/something-else` in suimon.dev/depends-on
      help: declare it in this environment or remove the dependency

    error[invalid-sync-wave]: sync-wave `first` of `ConfigMap/web/wave` is not an integer
      --> configmap-wave.yaml:1:1
      help: write a whole number in quotes, such as "-1"
    "#);
}

#[test]
fn two_manifests_with_one_id_are_refused_with_both_places() {
    let first = object("v1", "ConfigMap", "web/a");
    let mut manifests = manifests(&[first.clone(), first]);
    manifests[0].origin.file = "z.yaml".into();
    assert_snapshot!(order(&manifests).unwrap_err(), @"
    error[duplicate-object]: `ConfigMap/web/a` is declared twice
      --> z.yaml:1:1
      ::: configmap-a.yaml:1:1: first declared here
    ");
    assert_eq!(order_existing(&manifests).len(), 1);
}

#[test]
fn names_of_objects_without_a_namespace_may_say_default() {
    let a = waiting("a", "ConfigMap/default/b");
    let b = waiting("default/b", "ConfigMap/c");
    let c = object("v1", "ConfigMap", "default/c");
    assert_snapshot!(ids(&ordered(&[a, b, c])), @"
    ConfigMap/default/c
    ConfigMap/default/b
    ConfigMap/a
    ");
}

#[test]
fn existing_objects_are_ordered_whatever_is_wrong_with_them() {
    let objects = [
        waiting("web/a", "ConfigMap/web/b, ConfigMap/web/gone, nonsense"),
        waiting("web/b", "ConfigMap/web/a"),
        waiting("web/c", "ConfigMap/web/a"),
        annotated(object("v1", "ConfigMap", "web/d"), "argocd.argoproj.io/sync-wave", "soon"),
        object("v1", "Namespace", "web"),
    ];
    assert_snapshot!(ids(&order_existing(&manifests(&objects))), @"
    Namespace/web
    ConfigMap/web/a
    ConfigMap/web/b
    ConfigMap/web/c
    ConfigMap/web/d
    ");
    assert_snapshot!(edges(&order_existing(&manifests(&objects))), @"
    ConfigMap/web/a -> Namespace/web (namespace)
    ConfigMap/web/b -> Namespace/web (namespace)
    ConfigMap/web/c -> ConfigMap/web/a (suimon.dev/depends-on)
    ConfigMap/web/c -> Namespace/web (namespace)
    ConfigMap/web/d -> Namespace/web (namespace)
    ");
}

#[test]
fn no_objects_is_an_order_too() {
    let order = ordered(&[]);
    assert!(order.is_empty());
    assert_eq!(order.dependencies(3), Vec::<usize>::new());
    assert_eq!(order.closure_of_dependencies(&[3]), Vec::<usize>::new());
    assert!(order.edges_of(3).is_empty() && order.origin(3).is_none());
    assert!(order.index_of(&"ConfigMap/a".parse().unwrap()).is_none());
}

#[test]
fn a_target_brings_what_it_needs_and_nothing_else() {
    let order = ordered(&[
        waiting("web/a", "ConfigMap/web/b"),
        waiting("web/b", "ConfigMap/web/c"),
        object("v1", "ConfigMap", "web/c"),
        waiting("web/d", "ConfigMap/web/b"),
        object("v1", "Namespace", "web"),
    ]);
    let at = |id: &str| order.index_of(&id.parse().unwrap()).unwrap();
    let names =
        |nodes: Vec<usize>| nodes.iter().map(|n| order.nodes()[*n].to_string()).collect::<Vec<_>>();
    assert_eq!(
        names(order.closure_of_dependencies(&[at("ConfigMap/web/b")])),
        ["Namespace/web", "ConfigMap/web/c", "ConfigMap/web/b"]
    );
    assert_eq!(
        names(order.closure_of_dependents(&[at("ConfigMap/web/b")])),
        ["ConfigMap/web/b", "ConfigMap/web/a", "ConfigMap/web/d"]
    );
}

#[test]
fn a_run_without_problems_says_nothing() {
    let objects: Vec<Value> = vec![
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "annotations": null}}),
    ];
    assert_eq!(ordered(&objects).len(), 1);
    assert!(problems(&[waiting("a", "x")]).starts_with("error[invalid-dependency]"));
}
