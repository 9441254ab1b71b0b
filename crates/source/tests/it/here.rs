//! The commit that is made in a work tree.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use suimon_source::Repository;

use crate::objects::repository;
use crate::support::Scene;

const RELEASE: &str = "app/envs/stg/release.yaml";

/// A checkout with a project in a folder of it, and hooks that would spoil everything.
fn scene() -> (Scene, Repository) {
    let scene = Scene::new();
    scene.repository("p", &[("app/suimon.yaml", "x\n"), (RELEASE, "one\n"), ("other", "1\n")]);
    for (key, value) in [
        ("user.name", "Ben"),
        ("user.email", "ben@example.com"),
        ("commit.gpgSign", "false"),
        ("core.hooksPath", "hooks"),
    ] {
        scene.git("p", &["config", key, value]);
    }
    for hook in
        ["pre-commit", "prepare-commit-msg", "commit-msg", "post-commit", "post-index-change"]
    {
        let path = format!("p/.git/hooks/{hook}");
        scene.write(&[(&path, "#!/bin/sh\ntouch \"$GIT_DIR/hooked\"\nexit 1\n")]);
        fs::set_permissions(scene.path(&path), fs::Permissions::from_mode(0o755)).unwrap();
    }
    scene.git("p", &["config", "core.hooksPath", ".git/hooks"]);
    let repository = repository(&scene.folder("p/app"));
    (scene, repository)
}

fn files(files: &[(&str, Option<&str>)]) -> BTreeMap<String, Option<Vec<u8>>> {
    let file = |(path, content): &(&str, Option<&str>)| {
        ((*path).to_owned(), content.map(|content| content.as_bytes().to_vec()))
    };
    files.iter().map(file).collect()
}

/// What git says of the work tree and the index.
fn status(scene: &Scene, folder: &str) -> String {
    scene.git(folder, &["status", "--porcelain", "--untracked-files=all"])
}

#[test]
fn one_commit_of_exactly_these_files_is_made_and_nothing_else_changes() {
    let (scene, repository) = scene();
    // Everything else is in every state that it can be in.
    scene.write(&[
        ("p/staged", "s\n"),
        ("p/untracked", "u\n"),
        ("p/other", "2\n"),
        ("p/app/gone", "g\n"),
    ]);
    scene.git("p", &["add", "staged", "app/gone"]);
    scene.git(
        "p",
        &["-c", "core.hooksPath=/dev/null", "commit", "--quiet", "-m", "more", "app/gone"],
    );
    fs::set_permissions(scene.path("p").join(RELEASE), fs::Permissions::from_mode(0o640)).unwrap();
    let before = status(&scene, "p");
    assert_eq!(before, "M other\nA  staged\n?? untracked");
    let parent = scene.git("p", &["rev-parse", "HEAD"]);
    let change =
        files(&[(RELEASE, Some("two\n")), ("app/new/deep", Some("3\n")), ("app/gone", None)]);
    let made = repository.commit_here(&change, "promote: dev -> stg\n\nTrailer: x\n").unwrap();
    assert_eq!(scene.git("p", &["rev-parse", "main"]), made);
    assert_eq!(scene.git("p", &["rev-parse", "main^"]), parent);
    assert_eq!(
        scene.git("p", &["log", "-1", "--format=%an %ae %cn %ce%n%B"]),
        "Ben ben@example.com Ben ben@example.com\npromote: dev -> stg\n\nTrailer: x"
    );
    assert_eq!(
        scene.git("p", &["diff-tree", "-r", "--name-status", "HEAD^", "HEAD"]),
        format!("M\t{RELEASE}\nD\tapp/gone\nA\tapp/new/deep")
    );
    assert_eq!(status(&scene, "p"), before);
    assert_eq!(fs::read_to_string(scene.path("p").join(RELEASE)).unwrap(), "two\n");
    assert_eq!(fs::read_to_string(scene.path("p/app/new/deep")).unwrap(), "3\n");
    assert!(!scene.path("p/app/gone").exists());
    let mode = fs::metadata(scene.path("p").join(RELEASE)).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o640);
    assert_eq!(scene.git("p", &["fsck", "--strict", "--no-dangling"]), "");
    // Git need not look at the content to know, and writes on where this left off.
    assert_eq!(scene.git("p", &["diff-files", "--name-only"]), "other");
    assert_eq!(scene.git("p", &["reflog", "-1", "--format=%gs"]), "commit: promote: dev -> stg");
    assert!(!scene.path("p/.git/hooked").exists());
    scene.git("p", &["-c", "core.hooksPath=/dev/null", "commit", "--quiet", "-m", "rest"]);
    assert_eq!(scene.git("p", &["show", "--name-only", "--format="]), "staged");
    let again = repository.commit_here(&change, "again").unwrap_err();
    assert_eq!(again.code, "no-commit-here", "{again}");
}

