use std::collections::BTreeMap;

use proptest::prelude::*;
use suimon_model::{MemorySnapshot, Release};
use suimon_render::{edit_release, load_release};

const OLD: &str = "4f0c1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b";
const NEW: &str = "0123456789012345678901234567890123456789";

fn digest(digit: &str) -> String {
    format!("sha256:{}", digit.repeat(64))
}

fn release(name: &str, modules: Option<&str>, images: &[(&str, &str)]) -> Release {
    let artifact = |(name, image): &(&str, &str)| {
        ((*name).to_owned(), BTreeMap::from([("image".to_owned(), (*image).to_owned())]))
    };
    Release {
        name: Some(name.to_owned()),
        modules: modules.map(str::to_owned),
        artifacts: images.iter().map(artifact).collect(),
    }
}

/// What the text says in a project.
fn read(text: &str) -> Release {
    let snapshot = MemorySnapshot::new([("envs/dev/release.yaml", text)]);
    load_release(&snapshot, "dev").unwrap_or_else(|e| panic!("{e}\n{text}")).unwrap().0
}

/// Edits, checks that it reads back, and shortens the digests to be shown.
fn edited(existing: Option<&str>, release: &Release) -> String {
    let text = edit_release(existing, release).unwrap_or_else(|errors| panic!("{errors}"));
    assert_eq!(&read(&text), release, "{text}");
    assert_eq!(edit_release(Some(&text), release).unwrap(), text, "a second time");
    "abc".chars().fold(text, |text, c| text.replace(&c.to_string().repeat(64), &c.to_string()))
}

/// Every style that people write: comments, quotes, order, braces and blocks.
fn existing() -> String {
    format!(
        "# What stg runs.\n---\nkind: Release   # as it is\napiVersion: suimon.dev/v1alpha1\nmetadata:\n  name: \"one\"  # for people\n\nspec:\n  # The shared modules.\n  modules: {OLD}\n\n  artifacts:\n    # The shop itself.\n    web: {{image: \"r/web@{a}\"}}   # pinned by hand\n    api:\n      # built by CI\n      image: r/api@{a}\n    old: {{image: 'r/old@{a}'}}\n# end\n",
        a = digest("a")
    )
}

