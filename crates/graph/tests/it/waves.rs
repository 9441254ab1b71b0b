use insta::assert_snapshot;

use crate::support::{edges, ids, in_wave, object, ordered, problems};

#[test]
fn lower_waves_first_and_no_annotation_is_wave_zero() {
    let order = ordered(&[
        in_wave("late", "10"),
        object("v1", "ConfigMap", "zero"),
        in_wave("early", "-5"),
        in_wave("also-zero", "0"),
        object("v1", "Namespace", "web"),
    ]);
    assert_snapshot!(ids(&order), @"
    ConfigMap/early
    Namespace/web
    ConfigMap/also-zero
    ConfigMap/zero
    ConfigMap/late
    ");
    assert_snapshot!(edges(&order), @"
    ConfigMap/also-zero -> ConfigMap/early (sync-wave 0 after -5)
    ConfigMap/late -> ConfigMap/also-zero (sync-wave 10 after 0)
    ConfigMap/late -> ConfigMap/zero (sync-wave 10 after 0)
    ConfigMap/late -> Namespace/web (sync-wave 10 after 0)
    ConfigMap/zero -> ConfigMap/early (sync-wave 0 after -5)
    Namespace/web -> ConfigMap/early (sync-wave 0 after -5)
    ");
}

#[test]
fn without_annotations_there_are_no_waves() {
    let order = ordered(&[object("v1", "ConfigMap", "a"), object("v1", "ConfigMap", "b")]);
    assert_eq!(edges(&order), "");
    assert_eq!(order.barriers().count(), 0);
}

#[test]
fn one_wave_alone_orders_nothing() {
    assert_eq!(edges(&ordered(&[in_wave("a", "3"), in_wave("b", "3")])), "");
}

#[test]
fn a_wave_against_what_kubernetes_implies_is_a_cycle() {
    let namespace = crate::support::annotated(
        object("v1", "Namespace", "web"),
        "argocd.argoproj.io/sync-wave",
        "1",
    );
    assert_snapshot!(problems(&[namespace, object("v1", "ConfigMap", "web/a")]), @"
    error[dependency-cycle]: `Namespace/web` and `ConfigMap/web/a` wait for each other
      --> namespace-web.yaml:1:1
      ::: namespace-web.yaml:1:1: `Namespace/web` waits for `ConfigMap/web/a` (sync-wave 1 after 0)
      ::: configmap-a.yaml:1:1: `ConfigMap/web/a` waits for `Namespace/web` (namespace)
      help: give the objects sync waves in the order in which they need each other, or the same wave
    ");
}

#[test]
fn a_wave_may_repeat_what_kubernetes_implies() {
    let objects = [object("v1", "Namespace", "web"), in_wave("web/a", "1")];
    assert_snapshot!(edges(&ordered(&objects)), @"ConfigMap/web/a -> Namespace/web (sync-wave 1 after 0)");
}
