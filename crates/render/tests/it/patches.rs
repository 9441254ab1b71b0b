use crate::support::Fixture;

const OBJECTS: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: api, labels: {a: b}}\nspec: {replicas: 1, template: {spec: {containers: [{name: c}]}}}\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: other}\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: ns}\n";

fn fixture(patches: &str) -> Fixture {
    Fixture::new().env(&format!("  patches:\n{patches}")).file("envs/dev/manifests/m.yaml", OBJECTS)
}

#[test]
fn both_forms_are_applied() {
    let patched = fixture(
        "    - target: {kind: Deployment, name: api}\n      patch: {spec: {replicas: 3, paused: true}, metadata: {labels: {a: null}}}\n    - target: {kind: Deployment}\n      patch: [{op: add, path: /metadata/annotations, value: {x: \"1\"}}]\n    - target: {group: apps, kind: Deployment, namespace: default}\n      patch: [{op: replace, path: /spec/template/spec/containers/0/name, value: d}]\n",
    );
    insta::assert_snapshot!(patched.objects(), @r#"
    envs/dev/manifests/m.yaml:1:1 Deployment.apps/default/api
      {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"annotations":{"x":"1"},"labels":{},"name":"api","namespace":"default"},"spec":{"paused":true,"replicas":3,"template":{"spec":{"containers":[{"name":"d"}]}}}}
    envs/dev/manifests/m.yaml:6:1 Deployment.apps/other/web
      {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"annotations":{"x":"1"},"name":"web","namespace":"other"}}
    envs/dev/manifests/m.yaml:10:1 Namespace/ns
      {"apiVersion":"v1","kind":"Namespace","metadata":{"name":"ns"}}
    "#);
}