#[test]
fn a_fresh_file_is_written_as_people_write_it() {
    let image = format!("r/api@{}", digest("a"));
    let release = release("2026-11-22.3", Some(NEW), &[("api", &image), ("web-1", &image)]);
    insta::assert_snapshot!(edited(None, &release), @r#"
    apiVersion: suimon.dev/v1alpha1
    kind: Release
    metadata: {name: 2026-11-22.3}
    spec:
      modules: "0123456789012345678901234567890123456789"
      artifacts:
        api: {image: r/api@sha256:a}
        web-1: {image: r/api@sha256:a}
    "#);
    insta::assert_snapshot!(edited(None, &Release { name: Some("1.20".into()), ..Release::default() }), @r#"
    apiVersion: suimon.dev/v1alpha1
    kind: Release
    metadata: {name: "1.20"}
    spec: {}
    "#);
}

#[test]
fn only_what_changed_changes() {
    let (a, b) = (digest("a"), digest("b"));
    let image = |name: &str, digest: &str| format!("r/{name}@{digest}");
    let (web, api, old) = (image("web", &b), image("api", &a), image("old", &a));
    let next = release("two", Some(NEW), &[("web", &web), ("api", &api), ("old", &old)]);
    insta::assert_snapshot!(edited(Some(&existing()), &next), @r#"
    # What stg runs.
    ---
    kind: Release   # as it is
    apiVersion: suimon.dev/v1alpha1
    metadata:
      name: "two"  # for people

    spec:
      # The shared modules.
      modules: "0123456789012345678901234567890123456789"

      artifacts:
        # The shop itself.
        web: {image: "r/web@sha256:b"}   # pinned by hand
        api:
          # built by CI
          image: r/api@sha256:a
        old: {image: 'r/old@sha256:a'}
    # end
    "#);
}

#[test]
fn what_is_new_goes_to_the_end_and_what_is_gone_goes() {
    let (b, c) = (digest("b"), digest("c"));
    let next =
        release("two", None, &[("api", &format!("r/api@{b}")), ("new", &format!("r/new@{c}"))]);
    insta::assert_snapshot!(edited(Some(&existing()), &next), @r#"
    # What stg runs.
    ---
    kind: Release   # as it is
    apiVersion: suimon.dev/v1alpha1
    metadata:
      name: "two"  # for people

    spec:
      # The shared modules.

      artifacts:
        # The shop itself.
        api:
          # built by CI
          image: r/api@sha256:b
        new:
          image: r/new@sha256:c
    # end
    "#);
}

#[test]
fn braces_stay_braces() {
    let text = format!(
        "# one line\napiVersion: suimon.dev/v1alpha1\nkind: Release\nmetadata: {{name: one}}\nspec: {{artifacts: {{api: {{image: r/api@{a}}}, web: {{image: r/web@{a}}}}}}}\n",
        a = digest("a")
    );
    let (api, web) = (format!("r/api@{}", digest("b")), format!("r/web@{}", digest("a")));
    let more = release("two", Some(NEW), &[("api", &api), ("web", &web), ("zoo", &web)]);
    insta::assert_snapshot!(edited(Some(&text), &more), @r#"
    # one line
    apiVersion: suimon.dev/v1alpha1
    kind: Release
    metadata: {name: two}
    spec: {artifacts: {api: {image: r/api@sha256:b}, web: {image: r/web@sha256:a}, zoo: {image: r/web@sha256:a}}, modules: "0123456789012345678901234567890123456789"}
    "#);
    insta::assert_snapshot!(edited(Some(&text), &release("two", None, &[("api", &api)])), @r"
    # one line
    apiVersion: suimon.dev/v1alpha1
    kind: Release
    metadata: {name: two}
    spec: {artifacts: {api: {image: r/api@sha256:b}}}
    ");
    insta::assert_snapshot!(edited(Some(&text), &release("two", None, &[])), @r"
    # one line
    apiVersion: suimon.dev/v1alpha1
    kind: Release
    metadata: {name: two}
    spec: {}
    ");
}

#[test]
fn a_block_begins_where_there_was_none() {
    let image = format!("r/api@{}", digest("a"));
    let text = format!(
        "apiVersion: suimon.dev/v1alpha1\nkind: Release\nmetadata: {{name: one}}\nspec:\n  modules: {OLD} # pinned"
    );
    insta::assert_snapshot!(edited(Some(&text), &release("one", Some(OLD), &[("api", &image)])), @r"
    apiVersion: suimon.dev/v1alpha1
    kind: Release
    metadata: {name: one}
    spec:
      modules: 4f0c1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b # pinned
      artifacts:
        api: {image: r/api@sha256:a}
    ");
}

#[test]
fn a_form_that_cannot_be_kept_leaves_the_first_comment() {
    let text = format!(
        "# Kept.\n# Also this.\napiVersion: suimon.dev/v1alpha1\nkind: Release\nmetadata: {{name: one}}\nspec:\n  artifacts:\n    api: &same {{image: &i \"r/api@{a}\"}}\n    web: *same\n    zoo: {{image: *i}}\n",
        a = digest("a")
    );
    let (a, b) = (format!("r/api@{}", digest("a")), format!("r/api@{}", digest("b")));
    let next = release("one", None, &[("api", &b), ("web", &a), ("zoo", &a)]);
    insta::assert_snapshot!(edited(Some(&text), &next), @r"
    # Kept.
    # Also this.
    apiVersion: suimon.dev/v1alpha1
    kind: Release
    metadata: {name: one}
    spec:
      artifacts:
        api: {image: r/api@sha256:b}
        web: {image: r/api@sha256:a}
        zoo: {image: r/api@sha256:a}
    ");
}

#[test]
fn line_ends_and_the_mark_of_the_editor_stay() {
    let image = format!("r/api@{}", digest("a"));
    let text = format!("\u{feff}{}", existing().replace('\n', "\r\n"));
    let mut next = read(&text);
    next.artifacts.insert("new".into(), BTreeMap::from([("image".into(), image)]));
    let written = edit_release(Some(&text), &next).unwrap();
    assert!(written.starts_with('\u{feff}') && written.contains("# built by CI\r\n"), "{written}");
    assert_eq!(written.matches('\n').count(), written.matches("\r\n").count());
    assert_eq!(read(&written), next);
}

#[test]
fn what_is_equal_is_not_touched() {
    let odd = existing().replace("modules:", "modules:   ");
    assert_eq!(edit_release(Some(&odd), &read(&odd)).unwrap(), odd);
}

#[test]
fn a_tag_is_corrected_and_other_mistakes_are_told() {
    let tagged = existing().replace(&format!("r/api@{}", digest("a")), "r/api:main");
    let mut next = read(&existing());
    next.artifacts.get_mut("api").unwrap().insert("image".into(), format!("r/api@{}", digest("b")));
    let written = edit_release(Some(&tagged), &next).unwrap();
    assert!(written.contains("# built by CI") && !written.contains("main"), "{written}");
    let broken = existing().replace("modules:", "module:");
    assert!(
        edit_release(Some(&broken), &next)
            .unwrap_err()
            .to_string()
            .contains("did you mean `modules`?")
    );
    for broken in ["", "[", "a: b\n", "kind: Release\n"] {
        assert!(edit_release(Some(broken), &next).is_err(), "{broken}");
    }
    let tag = release("one", None, &[("api", "r/api:1")]);
    assert!(edit_release(None, &tag).is_err());
    assert!(edit_release(None, &Release::default()).is_err());
    assert!(edit_release(None, &release("one", Some("main"), &[])).is_err());
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z][a-z0-9-]{0,8}",
        "\\PC{0,8}",
        Just("yes".to_owned()),
        Just("1e3".to_owned()),
        Just("10:30".to_owned()),
        Just("2026-11-22".to_owned()),
        Just("null".to_owned()),
        Just("a: b # c".to_owned()),
        Just("\u{85}\n\t\"'".to_owned()),
    ]
}

fn any_release() -> impl Strategy<Value = Release> {
    let modules = prop::option::of(prop::sample::select(vec![OLD, NEW]));
    let image =
        prop::sample::select(vec!["a", "b", "c"]).prop_map(|d| format!("r/x@{}", digest(d)));
    let artifact = (image, prop::option::of((any_text(), any_text()))).prop_map(|(image, more)| {
        let mut artifact: BTreeMap<String, String> =
            more.into_iter().filter(|(key, _)| key != "digest").collect();
        artifact.insert("image".to_owned(), image);
        artifact
    });
    let artifacts = prop::collection::btree_map(any_text(), artifact, 0..5);
    (any_text().prop_filter("a name", |name| !name.is_empty()), modules, artifacts).prop_map(
        |(name, modules, artifacts)| Release {
            name: Some(name),
            modules: modules.map(str::to_owned),
            artifacts,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_release_follows_every_other(one in any_release(), two in any_release()) {
        let first = edit_release(None, &one).unwrap();
        prop_assert_eq!(&read(&first), &one);
        let second = edit_release(Some(&first), &two).unwrap();
        prop_assert_eq!(&read(&second), &two);
        let third = edit_release(Some(&existing()), &two).unwrap();
        prop_assert_eq!(&read(&third), &two);
        prop_assert!(third.starts_with("# What stg runs.\n"));
    }
}
