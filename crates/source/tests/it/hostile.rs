//! Object databases that nobody should trust.

use std::sync::Arc;

use crate::support::{Scene, at, opened, shown, text};
use suimon_model::{Diagnostic, Snapshot};

/// Raw tree entries: mode, name, id in hex.
fn tree(scene: &Scene, entries: &[(&str, &[u8], &str)]) -> String {
    let mut data = Vec::new();
    for (mode, name, id) in entries {
        data.extend_from_slice(mode.as_bytes());
        data.push(b' ');
        data.extend_from_slice(name);
        data.push(0);
        data.extend((0..40).step_by(2).map(|at| u8::from_str_radix(&id[at..at + 2], 16).unwrap()));
    }
    scene.git_with("p", &["hash-object", "-t", "tree", "--literally", "-w", "--stdin"], data)
}

fn blob(scene: &Scene, content: &str) -> String {
    scene.git_with("p", &["hash-object", "-w", "--stdin"], content)
}

/// A repository whose commit has `folder` and a project file.
fn commit(scene: &Scene, folder: &str) -> Arc<dyn Snapshot> {
    let file = blob(scene, "project");
    let root = tree(scene, &[("40000", b"folder", folder), ("100644", b"suimon.yaml", &file)]);
    let commit = scene.git("p", &["commit-tree", "-m", "hostile", &root]);
    opened(&at(scene.address(shown(&scene.path("p"))), &commit)).snapshot
}

fn scene() -> Scene {
    let scene = Scene::new();
    scene.repository("p", &[("suimon.yaml", "")]);
    scene
}

fn problem<T>(scene: &Scene, result: Result<T, Diagnostic>) -> String {
    scene.problem(&result.err().expect("it is refused"))
}

