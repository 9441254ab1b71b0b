//! Files that are wrong: every message whole, as its reader sees it.

use crate::env::{Env, Ran};

/// Standard error without the line that says what is read.
fn problems(ran: &Ran) -> String {
    let lines = ran.stderr.lines().filter(|line| !line.starts_with("reading "));
    lines.collect::<Vec<_>>().join("\n")
}

/// What `validate` says of an environment whose manifests are these; 1 unless there are only warnings.
fn manifests(code: i32, yaml: &str) -> String {
    let env = Env::offline();
    env.with_manifests(yaml);
    problems(&env.suimon(&["validate"]).code(code))
}

/// What `validate` says of a first project whose files were edited like this.
fn edited(file: &str, old: &str, new: &str) -> String {
    let env = Env::offline();
    env.suimon(&["init", "--name", "shop", "--context", "dev"]).code(0);
    let path = env.project().join(file);
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains(old), "{text}");
    std::fs::write(path, text.replacen(old, new, 1)).unwrap();
    problems(&env.suimon(&["validate"]).code(1))
}

const MAP: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: default}\n";

#[test]
fn environments_by_name() {
    let env = Env::offline();
    env.with_manifests("");
    insta::assert_snapshot!(problems(&env.suimon(&["plan", "dve"]).code(1)), @r"
    error[no-environment]: there is no environment `dve`: no `envs/dve/environment.yaml`
      --> envs
      why: environments here: dev
      help: did you mean `dev`?
    ");
    insta::assert_snapshot!(problems(&env.suimon(&["plan", "../dev"]).code(1)), @r"
    error[no-environment]: there is no environment `../dev`: no `envs/../dev/environment.yaml`
      --> envs
      why: environments here: dev
    ");
    env.remove("suimon.yaml");
    insta::assert_snapshot!(problems(&env.suimon(&["plan", "dev"]).code(1)).replace("/tmp/suimon.yaml, ", ""), @r"
    error[no-project]: there is no suimon.yaml in [DIR]/project
      why: looked for [DIR]/project/suimon.yaml, [DIR]/suimon.yaml, /suimon.yaml
      help: `suimon init` makes a first project here
    ");
}

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
    insta::assert_snapshot!(problems(&env.suimon(&["validate"]).code(1)), @r"
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
    insta::assert_snapshot!(problems(&env.suimon(&["plan", "dev"]).code(1)), @r"
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
fn keys_and_values_of_project_files() {
    insta::assert_snapshot!(edited("suimon.yaml", "pipeline: [dev]", "pipelin: [dev]"), @r"
    error[missing-key]: `pipeline` is missing
      --> suimon.yaml:7:3
       |
     7 |   pipelin: [dev]
       |   ^

    error[unknown-key]: unknown key `pipelin` in `spec`
      --> suimon.yaml:7:3
       |
     7 |   pipelin: [dev]
       |   ^
      help: did you mean `pipeline`?

    2 errors
    ");
    insta::assert_snapshot!(edited("envs/dev/environment.yaml", "maxDeletes: 3", "maxDelete: 3"), @r"
    error[unknown-key]: unknown key `maxDelete` in `protect`
      --> envs/dev/environment.yaml:17:5
        |
     17 |     maxDelete: 3
        |     ^
      help: did you mean `maxDeletes`?
    ");
    insta::assert_snapshot!(edited("envs/dev/environment.yaml", "replicas: 2", "replicas: \"2\""), @r#"
    error[bad-value]: `values.replicas` must be a whole number, not a string
      --> envs/dev/environment.yaml:15:19
        |
     15 |         replicas: "2"
        |                   ^
      ::: modules/web/module.yaml:20:9: the module says so here
    "#);
    insta::assert_snapshot!(edited("envs/dev/environment.yaml", "image: registry", "imgae: registry"), @r"
    error[missing-value]: `hello` needs a value for `values.image`
      --> envs/dev/environment.yaml:11:13
        |
     11 |     - name: hello          # the instance: what its objects are called
        |             ^
      ::: modules/web/module.yaml:10:5: the module requires it here

    error[unknown-value]: `values` has no input `imgae`
      --> envs/dev/environment.yaml:14:9
        |
     14 |         imgae: registry.k8s.io/e2e-test-images/agnhost:2.53
        |         ^
      help: did you mean `image`?

    2 errors
    ");
    insta::assert_snapshot!(edited("envs/dev/environment.yaml", "module: web", "module: wbe"), @r"
    error[no-module]: there is no module `wbe`: no `modules/wbe/module.yaml`
      --> envs/dev/environment.yaml:12:15
        |
     12 |       module: wbe          # modules/web
        |               ^
      why: modules here: web
      help: did you mean `web`?
    ");
    insta::assert_snapshot!(edited("envs/dev/environment.yaml", "  name: dev", "  name: prod"), @r"
    error[name-mismatch]: `metadata.name` is `prod`, the folder is `dev`
      --> envs/dev/environment.yaml:4:9
       |
     4 |   name: prod
       |         ^
      help: give both the same name
    ");
    insta::assert_snapshot!(edited("modules/web/module.yaml", "type: integer", "type: intger"), @r#"
    error[bad-schema]: `inputs` is not a JSON Schema
      --> modules/web/module.yaml:16:15
        |
     16 |         type: intger
        |               ^
      why: "intger" is not valid under any of the schemas listed in the 'anyOf' keyword
    "#);
}

#[test]
fn templates() {
    let web = "modules/web/kubernetes/web.yaml.tera";
    insta::assert_snapshot!(edited(web, "{{ values.image | quote }}", "{{ values.imgae | quote }}"), @r"
    error[undefined-variable]: `values.imgae` is not defined
      --> modules/web/kubernetes/web.yaml.tera:20:21
        |
     20 |           image: {{ values.imgae | quote }}
        |                     ^
      help: did you mean `image`?
    ");
    insta::assert_snapshot!(edited(web, "{{ values.image | quote }}", "{{ values.image | qoute }}"), @r"
    error[template-syntax]: unknown filter `qoute`
      --> modules/web/kubernetes/web.yaml.tera:20:36
        |
     20 |           image: {{ values.image | qoute }}
        |                                    ^
      help: did you mean `quote`?
    ");
    insta::assert_snapshot!(edited(web, "{{ values.image | quote }}", "{{ values.image"), @r#"
    error[template-syntax]: found identifier but expected )
      --> modules/web/kubernetes/web.yaml.tera:21:11
        |
     21 |           args: ["netexec", "--http-port={{ values.port }}"]
        |           ^
    "#);
    insta::assert_snapshot!(edited(web, "kind: Deployment", "kind: {{ null_thing }}"), @r"
    error[undefined-variable]: `null_thing` is not defined
      --> modules/web/kubernetes/web.yaml.tera:2:10
       |
     2 | kind: {{ null_thing }}
       |          ^
      help: known here: project, env, name, values, artifacts
    ");
    insta::assert_snapshot!(edited(web, "replicas: {{ values.replicas }}", "replicas: {{ ref(\"Service/nowhere/x\", \"spec.clusterIP\") }}"), @r#"
    error[ref-target]: `ref` to Service/nowhere/x, which nothing here declares
      --> modules/web/kubernetes/web.yaml.tera:9:13
       |
     9 |   replicas: {{ ref("Service/nowhere/x", "spec.clusterIP") }}
       |             ^
    "#);
    insta::assert_snapshot!(edited("modules/web/kubernetes/namespace.yaml.tera", "name: {{ project }}-{{ env }}", "name: \"a\\n---\\n\"\n---\nkind: Evil"), @r#"
    error[bad-name]: the name `a\u{a}---\u{a}` must hold only lower-case letters, digits and `-`, and start and end with a letter or digit
      --> modules/web/kubernetes/namespace.yaml.tera:4:9
       |
     4 |   name: "a\n---\n"
       |         ^

    error[missing-key]: the object has no `apiVersion`
      --> modules/web/kubernetes/namespace.yaml.tera:6:1
       |
     6 | kind: Evil
       | ^

    error[missing-key]: the object has no `metadata.name`
      --> modules/web/kubernetes/namespace.yaml.tera:6:1
       |
     6 | kind: Evil
       | ^

    3 errors
    "#);
}

#[test]
fn every_independent_error_in_one_run() {
    let env = Env::offline();
    env.suimon(&["init", "--name", "shop", "--context", "dev"]).code(0);
    let edit = |file: &str, old: &str, new: &str| {
        let path = env.project().join(file);
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(path, text.replacen(old, new, 1)).unwrap();
    };
    edit("modules/web/kubernetes/web.yaml.tera", "values.replicas", "values.replcas");
    edit("modules/web/kubernetes/namespace.yaml.tera", "env }}", "enviro }}");
    env.file("envs/dev/manifests/a.yaml", &format!("{MAP}data: {{a: 1, b: yes}}\n"));
    env.file("envs/dev/manifests/b.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {}\n");
    let said = problems(&env.suimon(&["validate"]).code(1));
    for place in ["web.yaml.tera:9", "namespace.yaml.tera:4", "a.yaml:4", "b.yaml:3"] {
        assert!(said.contains(place), "nothing at {place}:\n{said}");
    }
    let json = env.suimon(&["validate", "--json"]).code(1).json();
    assert!(json["diagnostics"].as_array().unwrap().len() >= 4, "{json}");
}

#[test]
fn patches() {
    let patch = |patch: &str| {
        edited("envs/dev/environment.yaml", "  protect:", &format!("  patches:\n{patch}  protect:"))
    };
    insta::assert_snapshot!(patch("    - target: {kind: Deployment, name: nobody}\n      patch: {spec: {replicas: 1}}\n"), @r"
    error[patch-target]: no object matches the target `Deployment/nobody`
      --> envs/dev/environment.yaml:17:15
        |
     17 |     - target: {kind: Deployment, name: nobody}
        |               ^
      help: objects of this kind: Deployment.apps/shop-dev/hello
    ");
    insta::assert_snapshot!(patch("    - target: {kind: Deployment, name: hello}\n      patch: [{op: replace, path: /spec/nothing/here, value: 1}]\n"), @r"
    error[patch-failed]: `replace` at `/spec/nothing/here` fails on Deployment.apps/shop-dev/hello: there is no such place
      --> envs/dev/environment.yaml:18:15
        |
     18 |       patch: [{op: replace, path: /spec/nothing/here, value: 1}]
        |               ^
    ");
    insta::assert_snapshot!(patch("    - target: {kind: Deployment, name: hello}\n      patch: [{op: test, path: /spec/replicas, value: 7}]\n"), @r"
    error[patch-failed]: `test` at `/spec/replicas` fails on Deployment.apps/shop-dev/hello: the value there is another one
      --> envs/dev/environment.yaml:18:15
        |
     18 |       patch: [{op: test, path: /spec/replicas, value: 7}]
        |               ^
    ");
    insta::assert_snapshot!(patch("    - target: {kind: Namespace}\n      patch: {metadata: {name: other}}\n"), @r"
    error[patch-identity]: a patch may not change `metadata.name` of Namespace/shop-dev
      --> envs/dev/environment.yaml:18:32
        |
     18 |       patch: {metadata: {name: other}}
        |                                ^
      why: it would be another object, and this one would be deleted
      help: change the template or the values instead
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
    insta::assert_snapshot!(problems(&env.suimon(&["plan", "dev"]).code(1)), @r"
    error[invalid-object]: ConfigMap/default/a: the label applyset.kubernetes.io/part-of is set to `mine`; suimon sets it, leave it out
      --> envs/dev/manifests/all.yaml:1:1
       |
     1 | apiVersion: v1
       | ^

    error[invalid-object]: ConfigMap/default/suimon.shop.dev: ConfigMap/default/suimon.shop.dev is where suimon keeps what this environment owns: declare another name
      --> envs/dev/manifests/all.yaml:5:1
       |
     5 | apiVersion: v1
       | ^

    2 errors
    ");
}

#[test]
fn a_gate_stays_closed() {
    let env = Env::sandbox();
    env.with_environment("shop", "  gate: {approvals: [{role: peer, required: 1}]}\n", MAP);
    insta::assert_snapshot!(problems(&env.apply(&[]).code(3)), @r"
    Held: the gate is not open, for 1 reason:

      ! the environment's `gate` asks for conditions that cannot be proved here (gate)
          help: this version evaluates `protect` only; an environment with a `gate` block stays closed rather than open
    ");
    assert_eq!(env.writes(), [""; 0]);
}
