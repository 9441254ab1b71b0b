//! Uncommitted files: which there are, what is read, and what is refused.

use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};

use crate::support::{Scene, elsewhere, names, opened, shown, text};
use suimon_model::Snapshot;
use suimon_source::Limits;

const PROJECT: &[(&str, &str)] = &[("suimon.yaml", "one\n"), ("envs/dev/a.yaml", "a\n")];

fn problem<T>(scene: &Scene, result: Result<T, suimon_model::Diagnostic>) -> String {
    scene.problem(&result.err().expect("it is refused"))
}

#[test]
fn the_project_is_at_or_above_the_folder_within_the_checkout() {
    let scene = Scene::new();
    scene.repository(
        "r",
        &[("deploy/suimon.yaml", "s"), ("deploy/envs/dev/a.yaml", "a"), ("other/b", "b")],
    );
    let clean = opened(&scene.folder("r/deploy/envs/dev"));
    assert_eq!(scene.neutral(&clean.description), "reading commit [id] (HEAD of [scene]/r)");
    assert_eq!(clean.root, Some(scene.path("r/deploy")));
    assert_eq!(names(&*clean.snapshot, "").unwrap(), "envs/ suimon.yaml");
    // Changes beside the project are not changes of the project.
    scene.write(&[("r/other/b", "changed"), ("r/more", "new")]);
    assert!(opened(&scene.folder("r/deploy")).snapshot.revision().is_some());
    scene.write(&[("r/deploy/envs/dev/a.yaml", "changed")]);
    let dirty = opened(&scene.folder("r/deploy"));
    assert_eq!(
        scene.neutral(&dirty.description),
        "reading uncommitted files in [scene]/r/deploy (1 changed since [id])"
    );
    assert_eq!(text(&*dirty.snapshot, "envs/dev/a.yaml").unwrap(), "changed");
    assert_eq!(text(&*dirty.snapshot.at("HEAD").unwrap(), "envs/dev/a.yaml").unwrap(), "a");
    scene.write(&[("suimon.yaml", "outside of the checkout")]);
    insta::assert_snapshot!(scene.said(&scene.folder("r/other")), @r"
        error[no-project]: there is no suimon.yaml in [scene]/r/other
          why: looked for [scene]/r/other/suimon.yaml, [scene]/r/suimon.yaml
          help: `suimon init` makes a first project here
        ");
}

#[test]
fn a_folder_without_git_is_read_as_it_is() {
    let scene = Scene::new();
    scene.write(&[("p/suimon.yaml", "s"), ("p/envs/dev/a.yaml", "a")]);
    let opened = opened(&scene.folder("p/envs"));
    assert_eq!(
        scene.neutral(&opened.description),
        "reading uncommitted files in [scene]/p (no Git repository)"
    );
    assert_eq!(text(&*opened.snapshot, "envs/dev/a.yaml").unwrap(), "a");
    insta::assert_snapshot!(problem(&scene, opened.snapshot.at("main")), @"error[no-repository]: commit `main` cannot be read: [scene]/p is not in a Git repository");
    insta::assert_snapshot!(scene.said(&crate::support::at(scene.folder("p"), "main")), @"error[no-repository]: commit `main` cannot be read: [scene]/p is not in a Git repository");
    insta::assert_snapshot!(scene.said(&scene.address("p/../nowhere")), @r"
        error[no-folder]: the folder `p/../nowhere` cannot be opened
          why: No such file or directory (os error 2)
        ");
    insta::assert_snapshot!(scene.said(&scene.folder("nowhere")), @r"
        error[no-folder]: the folder `[scene]/nowhere` cannot be opened
          why: No such file or directory (os error 2)
        ");
    insta::assert_snapshot!(scene.said(&scene.folder("p/suimon.yaml")), @r"
        error[no-folder]: the folder `[scene]/p/suimon.yaml` cannot be opened
          why: Not a directory (os error 20)
        ");
}

#[test]
fn a_repository_without_commits_or_with_broken_files_is_told_apart() {
    let scene = Scene::new();
    scene.write(&[
        ("p/suimon.yaml", "s"),
        ("broken/suimon.yaml", "s"),
        ("broken/.git", "gitdir: nowhere\n"),
    ]);
    scene.git("p", &["init", "--quiet"]);
    let unborn = opened(&scene.folder("p"));
    assert_eq!(
        scene.neutral(&unborn.description),
        "reading uncommitted files in [scene]/p (no commit yet)"
    );
    assert_eq!(text(&*unborn.snapshot, "suimon.yaml").unwrap(), "s");
    insta::assert_snapshot!(problem(&scene, unborn.snapshot.at("HEAD")), @r"
        error[no-commit]: [scene]/p has no commit yet
          help: commit the project first
        ");
    insta::assert_snapshot!(scene.said(&scene.folder("broken")), @r"
        error[not-a-repository]: `[scene]/broken` is not a Git repository that can be read
          why: [scene]/broken/.git is there, but is no Git repository that can be read
        ");
}

#[test]
fn what_git_ignores_is_no_part_of_the_project() {
    let scene = Scene::new();
    let ignore = "*.log\nbuild/\n!keep.log\n";
    scene.repository("p", &[("suimon.yaml", "s"), (".gitignore", ignore), ("envs/x", "x")]);
    scene.write(&[("p/tracked.log", "t"), ("p/build/tracked", "t")]);
    scene.git("p", &["add", "--force", "tracked.log", "build/tracked"]);
    scene.commit("p", &[]);
    scene.write(&[
        ("p/a.log", ""),
        ("p/keep.log", ""),
        ("p/build/other", ""),
        ("p/envs/b.log", ""),
    ]);
    let opened = opened(&scene.folder("p"));
    let snapshot = &*opened.snapshot;
    assert!(opened.description.contains("(1 changed"), "{}", opened.description);
    assert_eq!(
        names(snapshot, "").unwrap(),
        ".gitignore build/ envs/ keep.log suimon.yaml tracked.log"
    );
    assert_eq!(names(snapshot, "build").unwrap(), "tracked");
    assert_eq!(names(snapshot, "envs").unwrap(), "x");
    assert_eq!(text(snapshot, "a.log"), None);

    scene.write(&[("p/build/project/suimon.yaml", "inner")]);
    let ignored = crate::support::opened(&scene.folder("p/build/project"));
    assert_eq!(
        scene.neutral(&ignored.description),
        "reading uncommitted files in [scene]/p/build/project (Git ignores the folder)"
    );
    scene.write(&[("p/.gitignore", "suimon.yaml\n"), ("p/inner/suimon.yaml", "s")]);
    insta::assert_snapshot!(scene.said(&scene.folder("p/inner")), @r"
        error[no-project]: there is no suimon.yaml in [scene]/p/inner
          why: looked for [scene]/p/inner/suimon.yaml, which Git ignores
          help: `suimon init` makes a first project here
        ");
}

#[test]
fn what_the_user_ignores_everywhere_is_ignored_here() {
    let scene = Scene::new();
    scene.repository("p", PROJECT);
    scene.write(&[("p/.idea/x", "x"), ("p/a.swp", "x")]);
    let folder = shown(&scene.path("p"));
    let said =
        |output: &str| elsewhere(&scene, &scene.path(output), "SUIMON_TEST_FOLDER", &folder, &[]);
    assert_eq!(said("before"), "reading uncommitted files in [scene]/p (2 changed since [id])");
    scene.write(&[("home/.config/git/ignore", ".idea/\n")]);
    assert_eq!(said("one"), "reading uncommitted files in [scene]/p (1 changed since [id])");
    scene.write(&[
        ("home/mine", ".idea/\n*.swp\n"),
        ("home/.gitconfig", "[core]\n\texcludesFile = ~/mine\n"),
    ]);
    assert_eq!(said("both"), "reading commit [id] (HEAD of [scene]/p)");
}

/// The tree that Git itself would write for a folder.
fn written(scene: &Scene, folder: &str) -> String {
    scene.git("p", &["add", "--all"]);
    let tree = scene.git("p", &["write-tree"]);
    if folder.is_empty() {
        tree
    } else {
        scene.git("p", &["rev-parse", &format!("{tree}:{folder}")])
    }
}

#[test]
fn tree_ids_are_the_ones_git_writes() {
    let scene = Scene::new();
    scene.repository("p", PROJECT);
    let clean = opened(&scene.folder("p")).snapshot;
    assert_eq!(clean.tree_id("envs").unwrap().unwrap(), written(&scene, "envs"));
    // Names that sort differently as files and as folders, an executable, an empty file, CRLF.
    scene.write(&[
        ("p/modules/a/x", "1"),
        ("p/modules/a.b", "2"),
        ("p/modules/a-b", ""),
        ("p/modules/ü/deep/run.sh", "#!/bin/sh\n"),
        ("p/modules/.gitattributes", "*.txt text\n"),
        ("p/modules/crlf.txt", "a\r\nb\r\n"),
        ("p/modules/kept.bin", "a\r\nb\r\n"),
    ]);
    let executable = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(scene.path("p/modules/ü/deep/run.sh"), executable).unwrap();
    std::fs::create_dir(scene.path("p/modules/empty")).unwrap();
    let dirty = opened(&scene.folder("p")).snapshot;
    assert_eq!(dirty.revision(), None);
    let ids: Vec<_> =
        ["", "modules", "modules/ü"].iter().map(|f| dirty.tree_id(f).unwrap().unwrap()).collect();
    assert_eq!(ids, ["", "modules", "modules/ü"].map(|folder| written(&scene, folder)));
    assert_eq!(text(&*dirty, "modules/crlf.txt").unwrap(), "a\nb\n");
    assert_eq!(text(&*dirty, "modules/kept.bin").unwrap(), "a\r\nb\r\n");
    for nothing in ["nope", "suimon.yaml", "modules/empty"] {
        assert_eq!(dirty.tree_id(nothing).unwrap(), None);
        assert_eq!(clean.tree_id(nothing).unwrap(), None);
    }
    scene.commit("p", &[]);
    let committed = opened(&scene.folder("p")).snapshot;
    assert!(committed.revision().is_some());
    assert_eq!(committed.tree_id("modules").unwrap().unwrap(), ids[1]);
}

#[test]
fn only_the_mode_is_a_change_too_and_a_new_time_is_not() {
    let scene = Scene::new();
    scene.repository("p", PROJECT);
    let file = std::fs::File::options().write(true).open(scene.path("p/suimon.yaml")).unwrap();
    file.set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
    assert!(opened(&scene.folder("p")).snapshot.revision().is_some());
    let executable = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(scene.path("p/suimon.yaml"), executable).unwrap();
    assert!(opened(&scene.folder("p")).description.contains("(1 changed"));
    scene.git("p", &["config", "core.fileMode", "false"]);
    assert!(opened(&scene.folder("p")).snapshot.revision().is_some());
}

#[test]
fn same_size_and_same_time_do_not_hide_a_change() {
    let scene = Scene::new();
    scene.repository("p", PROJECT);
    let path = scene.path("p/suimon.yaml");
    let time = std::fs::metadata(&path).unwrap().modified().unwrap();
    std::fs::write(&path, "two\n").unwrap();
    std::fs::File::options().write(true).open(&path).unwrap().set_modified(time).unwrap();
    assert_eq!(text(&*opened(&scene.folder("p")).snapshot, "suimon.yaml").unwrap(), "two\n");
}

#[test]
fn reading_twice_gives_the_same_bytes() {
    let scene = Scene::new();
    scene.write(&[("p/suimon.yaml", "s"), ("p/a", "before"), ("p/b", "before")]);
    let snapshot = opened(&scene.folder("p")).snapshot;
    assert_eq!(text(&*snapshot, "a").unwrap(), "before");
    scene.write(&[("p/a", "after"), ("p/c", "new")]);
    std::fs::remove_file(scene.path("p/b")).unwrap();
    assert_eq!(text(&*snapshot, "a").unwrap(), "before");
    assert_eq!(text(&*snapshot, "c"), None);
    insta::assert_snapshot!(problem(&scene, snapshot.read("b")), @r"
        error[file-changed]: `b` changed while it was read
          --> b
          help: run again when nothing writes to the folder
        ");
}

#[test]
fn links_and_other_things_are_refused_where_they_are_met() {
    let scene = Scene::new();
    scene.repository("p", PROJECT);
    scene.write(&[("secret/key", "s3cret"), ("p/nested/plain", "x"), ("p/later/a", "mine")]);
    symlink("/etc/passwd", scene.path("p/nested/file")).unwrap();
    symlink(scene.path("secret"), scene.path("p/linked")).unwrap();
    std::fs::create_dir_all(scene.path("p/inner")).unwrap();
    scene.repository("p/inner/repository", &[("x", "x")]);
    let snapshot = opened(&scene.folder("p")).snapshot;
    assert_eq!(text(&*snapshot, "nested/plain").unwrap(), "x");
    insta::assert_snapshot!(problem(&scene, snapshot.list("nested")), @r"
        error[symlink]: `nested/file` is a symlink
          --> nested/file
          why: a symlink could lead out of the project, so none is followed
          help: replace it by a copy of what it points to
        ");
    insta::assert_snapshot!(problem(&scene, snapshot.read("nested/file")), @r"
        error[symlink]: `nested/file` is a symlink
          --> nested/file
          why: a symlink could lead out of the project, so none is followed
          help: replace it by a copy of what it points to
        ");
    insta::assert_snapshot!(problem(&scene, snapshot.read("linked/key")), @r"
        error[symlink]: `linked` is a symlink
          --> linked
          why: a symlink could lead out of the project, so none is followed
          help: replace it by a copy of what it points to
        ");
    insta::assert_snapshot!(problem(&scene, snapshot.list("inner")), @r"
        error[submodule]: `inner/repository` is a submodule or another repository
          --> inner/repository
          why: the files of another repository are never read or fetched
          help: copy the files into this repository, or move it out of the project
        ");
    insta::assert_snapshot!(problem(&scene, snapshot.tree_id("nested")), @r"
        error[symlink]: `nested/file` is a symlink
          --> nested/file
          why: a symlink could lead out of the project, so none is followed
          help: replace it by a copy of what it points to
        ");
    // A link that takes the place of a folder after it was looked at.
    std::fs::remove_dir_all(scene.path("p/later")).unwrap();
    scene.write(&[("secret/a", "s3cret")]);
    symlink(scene.path("secret"), scene.path("p/later")).unwrap();
    insta::assert_snapshot!(problem(&scene, snapshot.read("later/a")), @r"
        error[symlink]: `later` is a symlink
          --> later
          why: a symlink could lead out of the project, so none is followed
          help: replace it by a copy of what it points to
        ");
}

#[test]
fn a_project_that_is_itself_a_link_is_what_it_links_to_but_its_file_may_not_be_one() {
    let scene = Scene::new();
    scene.repository("p", PROJECT);
    symlink(scene.path("p"), scene.path("way")).unwrap();
    let through = opened(&scene.folder("way/envs"));
    assert_eq!(through.root, Some(scene.path("p")));
    std::fs::create_dir(scene.path("q")).unwrap();
    symlink(scene.path("p/suimon.yaml"), scene.path("q/suimon.yaml")).unwrap();
    insta::assert_snapshot!(problem(&scene, opened(&scene.folder("q")).snapshot.read("suimon.yaml")), @r"
        error[symlink]: `suimon.yaml` is a symlink
          --> suimon.yaml
          why: a symlink could lead out of the project, so none is followed
          help: replace it by a copy of what it points to
        ");
}

#[test]
fn names_that_are_not_utf8_and_sockets_are_refused() {
    let scene = Scene::new();
    scene.repository("p", PROJECT);
    std::fs::create_dir(scene.path("p/odd")).unwrap();
    std::fs::write(scene.path("p/odd").join(std::ffi::OsStr::from_bytes(b"caf\xe9")), "x").unwrap();
    std::fs::create_dir(scene.path("p/live")).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(scene.path("p/live/socket")).unwrap();
    let snapshot = opened(&scene.folder("p")).snapshot;
    insta::assert_snapshot!(problem(&scene, snapshot.list("odd")), @r"
        error[name-not-utf8]: a name in `odd` is not UTF-8: `caf�`
          help: rename or remove it
        ");
    insta::assert_snapshot!(problem(&scene, snapshot.list("live")), @r"
        error[not-a-file]: `live/socket` is neither a file nor a folder
          --> live/socket
          help: rename or remove it
        ");
    scene.commit("p", &[]);
    std::fs::remove_dir_all(scene.path("p/live")).unwrap();
    let committed = opened(&scene.folder("p"));
    assert!(committed.snapshot.revision().is_some(), "{}", committed.description);
    insta::assert_snapshot!(problem(&scene, committed.snapshot.list("odd")), @r"
        error[name-not-utf8]: a name in `odd` is not UTF-8: `caf�`
          help: rename or remove it
        ");
}

#[test]
fn a_folder_that_cannot_be_read_is_unknown_not_absent() {
    let scene = Scene::new();
    scene.repository("p", PROJECT);
    scene.write(&[("p/closed/a", "a")]);
    let closed = scene.path("p/closed");
    std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o000)).unwrap();
    let can_read_anything = std::fs::read_dir(&closed).is_ok();
    let snapshot = opened(&scene.folder("p")).snapshot;
    let listed = snapshot.list("closed");
    let read = snapshot.read("closed/a");
    std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(text(&*snapshot, "envs/dev/a.yaml").unwrap(), "a\n");
    if can_read_anything {
        // The superuser is told of no permission.
        assert!(listed.is_ok() && read.unwrap().is_none_or(|content| &*content == b"a"));
        return;
    }
    insta::assert_snapshot!(problem(&scene, listed), @r"
        error[file-unreadable]: `closed` cannot be read
          --> closed
          why: permission denied
        ");
    assert_eq!(read.unwrap_err().code, "file-unreadable");
}

#[test]
fn filters_never_run_and_what_needs_one_is_refused() {
    let scene = Scene::new();
    let attributes = "*.bin filter=lfs\n";
    scene.repository("p", &[("suimon.yaml", "s"), (".gitattributes", attributes), ("a.bin", "a")]);
    let ran = scene.path("ran");
    scene.git("p", &["config", "filter.lfs.clean", &format!("touch {}; cat", ran.display())]);
    scene.git("p", &["config", "filter.lfs.required", "true"]);
    scene.write(&[("p/b.bin", "b"), ("p/a.bin", "changed")]);
    let snapshot = opened(&scene.folder("p")).snapshot;
    insta::assert_snapshot!(problem(&scene, snapshot.read("b.bin")), @r"
        error[git-filter]: `b.bin` goes through the Git filter `lfs`
          --> b.bin
          why: Git filters are never run, so the file would read differently
          help: remove the `filter` attribute of this path from .gitattributes
        ");
    assert!(!ran.exists());
    // The attributes above a project are its own too, in a commit as in a folder.
    scene.git("p", &["config", "--remove-section", "filter.lfs"]);
    scene.commit("p", &[("deploy/suimon.yaml", "s"), ("deploy/c.bin", "c")]);
    let committed = opened(&scene.folder("p/deploy")).snapshot;
    assert!(committed.revision().is_some());
    insta::assert_snapshot!(problem(&scene, committed.read("c.bin")), @r"
        error[git-filter]: `c.bin` goes through the Git filter `lfs`
          --> c.bin
          why: Git filters are never run, so the file would read differently
          help: remove the `filter` attribute of this path from .gitattributes
        ");
}

#[test]
fn a_git_folder_elsewhere_is_found_through_its_file() {
    let scene = Scene::new();
    scene.write(&[("p/suimon.yaml", "s"), ("p/.gitignore", "*.log\n")]);
    scene.git("p", &["init", "--quiet", "--separate-git-dir", "../elsewhere"]);
    scene.commit("p", &[]);
    scene.write(&[("p/a.log", "ignored")]);
    let clean = opened(&scene.folder("p"));
    assert_eq!(scene.neutral(&clean.description), "reading commit [id] (HEAD of [scene]/p)");
    scene.write(&[("p/b", "new")]);
    let dirty = opened(&scene.folder("p"));
    assert_eq!(names(&*dirty.snapshot, "").unwrap(), ".gitignore b suimon.yaml");
}

#[test]
fn a_repository_that_keeps_its_objects_elsewhere_or_by_other_ids_is_told_apart() {
    let scene = Scene::new();
    scene.repository("p", PROJECT);
    scene.git("", &["clone", "--quiet", "--shared", "p", "shared"]);
    assert!(opened(&scene.folder("shared")).snapshot.revision().is_some());
    scene.write(&[("q/suimon.yaml", "s")]);
    scene.git("q", &["init", "--quiet", "--object-format=sha256"]);
    scene.commit("q", &[]);
    insta::assert_snapshot!(scene.said(&scene.folder("q")), @r"
        error[not-a-repository]: `[scene]/q` is not a Git repository that can be read
          why: it has other object ids than SHA-1
        ");
}

#[test]
fn lfs_pointers_are_refused_in_folders_and_in_commits() {
    let scene = Scene::new();
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n";
    scene.repository("p", &[("suimon.yaml", "s"), ("model", pointer)]);
    let clean = opened(&scene.folder("p")).snapshot;
    insta::assert_snapshot!(problem(&scene, clean.read("model")), @r"
        error[lfs-pointer]: `model` is a Git LFS pointer, not the file itself
          --> model
          why: Git LFS objects are never fetched
          help: keep the file in Git itself, without Git LFS
        ");
    scene.write(&[("p/more", "x")]);
    let dirty = opened(&scene.folder("p")).snapshot;
    assert_eq!(dirty.revision(), None);
    assert_eq!(dirty.read("model").err(), clean.read("model").err());
}

#[test]
fn what_a_sparse_checkout_leaves_out_is_still_there() {
    let scene = Scene::new();
    scene.repository("p", &[("suimon.yaml", "s"), ("envs/a", "a"), ("modules/m/x", "x")]);
    scene.git("p", &["sparse-checkout", "set", "--no-cone", "/suimon.yaml", "/envs/"]);
    assert!(!scene.path("p/modules").exists());
    let clean = opened(&scene.folder("p"));
    assert!(clean.snapshot.revision().is_some(), "{}", clean.description);
    scene.write(&[("p/envs/a", "changed")]);
    let dirty = opened(&scene.folder("p"));
    assert!(dirty.description.contains("(1 changed"), "{}", dirty.description);
    assert_eq!(names(&*dirty.snapshot, "").unwrap(), "envs/ modules/ suimon.yaml");
    assert_eq!(text(&*dirty.snapshot, "modules/m/x").unwrap(), "x");
    assert_eq!(
        dirty.snapshot.tree_id("modules").unwrap(),
        clean.snapshot.tree_id("modules").unwrap()
    );
}

#[test]
fn every_limit_names_the_path_and_itself() {
    let scene = Scene::new();
    scene
        .repository("p", &[("suimon.yaml", "0123456789"), ("a/b/c/d", "d"), ("a/e", "9876543210")]);
    let limits = [
        Limits { max_file_bytes: 9, ..Limits::default() },
        Limits { max_total_bytes: 19, ..Limits::default() },
        Limits { max_files: 1, ..Limits::default() },
        Limits { max_depth: 3, ..Limits::default() },
    ];
    let provoke = |snapshot: &dyn Snapshot| {
        let steps = [snapshot.read("suimon.yaml"), snapshot.read("a/e"), snapshot.read("a/b/c/d")];
        problem(&scene, steps.into_iter().find(Result::is_err).expect("a limit is passed"))
    };
    let committed = limits.map(|limits| {
        let request = suimon_source::Request { limits, ..scene.folder("p") };
        provoke(&*opened(&request).snapshot)
    });
    scene.write(&[("p/new", "")]);
    let uncommitted = limits.map(|limits| {
        let request = suimon_source::Request { limits, ..scene.folder("p") };
        provoke(&*opened(&request).snapshot)
    });
    assert_eq!(committed, uncommitted);
    insta::assert_snapshot!(committed.join("\n"), @r"
        error[file-too-large]: `suimon.yaml` is 10 bytes, the limit is 9 bytes
          --> suimon.yaml
          help: keep in the project only what suimon reads
        error[files-too-large]: `a/e` makes 20 bytes in all files, the limit is 19 bytes
          --> a/e
          help: keep in the project only what suimon reads
        error[too-many-files]: `a/e` is one file too many, the limit is 1 files
          --> a/e
          help: keep in the project only what suimon reads
        error[path-too-deep]: `a/b/c/d` is nested too deep, the limit is 3 names
          --> a/b/c/d
          help: keep in the project only what suimon reads
        ");
}