#[test]
fn malformed_trees_are_refused_when_listed() {
    let scene = scene();
    let x = blob(&scene, "x");
    let names: [&[u8]; 9] =
        [b"..", b".", b".git", b".GIT", b"a/b", b"a\\b", b"", b"caf\xe9", b"\x1b[31m\\"];
    let said = names.map(|name| {
        let snapshot = commit(&scene, &tree(&scene, &[("100644", name, &x)]));
        assert_eq!(text(&*snapshot, "suimon.yaml").unwrap(), "project");
        problem(&scene, snapshot.list("folder"))
    });
    insta::assert_snapshot!(said.join("\n"), @r"
        error[bad-git-tree]: the Git tree of `folder` is malformed
          why: tree [id]: the name `..`: it leaves the project with `..`
          help: find who wrote it with `git fsck`, and commit the folder again
        error[bad-git-tree]: the Git tree of `folder` is malformed
          why: tree [id]: the name `.`: it has the name `.`
          help: find who wrote it with `git fsck`, and commit the folder again
        error[bad-git-tree]: the Git tree of `folder` is malformed
          why: tree [id]: the name `.git`: `.git` is no part of a project
          help: find who wrote it with `git fsck`, and commit the folder again
        error[bad-git-tree]: the Git tree of `folder` is malformed
          why: tree [id]: the name `.GIT`: `.git` is no part of a project
          help: find who wrote it with `git fsck`, and commit the folder again
        error[bad-git-tree]: the Git tree of `folder` is malformed
          why: tree [id]: the name `a/b`: a name in it has a slash
          help: find who wrote it with `git fsck`, and commit the folder again
        error[bad-git-tree]: the Git tree of `folder` is malformed
          why: tree [id]: the name `a\b`: it has a backslash
          help: find who wrote it with `git fsck`, and commit the folder again
        error[bad-git-tree]: the Git tree of `folder` is malformed
          why: tree [id]: the name ``: it has an empty name
          help: find who wrote it with `git fsck`, and commit the folder again
        error[name-not-utf8]: a name in `folder` is not UTF-8: `caf�`
          help: rename or remove it
        error[bad-git-tree]: the Git tree of `folder` is malformed
          why: tree [id]: the name `\u{1b}[31m\`: it has a backslash
          help: find who wrote it with `git fsck`, and commit the folder again
        ");
}

#[test]
fn a_name_that_is_there_twice_is_refused_when_read_and_when_listed() {
    let scene = scene();
    let (x, y) = (blob(&scene, "x"), blob(&scene, "y"));
    let twice = tree(&scene, &[("100644", b"a", &x), ("100644", b"a", &y), ("100644", b"b", &x)]);
    let snapshot = commit(&scene, &twice);
    insta::assert_snapshot!(problem(&scene, snapshot.list("folder")), @r"
        error[bad-git-tree]: the Git tree of `folder` is malformed
          why: tree [id]: the name `a` is in it twice
          help: find who wrote it with `git fsck`, and commit the folder again
        ");
    insta::assert_snapshot!(problem(&scene, snapshot.read("folder/a")), @r"
        error[bad-git-tree]: the Git tree of `folder` is malformed
          why: tree [id]: the name `a` is in it twice
          help: find who wrote it with `git fsck`, and commit the folder again
        ");
    assert_eq!(text(&*snapshot, "folder/b").unwrap(), "x");
    let apart =
        tree(&scene, &[("100644", b"a", &x), ("100644", b"a.b", &y), ("40000", b"a", &twice)]);
    assert_eq!(commit(&scene, &apart).list("folder").unwrap_err().code, "bad-git-tree");
}

#[test]
fn links_and_submodules_are_refused_where_they_are_met() {
    let scene = scene();
    let target = blob(&scene, "/etc");
    let x = blob(&scene, "x");
    let id = "0123456789012345678901234567890123456789";
    let folder = tree(
        &scene,
        &[("120000", b"link", &target), ("160000", b"module", id), ("100644", b"plain", &x)],
    );
    let snapshot = commit(&scene, &folder);
    assert_eq!(text(&*snapshot, "folder/plain").unwrap(), "x");
    insta::assert_snapshot!(problem(&scene, snapshot.list("folder")), @r"
        error[symlink]: `folder/link` is a symlink
          --> folder/link
          why: a symlink could lead out of the project, so none is followed
          help: replace it by a copy of what it points to
        ");
    insta::assert_snapshot!(problem(&scene, snapshot.read("folder/link/passwd")), @r"
        error[symlink]: `folder/link` is a symlink
          --> folder/link
          why: a symlink could lead out of the project, so none is followed
          help: replace it by a copy of what it points to
        ");
    insta::assert_snapshot!(problem(&scene, snapshot.read("folder/module/x")), @r"
        error[submodule]: `folder/module` is a submodule or another repository
          --> folder/module
          why: the files of another repository are never read or fetched
          help: copy the files into this repository, or move it out of the project
        ");
    assert_eq!(snapshot.read("folder/link").unwrap_err().code, "symlink");
    assert_eq!(snapshot.tree_id("folder/link").unwrap_err().code, "symlink");
}

#[test]
fn paths_that_leave_the_project_are_refused() {
    let scene = scene();
    let snapshot = commit(&scene, &tree(&scene, &[]));
    let paths =
        ["../x", "/etc/passwd", "folder/../x", "./x", "a//b", "a\\b", "a\0b", ".git/config", "a/"];
    let said = paths.map(|path| {
        let said = problem(&scene, snapshot.read(path));
        assert_eq!(problem(&scene, snapshot.list(path)), said);
        assert_eq!(problem(&scene, snapshot.tree_id(path)), said);
        said
    });
    insta::assert_snapshot!(said.join("\n"), @r"
        error[bad-path]: `../x` is not a path in the project
          why: it leaves the project with `..`
        error[bad-path]: `/etc/passwd` is not a path in the project
          why: it is absolute
        error[bad-path]: `folder/../x` is not a path in the project
          why: it leaves the project with `..`
        error[bad-path]: `./x` is not a path in the project
          why: it has the name `.`
        error[bad-path]: `a//b` is not a path in the project
          why: it has an empty name
        error[bad-path]: `a\b` is not a path in the project
          why: it has a backslash
        error[bad-path]: `a\u{0}b` is not a path in the project
          why: it has a NUL character
        error[bad-path]: `.git/config` is not a path in the project
          why: `.git` is no part of a project
        error[bad-path]: `a/` is not a path in the project
          why: it has an empty name
        ");
}

#[test]
fn missing_and_damaged_objects_are_errors_not_absent_files() {
    let scene = scene();
    let id = "0123456789012345678901234567890123456789";
    let tree_as_file = tree(&scene, &[]);
    let folder = tree(
        &scene,
        &[("100644", b"gone", id), ("40000", b"nowhere", id), ("100644", b"wrong", &tree_as_file)],
    );
    let snapshot = commit(&scene, &folder);
    insta::assert_snapshot!(problem(&scene, snapshot.read("folder/gone")), @r"
        error[git-object-missing]: the Git object [id] of `folder/gone` is missing
          help: check the repository with `git fsck`
        ");
    insta::assert_snapshot!(problem(&scene, snapshot.list("folder/nowhere")), @r"
        error[git-object-missing]: the Git object [id] of `folder/nowhere` is missing
          help: check the repository with `git fsck`
        ");
    insta::assert_snapshot!(problem(&scene, snapshot.read("folder/wrong")), @r"
        error[git-object-broken]: the Git object [id] of `folder/wrong` cannot be read
          why: it is a tree, not a blob
          help: check the repository with `git fsck`
        ");

    let damaged = blob(&scene, "damaged");
    let snapshot = commit(&scene, &tree(&scene, &[("100644", b"damaged", &damaged)]));
    let path = scene.path("p/.git/objects").join(&damaged[..2]).join(&damaged[2..]);
    std::fs::remove_file(&path).unwrap();
    std::fs::write(&path, "nothing that zlib knows").unwrap();
    assert_eq!(snapshot.read("folder/damaged").unwrap_err().code, "git-object-broken");

    let cut = scene.git_with(
        "p",
        &["hash-object", "-t", "tree", "--literally", "-w", "--stdin"],
        "100644 a\0x",
    );
    assert_eq!(commit(&scene, &cut).list("folder").unwrap_err().code, "bad-git-tree");
}

#[test]
fn a_partial_clone_says_why_a_file_is_missing() {
    let scene = scene();
    scene.commit("p", &[("suimon.yaml", "content"), ("a", "a")]);
    scene.git("p", &["config", "uploadpack.allowFilter", "true"]);
    let url = format!("file://{}", shown(&scene.path("p")));
    scene.git("", &["clone", "--quiet", "--bare", "--filter=blob:none", &url, "partial.git"]);
    let snapshot = opened(&scene.address(shown(&scene.path("partial.git")))).snapshot;
    insta::assert_snapshot!(problem(&scene, snapshot.read("a")), @r"
        error[git-object-missing]: the Git object [id] of `a` is missing
          why: the repository is a partial clone, and missing objects are never fetched into it
          help: run `git fetch --refetch --no-filter` in the repository
        ");
    scene.git("partial.git", &["fetch", "--quiet", "--refetch", "--no-filter"]);
    assert_eq!(text(&*snapshot, "a").unwrap(), "a");
}

#[test]
fn trees_that_unfold_without_end_cost_nothing_until_read() {
    let scene = scene();
    let mut folder = tree(&scene, &[("100644", b"x", &blob(&scene, "x"))]);
    for _ in 0..40 {
        folder = tree(&scene, &[("40000", b"a", &folder), ("40000", b"b", &folder)]);
    }
    let snapshot = commit(&scene, &folder);
    assert_eq!(snapshot.list("folder/a/b").unwrap().unwrap().len(), 2);
    let deep = format!("folder/{}x", "a/".repeat(40));
    insta::assert_snapshot!(problem(&scene, snapshot.read(&deep)), @r"
        error[path-too-deep]: `folder/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/x` is nested too deep, the limit is 32 names
          --> folder/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/x
          help: keep in the project only what suimon reads
        ");
}
