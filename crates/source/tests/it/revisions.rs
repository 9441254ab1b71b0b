//! What a revision can be.

use crate::support::{Scene, at, opened, text};

/// Three commits: `one` tagged twice, `two` on a branch, `three` at HEAD.
fn scene() -> (Scene, [String; 3]) {
    let scene = Scene::new();
    let one = scene.repository("p", &[("suimon.yaml", "one")]);
    scene.git("p", &["tag", "v1"]);
    scene.git("p", &["tag", "-a", "-m", "annotated", "v1.0.0"]);
    let two = scene.commit("p", &[("suimon.yaml", "two")]);
    scene.git("p", &["branch", "release/2026"]);
    let three = scene.commit("p", &[("suimon.yaml", "three")]);
    (scene, [one, two, three])
}

#[test]
fn a_revision_is_whatever_git_takes_for_a_commit() {
    let (scene, [one, two, three]) = scene();
    for (revision, commit, content) in [
        ("main", &three, "three"),
        ("HEAD", &three, "three"),
        ("@", &three, "three"),
        ("HEAD~1", &two, "two"),
        ("HEAD^^", &one, "one"),
        ("main~2", &one, "one"),
        ("release/2026", &two, "two"),
        ("refs/heads/release/2026", &two, "two"),
        ("v1", &one, "one"),
        ("tags/v1", &one, "one"),
        ("v1.0.0", &one, "one"),
        ("v1.0.0^{commit}", &one, "one"),
        (&two[..8], &two, "two"),
        (&two, &two, "two"),
        (&two.to_uppercase(), &two, "two"),
    ] {
        let opened = opened(&at(scene.folder("p"), revision));
        assert_eq!(opened.snapshot.revision(), Some(commit.as_str()), "{revision}");
        assert_eq!(text(&*opened.snapshot, "suimon.yaml").as_deref(), Some(content), "{revision}");
        assert_eq!(opened.root, Some(scene.path("p")));
    }
}

#[test]
fn a_detached_head_and_a_linked_worktree_are_checkouts() {
    let (scene, [one, two, _]) = scene();
    scene.git("p", &["checkout", "--quiet", "--detach", "v1"]);
    assert_eq!(opened(&scene.folder("p")).snapshot.revision(), Some(one.as_str()));
    scene.git("p", &["worktree", "add", "--quiet", "../linked", "release/2026"]);
    let linked = opened(&scene.folder("linked"));
    assert_eq!(linked.snapshot.revision(), Some(two.as_str()));
    assert_eq!(scene.neutral(&linked.description), "reading commit [id] (HEAD of [scene]/linked)");
    scene.write(&[("linked/suimon.yaml", "changed")]);
    let linked = opened(&scene.folder("linked"));
    assert_eq!(text(&*linked.snapshot, "suimon.yaml").unwrap(), "changed");
    let pinned = linked.snapshot.at("v1.0.0").unwrap();
    assert_eq!(pinned.revision(), Some(one.as_str()));
}

#[test]
fn a_shallow_clone_is_enough() {
    let (scene, [_, _, three]) = scene();
    let url = format!("file://{}", scene.path("p").display());
    scene.git("", &["clone", "--quiet", "--depth=1", &url, "shallow"]);
    assert_eq!(opened(&scene.folder("shallow")).snapshot.revision(), Some(three.as_str()));
    insta::assert_snapshot!(scene.said(&at(scene.folder("shallow"), "HEAD~1")), @r"
        error[revision-not-found]: there is no revision `HEAD~1` in [scene]/shallow
          why: the repository is a shallow clone
          help: its branches are `main`, `origin/main`
        ");
}

#[test]
fn what_is_no_commit_is_an_error_with_what_is_near() {
    let (scene, _) = scene();
    let said = |revision: &str| scene.said(&at(scene.folder("p"), revision));
    insta::assert_snapshot!(said("mian"), @r"
        error[revision-not-found]: there is no revision `mian` in [scene]/p
          help: did you mean branch `main`?
        ");
    insta::assert_snapshot!(said("v2"), @r"
        error[revision-not-found]: there is no revision `v2` in [scene]/p
          help: did you mean tag `v1`?
        ");
    insta::assert_snapshot!(said("0123456789012345678901234567890123456789"), @r"
        error[revision-not-found]: there is no revision `[id]` in [scene]/p
          help: if only the remote has it, run `git fetch` in the repository first
        ");
    insta::assert_snapshot!(said("HEAD^{tree}"), @"error[revision-not-a-commit]: `HEAD^{tree}` in [scene]/p is a tree, not a commit");
    insta::assert_snapshot!(said("HEAD:suimon.yaml"), @"error[revision-not-a-commit]: `HEAD:suimon.yaml` in [scene]/p is a blob, not a commit");
    insta::assert_snapshot!(said("v1..main"), @r"
        error[revision-not-found]: there is no revision `v1..main` in [scene]/p
          help: its branches are `main`, `release/2026`
        ");
    let snapshot = opened(&scene.folder("p")).snapshot;
    insta::assert_snapshot!(scene.problem(&snapshot.at("relase/2026").err().unwrap()), @r"
        error[revision-not-found]: there is no revision `relase/2026` in [scene]/p
          help: did you mean branch `release/2026`?
        ");
}

#[test]
fn an_ambiguous_abbreviation_is_an_error() {
    let scene = Scene::new();
    scene.repository("p", &[("suimon.yaml", "")]);
    // Two blobs whose ids start alike are found quickly with four digits.
    let mut seen = std::collections::HashMap::new();
    let prefix = (0..).find_map(|n: u32| {
        let id = scene.git_with("p", &["hash-object", "--stdin"], n.to_string());
        let other = seen.insert(id[..4].to_owned(), n)?;
        scene.git_with("p", &["hash-object", "-w", "--stdin"], n.to_string());
        scene.git_with("p", &["hash-object", "-w", "--stdin"], other.to_string());
        Some(id[..4].to_owned())
    });
    let prefix = prefix.unwrap();
    let said = scene.said(&at(scene.folder("p"), &prefix)).replace(&prefix, "[prefix]");
    insta::assert_snapshot!(said, @r"
        error[revision-ambiguous]: `[prefix]` in [scene]/p can mean several objects
          help: give more characters of the commit id
        ");
}

#[test]
fn what_could_be_an_option_or_cannot_be_printed_is_refused() {
    let (scene, _) = scene();
    let snapshot = opened(&scene.folder("p")).snapshot;
    for revision in ["", "-x", "--upload-pack=touch /tmp/x", "a\nb", "a\u{1b}[31m"] {
        let said = scene.said(&at(scene.folder("p"), revision));
        assert!(said.starts_with("error[bad-revision]"), "{said}");
        assert!(!said.contains('\u{1b}'), "{said}");
        assert_eq!(snapshot.at(revision).err().unwrap().code, "bad-revision");
    }
    insta::assert_snapshot!(scene.said(&at(scene.folder("p"), "--upload-pack=x")), @r"
        error[bad-revision]: `--upload-pack=x` is not a revision
          why: it starts with `-`, like an option
        ");
    insta::assert_snapshot!(scene.said(&at(scene.folder("p"), "a\u{1b}[31m")), @r"
        error[bad-revision]: `a\u{1b}[31m` is not a revision
          why: it has control characters
        ");
}

#[test]
fn a_replaced_object_is_not_read() {
    let (scene, [_, two, three]) = scene();
    scene.git("p", &["replace", &three, &two]);
    let opened = opened(&at(scene.folder("p"), &three));
    assert_eq!(text(&*opened.snapshot, "suimon.yaml").unwrap(), "three");
}