#[test]
fn a_checkout_in_the_wrong_state_is_left_as_it_is() {
    type Spoil = fn(&Scene);
    let cases: [(&str, Spoil); 13] = [
        ("changed", |s| s.write(&[("p/app/envs/stg/release.yaml", "mine\n")])),
        ("staged", |s| {
            s.write(&[("p/app/envs/stg/release.yaml", "mine\n")]);
            s.git("p", &["add", "."]);
        }),
        ("staged and back", |s| {
            s.write(&[("p/app/envs/stg/release.yaml", "mine\n")]);
            s.git("p", &["add", "."]);
            s.write(&[("p/app/envs/stg/release.yaml", "one\n")]);
        }),
        ("removed", |s| fs::remove_file(s.path("p").join(RELEASE)).unwrap()),
        ("removed from the index", |s| {
            s.git("p", &["rm", "--quiet", "--cached", RELEASE]);
        }),
        ("executable", |s| {
            let path = s.path("p").join(RELEASE);
            fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
        }),
        ("symlink", |s| {
            fs::remove_file(s.path("p").join(RELEASE)).unwrap();
            symlink(s.path("p/other"), s.path("p").join(RELEASE)).unwrap();
        }),
        ("folder is a symlink", |s| {
            fs::rename(s.path("p/app/envs"), s.path("envs")).unwrap();
            symlink(s.path("envs"), s.path("p/app/envs")).unwrap();
        }),
        ("filter", |s| s.write(&[("p/.gitattributes", "*.yaml filter=x\n")])),
        ("detached", |s| {
            s.git("p", &["checkout", "--quiet", "--detach"]);
        }),
        ("unborn", |s| {
            s.git("p", &["checkout", "--quiet", "--orphan", "new"]);
        }),
        ("merging", |s| {
            let head = s.git("p", &["rev-parse", "HEAD"]);
            s.write(&[("p/.git/MERGE_HEAD", &head)]);
        }),
        ("locked", |s| s.write(&[("p/.git/index.lock", "")])),
    ];
    let mut said = String::new();
    for (what, spoil) in cases {
        let (scene, repository) = scene();
        spoil(&scene);
        // Looking must not be what changes something.
        let look = || {
            let index = fs::read(scene.path("p/.git/index")).unwrap();
            let refs = scene.git("p", &["for-each-ref"]);
            let content = fs::read_to_string(scene.path("p").join(RELEASE)).ok();
            (index, refs, content, status(&scene, "p"))
        };
        status(&scene, "p");
        let before = look();
        let problem = repository.commit_here(&files(&[(RELEASE, Some("two\n"))]), "x").unwrap_err();
        assert!(before == look(), "{what} is changed");
        let problem = scene.problem(&problem).replace("\n  ", " | ");
        // Who waits how long is not for here.
        let problem =
            if what == "locked" { &problem[.."error[ref-locked]".len()] } else { &problem };
        said.push_str(&format!("{what}: {problem}\n"));
    }
    insta::assert_snapshot!(said, @r"
    changed: error[uncommitted-changes]: `app/envs/stg/release.yaml` has uncommitted changes | --> app/envs/stg/release.yaml | why: it is changed in the work tree | help: commit them or put them aside with `git stash` first
    staged: error[uncommitted-changes]: `app/envs/stg/release.yaml` has uncommitted changes | --> app/envs/stg/release.yaml | why: other changes of it are in the index | help: commit them or put them aside with `git stash` first
    staged and back: error[uncommitted-changes]: `app/envs/stg/release.yaml` has uncommitted changes | --> app/envs/stg/release.yaml | why: other changes of it are in the index | help: commit them or put them aside with `git stash` first
    removed: error[uncommitted-changes]: `app/envs/stg/release.yaml` has uncommitted changes | --> app/envs/stg/release.yaml | why: it is removed from the work tree | help: commit them or put them aside with `git stash` first
    removed from the index: error[uncommitted-changes]: `app/envs/stg/release.yaml` has uncommitted changes | --> app/envs/stg/release.yaml | why: it is removed from the index | help: commit them or put them aside with `git stash` first
    executable: error[uncommitted-changes]: `app/envs/stg/release.yaml` has uncommitted changes | --> app/envs/stg/release.yaml | why: whether it is executable is changed in the work tree | help: commit them or put them aside with `git stash` first
    symlink: error[symlink]: `app/envs/stg/release.yaml` is a symlink | --> app/envs/stg/release.yaml | why: a symlink could lead out of the project, so none is followed | help: replace it by a copy of what it points to
    folder is a symlink: error[symlink]: `app/envs` is a symlink | --> app/envs | why: a symlink could lead out of the project, so none is followed | help: replace it by a copy of what it points to
    filter: error[git-filter]: `app/envs/stg/release.yaml` goes through the Git filter `x` | --> app/envs/stg/release.yaml | why: Git filters are never run, so the file would read differently | help: remove the `filter` attribute of this path from .gitattributes
    detached: error[no-commit-here]: no commit can be made in [scene]/p | why: HEAD is detached: it is on no branch | help: switch to a branch that has commits, with `git switch`
    unborn: error[no-commit-here]: no commit can be made in [scene]/p | why: the branch has no commit yet | help: switch to a branch that has commits, with `git switch`
    merging: error[no-commit-here]: no commit can be made in [scene]/p | why: git is in the middle of something: Merge | help: finish or abort that first
    locked: error[ref-locked]
    ");
}

#[test]
fn paths_that_lead_out_or_are_in_the_way_are_refused() {
    let (scene, repository) = scene();
    scene.write(&[("p/app/new", "mine\n")]);
    scene.repository("p/app/inner", &[("x", "x")]);
    let mut said = String::new();
    for path in [
        "../x",
        "/etc/x",
        "app/../../x",
        ".git/config",
        "",
        "app",
        "app/new",
        "app/new/x",
        "other/x",
        "app/inner/y",
    ] {
        let change = files(&[(RELEASE, Some("two\n")), (path, Some("x"))]);
        let problem = repository.commit_here(&change, "x").unwrap_err();
        said.push_str(&format!("{}\n", scene.problem(&problem).replace("\n  ", " | ")));
        assert_eq!(fs::read_to_string(scene.path("p").join(RELEASE)).unwrap(), "one\n");
    }
    insta::assert_snapshot!(said, @r"
    error[bad-path]: `../x` is not a path in the project | why: it leaves the project with `..`
    error[bad-path]: `/etc/x` is not a path in the project | why: it is absolute
    error[bad-path]: `app/../../x` is not a path in the project | why: it leaves the project with `..`
    error[bad-path]: `.git/config` is not a path in the project | why: `.git` is no part of a project
    error[bad-path]: `` cannot be a file of the commit | why: it is empty
    error[bad-path]: `app` cannot be a file of the commit | --> app | why: it is a folder
    error[uncommitted-changes]: `app/new` has uncommitted changes | --> app/new | why: it is in the work tree, and not in the commit | help: commit them or put them aside with `git stash` first
    error[uncommitted-changes]: `app/new/x` has uncommitted changes | --> app/new/x | why: a file is where a folder has to be | help: commit them or put them aside with `git stash` first
    error[uncommitted-changes]: `other/x` has uncommitted changes | --> other/x | why: a file is where a folder has to be | help: commit them or put them aside with `git stash` first
    error[submodule]: `app/inner` is a submodule or another repository | --> app/inner | why: the files of another repository are never read or fetched | help: copy the files into this repository, or move it out of the project
    ");
    scene.git("", &["clone", "--quiet", "--bare", "p", "bare.git"]);
    let bare = crate::objects::repository(&scene.folder("bare.git"));
    let problem = bare.commit_here(&files(&[("a", Some("x"))]), "x").unwrap_err();
    assert_eq!(problem.code, "no-commit-here");
}

#[test]
fn line_endings_and_linked_work_trees_are_as_git_has_them() {
    let (scene, _) = scene();
    scene.git("p", &["config", "core.autocrlf", "true"]);
    scene.git("p", &["worktree", "add", "--quiet", "../tree"]);
    let repository = repository(&scene.folder("tree"));
    let made = repository.commit_here(&files(&[(RELEASE, Some("two\n"))]), "x").unwrap();
    assert_eq!(scene.git("tree", &["rev-parse", "HEAD"]), made);
    assert_eq!(scene.git("tree", &["rev-parse", "tree"]), made);
    assert_eq!(repository.read(&made, RELEASE).unwrap(), Some(b"two\n".to_vec()));
    assert_eq!(status(&scene, "tree"), "");
    let made = repository.commit_here(&files(&[(RELEASE, Some("three\r\n"))]), "x").unwrap();
    assert_eq!(repository.read(&made, RELEASE).unwrap(), Some(b"three\n".to_vec()));
    assert_eq!(status(&scene, "tree"), "");
}

#[test]
fn a_commit_is_signed_where_git_signs_them() {
    let (scene, repository) = scene();
    let key = scene.path("key");
    let made = std::process::Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-C", "ben", "-f"])
        .arg(&key)
        .status()
        .unwrap();
    assert!(made.success());
    for (name, value) in [
        ("commit.gpgSign", "true"),
        ("gpg.format", "ssh"),
        ("user.signingKey", key.to_str().unwrap()),
    ] {
        scene.git("p", &["config", name, value]);
    }
    assert_eq!(repository.signing_key().as_deref(), key.to_str());
    let made = repository.commit_here(&files(&[(RELEASE, Some("two\n"))]), "x").unwrap();
    let signature = repository.info(&made).unwrap().unwrap().ssh_signature;
    assert!(signature.is_some_and(|armor| armor.starts_with("-----BEGIN SSH SIGNATURE-----")));
    fs::remove_file(&key).unwrap();
    let problem = repository.commit_here(&files(&[(RELEASE, Some("three\n"))]), "x").unwrap_err();
    assert_eq!(problem.code, "no-commit-here", "{problem}");
    assert_eq!(status(&scene, "p"), "");
}
