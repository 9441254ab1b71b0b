//! Manifests that are wrong: every message whole, as its reader sees it.

use crate::env::Env;

/// What `validate` says of an environment whose manifests are these; 1 unless there are only warnings.
fn manifests(code: i32, yaml: &str) -> String {
    let env = Env::offline();
    env.with_manifests(yaml);
    env.suimon(&["validate"]).code(code).problems()
}

const MAP: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: default}\n";

#[test]
fn yaml_that_cannot_be_read() {
    insta::assert_snapshot!(manifests(1, "a:\n\tb: 1\n"), @r"
    error[yaml-syntax]: not YAML: tabs disallowed within this context (block indentation)
      --> envs/dev/manifests/all.yaml:2:2
       |
     2 |   b: 1
       |   ^
      help: indent with spaces
    ");
    insta::assert_snapshot!(manifests(1, "a: \"unclosed\nb: 1\n"), @r"
    error[yaml-syntax]: not YAML: invalid indentation in multiline quoted scalar
      --> envs/dev/manifests/all.yaml:2:1
       |
     2 | b: 1
       | ^
    ");
    insta::assert_snapshot!(manifests(1, "a:\n  b: 1\n c: 2\n"), @r"
    error[yaml-syntax]: not YAML: while parsing a block mapping, did not find expected key
      --> envs/dev/manifests/all.yaml:3:2
       |
     3 |  c: 2
       |  ^
    ");
    insta::assert_snapshot!(manifests(1, &format!("{MAP}data: {{a: one}}\ndata: {{b: two}}\n")), @r"
    error[duplicate-key]: key `data` is given twice
      --> envs/dev/manifests/all.yaml:5:1
       |
     5 | data: {b: two}
       | ^
      ::: envs/dev/manifests/all.yaml:4:1: first given here
      help: remove one of them
    ");
}

#[test]
fn scalars_that_are_not_what_they_look_like() {
    let data =
        "data:\n  a: no\n  b: 0777\n  c: 1e3\n  d: 1_000\n  e: 1.20\n  f: on\n  g: null\n  h: 12\n";
    insta::assert_snapshot!(manifests(1, &format!("{MAP}{data}")), @r#"
    error[unquoted-string]: `data.a` must be a string, but `no` reads as the boolean false
      --> envs/dev/manifests/all.yaml:5:6
       |
     5 |   a: no
       |      ^
      help: write it in quotes: "no"

    error[unquoted-string]: `data.b` must be a string, but `0777` reads as the number 511
      --> envs/dev/manifests/all.yaml:6:6
       |
     6 |   b: 0777
       |      ^
      help: write it in quotes: "0777"

    error[unquoted-string]: `data.c` must be a string, but `1e3` reads as the number 1000
      --> envs/dev/manifests/all.yaml:7:6
       |
     7 |   c: 1e3
       |      ^
      help: write it in quotes: "1e3"

    error[unquoted-string]: `data.d` must be a string, but `1_000` reads as the number 1000
      --> envs/dev/manifests/all.yaml:8:6
       |
     8 |   d: 1_000
       |      ^
      help: write it in quotes: "1_000"

    error[unquoted-string]: `data.e` must be a string, but `1.20` reads as the number 1.2
      --> envs/dev/manifests/all.yaml:9:6
       |
     9 |   e: 1.20
       |      ^
      help: write it in quotes: "1.20"

    error[unquoted-string]: `data.f` must be a string, but `on` reads as the boolean true
      --> envs/dev/manifests/all.yaml:10:6
        |
     10 |   f: on
        |      ^
      help: write it in quotes: "on"

    error[unquoted-string]: `data.h` must be a string, but `12` reads as the number 12
      --> envs/dev/manifests/all.yaml:12:6
        |
     12 |   h: 12
        |      ^
      help: write it in quotes: "12"

    7 errors
    "#);
}

#[test]
fn documents_and_lists_are_split() {
    let env = Env::offline();
    env.with_manifests(&format!(
        "---\n---\n{MAP}---\n# nothing\n---\napiVersion: v1\nkind: List\nitems:\n- {{apiVersion: v1, kind: ConfigMap, metadata: {{name: b}}}}\n- {{apiVersion: v1, kind: ConfigMap, metadata: {{name: c}}}}\n"
    ));
    env.suimon(&["validate"]).code(0).says("dev: valid, 3 objects");
}

#[test]
fn objects_that_are_no_objects() {
    insta::assert_snapshot!(manifests(1, "apiVersion: v1\nkind: ConfigMap\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {generateName: a-}\n---\nkind: ConfigMap\nmetadata: {name: a}\n---\n[1]\n"), @r"
    error[missing-key]: the object has no `metadata.name`
      --> envs/dev/manifests/all.yaml:1:1
       |
     1 | apiVersion: v1
       | ^

    error[generated-name]: `generateName` names a new object each time
      --> envs/dev/manifests/all.yaml:6:12
       |
     6 | metadata: {generateName: a-}
       |            ^
      help: give the object a `name`, so that the next run finds it again

    error[missing-key]: the object has no `apiVersion`
      --> envs/dev/manifests/all.yaml:8:1
       |
     8 | kind: ConfigMap
       | ^

    error[not-an-object]: an object must be a mapping, not a list
      --> envs/dev/manifests/all.yaml:11:1
        |
     11 | [1]
        | ^

    4 errors
    ");
    insta::assert_snapshot!(manifests(1, &format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: Upper_Case}}\n---\napiVersion: v1\nkind: Namespace\nmetadata: {{name: {}}}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: l, labels: {{a: \"{}\", \"bad key\": x}}}}\n", "n".repeat(64), "v".repeat(64))), @r#"
    error[bad-name]: the name `Upper_Case` must hold only lower-case letters, digits, `-` and `.`, and start and end with a letter or digit
      --> envs/dev/manifests/all.yaml:3:18
       |
     3 | metadata: {name: Upper_Case}
       |                  ^

    error[bad-name]: the name `nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn` has 64 characters, at most 63 are allowed
      --> envs/dev/manifests/all.yaml:7:18
       |
     7 | metadata: {name: nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn}
       |                  ^

    error[bad-label]: the value of label `a` has 64 characters, at most 63 are allowed
      --> envs/dev/manifests/all.yaml:11:33
        |
     11 | metadata: {name: l, labels: {a: "vvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvv", "bad key": x}}
        |                                 ^

    error[bad-label]: the label key `bad key` must hold only letters, digits, `-`, `_` and `.`, and start and end with a letter or digit
      --> envs/dev/manifests/all.yaml:11:101
        |
     11 | ...etadata: {name: l, labels: {a: "vvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvv", "bad key": x}}
        |                                                                                                       ^

    4 errors
    "#);
    insta::assert_snapshot!(manifests(0, &format!("{MAP}status: {{phase: x}}\n")), @r"
    warning[status-dropped]: `status` of ConfigMap/default/a is left out
      --> envs/dev/manifests/all.yaml:4:1
       |
     4 | status: {phase: x}
       | ^
      why: status is what the cluster reports, nobody declares it
      help: remove it from the manifest
    ");
    insta::assert_snapshot!(manifests(1, "apiVersion: policy/v1beta1\nkind: PodDisruptionBudget\nmetadata: {name: a}\n---\napiVersion: extensions/v1beta1\nkind: Ingress\nmetadata: {name: a}\n"), @r"
    error[removed-api]: policy/v1beta1 PodDisruptionBudget was removed in Kubernetes 1.25
      --> envs/dev/manifests/all.yaml:1:13
       |
     1 | apiVersion: policy/v1beta1
       |             ^
      help: write `apiVersion: policy/v1`

    error[removed-api]: extensions/v1beta1 Ingress was removed in Kubernetes 1.22
      --> envs/dev/manifests/all.yaml:5:13
       |
     5 | apiVersion: extensions/v1beta1
       |             ^
      help: write `apiVersion: networking.k8s.io/v1`

    2 errors
    ");
}

#[test]
fn the_same_object_twice() {
    let env = Env::offline();
    env.with_manifests(MAP);
    env.file("envs/dev/manifests/other.yaml", MAP);
    insta::assert_snapshot!(env.suimon(&["validate"]).code(1).problems(), @r"
    error[duplicate-object]: ConfigMap/default/a is declared twice
      --> envs/dev/manifests/other.yaml:1:1
       |
     1 | apiVersion: v1
       | ^
      ::: envs/dev/manifests/all.yaml:1:1: first declared here
    ");
    // The default namespace is filled in when the kind is known to be namespaced.
    let env = Env::sandbox();
    env.with_manifests(&format!(
        "{MAP}---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\n"
    ));
    insta::assert_snapshot!(env.suimon(&["plan", "dev"]).code(1).problems(), @r"
    error[duplicate-object]: ConfigMap/default/a is declared twice
      --> envs/dev/manifests/all.yaml:5:1
       |
     5 | apiVersion: v1
       | ^
      ::: envs/dev/manifests/all.yaml:1:1: first declared here
    ");
    let ingress = |group: &str| {
        format!(
            "---\napiVersion: {group}\nkind: Ingress\nmetadata: {{name: a, namespace: default}}\n"
        )
    };
    insta::assert_snapshot!(manifests(1, &(ingress("networking.k8s.io/v1") + &ingress("extensions/v1beta1"))), @r"
    error[removed-api]: extensions/v1beta1 Ingress was removed in Kubernetes 1.22
      --> envs/dev/manifests/all.yaml:6:13
       |
     6 | apiVersion: extensions/v1beta1
       |             ^
      help: write `apiVersion: networking.k8s.io/v1`
    ");
}

#[test]
fn edges() {
    let on = |name: &str, on: &str| {
        format!(
            "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, namespace: default, annotations: {{suimon.dev/depends-on: {on}}}}}\n"
        )
    };
    insta::assert_snapshot!(manifests(1, &on("a", "ConfigMap/default/a")), @r"
    error[self-dependency]: `ConfigMap/default/a` waits for itself
      --> envs/dev/manifests/all.yaml:2:1
       |
     2 | apiVersion: v1
       | ^
      why: by suimon.dev/depends-on
      help: remove the reference
    ");
    insta::assert_snapshot!(manifests(1, &on("a", "ConfigMap/default/nobody")), @r"
    error[unknown-dependency]: `ConfigMap/default/a` waits for `ConfigMap/default/nobody`, which is not declared
      --> envs/dev/manifests/all.yaml:2:1
       |
     2 | apiVersion: v1
       | ^
      why: `ConfigMap/default/nobody` in suimon.dev/depends-on
      help: did you mean `ConfigMap/default/a`?
    ");
    insta::assert_snapshot!(manifests(1, &on("a", "\"!!\"")), @r"
    error[invalid-dependency]: `!!` in suimon.dev/depends-on of `ConfigMap/default/a` is not an id
      --> envs/dev/manifests/all.yaml:2:1
       |
     2 | apiVersion: v1
       | ^
      help: write Kind[.group]/[namespace/]name
    ");
}

#[test]
fn marks_that_only_suimon_sets() {
    let env = Env::sandbox();
    env.with_manifests("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, labels: {applyset.kubernetes.io/part-of: mine}}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: suimon.shop.dev, namespace: default}\n");
    insta::assert_snapshot!(env.suimon(&["plan", "dev"]).code(1).problems(), @r"
    error[invalid-object]: ConfigMap/default/a: the label applyset.kubernetes.io/part-of is set to `mine`; suimon sets it, leave it out
      --> envs/dev/manifests/all.yaml:1:1
       |
     1 | apiVersion: v1
       | ^

    error[invalid-object]: ConfigMap/default/suimon.shop.dev is where suimon keeps what this environment owns: declare another name
      --> envs/dev/manifests/all.yaml:5:1
       |
     5 | apiVersion: v1
       | ^

    2 errors
    ");
}
