//! Where a project is read from.

use std::process::Command;

use crate::env::Env;
use crate::manifests::config_map;

const FILE: &str = "envs/dev/manifests/all.yaml";

/// A project with two commits; `a` is 1 in the first and 2 in the second.
fn two_commits() -> (Env, String, String) {
    let env = Env::offline();
    env.with_manifests(&config_map("default", "a", "1"));
    let first = env.commit("one");
    env.file(FILE, &config_map("default", "a", "2"));
    let second = env.commit("two");
    (env, first, second)
}

fn rendered(env: &Env, args: &[&str]) -> String {
    let mut all = vec!["render", "dev"];
    all.extend(args);
    env.suimon(&all).code(0).stdout
}

#[test]
fn a_checkout_is_read_at_head_or_as_it_is() {
    let (env, first, second) = two_commits();
    let ran = env.suimon(&["render", "dev"]).code(0).says("value: \"2\"");
    ran.notes(&format!("reading commit {} (HEAD of [DIR]/project)", &second[..7]));
    env.file(FILE, &config_map("default", "a", "3"));
    let ran = env.suimon(&["render", "dev"]).code(0).says("value: \"3\"");
    ran.notes("reading uncommitted files in [DIR]/project");
    let ran = env.suimon(&["render", "dev", "--revision", &first]).code(0).says("value: \"1\"");
    ran.notes(&format!("reading commit {}", &first[..7]));
    env.git(&["tag", "v1", &first]);
    for (revision, value) in [("v1", "1"), ("main", "2"), ("HEAD~1", "1"), (&second[..10], "2")] {
        let text = rendered(&env, &["--revision", revision]);
        assert!(text.contains(&format!("value: \"{value}\"")), "{revision}: {text}");
    }
}

#[test]
fn folders_repositories_and_urls() {
    let (env, first, _) = two_commits();
    env.git(&["clone", "-q", "--bare", ".", "../bare.git"]);
    let bare = env.root().join("bare.git").display().to_string();
    let url = format!("file://{bare}");
    let project = env.project().display().to_string();
    std::fs::create_dir_all(env.root().join("elsewhere")).unwrap();
    let elsewhere = |args: &[&str]| {
        let mut command = env.command(args);
        command.current_dir(env.root().join("elsewhere"));
        env.run(command)
    };
    for place in [&bare, &url, &project] {
        elsewhere(&["render", "dev", "--repo", place]).code(0).says("value: \"2\"");
        elsewhere(&["render", "dev", "--repo", place, "--revision", &first])
            .code(0)
            .says("value: \"1\"");
    }
    elsewhere(&["-C", &project, "render", "dev"]).code(0).says("value: \"2\"");
    let inside = format!("{project}/envs");
    elsewhere(&["-C", &inside, "render", "dev"]).code(0).says("value: \"2\"");
    elsewhere(&["-C", &bare, "render", "dev"]).code(0).says("value: \"2\"");
    let work: Vec<_> = std::fs::read_dir(env.root().join("elsewhere")).unwrap().collect();
    assert!(work.is_empty(), "a work tree was written");

    // What is new in the repository is seen.
    env.file(FILE, &config_map("default", "a", "4"));
    env.commit("four");
    env.git(&["push", "-q", &bare, "HEAD:main"]);
    elsewhere(&["render", "dev", "--repo", &url]).code(0).says("value: \"4\"");
}

