//! Remote repositories and their mirrors.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::PathBuf;
use std::time::Duration;

use suimon_source::{Limits, Request, open};

use crate::server::Server;
use crate::support::{Scene, at, elsewhere, opened, shown, text};

/// A project with two commits, and its URL.
fn scene() -> (Scene, String) {
    let scene = Scene::new();
    scene.repository("p", &[("suimon.yaml", "one"), ("modules/m", "1")]);
    scene.commit("p", &[("suimon.yaml", "two")]);
    let url = format!("file://{}", shown(&scene.path("p")));
    (scene, url)
}

/// The only mirror in the cache.
fn mirror(scene: &Scene) -> PathBuf {
    let is_mirror = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "git");
    let mut mirrors = fs::read_dir(scene.path("cache")).unwrap().map(|entry| entry.unwrap().path());
    let found = mirrors.find(is_mirror).expect("there is a mirror");
    assert!(!mirrors.any(|path| is_mirror(&path)), "there is one mirror");
    found
}

/// Every file below a folder.
fn files(folder: &PathBuf) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files.extend(self::files(&path)) } else { files.push(path) }
    }
    files
}

#[test]
fn every_revision_of_a_remote_is_read_from_a_bare_private_mirror() {
    let (scene, url) = scene();
    scene.git("p", &["tag", "-a", "-m", "x", "v1", "HEAD~1"]);
    scene.git("p", &["update-ref", "refs/pull/7/head", "HEAD~1"]);
    for (revision, content, said) in [
        ("HEAD", "two", "(HEAD of "),
        ("main", "two", "(main of "),
        ("HEAD~1", "one", "(HEAD~1 of "),
        ("v1", "one", "(v1 of "),
        ("refs/pull/7/head", "one", "(refs/pull/7/head of "),
    ] {
        let opened = opened(&at(scene.address(&url), revision));
        assert_eq!(text(&*opened.snapshot, "suimon.yaml").as_deref(), Some(content), "{revision}");
        assert!(opened.description.contains(said), "{}", opened.description);
        assert_eq!(opened.root, None);
    }
    assert_eq!(fs::metadata(scene.path("cache")).unwrap().mode() & 0o777, 0o700);
    assert!(mirror(&scene).join("HEAD").is_file());
    assert!(!mirror(&scene).join("suimon.yaml").exists());
    insta::assert_snapshot!(scene.said(&at(scene.address(&url), "mian")), @r"
        error[revision-not-found]: there is no revision `mian` in file://[scene]/p
          help: did you mean branch `main`?
        ");
    insta::assert_snapshot!(scene.said(&at(scene.address(&url), "refs/pull/8/head")), @r"
        error[revision-not-found]: there is no revision `refs/pull/8/head` in file://[scene]/p
          why: the server does not have it, or does not give it out
          help: its branches are `main`
        ");
}

#[test]
fn what_moves_or_goes_on_the_remote_does_so_in_the_mirror() {
    let (scene, url) = scene();
    scene.git("p", &["branch", "a"]);
    opened(&at(scene.address(&url), "a"));
    scene.git("p", &["branch", "-D", "a"]);
    scene.git("p", &["branch", "a/b"]);
    scene.git("p", &["commit", "--quiet", "--amend", "--allow-empty", "-m", "force-pushed"]);
    let third = scene.commit("p", &[("suimon.yaml", "three")]);
    let head = opened(&scene.address(&url));
    assert_eq!(head.snapshot.revision(), Some(third.as_str()));
    opened(&at(scene.address(&url), "a/b"));
    assert!(scene.said(&at(scene.address(&url), "a")).starts_with("error[revision-not-found]"));
}

#[test]
fn a_second_run_fetches_only_what_is_new() {
    let (scene, _) = scene();
    let server = Server::start(scene.path(""), None);
    let request = scene.address(server.url("", "p/.git"));
    opened(&request);
    let packs = files(&mirror(&scene).join("objects")).len();
    opened(&request);
    assert_eq!(files(&mirror(&scene).join("objects")).len(), packs);
    let third = scene.commit("p", &[("suimon.yaml", "three")]);
    assert_eq!(text(&*opened(&request).snapshot, "suimon.yaml").unwrap(), "three");
    // A commit that is there needs no network at all.
    let before = server.requests();
    assert_eq!(text(&*opened(&at(request, &third)).snapshot, "suimon.yaml").unwrap(), "three");
    assert_eq!(server.requests(), before);
}

#[test]
fn a_commit_that_no_branch_has_is_fetched_by_its_id() {
    let (scene, url) = scene();
    let lost = scene.commit("p", &[("suimon.yaml", "lost")]);
    scene.git("p", &["reset", "--quiet", "--hard", "HEAD~1"]);
    let head = opened(&scene.address(&url)).snapshot;
    assert_eq!(text(&*head, "suimon.yaml").unwrap(), "two");
    assert_eq!(text(&*head.at(&lost).unwrap(), "suimon.yaml").unwrap(), "lost");
    let fresh = Request { cache_dir: Some(scene.path("other")), ..at(scene.address(&url), &lost) };
    assert_eq!(opened(&fresh).snapshot.revision(), Some(lost.as_str()));
    let nowhere = "0123456789012345678901234567890123456789";
    insta::assert_snapshot!(scene.said(&at(scene.address(&url), nowhere)), @r"
        error[revision-not-found]: there is no revision `[id]` in file://[scene]/p
          why: the server does not have it, or does not give it out
        ");
    insta::assert_snapshot!(scene.problem(&head.at(nowhere).err().unwrap()), @r"
        error[revision-not-found]: there is no revision `[id]` in file://[scene]/p
          why: the server does not have it, or does not give it out
        ");
}

#[test]
fn another_revision_is_asked_for_when_the_mirror_was_enough_at_first() {
    let (scene, url) = scene();
    let second = opened(&scene.address(&url)).snapshot.revision().unwrap().to_owned();
    let known = opened(&at(scene.address(&url), &second)).snapshot;
    scene.commit("p", &[("suimon.yaml", "three")]);
    scene.git("p", &["tag", "new"]);
    assert_eq!(text(&*known.at("new").unwrap(), "suimon.yaml").unwrap(), "three");
}

#[test]
fn a_remote_that_is_itself_a_shallow_clone_is_read() {
    let (scene, url) = scene();
    scene.git("", &["clone", "--quiet", "--depth=1", &url, "shallow"]);
    let shallow = format!("file://{}", shown(&scene.path("shallow")));
    let found = opened(&scene.address(&shallow));
    assert_eq!(text(&*found.snapshot, "suimon.yaml").unwrap(), "two");
    scene.commit("shallow", &[("suimon.yaml", "three")]);
    let found = opened(&scene.address(&shallow));
    assert_eq!(text(&*found.snapshot, "suimon.yaml").unwrap(), "three");
    let parent = scene.said(&at(scene.address(&shallow), "HEAD~2"));
    assert!(parent.contains("the repository is a shallow clone"), "{parent}");
}

#[test]
fn an_empty_remote_has_no_commit() {
    let scene = Scene::new();
    fs::create_dir(scene.path("empty")).unwrap();
    scene.git("empty", &["init", "--quiet", "--bare"]);
    let url = format!("file://{}", shown(&scene.path("empty")));
    insta::assert_snapshot!(scene.said(&scene.address(&url)), @r"
        error[no-commit]: file://[scene]/empty has no commit yet
          help: commit the project first
        ");
    insta::assert_snapshot!(scene.said(&scene.address(shown(&scene.path("empty")))), @r"
        error[no-commit]: [scene]/empty has no commit yet
          help: commit the project first
        ");
}

#[test]
fn a_head_without_commits_is_not_an_empty_repository() {
    let (scene, url) = scene();
    scene.git("p", &["symbolic-ref", "HEAD", "refs/heads/unborn"]);
    insta::assert_snapshot!(scene.said(&scene.address(&url)), @r"
        error[revision-not-found]: there is no revision `HEAD` in file://[scene]/p
          why: HEAD is on a branch that has no commit yet
          help: its branches are `main`
        ");
    insta::assert_snapshot!(scene.said(&scene.address(shown(&scene.path("p")))), @r"
        error[revision-not-found]: there is no revision `HEAD` in [scene]/p
          why: HEAD is on a branch that has no commit yet
          help: its branches are `main`
        ");
    opened(&at(scene.address(&url), "main"));
}

#[test]
fn a_remote_without_a_project_or_without_a_repository_is_an_error() {
    let scene = Scene::new();
    scene.repository("p", &[("deploy/suimon.yaml", "s")]);
    let url = format!("file://{}", shown(&scene.path("")));
    insta::assert_snapshot!(scene.said(&scene.address(format!("{url}/p"))), @r"
        error[no-project]: there is no suimon.yaml in commit [id] of file://[scene]/p
          why: looked for suimon.yaml
          help: a project has a suimon.yaml at its root
        ");
    insta::assert_snapshot!(scene.said(&scene.address(format!("{url}/nowhere"))), @r"
        error[fetch-failed]: file://[scene]/nowhere cannot be fetched
          why: fatal: '[scene]/nowhere' does not appear to be a git repository
          help: check the path
        ");
}

#[test]
fn a_damaged_mirror_is_made_anew() {
    type Damage = fn(&Scene);
    let damages: [(&str, Damage); 7] = [
        ("no HEAD", |scene| fs::remove_file(mirror(scene).join("HEAD")).unwrap()),
        ("no configuration", |scene| fs::write(mirror(scene).join("config"), "[nonsense").unwrap()),
        ("no objects", |scene| fs::remove_dir_all(mirror(scene).join("objects")).unwrap()),
        ("a killed git's lock", |scene| {
            fs::write(mirror(scene).join("packed-refs.lock"), "").unwrap();
            fs::write(mirror(scene).join("refs/heads/main.lock"), "").unwrap();
        }),
        ("half a mirror", |scene| {
            let folder = mirror(scene);
            fs::remove_dir_all(&folder).unwrap();
            fs::create_dir(&folder).unwrap();
        }),
        ("a killed run's beginnings", |scene| {
            let new = mirror(scene).with_extension("new");
            fs::create_dir(&new).unwrap();
            fs::write(new.join("HEAD"), "half").unwrap();
            fs::remove_dir_all(mirror(scene)).unwrap();
        }),
        ("rotten objects", |scene| {
            for file in files(&mirror(scene).join("objects")) {
                fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
                let size = fs::metadata(&file).unwrap().len();
                fs::OpenOptions::new().write(true).open(&file).unwrap().set_len(size / 2).unwrap();
            }
        }),
    ];
    for (damage, make) in damages {
        let (scene, url) = scene();
        let commit = opened(&scene.address(&url)).snapshot.revision().unwrap().to_owned();
        for request in [scene.address(&url), at(scene.address(&url), &commit)] {
            make(&scene);
            let opened = open(&request).unwrap_or_else(|problem| panic!("{damage}: {problem}"));
            assert_eq!(text(&*opened.snapshot, "modules/m").as_deref(), Some("1"), "{damage}");
        }
    }
}

#[test]
fn a_file_that_rots_while_it_is_read_is_fetched_again() {
    let (scene, url) = scene();
    let snapshot = opened(&scene.address(&url)).snapshot;
    let blob = scene.git("p", &["rev-parse", "HEAD:modules/m"]);
    let object = mirror(&scene).join("objects").join(&blob[..2]).join(&blob[2..]);
    fs::remove_file(object).unwrap();
    assert_eq!(text(&*snapshot, "modules/m").unwrap(), "1");
}

#[test]
fn many_runs_at_once_share_one_mirror() {
    let (scene, url) = scene();
    std::thread::scope(|scope| {
        let runs: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(|| opened(&scene.address(&url)).snapshot.revision().unwrap().to_owned())
            })
            .collect();
        let revisions: Vec<String> = runs.into_iter().map(|run| run.join().unwrap()).collect();
        assert!(revisions.windows(2).all(|pair| pair[0] == pair[1]));
    });
    mirror(&scene);
}

#[test]
fn credentials_in_a_url_are_used_and_never_shown() {
    let (scene, _) = scene();
    let server = Server::start(scene.path(""), Some("Basic YWlrbzpwQHNzd29yZA=="));
    let said = |user: &str| {
        let said = scene.said(&scene.address(server.url(user, "p/.git")));
        said.replace(&server.address(), "[server]")
    };
    insta::assert_snapshot!(said("aiko:p%40ssword@"), @"reading commit [id] (HEAD of http://[server]/p/.git)");
    insta::assert_snapshot!(said("aiko:wrong-s3cret@"), @r"
        error[fetch-failed]: http://[server]/p/.git cannot be fetched
          why: the server wants a user and a password, and takes none that git knows
          help: give git a user and password that may read it, for example with a credential helper
        ");
    insta::assert_snapshot!(said(""), @r"
        error[fetch-failed]: http://[server]/p/.git cannot be fetched
          why: the server wants a user and a password, and takes none that git knows
          help: give git a user and password that may read it, for example with a credential helper
        ");
    for file in files(&scene.path("cache")) {
        let content = fs::read(&file).unwrap();
        let leaked =
            content.windows(8).any(|window| window == b"p@ssword" || window == b"p%40sswo");
        assert!(!leaked, "{}", file.display());
    }
}

#[test]
fn a_server_that_never_answers_does_not_hang_the_run() {
    let scene = Scene::new();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap().to_string();
    let limits = Limits { fetch_timeout: Duration::from_millis(300), ..Limits::default() };
    let request = Request { limits, ..scene.address(format!("http://{address}/p")) };
    insta::assert_snapshot!(scene.said(&request).replace(&address, "[server]"), @r"
        error[fetch-timeout]: fetching http://[server]/p took longer than 300ms
          help: check the network and the repository's server
        ");
}

#[test]
fn ssh_is_run_without_prompts_and_with_host_keys() {
    let (scene, _) = scene();
    // Runs what it is told to run on the host, here.
    let script = "#!/bin/sh\necho \"$@\" >> \"$SUIMON_TEST_OUTPUT.ssh\"\n\
                  while [ \"$1\" != git@host.example ]; do shift; done\nshift\nexec sh -c \"$*\"\n";
    scene.write(&[("bin/ssh", script)]);
    fs::set_permissions(scene.path("bin/ssh"), fs::Permissions::from_mode(0o755)).unwrap();
    let path = shown(&scene.path("p"));
    for (index, address) in
        [format!("git@host.example:{path}"), format!("ssh://git@host.example{path}")]
            .iter()
            .enumerate()
    {
        let output = scene.path(&format!("said{index}"));
        let ssh = format!("{} -o StrictHostKeyChecking=no", shown(&scene.path("bin/ssh")));
        let said = elsewhere(
            &scene,
            &output,
            "SUIMON_TEST_ADDRESS",
            address,
            &[("GIT_SSH_COMMAND", &ssh)],
        );
        let shown_address = address.replace(&shown(&scene.path("")), "[scene]");
        assert_eq!(said, format!("reading commit [id] (HEAD of {shown_address})"));
        let ssh = fs::read_to_string(output.with_extension("ssh")).unwrap();
        assert!(ssh.contains("-o BatchMode=yes -o StrictHostKeyChecking=yes"), "{ssh}");
    }
}

#[test]
fn refused_addresses_say_what_is_allowed() {
    let scene = Scene::new();
    let addresses = [
        "ext::sh -c touch% /tmp/x",
        "--upload-pack=touch /tmp/x",
        "http://example.com/p",
        "https://aiko:s3cret@exam ple.com/p",
        "git://example.com/p",
    ];
    let said = addresses.map(|address| scene.said(&scene.address(address)));
    assert!(!scene.path("cache").exists());
    insta::assert_snapshot!(said.join("\n"), @r"
        error[bad-repository-address]: the repository address `ext::sh -c touch% /tmp/x` is refused
          why: it asks for a transport that is a program of its own
          help: use a path, or an https://, ssh:// or file:// URL, or user@host:path
        error[bad-repository-address]: the repository address `--upload-pack=touch /tmp/x` is refused
          why: it starts with `-`, like an option
          help: use a path, or an https://, ssh:// or file:// URL, or user@host:path
        error[bad-repository-address]: the repository address `http://example.com/p` is refused
          why: http:// is neither encrypted nor authenticated
          help: use a path, or an https://, ssh:// or file:// URL, or user@host:path
        error[bad-repository-address]: the repository address `https://exam ple.com/p` is refused
          why: its host is not a host name
          help: use a path, or an https://, ssh:// or file:// URL, or user@host:path
        error[bad-repository-address]: the repository address `git://example.com/p` is refused
          why: its transport is not allowed
          help: use a path, or an https://, ssh:// or file:// URL, or user@host:path
        ");
}
