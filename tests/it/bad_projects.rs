//! Project files, templates and patches that are wrong: every message whole, as its reader sees it.

use crate::env::Env;

/// What `validate` says of a first project whose files were edited like this.
fn edited(file: &str, old: &str, new: &str) -> String {
    let env = Env::offline();
    env.suimon(&["init", "--name", "shop", "--context", "dev"]).code(0);
    let path = env.project().join(file);
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains(old), "{text}");
    std::fs::write(path, text.replacen(old, new, 1)).unwrap();
    env.suimon(&["validate"]).code(1).problems()
}

const MAP: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: default}\n";

#[test]
fn environments_by_name() {
    let env = Env::offline();
    env.with_manifests("");
    insta::assert_snapshot!(env.suimon(&["plan", "dve"]).code(1).problems(), @r"
    error[no-environment]: there is no environment `dve`: no `envs/dve/environment.yaml`
      --> envs
      why: environments here: dev
      help: did you mean `dev`?
    ");
    insta::assert_snapshot!(env.suimon(&["plan", "../dev"]).code(1).problems(), @r"
    error[no-environment]: there is no environment `../dev`: no `envs/../dev/environment.yaml`
      --> envs
      why: environments here: dev
    ");
    env.remove("suimon.yaml");
    insta::assert_snapshot!(env.suimon(&["plan", "dev"]).code(1).problems().replace("/tmp/suimon.yaml, ", ""), @r"
    error[no-project]: there is no suimon.yaml in [DIR]/project
      why: looked for [DIR]/project/suimon.yaml, [DIR]/suimon.yaml, /suimon.yaml
      help: `suimon init` makes a first project here
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
    let said = env.suimon(&["validate"]).code(1).problems();
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
fn a_gate_stays_closed() {
    let env = Env::sandbox();
    env.with_environment(
        "shop",
        "  gate: {windows: [{freeze: \"2020-01-01..2099-12-31\"}]}\n",
        MAP,
    );
    insta::assert_snapshot!(env.apply(&[]).code(3).problems(), @r"
    Held: the gate is not open, for 2 reasons:

      ! the files are not committed, and a gate is read from a commit (uncommitted)
          help: commit the change and apply the commit
      ! frozen by `2020-01-01..2099-12-31` UTC: no opening is in sight (window)
    ");
    assert_eq!(env.writes(), [""; 0]);
}