#[test]
fn places_and_revisions_that_are_wrong() {
    let (env, _, _) = two_commits();
    let bare = env.root().display().to_string();
    let cases: [&[&str]; 8] = [
        &["validate", "--revision", "no-such-branch"],
        &["validate", "--revision", "0123456789012345678901234567890123456789"],
        &["validate", "--revision=--upload-pack=touch /tmp/owned"],
        &["validate", "--revision=-x"],
        &["validate", "--repo", "ext::sh -c touch% /tmp/owned"],
        &["validate", "--repo=-oProxyCommand=x"],
        &["validate", "--repo", "ftp://example.com/x"],
        &["-C", "/no/such/folder", "validate"],
    ];
    let mut all = String::new();
    for case in cases {
        let ran = env.suimon(case).code(1);
        all += &format!("$ {}\n{}\n", case.join(" "), ran.stderr);
    }
    let ran = env.suimon(&["-C", &bare, "validate"]).code(1);
    all += &format!("$ -C [DIR] validate\n{}", ran.stderr);
    insta::assert_snapshot!(all, @r"
    $ validate --revision no-such-branch
    error[revision-not-found]: there is no revision `no-such-branch` in [DIR]/project
      help: its branches are `main`

    $ validate --revision 0123456789012345678901234567890123456789
    error[revision-not-found]: there is no revision `0123456789012345678901234567890123456789` in [DIR]/project
      help: if only the remote has it, run `git fetch` in the repository first

    $ validate --revision=--upload-pack=touch /tmp/owned
    error[bad-revision]: `--upload-pack=touch /tmp/owned` is not a revision
      why: it starts with `-`, like an option

    $ validate --revision=-x
    error[bad-revision]: `-x` is not a revision
      why: it starts with `-`, like an option

    $ validate --repo ext::sh -c touch% /tmp/owned
    error[bad-repository-address]: the repository address `ext::sh -c touch% /tmp/owned` is refused
      why: it asks for a transport that is a program of its own
      help: use a path, or an https://, ssh:// or file:// URL, or user@host:path

    $ validate --repo=-oProxyCommand=x
    error[bad-repository-address]: the repository address `-oProxyCommand=x` is refused
      why: it starts with `-`, like an option
      help: use a path, or an https://, ssh:// or file:// URL, or user@host:path

    $ validate --repo ftp://example.com/x
    error[bad-repository-address]: the repository address `ftp://example.com/x` is refused
      why: its transport is not allowed
      help: use a path, or an https://, ssh:// or file:// URL, or user@host:path

    $ -C /no/such/folder validate
    error[no-folder]: the folder `/no/such/folder` cannot be opened
      why: No such file or directory (os error 2)

    $ -C [DIR] validate
    error[no-project]: there is no suimon.yaml in [DIR]
      why: looked for [DIR]/suimon.yaml, /tmp/suimon.yaml, /suimon.yaml
      help: `suimon init` makes a first project here
    ");
}

#[test]
fn a_release_pins_modules_to_a_commit() {
    let env = Env::sandbox();
    env.suimon(&["init", "--name", "shop", "--context", "dev"]).code(0);
    let first = env.commit("one");
    let template = env.project().join("modules/web/kubernetes/web.yaml.tera");
    let text = std::fs::read_to_string(&template).unwrap();
    std::fs::write(&template, text.replace("cpu: 50m", "cpu: 77m")).unwrap();
    env.commit("two");
    assert!(rendered(&env, &[]).contains("77m"));
    env.file(
        "envs/dev/release.yaml",
        &format!("apiVersion: suimon.dev/v1alpha1\nkind: Release\nmetadata: {{name: r1}}\nspec: {{modules: {first}}}\n"),
    );
    assert!(rendered(&env, &[]).contains("50m"), "uncommitted release");
    env.commit("pinned");
    assert!(rendered(&env, &[]).contains("50m"));
    let plan = env.plan(&["--json"]).code(0).json();
    assert_eq!(plan["release"]["name"], "r1");

    let missing = "0".repeat(39) + "1";
    env.file(
        "envs/dev/release.yaml",
        &format!("apiVersion: suimon.dev/v1alpha1\nkind: Release\nmetadata: {{name: r1}}\nspec: {{modules: \"{missing}\"}}\n"),
    );
    insta::assert_snapshot!(env.suimon(&["validate"]).code(1).problems(), @r#"
    error[revision-not-found]: there is no revision `0000000000000000000000000000000000000001` in [DIR]/project
      --> envs/dev/release.yaml:4:17
       |
     4 | spec: {modules: "0000000000000000000000000000000000000001"}
       |                 ^
      help: if only the remote has it, run `git fetch` in the repository first
    "#);
}

#[test]
fn what_a_tree_may_not_hold() {
    let env = Env::offline();
    env.with_manifests(&config_map("default", "a", "1"));
    let link = |target: &str, path: &str| {
        let path = env.project().join(path);
        let _ = std::fs::remove_file(&path);
        std::os::unix::fs::symlink(target, path).unwrap();
    };
    let mut all = String::new();
    let mut check = |what: &str| {
        let ran = env.suimon(&["validate"]).code(1);
        assert!(!ran.stderr.contains("root:x:0"), "{}", ran.stderr);
        all += &format!("== {what}\n{}\n", ran.problems());
    };
    link("/etc/passwd", "envs/dev/manifests/b.yaml");
    check("symlink out");
    env.commit("link");
    check("symlink out, committed");
    env.remove("envs/dev/manifests/b.yaml");
    link("../../..", "envs/dev/manifests/loop");
    check("symlink to a folder");
    env.remove_link("envs/dev/manifests/loop");
    env.file("envs/dev/manifests/lfs.yaml", "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n");
    check("lfs");
    env.remove("envs/dev/manifests/lfs.yaml");
    std::fs::write(env.project().join("envs/dev/manifests/latin.yaml"), b"# caf\xe9\n").unwrap();
    check("latin-1");
    std::fs::write(env.project().join("envs/dev/manifests/latin.yaml"), b"\xff\xfek\0i\0").unwrap();
    check("utf-16");
    env.remove("envs/dev/manifests/latin.yaml");
    env.file("envs/dev/manifests/big.yaml", &"# filler\n".repeat(2 << 20));
    check("big");
    env.remove("envs/dev/manifests/big.yaml");
    insta::assert_snapshot!(all, @r"
    == symlink out
    error[symlink]: `envs/dev/manifests/b.yaml` is a symlink
      --> envs/dev/manifests/b.yaml
      why: a symlink could lead out of the project, so none is followed
      help: replace it by a copy of what it points to
    == symlink out, committed
    error[symlink]: `envs/dev/manifests/b.yaml` is a symlink
      --> envs/dev/manifests/b.yaml
      why: a symlink could lead out of the project, so none is followed
      help: replace it by a copy of what it points to
    == symlink to a folder
    error[symlink]: `envs/dev/manifests/loop` is a symlink
      --> envs/dev/manifests/loop
      why: a symlink could lead out of the project, so none is followed
      help: replace it by a copy of what it points to
    == lfs
    error[lfs-pointer]: `envs/dev/manifests/lfs.yaml` is a Git LFS pointer, not the file itself
      --> envs/dev/manifests/lfs.yaml
      why: Git LFS objects are never fetched
      help: keep the file in Git itself, without Git LFS
    == latin-1
    error[not-utf8]: this file is not UTF-8: a wrong byte at byte 5
      --> envs/dev/manifests/latin.yaml:1
      help: save the file as UTF-8 without a byte order mark
    == utf-16
    error[not-utf8]: this file is UTF-16, found at byte 0
      --> envs/dev/manifests/latin.yaml
      help: save the file as UTF-8 without a byte order mark
    == big
    error[file-too-large]: `envs/dev/manifests/big.yaml` is 18874368 bytes, the limit is 8388608 bytes
      --> envs/dev/manifests/big.yaml
      help: keep in the project only what suimon reads
    ");
}

#[test]
fn submodules_are_not_read() {
    let env = Env::offline();
    env.with_manifests(&config_map("default", "a", "1"));
    let head = env.commit("clean");
    env.git(&[
        "update-index",
        "--add",
        "--cacheinfo",
        &format!("160000,{head},envs/dev/manifests/sub"),
    ]);
    env.git(&["commit", "-qm", "submodule"]);
    let ran = env.suimon(&["validate", "--revision", "HEAD"]).code(1);
    insta::assert_snapshot!(ran.problems(), @r"
    error[submodule]: `envs/dev/manifests/sub` is a submodule or another repository
      --> envs/dev/manifests/sub
      why: the files of another repository are never read or fetched
      help: copy the files into this repository, or move it out of the project
    ");
}

#[test]
fn git_itself_is_left_alone() {
    let (env, _, _) = two_commits();
    let before = Command::new("git")
        .args(["status", "--porcelain=v2", "--ignored"])
        .current_dir(env.project())
        .output()
        .unwrap();
    rendered(&env, &[]);
    rendered(&env, &["--revision", "HEAD~1"]);
    let after = Command::new("git")
        .args(["status", "--porcelain=v2", "--ignored"])
        .current_dir(env.project())
        .output()
        .unwrap();
    assert_eq!(before.stdout, after.stdout);
}
