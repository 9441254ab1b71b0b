use insta::assert_snapshot;
use serde_json::Value;
use suimon_graph::order;

use crate::support::{annotated, manifests, object, problems, reading, waiting};

#[test]
fn the_shortest_cycle_is_told_with_every_reason_and_place() {
    let objects = [
        waiting("web/a", "ConfigMap/web/b"),
        waiting("web/b", "ConfigMap/web/c"),
        waiting("web/c", "ConfigMap/web/d, ConfigMap/web/a"),
        waiting("web/d", "ConfigMap/web/a"),
        waiting("web/outside", "ConfigMap/web/a"),
    ];
    assert_snapshot!(problems(&objects), @"
    error[dependency-cycle]: 3 objects wait for each other in a circle
      --> configmap-a.yaml:1:1
      ::: configmap-a.yaml:1:1: `ConfigMap/web/a` waits for `ConfigMap/web/b` (suimon.dev/depends-on)
      ::: configmap-b.yaml:1:1: `ConfigMap/web/b` waits for `ConfigMap/web/c` (suimon.dev/depends-on)
      ::: configmap-c.yaml:1:1: `ConfigMap/web/c` waits for `ConfigMap/web/a` (suimon.dev/depends-on)
      help: remove a depends-on annotation
    ");
}

#[test]
fn mixed_reasons() {
    let namespace = annotated(
        object("v1", "Namespace", "web"),
        "config.kubernetes.io/depends-on",
        "/namespaces/ops/ConfigMap/x",
    );
    let mut manifests = manifests(&[namespace, object("v1", "ConfigMap", "web/y")]);
    manifests.push(reading(&object("v1", "ConfigMap", "ops/x"), "ConfigMap/web/y", "data.key"));
    assert_snapshot!(order(&manifests).unwrap_err(), @"
    error[dependency-cycle]: 3 objects wait for each other in a circle
      --> namespace-web.yaml:1:1
      ::: namespace-web.yaml:1:1: `Namespace/web` waits for `ConfigMap/ops/x` (config.kubernetes.io/depends-on)
      ::: configmap-x.yaml:1:1: `ConfigMap/ops/x` waits for `ConfigMap/web/y` (ref() reads data.key)
      ::: configmap-y.yaml:1:1: `ConfigMap/web/y` waits for `Namespace/web` (namespace)
      help: remove a depends-on annotation
    ");
}

#[test]
fn independent_cycles_are_all_reported_up_to_ten() {
    let pairs = (0..12).flat_map(|n| {
        let (a, b) = (format!("web/a{n:02}"), format!("web/b{n:02}"));
        [waiting(&a, &format!("ConfigMap/{b}")), waiting(&b, &format!("ConfigMap/{a}"))]
    });
    let text = problems(&pairs.collect::<Vec<Value>>());
    assert_eq!(text.matches("error[dependency-cycle]").count(), 10);
    assert!(text.contains("2 more groups of objects wait for each other"), "{text}");
}

#[test]
fn a_cycle_through_a_barrier_is_told_without_the_barrier() {
    let wave = |name: &str, wave: &str, on: &str| {
        annotated(waiting(name, on), "argocd.argoproj.io/sync-wave", wave)
    };
    let mut objects = vec![wave("early", "0", "ConfigMap/late-0")];
    objects.extend((0..5).map(|n| wave(&format!("late-{n}"), "2", "")));
    objects.extend((0..5).map(|n| wave(&format!("middle-{n}"), "1", "")));
    assert_snapshot!(problems(&objects), @"
    error[dependency-cycle]: 3 objects wait for each other in a circle
      --> configmap-early.yaml:1:1
      ::: configmap-early.yaml:1:1: `ConfigMap/early` waits for `ConfigMap/late-0` (suimon.dev/depends-on)
      ::: configmap-late-0.yaml:1:1: `ConfigMap/late-0` waits for `ConfigMap/middle-0` (sync-wave 2 after 1)
      ::: configmap-middle-0.yaml:1:1: `ConfigMap/middle-0` waits for `ConfigMap/early` (sync-wave 1 after 0)
      help: give the objects sync waves in the order in which they need each other, or the same wave
    ");
}

#[test]
fn a_very_long_circle_is_cut_and_counted() {
    let names: Vec<String> = (0..20_000).map(|n| format!("web/{n:05}")).collect();
    let next = names.iter().cycle().skip(1);
    let objects: Vec<Value> = names
        .iter()
        .zip(next)
        .map(|(name, next)| waiting(name, &format!("ConfigMap/{next}")))
        .collect();
    let text = problems(&objects);
    assert_eq!(text.matches(" waits for ").count(), 50);
    assert!(text.contains("20000 objects wait for each other in a circle"), "{text}");
    assert!(text.contains("the circle has 19950 more objects"), "{text}");
}
