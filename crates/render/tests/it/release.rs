use suimon_render::{InProcess, load_release, render};

use crate::support::Fixture;

const OLD: &str = "4f0c1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b";
const TEMPLATE: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {from: OLD, image: {{ artifacts.api.image }}, also: \"{{ artifacts[name].image }}\"}\n";

fn release(modules: &str) -> String {
    format!(
        "apiVersion: suimon.dev/v1alpha1\nkind: Release\nmetadata: {{name: r1}}\nspec:\n  {modules}\n  artifacts: {{api: {{image: \"r/api@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\"}}}}\n"
    )
}

#[test]
fn modules_come_from_the_pinned_commit_and_values_from_here() {
    let old = Fixture::with_template("{}", TEMPLATE);
    let new = Fixture::with_template("{}", &TEMPLATE.replace("OLD", "NEW"))
        .file("envs/dev/release.yaml", release(&format!("modules: {OLD}")));
    let snapshot = new.snapshot().with_revision(OLD, old.snapshot());
    let rendered = render(&snapshot, "dev", &InProcess::default()).unwrap();
    let manifest = &rendered.state.manifests[0];
    insta::assert_snapshot!(format!("{}\n{}", manifest.origin.location(), manifest.body.as_str()), @r#"
    modules/web/kubernetes/t.yaml.tera@4f0c1a2:1:1
    {"apiVersion":"v1","data":{"also":"r/api@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef","from":"OLD","image":"r/api@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"},"kind":"ConfigMap","metadata":{"name":"c","namespace":"default"}}
    "#);
    assert_eq!(rendered.state.release.modules.as_deref(), Some(OLD));
    let tree = suimon_model::Snapshot::tree_id(&old.snapshot(), "modules").unwrap().unwrap();
    assert_eq!(rendered.state.modules_tree, tree);
}

#[test]
fn errors_in_pinned_files_say_which_commit() {
    let old = Fixture::with_template("{}", "a: {{ nope }}\n");
    let new = Fixture::with_template("{}", TEMPLATE)
        .file("envs/dev/release.yaml", release(&format!("modules: {OLD}")));
    let snapshot = new.snapshot().with_revision(OLD, old.snapshot());
    insta::assert_snapshot!(render(&snapshot, "dev", &InProcess::default()).unwrap_err(), @r"
    error[undefined-variable]: `nope` is not defined
      --> modules/web/kubernetes/t.yaml.tera@4f0c1a2:1:7
      help: known here: project, env, name, values, artifacts
    ");
    insta::assert_snapshot!(new.errors(), @r"
    error[revision-not-found]: there is no commit `4f0c1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b`
      --> envs/dev/release.yaml:5:12
      help: fetch the commit, or pin one that is here
    ");
}

#[test]
fn a_missing_artifact_is_an_undefined_variable() {
    let fixture = Fixture::with_template(
        "{}",
        "a: {{ artifacts.web.image }}\nb: {{ artifacts[name].image }}\n",
    )
    .file("envs/dev/release.yaml", release("{}").replace("  {}\n", ""));
    insta::assert_snapshot!(fixture.errors(), @r"
    error[undefined-variable]: `web` is not defined
      --> modules/web/kubernetes/t.yaml.tera:1:17
      help: known here: api
    ");
}

#[test]
fn a_tag_where_a_digest_belongs_says_how_to_resolve_it() {
    let artifacts = |image: &str| {
        let text = format!(
            "apiVersion: suimon.dev/v1alpha1\nkind: Release\nmetadata: {{name: r1}}\nspec:\n  artifacts:\n    api: {{image: \"{image}\", notes: any text}}\n"
        );
        Fixture::new().file("envs/dev/release.yaml", text).errors()
    };
    insta::assert_snapshot!(artifacts("r.example.com:5000/shop/api:1.2"), @r"
    error[image-not-pinned]: the image of `api` has no digest
      --> envs/dev/release.yaml:6:18
      why: a tag can come to mean another image, and then what was proved is not what runs
      help: ask for the digest:
             docker buildx imagetools inspect r.example.com:5000/shop/api:1.2 --format '{{.Manifest.Digest}}'
             crane digest r.example.com:5000/shop/api:1.2
           and write it: suimon release set api=r.example.com:5000/shop/api@sha256:…
    ");
    insta::assert_snapshot!(artifacts("r.example.com/api@sha256:abc"), @r"
    error[bad-image]: a digest is `sha256:` and 64 lower-case hexadecimal digits
      --> envs/dev/release.yaml:6:18
      help: write `registry.example.com/name@sha256:` and the 64 digits
    ");
    insta::assert_snapshot!(artifacts("https://r.example.com/api"), @r"
    error[bad-image]: this is not the name of an image, such as `registry.example.com/api`
      --> envs/dev/release.yaml:6:18
      help: write `registry.example.com/name@sha256:` and the 64 digits
    ");
    for image in ["", "api", "API:1"] {
        assert!(artifacts(image).contains("envs/dev/release.yaml:6:18"), "{image}");
    }
}

#[test]
fn a_release_is_read_by_itself() {
    let snapshot = Fixture::new()
        .file("envs/dev/release.yaml", release(&format!("modules: {OLD}")))
        .snapshot();
    let (read, at) = load_release(&snapshot, "dev").unwrap().unwrap();
    assert_eq!((read.name.as_deref(), read.modules.as_deref()), (Some("r1"), Some(OLD)));
    assert_eq!(at.to_string(), "envs/dev/release.yaml:5:12");
    assert_eq!(load_release(&snapshot, "stg").unwrap(), None);
    assert_eq!(load_release(&snapshot, "../dev").unwrap(), None);
    let broken = Fixture::new().file("envs/dev/release.yaml", "a: b\n").snapshot();
    assert!(load_release(&broken, "dev").is_err());
}
