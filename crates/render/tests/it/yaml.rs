use serde_json::json;
use suimon_render::{parse_kubernetes_yaml, to_yaml};

use crate::support::Fixture;

fn errors(text: &str) -> String {
    Fixture::with_manifest(text).errors()
}

#[test]
fn documents_and_lists_are_split() {
    let text = "---\n---\n# nothing\n---\napiVersion: v1\nkind: List\nitems:\n  - {apiVersion: v1, kind: ConfigMap, metadata: {name: a}}\n  - apiVersion: v1\n    kind: ConfigMapList\n    items:\n    - {apiVersion: v1, kind: ConfigMap, metadata: {name: b}}\n...\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n---\n";
    insta::assert_snapshot!(Fixture::with_manifest(text).objects(), @r#"
    envs/dev/manifests/m.yaml:8:1 ConfigMap/default/a
      {"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","namespace":"default"}}
    envs/dev/manifests/m.yaml:12:1 ConfigMap/default/b
      {"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"b","namespace":"default"}}
    envs/dev/manifests/m.yaml:15:1 ConfigMap/default/c
      {"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c","namespace":"default"}}
    "#);
}

#[test]
fn anchors_and_merge_keys_work_in_manifests() {
    let text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, labels: &l {x: why, z: \"1\"}, annotations: {<<: *l, z: \"2\"}}\ndata: *l\n";
    insta::assert_snapshot!(Fixture::with_manifest(text).objects(), @r#"
    envs/dev/manifests/m.yaml:1:1 ConfigMap/default/a
      {"apiVersion":"v1","data":{"x":"why","z":"1"},"kind":"ConfigMap","metadata":{"annotations":{"x":"why","z":"2"},"labels":{"x":"why","z":"1"},"name":"a","namespace":"default"}}
    "#);
}

#[test]
fn string_fields_fed_something_else_are_reported() {
    let text = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\n  labels: {version: 1.20, enabled: no}\nspec:\n  template:\n    metadata: {annotations: {on: 1e3}}\n    spec:\n      nodeSelector: {gpu: yes}\n      containers:\n        - name: 0777\n          image: web\n          args: [1_000, \"2\", on]\n          env: [{name: A, value: 5}, {name: B, value: \"5\"}]\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {port: 80, sha: 123e4567}\n---\napiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {password: 123456}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: 1234}\n";
    insta::assert_snapshot!(errors(text), @r#"
    error[unquoted-string]: `metadata.labels.version` must be a string, but `1.20` reads as the number 1.2
      --> envs/dev/manifests/m.yaml:5:21
      help: write it in quotes: "1.20"

    error[unquoted-string]: `metadata.labels.enabled` must be a string, but `no` reads as the boolean false
      --> envs/dev/manifests/m.yaml:5:36
      help: write it in quotes: "no"

    error[unquoted-string]: the key `on` reads as `true`
      --> envs/dev/manifests/m.yaml:8:30
      help: write it in quotes: "on"

    error[unquoted-string]: `spec.template.metadata.annotations.true` must be a string, but `1e3` reads as the number 1000
      --> envs/dev/manifests/m.yaml:8:34
      help: write it in quotes: "1e3"

    error[unquoted-string]: `spec.template.spec.nodeSelector.gpu` must be a string, but `yes` reads as the boolean true
      --> envs/dev/manifests/m.yaml:10:27
      help: write it in quotes: "yes"

    error[unquoted-string]: `spec.template.spec.containers.0.name` must be a string, but `0777` reads as the number 511
      --> envs/dev/manifests/m.yaml:12:17
      help: write it in quotes: "0777"

    error[unquoted-string]: `spec.template.spec.containers.0.args.0` must be a string, but `1_000` reads as the number 1000
      --> envs/dev/manifests/m.yaml:14:18
      help: write it in quotes: "1_000"

    error[unquoted-string]: `spec.template.spec.containers.0.args.2` must be a string, but `on` reads as the boolean true
      --> envs/dev/manifests/m.yaml:14:30
      help: write it in quotes: "on"

    error[unquoted-string]: `spec.template.spec.containers.0.env.0.value` must be a string, but `5` reads as the number 5
      --> envs/dev/manifests/m.yaml:15:34
      help: write it in quotes: "5"

    error[number-range]: this reads as a number that is out of range
      --> envs/dev/manifests/m.yaml:20:23
      help: write it in quotes if it is text

    error[unquoted-string]: `stringData.password` must be a string, not a number
      --> envs/dev/manifests/m.yaml:25:24
      help: write it in quotes

    error[unquoted-string]: `metadata.name` must be a string, not a number
      --> envs/dev/manifests/m.yaml:29:18
      help: write it in quotes: "1234"

    warning[secret-in-git]: the values of Secret/default/s are in the repository in plain text
      --> envs/dev/manifests/m.yaml:25:1
      help: keep secret values out of Git, and replace those that were in it
    "#);
}

#[test]
fn quoted_strings_and_numbers_in_number_fields_are_fine() {
    let text = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, labels: {v: \"1.20\", w: !!str 1}}\nspec:\n  replicas: 3\n  template:\n    spec:\n      volumes: [{name: v, configMap: {name: c, defaultMode: 0644}}]\n      containers: [{name: a, ports: [{containerPort: 80}], resources: {limits: {cpu: 0.5}}}]\n";
    insta::assert_snapshot!(Fixture::with_manifest(text).objects(), @r#"
    envs/dev/manifests/m.yaml:1:1 Deployment.apps/default/web
      {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"labels":{"v":"1.20","w":"1"},"name":"web","namespace":"default"},"spec":{"replicas":3,"template":{"spec":{"containers":[{"name":"a","ports":[{"containerPort":80}],"resources":{"limits":{"cpu":0.5}}}],"volumes":[{"configMap":{"defaultMode":420,"name":"c"},"name":"v"}]}}}}
    "#);
}

#[test]
fn duplicate_keys_show_both_places() {
    insta::assert_snapshot!(errors("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  x: 1\n  \"x\": 2\nkind: Secret\n"), @r"
    error[duplicate-key]: key `x` is given twice
      --> envs/dev/manifests/m.yaml:6:3
      ::: envs/dev/manifests/m.yaml:5:3: first given here
      help: remove one of them

    error[duplicate-key]: key `kind` is given twice
      --> envs/dev/manifests/m.yaml:7:1
      ::: envs/dev/manifests/m.yaml:2:1: first given here
      help: remove one of them
    ");
}

#[test]
fn syntax_errors_show_their_place_and_not_the_text() {
    insta::assert_snapshot!(errors("a: 1\n\tb: hunter2\n"), @r"
    error[yaml-syntax]: not YAML: while scanning a plain scalar, found a tab
      --> envs/dev/manifests/m.yaml:1:4
      help: indent with spaces
    ");
    insta::assert_snapshot!(errors("a:\n    b: 1\n  c: 2\n"), @r"
    error[yaml-syntax]: not YAML: while parsing a block mapping, did not find expected key
      --> envs/dev/manifests/m.yaml:3:3
    ");
    insta::assert_snapshot!(errors("a: \"hunter2\nb: 1\n"), @r"
    error[yaml-syntax]: not YAML: invalid indentation in multiline quoted scalar
      --> envs/dev/manifests/m.yaml:2:1
    ");
    insta::assert_snapshot!(errors("a: [1, 2\n---\nb: }\n---\nc: *nope\n"), @r"
    error[yaml-syntax]: not YAML: unclosed bracket '['
      --> envs/dev/manifests/m.yaml:1:4

    error[yaml-syntax]: not YAML: misplaced bracket
      --> envs/dev/manifests/m.yaml:3:4

    error[yaml-alias]: this alias has no anchor before it
      --> envs/dev/manifests/m.yaml:5:4
    ");
    insta::assert_snapshot!(errors("? [a]\n: b\n"), @r"
    error[yaml-key]: a key must be text, not a list or a mapping
      --> envs/dev/manifests/m.yaml:1:3
    ");
    insta::assert_snapshot!(errors("a: !custom x\n"), @r"
    error[yaml-tag]: only the tags of YAML itself (`!!str`, `!!int`, …) are read
      --> envs/dev/manifests/m.yaml:1:12
    ");
    insta::assert_snapshot!(errors("a: .nan\n"), @r"
    error[number-range]: this reads as a number that is out of range
      --> envs/dev/manifests/m.yaml:1:4
      help: write it in quotes if it is text
    ");
    insta::assert_snapshot!(errors("yes: x\n1.10: y\n8080: z\n"), @r#"
    error[missing-key]: the object has no `apiVersion`
      --> envs/dev/manifests/m.yaml:1:1

    error[missing-key]: the object has no `kind`
      --> envs/dev/manifests/m.yaml:1:1

    error[missing-key]: the object has no `metadata.name`
      --> envs/dev/manifests/m.yaml:1:1

    error[unquoted-string]: the key `yes` reads as `true`
      --> envs/dev/manifests/m.yaml:1:1
      help: write it in quotes: "yes"

    error[unquoted-string]: the key `1.10` reads as `1.1`
      --> envs/dev/manifests/m.yaml:2:1
      help: write it in quotes: "1.10"
    "#);
    insta::assert_snapshot!(errors("<<: 1\n"), @r"
    error[merge-key]: `<<` takes a mapping or a list of mappings
      --> envs/dev/manifests/m.yaml:1:5
    ");
}

#[test]
fn what_is_written_reads_back() {
    let value = json!({"yes": "no", "a": "1_000", "b": ["0777", "1e3", "", "~", "null", "2020-01-01", "y"],
        "c": "multi\nline\n", "d": "- x", "e": 1.5, "f": null, "g": {}, "h": [], "i": "a: b", "1": "0x1f", "j": " x ", "k": "12:30:45", "l": "=", "m": "<<"});
    let text = to_yaml(&value);
    let read = parse_kubernetes_yaml("x.yaml", &text).unwrap();
    assert_eq!(read.len(), 1, "{text}");
    assert_eq!(read[0].value, value, "{text}");
    insta::assert_snapshot!(text, @r#"
    "1": "0x1f"
    a: "1_000"
    b:
    - "0777"
    - "1e3"
    - ""
    - "~"
    - "null"
    - "2020-01-01"
    - "y"
    c: |
      multi
      line
    d: "- x"
    e: 1.5
    f: null
    g: {}
    h: []
    i: "a: b"
    j: " x "
    k: "12:30:45"
    l: "="
    m: "<<"
    "yes": "no"
    "#);
}

#[test]
fn documents_know_their_lines() {
    let read = parse_kubernetes_yaml("x", "# c\na: 1\n---\n\nb: 2\n").unwrap();
    let lines: Vec<(u32, String)> = read.iter().map(|d| (d.line, d.value.to_string())).collect();
    assert_eq!(lines, [(2, "{\"a\":1}".to_owned()), (5, "{\"b\":2}".to_owned())]);
}
