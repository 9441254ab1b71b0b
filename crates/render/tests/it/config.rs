use suimon_model::{KubernetesTarget, MemorySnapshot};
use suimon_render::{environment_names, load_environment, load_project};

use crate::support::Fixture;

const HEAD: &str = "apiVersion: suimon.dev/v1alpha1\nkind: Environment\nmetadata: {name: dev}\n";

fn raw_env(text: &str) -> String {
    Fixture::new().file("envs/dev/environment.yaml", text).errors()
}

#[test]
fn a_whole_environment_is_read() {
    let fixture = Fixture::new().env(
        r#"  targets:
    aws: {region: ap-northeast-1, accountId: "012345678901", assumeRole: arn:aws:iam::012345678901:role/x}
    kubernetes: {eksCluster: c1, clusterUid: 0c0ffee0-0000-4000-8000-000000000000}
  protect: {maxDeletes: 3, kinds: [Namespace, Cluster.eks.services.k8s.aws]}
  gate: {rules: [images-pinned]}
"#,
    );
    let snapshot = fixture.snapshot();
    let project = load_project(&snapshot).unwrap();
    let environment = load_environment(&snapshot, &project, "dev").unwrap();
    insta::assert_snapshot!(serde_json::to_string_pretty(&environment).unwrap(), @r#"
    {
      "name": "dev",
      "platform": "kubernetes",
      "targets": {
        "aws": {
          "region": "ap-northeast-1",
          "accountId": "012345678901",
          "assumeRole": [
            {
              "roleArn": "arn:aws:iam::012345678901:role/x"
            }
          ],
          "profile": null
        },
        "kubernetes": {
          "eksCluster": "c1"
        },
        "cluster_uid": "0c0ffee0-0000-4000-8000-000000000000"
      },
      "protect": {
        "max_deletes": 3,
        "kinds": [
          "Cluster.eks.services.k8s.aws",
          "Namespace"
        ]
      },
      "gate": {
        "rules": [
          {
            "name": "images-pinned"
          }
        ]
      }
    }
    "#);
    assert_eq!(environment.location.to_string(), "envs/dev/environment.yaml:3:18");
}

#[test]
fn targets_take_one_way_to_the_cluster() {
    for (target, expected) in [
        ("{context: k}", Some(KubernetesTarget::Context("k".into()))),
        ("{inCluster: true}", Some(KubernetesTarget::InCluster)),
    ] {
        let snapshot =
            Fixture::new().env(&format!("  targets: {{kubernetes: {target}}}\n")).snapshot();
        let project = load_project(&snapshot).unwrap();
        let found = load_environment(&snapshot, &project, "dev").unwrap();
        assert_eq!(found.targets.kubernetes, expected);
    }
    let errors = Fixture::new()
        .env("  targets: {kubernetes: {context: a, inCluster: true}, aws: {accountId: 012345678901}}\n")
        .errors();
    insta::assert_snapshot!(errors, @r#"
    error[wrong-value]: `kubernetes` needs exactly one of `context`, `eksCluster`, `inCluster: true`
      --> envs/dev/environment.yaml:6:25

    error[wrong-type]: `accountId` must be a string, not a number
      --> envs/dev/environment.yaml:6:73
      help: write it in quotes: "012345678901"
    "#);
}

#[test]
fn every_mistake_of_every_file_is_reported() {
    let errors = Fixture::new()
        .file("suimon.yaml", "apiVersion: suimon.dev/v1\nkind: Project\nmetadata: {nmae: shop}\nspec: {pipeline: [dev, dev, stg, Prod]}\n")
        .env("  plattform: ecs\n  modules:\n    - {name: api, module: web, value: {}}\n    - {name: api, module: web}\n    - {name: A_b}\n  patches: {}\n  protect: {maxDeletes: -1, kinds: [1]}\n  gate: []\n")
        .file("envs/dev/release.yaml", "apiVersion: suimon.dev/v1alpha1\nkind: Release\nmetadata: {name: r1}\nspec: {modules: main, artifacts: {api: {image: 5}, b: x}}\n")
        .errors();
    insta::assert_snapshot!(errors, @r#"
    error[unknown-key]: unknown key `plattform` in `spec`
      --> envs/dev/environment.yaml:6:3
      help: did you mean `platform`?

    error[unknown-key]: unknown key `value` in a module
      --> envs/dev/environment.yaml:8:32
      help: did you mean `values`?

    error[duplicate-instance]: the instance name `api` is given twice
      --> envs/dev/environment.yaml:9:14
      ::: envs/dev/environment.yaml:8:14: first given here

    error[missing-key]: `module` is missing
      --> envs/dev/environment.yaml:10:7

    error[bad-name]: `name` must hold only lower-case letters, digits and `-`, and start and end with a letter or digit
      --> envs/dev/environment.yaml:10:14

    error[wrong-type]: `patches` must be a list, not a mapping
      --> envs/dev/environment.yaml:11:12

    error[wrong-type]: `maxDeletes` must be a whole number from 0
      --> envs/dev/environment.yaml:12:25

    error[wrong-type]: `kinds` must be a string, not a number
      --> envs/dev/environment.yaml:12:37
      help: write it in quotes: "1"

    error[wrong-type]: `gate` must be a mapping, not a list
      --> envs/dev/environment.yaml:13:9

    error[wrong-value]: `modules` must be a full commit id
      --> envs/dev/release.yaml:4:17
      why: a branch, a tag or a short id can come to mean another commit
      help: write the 40 hexadecimal digits that `git rev-parse` prints

    error[wrong-type]: `image` must be a string, not a number
      --> envs/dev/release.yaml:4:48
      help: write it in quotes: "5"

    error[wrong-type]: an artifact must be a mapping such as `{image: …}`, not a string
      --> envs/dev/release.yaml:4:55

    error[wrong-value]: `apiVersion` is `suimon.dev/v1`
      --> suimon.yaml:1:13
      help: write `apiVersion: suimon.dev/v1alpha1`

    error[missing-key]: `name` is missing
      --> suimon.yaml:3:11

    error[unknown-key]: unknown key `nmae` in `metadata`
      --> suimon.yaml:3:12
      help: did you mean `name`?

    error[duplicate-environment]: environment `dev` is in the pipeline twice
      --> suimon.yaml:4:24
      ::: suimon.yaml:4:19: first here

    error[no-environment]: there is no environment `stg`: no `envs/stg/environment.yaml`
      --> suimon.yaml:4:29
      why: environments here: dev

    error[bad-name]: `pipeline` must hold only lower-case letters, digits and `-`, and start and end with a letter or digit
      --> suimon.yaml:4:34
    "#);
}

#[test]
fn an_unquoted_account_id_is_explained() {
    let errors = Fixture::new().env("  targets: {aws: {accountId: 333333333333}}\n").errors();
    insta::assert_snapshot!(errors, @r#"
    error[wrong-type]: `accountId` must be a string, not a number
      --> envs/dev/environment.yaml:6:30
      help: write it in quotes: "333333333333"
    "#);
    let errors = Fixture::new().env("  targets: {aws: {accountId: \"33333\"}}\n").errors();
    insta::assert_snapshot!(errors, @r"
    error[wrong-value]: `accountId` must be twelve digits
      --> envs/dev/environment.yaml:6:30
    ");
}

#[test]
fn a_missing_environment_names_the_known_ones() {
    let fixture = Fixture::new().file("envs/production/environment.yaml", HEAD);
    let snapshot = fixture.snapshot();
    let runner = suimon_render::InProcess::default();
    let errors = suimon_render::render(&snapshot, "prodution", &runner).unwrap_err();
    insta::assert_snapshot!(errors, @r"
    error[no-environment]: there is no environment `prodution`: no `envs/prodution/environment.yaml`
      --> envs
      why: environments here: dev, production
      help: did you mean `production`?
    ");
    let errors = suimon_render::render(&snapshot, "../x", &runner).unwrap_err();
    insta::assert_snapshot!(errors, @r"
    error[no-environment]: there is no environment `../x`: no `envs/../x/environment.yaml`
      --> envs
      why: environments here: dev, production
    ");
}

#[test]
fn a_missing_project_says_what_to_do() {
    insta::assert_snapshot!(load_project(&MemorySnapshot::default()).unwrap_err(), @r"
    error[no-project]: there is no `suimon.yaml` here
      --> suimon.yaml
      help: run `suimon init`, or `-C DIR` with the folder that has it
    ");
}

#[test]
fn environments_come_in_pipeline_order() {
    let env = |name: &str| {
        format!(
            "apiVersion: suimon.dev/v1alpha1\nkind: Environment\nmetadata: {{name: {name}}}\nspec: {{platform: ecs}}\n"
        )
    };
    let mut fixture = Fixture::new()
        .file("suimon.yaml", "apiVersion: suimon.dev/v1alpha1\nkind: Project\nmetadata: {name: shop}\nspec: {pipeline: [dev, stg, prod]}\n")
        .file("envs/notes/README.md", "no environment");
    for name in ["stg", "prod", "alpha"] {
        fixture = fixture.file(&format!("envs/{name}/environment.yaml"), env(name));
    }
    assert_eq!(environment_names(&fixture.snapshot()).unwrap(), ["dev", "stg", "prod", "alpha"]);
}

#[test]
fn the_folder_is_the_name() {
    insta::assert_snapshot!(
        raw_env("apiVersion: suimon.dev/v1alpha1\nkind: Environment\nmetadata: {name: dev2}\nspec: {platform: kubernets}\n"),
        @r"
        error[name-mismatch]: `metadata.name` is `dev2`, the folder is `dev`
          --> envs/dev/environment.yaml:3:18
          help: give both the same name

        error[wrong-value]: there is no platform `kubernets`
          --> envs/dev/environment.yaml:4:18
          help: did you mean `kubernetes`?
        "
    );
}

#[test]
fn a_missing_module_names_the_nearest() {
    let errors = Fixture::new()
        .module("{}")
        .template("t.yaml.tera", "")
        .env("  modules:\n    - {name: a, module: wbe}\n    - {name: b, module: web, platform: ecs}\n")
        .errors();
    insta::assert_snapshot!(errors, @r"
    error[no-module]: there is no module `wbe`: no `modules/wbe/module.yaml`
      --> envs/dev/environment.yaml:7:25
      why: modules here: web
      help: did you mean `web`?

    error[no-templates]: module `web` has no templates for the platform `ecs`
      --> envs/dev/environment.yaml:8:25
      why: there is no folder `modules/web/ecs`
    ");
}

#[test]
fn config_yaml_is_strict() {
    insta::assert_snapshot!(raw_env(&format!("{HEAD}spec:\n  platform: kubernetes\n  values: {{a: yes, b: 0777, <<: {{}}}}\n")), @r#"
    error[ambiguous-scalar]: `yes` means one thing in YAML 1.1 and another in YAML 1.2
      --> envs/dev/environment.yaml:6:15
      help: write `true` or, for the text, "yes"

    error[ambiguous-scalar]: `0777` means one thing in YAML 1.1 and another in YAML 1.2
      --> envs/dev/environment.yaml:6:23
      help: write `0o777` or, for the text, "0777"

    error[merge-key]: merge keys are not read here
      --> envs/dev/environment.yaml:6:29
    "#);
    insta::assert_snapshot!(raw_env(&format!("{HEAD}spec:\n  platform: kubernetes\n  platform: ecs\n")), @r"
    error[duplicate-key]: key `platform` is given twice
      --> envs/dev/environment.yaml:6:3
      ::: envs/dev/environment.yaml:5:3: first given here
      help: remove one of them
    ");
    insta::assert_snapshot!(raw_env(&format!("{HEAD}spec:\n  platform: kubernetes\n---\na: b\n")), @r"
    error[several-documents]: this file must hold one document
      --> envs/dev/environment.yaml:7:1
      ::: envs/dev/environment.yaml:1:1: the first document
      help: move what follows `---` to a file of its own
    ");
    insta::assert_snapshot!(raw_env(&format!("{HEAD}spec:\n  platform: ecs\n  values: {{1.0: a, yes: b, 8080: c}}\n")), @r#"
    error[yaml-key]: this key reads as another one: quote it
      --> envs/dev/environment.yaml:6:12

    error[ambiguous-scalar]: `yes` means one thing in YAML 1.1 and another in YAML 1.2
      --> envs/dev/environment.yaml:6:20
      help: write `true` or, for the text, "yes"
    "#);
    insta::assert_snapshot!(raw_env(""), @r"
    error[empty-file]: this file is empty
      --> envs/dev/environment.yaml
    ");
    insta::assert_snapshot!(raw_env("a: [\n"), @r"
    error[yaml-syntax]: not YAML: unclosed bracket '['
      --> envs/dev/environment.yaml:1:4
    ");
    insta::assert_snapshot!(raw_env("- a\n"), @r"
    error[wrong-type]: this file must be a mapping, not a list
      --> envs/dev/environment.yaml:1:1
    ");
    insta::assert_snapshot!(raw_env("a:\n\t- b\n"), @r"
    error[yaml-syntax]: not YAML: tabs disallowed within this context (block indentation)
      --> envs/dev/environment.yaml:2:2
      help: indent with spaces
    ");
}

#[test]
fn what_is_not_utf8_is_refused() {
    let file = |bytes: &[u8]| Fixture::new().file("envs/dev/environment.yaml", bytes).errors();
    insta::assert_snapshot!(file(b"a: 1\nb: \xc3\x28\n"), @r"
    error[not-utf8]: this file is not UTF-8: a wrong byte at byte 8
      --> envs/dev/environment.yaml:2
      help: save the file as UTF-8 without a byte order mark
    ");
    insta::assert_snapshot!(file(b"\xff\xfea\x00"), @r"
    error[not-utf8]: this file is UTF-16, found at byte 0
      --> envs/dev/environment.yaml
      help: save the file as UTF-8 without a byte order mark
    ");
    let bom = format!("\u{feff}{HEAD}spec: {{platform: ecs}}\n");
    assert!(Fixture::new().file("envs/dev/environment.yaml", bom).render().is_ok());
    insta::assert_snapshot!(raw_env(&format!("\u{feff}\u{feff}{HEAD}spec: {{platform: ecs}}\n")), @r"
    error[not-utf8]: a second byte order mark at byte 3
      --> envs/dev/environment.yaml
      help: save the file as UTF-8 without a byte order mark
    ");
}

#[test]
fn a_version_that_reads_as_a_number_is_pointed_at() {
    let fixture = Fixture::new()
        .env("  values: {version: 1.20, ratio: 0.5, list: [{x: 3.0}], text: \"1.20\", n: 10}\n");
    insta::assert_snapshot!(fixture.render().unwrap().warnings, @r#"
    warning[shortened-number]: `1.20` is a number, and a template prints 1.2
      --> envs/dev/environment.yaml:6:21
      help: write "1.20" for text such as a version, 1.2 for a number

    warning[shortened-number]: `3.0` is a number, and a template prints 3
      --> envs/dev/environment.yaml:6:50
      help: write "3.0" for text such as a version, 3 for a number
    "#);
}