#[test]
fn a_target_that_matches_nothing_is_an_error() {
    let errors = fixture(
        "    - target: {kind: Deployment, name: apii}\n      patch: {}\n    - target: {kind: Deploymnt, name: api}\n      patch: {}\n    - target: {kind: Deployment, group: extensions, namespace: x, name: api}\n      patch: {}\n",
    )
    .errors();
    insta::assert_snapshot!(errors, @r"
    error[patch-target]: no object matches the target `Deployment/apii`
      --> envs/dev/environment.yaml:7:15
      help: objects of this kind: Deployment.apps/default/api, Deployment.apps/other/web

    error[patch-target]: no object matches the target `Deploymnt/api`
      --> envs/dev/environment.yaml:9:15
      help: did you mean `Deployment`?

    error[patch-target]: no object matches the target `Deployment.extensions/x/api`
      --> envs/dev/environment.yaml:11:15
      help: objects of this kind: Deployment.apps/default/api, Deployment.apps/other/web
    ");
}

#[test]
fn a_patch_that_fails_names_the_operation() {
    let errors = fixture(
        "    - target: {kind: Deployment, name: api}\n      patch:\n        - {op: replace, path: /spec/nope/x, value: 1}\n    - target: {kind: Deployment, name: api}\n      patch:\n        - {op: test, path: /spec/replicas, value: 7}\n    - target: {kind: Deployment, name: api}\n      patch: [{op: ad, path: /x}]\n    - target: {kind: Deployment, name: api}\n      patch: [{op: remove, path: /spec/x}, 5]\n",
    )
    .errors();
    insta::assert_snapshot!(errors, @r"
    error[patch-failed]: `replace` at `/spec/nope/x` fails on Deployment.apps/default/api: there is no such place
      --> envs/dev/environment.yaml:9:11

    error[patch-failed]: `test` at `/spec/replicas` fails on Deployment.apps/default/api: the value there is another one
      --> envs/dev/environment.yaml:12:11

    error[patch-failed]: this is not an RFC 6902 operation: unknown variant `ad`, expected one of `add`, `remove`, `replace`, `move`, `copy`, `test`
      --> envs/dev/environment.yaml:14:15

    error[patch-failed]: `remove` at `/spec/x` fails on Deployment.apps/default/api: there is no such place
      --> envs/dev/environment.yaml:16:15
    ");
}

#[test]
fn a_patch_cannot_turn_an_object_into_another() {
    let errors = fixture(
        "    - target: {kind: Namespace, name: ns}\n      patch: {metadata: {namespace: x}}\n    - target: {kind: Deployment, name: api}\n      patch: {kind: StatefulSet, metadata: {name: b}}\n    - target: {kind: Deployment, name: api}\n      patch: [{op: remove, path: /metadata}]\n",
    )
    .errors();
    insta::assert_snapshot!(errors, @r"
    error[patch-identity]: a patch may not change `metadata.namespace` of Namespace/ns
      --> envs/dev/environment.yaml:8:37
      why: it would be another object, and this one would be deleted
      help: change the template or the values instead

    error[patch-identity]: a patch may not change `kind` of Deployment.apps/default/api
      --> envs/dev/environment.yaml:10:21
      why: it would be another object, and this one would be deleted
      help: change the template or the values instead

    error[patch-identity]: a patch may not change `metadata.name` of Deployment.apps/default/api
      --> envs/dev/environment.yaml:10:51
      why: it would be another object, and this one would be deleted
      help: change the template or the values instead

    error[patch-identity]: a patch may not change `metadata.name` of Deployment.apps/default/api
      --> envs/dev/environment.yaml:12:15
      why: it would be another object, and this one would be deleted
      help: change the template or the values instead

    error[patch-identity]: a patch may not change `metadata.namespace` of Deployment.apps/default/api
      --> envs/dev/environment.yaml:12:15
      why: it would be another object, and this one would be deleted
      help: change the template or the values instead
    ");
}

#[test]
fn what_a_patch_writes_is_checked_too() {
    let errors = fixture(
        "    - target: {kind: Deployment, name: api}\n      patch:\n        metadata:\n          labels: {v: 1.20}\n    - target: {kind: Deployment, name: api}\n      patch:\n        - {op: add, path: /metadata/labels/w, value: 5}\n    - target: {kind: Deployment, name: api, labels: x}\n      patch: {}\n    - {target: {name: x}, patch: text}\n",
    );
    insta::assert_snapshot!(errors.errors(), @r#"
    error[unquoted-string]: `metadata.labels.v` must be a string, but `1.20` reads as the number 1.2
      --> envs/dev/environment.yaml:10:23
      help: write it in quotes: "1.20"

    error[unquoted-string]: `metadata.labels.w` must be a string, but `5` reads as the number 5
      --> envs/dev/environment.yaml:13:54
      help: write it in quotes: "5"

    error[unknown-key]: unknown key `labels` in `target`
      --> envs/dev/environment.yaml:14:45
      help: known here: group, kind, name, namespace

    error[wrong-type]: `patch` must be a mapping (merge patch) or a list (RFC 6902), not a string
      --> envs/dev/environment.yaml:16:34
    "#);
    let only = fixture(
        "    - target: {kind: Deployment, name: api}\n      patch:\n        metadata:\n          labels: {v: 1.20}\n    - target: {kind: Deployment, name: api}\n      patch:\n        - {op: add, path: /metadata/labels/w, value: a b}\n",
    );
    insta::assert_snapshot!(only.errors(), @r#"
    error[unquoted-string]: `metadata.labels.v` must be a string, but `1.20` reads as the number 1.2
      --> envs/dev/environment.yaml:10:23
      help: write it in quotes: "1.20"

    error[bad-label]: the value of label `w` must hold only letters, digits, `-`, `_` and `.`, and start and end with a letter or digit
      --> envs/dev/environment.yaml:13:54
    "#);
}

#[test]
fn a_patch_cannot_blow_an_object_up() {
    let patch = |operations: String| {
        fixture(&format!("    - target: {{kind: Namespace}}\n      patch:\n{operations}")).errors()
    };
    let double: String =
        (0..40).map(|i| format!("        - {{op: copy, from: \"\", path: /x{i}}}\n")).collect();
    insta::assert_snapshot!(patch(double), @r"
    error[limit-patch]: this patch writes more than 100000 values
      --> envs/dev/environment.yaml:23:11
    ");
    let deep: String = (1..200)
        .map(|i| format!("        - {{op: add, path: {}, value: {{}}}}\n", "/a".repeat(i)))
        .collect();
    insta::assert_snapshot!(patch(deep), @r"
    error[limit-depth]: the patched object is nested deeper than 100
      --> envs/dev/environment.yaml:108:11
    ");
    let moved: String = "        - {op: add, path: /a, value: {b: {}}}\n".to_owned()
        + &(0..200).map(|i| format!("        - {{op: add, path: /n{i}, value: {{}}}}\n        - {{op: move, from: {}, path: /n{i}/m}}\n", if i == 0 { "/a".to_owned() } else { format!("/n{}", i - 1) })).collect::<String>();
    insta::assert_snapshot!(patch(moved), @r"
    error[limit-depth]: the patched object is nested deeper than 100
      --> envs/dev/environment.yaml:205:11
    ");
}
