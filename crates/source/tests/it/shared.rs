//! Refs of a remote, read and moved by several clones.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use suimon_source::{Limits, NewCommit, Repository, Request, Swap};

use crate::objects::{new, repository};
use crate::server::Server;
use crate::support::{Scene, elsewhere, opened, shown, text};

const LEDGER: &str = "refs/suimon/ledger/prod";

/// A bare repository `hub.git` with one commit, and clones of it that are called `a` and `b`.
fn scene() -> Scene {
    let scene = Scene::new();
    scene.repository("p", &[("suimon.yaml", "x")]);
    scene.git("", &["clone", "--quiet", "--bare", "p", "hub.git"]);
    for clone in ["a", "b"] {
        scene.git("", &["clone", "--quiet", "hub.git", clone]);
    }
    scene
}

/// A clone with its remote.
fn shared(request: &Request) -> Repository {
    repository(request).with_remote(None).unwrap_or_else(|problem| panic!("{problem}"))
}

/// A commit that says something.
fn commit(repository: &Repository, parent: Option<&str>, message: &str) -> String {
    let message = message.to_owned();
    repository
        .commit(&NewCommit { message, ..new(parent, &[("record.json", Some("{}"))]) })
        .unwrap()
}

#[test]
fn what_one_clone_writes_every_kind_of_reader_sees() {
    let scene = scene();
    let hub = shown(&scene.path("hub.git"));
    scene.git("b", &["remote", "set-url", "origin", &format!("file://{hub}")]);
    scene.git("", &["clone", "--quiet", "--mirror", "hub.git", "mirror.git"]);
    scene.git("", &["clone", "--quiet", "--depth=1", &format!("file://{hub}"), "shallow"]);
    scene.git("", &["clone", "--quiet", "--filter=blob:none", &format!("file://{hub}"), "partial"]);
    scene.git("a", &["worktree", "add", "--quiet", "../tree"]);
    let places = [
        scene.folder("a"),
        scene.folder("tree"),
        scene.folder("b"),
        scene.folder("mirror.git"),
        scene.folder("shallow"),
        scene.folder("partial"),
        scene.address(format!("file://{hub}")),
    ];
    let mut tip: Option<String> = None;
    for writer in &places {
        let writer = shared(writer);
        assert!(writer.is_shared());
        let new = commit(&writer, tip.as_deref(), writer.place());
        assert_eq!(writer.swap_shared(LEDGER, tip.as_deref(), Some(&new)).unwrap(), Swap::Done);
        assert_eq!(scene.git("hub.git", &["rev-parse", LEDGER]), new);
        for reader in &places {
            let reader = shared(reader);
            assert_eq!(reader.shared_ref(LEDGER).unwrap().as_ref(), Some(&new));
            let files = reader.files(&new, 100).unwrap();
            assert_eq!(files["record.json"], b"{}", "{}", reader.place());
            // What this machine has seen is for others to say; in a clone made with `--mirror`, git
            // itself says it when something is pushed.
            if !reader.place().ends_with("mirror.git") {
                assert_eq!(reader.local_ref(LEDGER).unwrap(), None, "{}", reader.place());
            }
            let listed = reader.shared_refs("refs/suimon/").unwrap();
            assert_eq!(listed, [(LEDGER.to_owned(), new.clone())]);
        }
        tip = Some(new);
    }
    let reader = shared(&places[0]);
    assert_eq!(reader.first_parents(&tip.unwrap(), 100).unwrap().len(), places.len());
    assert_eq!(reader.shared_ref("refs/suimon/ledger/none").unwrap(), None);
    assert_eq!(reader.shared_ref("refs/suimon/ledger/pro").unwrap(), None);
    // Nothing is where the user would see it.
    assert_eq!(scene.git("a", &["status", "--porcelain"]), "");
    assert!(!scene.path("a/.git/FETCH_HEAD").exists());
}

#[test]
fn what_was_read_stays_when_git_cleans_up() {
    let scene = scene();
    let (a, b) = (shared(&scene.folder("a")), shared(&scene.folder("b")));
    let one = commit(&a, None, "one");
    a.swap_shared(LEDGER, None, Some(&one)).unwrap();
    b.shared_ref(LEDGER).unwrap();
    for clone in ["a", "b"] {
        scene.git(clone, &["gc", "--quiet", "--prune=now"]);
        let kept = repository(&scene.folder(clone));
        assert!(kept.files(&one, 100).is_ok(), "{clone}");
    }
    // A name that cannot be beside one that was seen before takes its place.
    a.swap_shared(LEDGER, Some(&one), None).unwrap();
    let below = format!("{LEDGER}/x");
    assert_eq!(a.swap_shared(&below, None, Some(&one)).unwrap(), Swap::Done);
    let two = commit(&a, Some(&one), "two");
    assert_eq!(a.swap_shared(&below, Some(&one), Some(&two)).unwrap(), Swap::Done);
    assert_eq!(b.shared_ref(&below).unwrap(), Some(two.clone()));
    scene.git("b", &["gc", "--quiet", "--prune=now"]);
    assert!(repository(&scene.folder("b")).files(&two, 100).is_ok());
}

#[test]
fn a_lease_that_is_stale_is_lost_and_says_where_the_ref_is() {
    let scene = scene();
    let (a, b) = (shared(&scene.folder("a")), shared(&scene.folder("b")));
    let one = commit(&a, None, "one");
    assert_eq!(
        a.swap_shared(LEDGER, Some(&one), Some(&commit(&a, Some(&one), "x"))).unwrap(),
        Swap::Lost(None)
    );
    assert_eq!(a.swap_shared(LEDGER, None, Some(&one)).unwrap(), Swap::Done);
    let two = commit(&b, None, "two");
    assert_eq!(b.swap_shared(LEDGER, None, Some(&two)).unwrap(), Swap::Lost(Some(one.clone())));
    // The winner's objects came along.
    let three = commit(&b, Some(&one), "three");
    assert_eq!(b.swap_shared(LEDGER, Some(&one), Some(&three)).unwrap(), Swap::Done);
    // An answer that was lost, and others went on: it is done all the same.
    assert_eq!(a.swap_shared(LEDGER, None, Some(&one)).unwrap(), Swap::Done);
    assert_eq!(
        a.swap_shared(LEDGER, None, Some(&commit(&a, None, "four"))).unwrap(),
        Swap::Lost(Some(three.clone()))
    );
    // Somebody rewrites it: only the lease says so, and a new one is taken.
    scene.git("hub.git", &["update-ref", LEDGER, &one]);
    let five = commit(&b, Some(&three), "five");
    assert_eq!(
        b.swap_shared(LEDGER, Some(&three), Some(&five)).unwrap(),
        Swap::Lost(Some(one.clone()))
    );
    assert_eq!(b.shared_ref(LEDGER).unwrap(), Some(one.clone()));
    assert!(!b.is_ancestor(&three, &one).unwrap());
    assert_eq!(a.swap_shared(LEDGER, Some(&three), None).unwrap(), Swap::Lost(Some(one.clone())));
    assert_eq!(a.swap_shared(LEDGER, Some(&one), None).unwrap(), Swap::Done);
    assert_eq!(a.shared_ref(LEDGER).unwrap(), None);
}

#[test]
fn of_two_clones_that_race_one_wins_every_time() {
    const ROUNDS: usize = 100;
    let scene = scene();
    let clones = [shared(&scene.folder("a")), shared(&scene.folder("b"))];
    let barrier = Barrier::new(2);
    let race = |clone: &Repository| {
        let mut won = Vec::new();
        let mut tip = clone.shared_ref(LEDGER).unwrap();
        for round in 0..ROUNDS {
            let message = format!("{round} {}", clone.place());
            let new = commit(clone, tip.as_deref(), &message);
            barrier.wait();
            match clone.swap_shared(LEDGER, tip.as_deref(), Some(&new)).unwrap() {
                Swap::Done => {
                    won.push(true);
                    tip = Some(new);
                }
                Swap::Lost(now) => {
                    assert!(now.is_some() && now != tip, "{round}: lost to nobody");
                    won.push(false);
                    tip = now;
                }
            }
        }
        (won, tip)
    };
    let [(a, tip), (b, other)] = thread::scope(|scope| {
        let racers = clones.each_ref().map(|clone| scope.spawn(|| race(clone)));
        racers.map(|racer| racer.join().unwrap())
    });
    assert!(a.iter().zip(&b).all(|(a, b)| a != b), "{a:?} {b:?}");
    assert_eq!(tip, other);
    assert_eq!(clones[0].first_parents(&tip.unwrap(), usize::MAX).unwrap().len(), ROUNDS);
}

#[test]
fn many_writers_of_one_clone_and_of_one_mirror_race_too() {
    const ROUNDS: usize = 15;
    let scene = scene();
    scene.git("a", &["worktree", "add", "--quiet", "../tree"]);
    let address = scene.address(format!("file://{}", shown(&scene.path("hub.git"))));
    let places =
        [scene.folder("a"), scene.folder("a"), scene.folder("tree"), address.clone(), address];
    let writers = places.each_ref().map(shared);
    let barrier = Barrier::new(writers.len());
    let race = |number: usize| {
        let writer = &writers[number];
        let mut won = Vec::new();
        for round in 0..ROUNDS {
            let tip = writer.shared_ref(LEDGER).unwrap();
            let new = commit(writer, tip.as_deref(), &format!("{round} {number}"));
            barrier.wait();
            let swap = writer.swap_shared(LEDGER, tip.as_deref(), Some(&new)).unwrap();
            assert!(swap == Swap::Done || swap != Swap::Lost(tip), "{round}: lost to nobody");
            won.push(swap == Swap::Done);
            barrier.wait();
        }
        won
    };
    let won: Vec<Vec<bool>> = thread::scope(|scope| {
        let racers: Vec<_> =
            (0..writers.len()).map(|number| scope.spawn(move || race(number))).collect();
        racers.into_iter().map(|racer| racer.join().unwrap()).collect()
    });
    for round in 0..ROUNDS {
        assert_eq!(won.iter().filter(|won| won[round]).count(), 1, "round {round}: {won:?}");
    }
}

#[test]
fn who_is_refused_hears_the_servers_words() {
    let scene = scene();
    let hook = "hub.git/hooks/pre-receive";
    scene.write(&[(
        hook,
        "#!/bin/sh\necho 'only CI may write here' >&2\necho 'ask the SRE team' >&2\nexit 1\n",
    )]);
    fs::set_permissions(scene.path(hook), fs::Permissions::from_mode(0o755)).unwrap();
    let a = shared(&scene.folder("a"));
    let one = commit(&a, None, "one");
    let problem = a.swap_shared(LEDGER, None, Some(&one)).unwrap_err();
    insta::assert_snapshot!(scene.problem(&problem), @r"
    error[push-rejected]: [scene]/hub.git does not take `refs/suimon/ledger/prod`
      why: only CI may write here
           ask the SRE team
           pre-receive hook declined
      help: let whoever runs suimon write to this ref, or take the rule that forbids it away
    ");
    assert_eq!(a.shared_ref(LEDGER).unwrap(), None);
    fs::remove_file(scene.path(hook)).unwrap();
    scene.git(
        "hub.git",
        &["update-ref", "refs/suimon/ledger", &scene.git("hub.git", &["rev-parse", "main"])],
    );
    let problem = a.swap_shared(LEDGER, None, Some(&one)).unwrap_err();
    assert_eq!(problem.code, "push-rejected", "{problem}");
    // A work tree's own branch.
    scene.git("a", &["remote", "add", "work", "../p"]);
    let work = a.with_remote(Some("work")).unwrap();
    let head = scene.git("a", &["rev-parse", "HEAD"]);
    let problem = work.swap_shared("refs/heads/main", Some(&head), Some(&one)).unwrap_err();
    assert!(problem.to_string().contains("branch is currently checked out"), "{problem}");
}

#[test]
fn hooks_of_this_side_and_settings_for_other_pushes_are_left_out() {
    let scene = scene();
    for (key, value) in [
        ("push.followTags", "true"),
        ("push.gpgSign", "true"),
        ("remote.origin.mirror", "true"),
        ("remote.origin.prune", "true"),
        ("remote.origin.tagOpt", "--tags"),
        ("fetch.prune", "true"),
        ("submodule.recurse", "true"),
    ] {
        scene.git("a", &["config", key, value]);
    }
    scene.git("a", &["tag", "mine"]);
    for hook in ["pre-push", "reference-transaction", "post-checkout"] {
        let path = format!("a/.git/hooks/{hook}");
        scene.write(&[(&path, "#!/bin/sh\nexit 1\n")]);
        fs::set_permissions(scene.path(&path), fs::Permissions::from_mode(0o755)).unwrap();
    }
    let (a, b) = (shared(&scene.folder("a")), shared(&scene.folder("b")));
    let one = commit(&a, None, "one");
    assert_eq!(a.swap_shared(LEDGER, None, Some(&one)).unwrap(), Swap::Done);
    b.shared_ref(LEDGER).unwrap();
    let two = commit(&b, Some(&one), "two");
    assert_eq!(b.swap_shared(LEDGER, Some(&one), Some(&two)).unwrap(), Swap::Done);
    assert_eq!(a.shared_ref(LEDGER).unwrap(), Some(two));
    let refs = scene.git("hub.git", &["for-each-ref", "--format=%(refname)"]);
    assert_eq!(refs, format!("refs/heads/main\n{LEDGER}"));
    assert_eq!(scene.git("a", &["tag"]), "mine");
    assert_eq!(
        scene.git("a", &["for-each-ref", "--format=%(refname)", "refs/remotes"]),
        "refs/remotes/origin/HEAD\nrefs/remotes/origin/main"
    );
}

#[test]
fn the_remote_is_the_one_that_is_meant() {
    let scene = scene();
    scene.git("a", &["remote", "add", "work", "../p"]);
    scene.git("a", &["remote", "add", "evil", "ext::sh -c x"]);
    scene.git("a", &["remote", "add", "open", "http://example.com/a"]);
    scene.git("a", &["remote", "add", "two", "../p"]);
    scene.git("a", &["remote", "set-url", "--add", "--push", "two", "../x"]);
    scene.git("a", &["remote", "set-url", "--add", "--push", "two", "../y"]);
    scene.git("a", &["remote", "add", "secret", "https://aiko:hunter22@example.com/a"]);
    scene.git("a", &["config", "url.https://example.com/.insteadOf", "short:"]);
    scene.git("a", &["remote", "add", "short", "short:a/b"]);
    scene.git("a", &["remote", "add", "aws", "codecommit::ap-northeast-1://team@repo"]);
    let a = repository(&scene.folder("a"));
    let hub = shown(&scene.path("hub.git"));
    let alone = repository(&scene.folder("p"));
    let url = format!("file://{hub}");
    let mirror = repository(&scene.address(&url));
    for (repository, name, address) in [
        (&a, None, Some(hub.as_str())),
        (&a, Some("origin"), Some(&hub)),
        (&a, Some("local"), None),
        (&a, Some("work"), Some("../p")),
        (&a, Some("secret"), Some("https://example.com/a")),
        (&a, Some("short"), Some("https://example.com/a/b")),
        (&a, Some("aws"), Some("codecommit::ap-northeast-1://repo")),
        (&alone, None, None),
        (&mirror, None, Some(&url)),
        (&mirror, Some("local"), Some(&url)),
        (&mirror, Some("other"), Some(&url)),
    ] {
        let with = repository.with_remote(name).unwrap();
        assert_eq!(with.remote_address().as_deref(), address, "{name:?}");
        assert_eq!(with.is_shared(), address.is_some());
    }
    let mut said = String::new();
    for name in ["none", "", "--upload-pack=x", "evil", "open", "two"] {
        let problem = a.with_remote(Some(name)).unwrap_err();
        said.push_str(&format!("{}\n", scene.problem(&problem).replace("\n  ", " | ")));
    }
    insta::assert_snapshot!(said, @r"
    error[no-remote]: [scene]/a has no remote `none` | help: its remotes are `aws`, `evil`, `open`, `origin`, `secret`, `short`, `two`, `work`
    error[no-remote]: [scene]/a has no remote `` | help: its remotes are `aws`, `evil`, `open`, `origin`, `secret`, `short`, `two`, `work`
    error[no-remote]: [scene]/a has no remote `--upload-pack=x` | help: its remotes are `aws`, `evil`, `open`, `origin`, `secret`, `short`, `two`, `work`
    error[bad-remote]: the remote `evil` of [scene]/a cannot be used | why: ext::sh -c x: it asks for a transport that is a program of its own | help: give it one https:// or ssh:// URL or a path, name another remote, or keep the ledger in this repository alone with `spec.ledger.remote: local` in suimon.yaml
    error[bad-remote]: the remote `open` of [scene]/a cannot be used | why: http://example.com/a: http:// is neither encrypted nor authenticated | help: give it one https:// or ssh:// URL or a path, name another remote, or keep the ledger in this repository alone with `spec.ledger.remote: local` in suimon.yaml
    error[bad-remote]: the remote `two` of [scene]/a cannot be used | why: it is pushed to more than one URL, and only one can decide who was first | help: give it one https:// or ssh:// URL or a path, name another remote, or keep the ledger in this repository alone with `spec.ledger.remote: local` in suimon.yaml
    ");
    let work = a.with_remote(Some("work")).unwrap();
    let one = commit(&work, None, "one");
    assert_eq!(work.swap_shared(LEDGER, None, Some(&one)).unwrap(), Swap::Done);
    assert_eq!(scene.git("p", &["rev-parse", LEDGER]), one);
    assert_eq!(a.with_remote(None).unwrap().shared_ref(LEDGER).unwrap(), None);
}

#[test]
fn branches_are_told_by_the_remote() {
    let scene = scene();
    scene.git("hub.git", &["branch", "-m", "main", "trunk"]);
    scene.git("a", &["checkout", "--quiet", "-b", "topic"]);
    let a = shared(&scene.folder("a"));
    assert_eq!(a.default_branch().unwrap().as_deref(), Some("trunk"));
    assert_eq!(a.head_branch().unwrap().as_deref(), Some("topic"));
    let alone = a.with_remote(Some("local")).unwrap();
    assert_eq!(alone.default_branch().unwrap().as_deref(), Some("topic"));
    scene.git("a", &["checkout", "--quiet", "--detach"]);
    assert_eq!(a.head_branch().unwrap(), None);
    let url = format!("file://{}", shown(&scene.path("hub.git")));
    let mirror = repository(&scene.address(&url));
    assert_eq!(mirror.head_branch().unwrap().as_deref(), Some("trunk"));
    // A branch that was pushed from a mirror is in it.
    let head = mirror.resolve("trunk").unwrap().unwrap();
    let branch = "refs/heads/suimon/promote/stg";
    let made = commit(&mirror, Some(&head), "promote");
    assert_eq!(mirror.swap_shared(branch, None, Some(&made)).unwrap(), Swap::Done);
    assert_eq!(mirror.resolve("suimon/promote/stg").unwrap(), Some(made));
}

#[test]
fn a_remote_that_is_not_there_is_an_error_and_not_an_empty_one() {
    let scene = scene();
    fs::rename(scene.path("hub.git"), scene.path("moved.git")).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let closed = format!("http://{}/a", listener.local_addr().unwrap());
    drop(listener);
    let a = repository(&scene.folder("a"));
    scene.git("a", &["remote", "add", "closed", &closed]);
    let one = commit(&a, None, "one");
    for remote in ["origin", "closed"] {
        let shared = a.with_remote(Some(remote)).unwrap();
        for problem in [
            shared.shared_ref(LEDGER).unwrap_err(),
            shared.shared_refs("refs/suimon/").unwrap_err(),
            shared.default_branch().unwrap_err(),
        ] {
            assert_eq!(problem.code, "fetch-failed", "{problem}");
        }
        let problem = shared.swap_shared(LEDGER, None, Some(&one)).unwrap_err();
        assert_eq!(problem.code, "push-failed", "{problem}");
    }
}

#[test]
fn an_answer_that_never_comes_is_not_taken_for_one() {
    let scene = scene();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = format!("http://{}/a", listener.local_addr().unwrap());
    scene.git("a", &["remote", "set-url", "origin", &silent]);
    let limits = Limits { fetch_timeout: Duration::from_millis(300), ..Limits::default() };
    let a = shared(&Request { limits, ..scene.folder("a") });
    let one = commit(&a, None, "one");
    assert_eq!(a.shared_ref(LEDGER).unwrap_err().code, "fetch-timeout");
    let problem = a.swap_shared(LEDGER, None, Some(&one)).unwrap_err();
    assert_eq!(problem.code, "push-unknown", "{problem}");
}

#[test]
fn an_answer_that_is_lost_is_read_back() {
    let scene = scene();
    let advertise = "git receive-pack --http-backend-info-refs \"$1\"";
    let receive = "git receive-pack --stateless-rpc \"$1\" > /dev/null";
    for (number, script, code) in [
        (0, format!("#!/bin/sh\n{advertise}\n{receive}\n"), None),
        (1, format!("#!/bin/sh\n{advertise}\n"), Some("push-unknown")),
    ] {
        let program = format!("receive-{number}");
        scene.write(&[(&program, &script)]);
        fs::set_permissions(scene.path(&program), fs::Permissions::from_mode(0o755)).unwrap();
        scene.git("a", &["config", "remote.origin.receivepack", &shown(&scene.path(&program))]);
        let a = shared(&scene.folder("a"));
        let name = format!("{LEDGER}{number}");
        let swap = a.swap_shared(&name, None, Some(&commit(&a, None, "one")));
        match code {
            None => assert_eq!(swap.unwrap(), Swap::Done),
            Some(code) => assert_eq!(swap.unwrap_err().code, code),
        }
    }
}

#[test]
fn the_users_own_credentials_are_used_and_never_shown() {
    let scene = scene();
    let authorization = "Basic YWlrbzpodW50ZXIyMg==";
    let server = Server::start(scene.path(""), Some(authorization));
    scene.git("hub.git", &["config", "http.receivepack", "true"]);
    let helper = "!f() { test \"$1\" = get && echo username=aiko && echo password=hunter22; }; f";
    let a = repository(&scene.folder("a"));
    scene.git("a", &["remote", "set-url", "origin", &server.url("", "hub.git")]);
    let one = commit(&a, None, "one");
    let alone = a.with_remote(None).unwrap();
    scene.git("a", &["config", "credential.helper", ""]);
    assert_eq!(alone.shared_ref(LEDGER).unwrap_err().code, "fetch-failed");
    scene.git("a", &["config", "--add", "credential.helper", helper]);
    assert_eq!(alone.swap_shared(LEDGER, None, Some(&one)).unwrap(), Swap::Done);
    assert_eq!(alone.shared_ref(LEDGER).unwrap(), Some(one.clone()));
    // Those of a URL too, in a clone and in a mirror.
    scene.git("b", &["remote", "set-url", "origin", &server.url("aiko:hunter22@", "hub.git")]);
    let b = shared(&scene.folder("b"));
    let mirror = repository(&scene.address(server.url("aiko:hunter22@", "hub.git")));
    let mut tip = one;
    for clone in [&b, &mirror] {
        assert_eq!(clone.shared_ref(LEDGER).unwrap().as_ref(), Some(&tip));
        let next = commit(clone, Some(&tip), "next");
        assert_eq!(clone.swap_shared(LEDGER, Some(&tip), Some(&next)).unwrap(), Swap::Done);
        assert!(!clone.remote_address().unwrap().contains("hunter22"));
        tip = next;
    }
    scene.git("hub.git", &["config", "http.receivepack", "false"]);
    for clone in [&b, &mirror] {
        clone.shared_ref(LEDGER).unwrap();
        let next = commit(clone, Some(&tip), "more");
        let problem = clone.swap_shared(LEDGER, Some(&tip), Some(&next)).unwrap_err();
        assert!(!problem.to_string().contains("hunter22"), "{problem}");
        assert_eq!(problem.code, "push-failed", "{problem}");
    }
}

#[test]
fn who_the_user_is_comes_from_git_and_is_never_made_up() {
    let scene = scene();
    fs::create_dir_all(scene.path("home")).unwrap();
    let output = scene.path("said");
    let folder = shown(&scene.path("a"));
    let said = |env: &[(&str, &str)]| {
        let env = [env, &[("SUIMON_TEST_ASK", "identity"), ("GIT_CONFIG_NOSYSTEM", "1")]].concat();
        elsewhere(&scene, &output, "SUIMON_TEST_FOLDER", &folder, &env)
    };
    insta::assert_snapshot!(said(&[]), @r#"
    error[no-identity]: git does not know who you are
      why: no email was given and auto-detection is disabled
      help: run `git config --global user.name "Your Name"` and `git config --global user.email you@example.com`
    "#);
    insta::assert_snapshot!(
        said(&[("GIT_AUTHOR_NAME", "Env"), ("GIT_AUTHOR_EMAIL", "env@example.com")]),
        @"Env, env@example.com, None"
    );
    insta::assert_snapshot!(
        said(&[("GIT_COMMITTER_NAME", "Com"), ("GIT_COMMITTER_EMAIL", "com@example.com")]),
        @"Com, com@example.com, None"
    );
    scene.write(&[("home/.gitconfig", "[user]\n\tname = Global\n\temail = g@example.com\n")]);
    insta::assert_snapshot!(said(&[]), @"Global, g@example.com, None");
    scene.git("a", &["config", "user.email", "repo@example.com"]);
    scene.git("a", &["config", "user.signingKey", "~/.ssh/id"]);
    insta::assert_snapshot!(said(&[]), @"Global, repo@example.com, None");
    scene.git("a", &["config", "gpg.format", "ssh"]);
    insta::assert_snapshot!(said(&[]), @r#"Global, repo@example.com, Some("[scene]/home/.ssh/id")"#);
    scene.git("a", &["config", "user.signingKey", "key::ssh-x AAAA"]);
    insta::assert_snapshot!(said(&[("GIT_CONFIG_COUNT", "1"), ("GIT_CONFIG_KEY_0", "user.name"), ("GIT_CONFIG_VALUE_0", "Count")]), @r#"Count, repo@example.com, Some("key::ssh-x AAAA")"#);
}

#[test]
fn a_commit_needs_to_know_who_makes_it() {
    let scene = scene();
    fs::create_dir_all(scene.path("home")).unwrap();
    let output = scene.path("said");
    let folder = shown(&scene.path("a"));
    let ask = [("SUIMON_TEST_ASK", "commit"), ("GIT_CONFIG_NOSYSTEM", "1")];
    let before = scene.git("a", &["rev-parse", "HEAD"]);
    let said = elsewhere(&scene, &output, "SUIMON_TEST_FOLDER", &folder, &ask);
    assert!(said.starts_with("error[no-identity]"), "{said}");
    assert_eq!(scene.git("a", &["rev-parse", "HEAD"]), before);
    assert_eq!(scene.git("a", &["status", "--porcelain"]), "");
    // The environment's author, and another committer.
    let who = [
        ("GIT_AUTHOR_NAME", "Env"),
        ("GIT_AUTHOR_EMAIL", "env@example.com"),
        ("GIT_COMMITTER_NAME", "Com"),
        ("GIT_COMMITTER_EMAIL", "com@example.com"),
    ];
    let said =
        elsewhere(&scene, &output, "SUIMON_TEST_FOLDER", &folder, &[&ask[..], &who].concat());
    assert_eq!(said, "committed");
    assert_eq!(scene.git("a", &["log", "-1", "--format=%an %ce"]), "Env com@example.com");
    assert_eq!(scene.git("a", &["status", "--porcelain"]), "");
}

#[test]
fn the_users_own_ssh_is_used_with_host_keys_checked() {
    let scene = scene();
    let script = "#!/bin/sh\necho \"$@\" >> \"$0.said\"\n\
                  while [ \"$1\" != git@host.example ]; do shift; done\nshift\nexec sh -c \"$*\"\n";
    scene.write(&[("bin/ssh", script)]);
    fs::set_permissions(scene.path("bin/ssh"), fs::Permissions::from_mode(0o755)).unwrap();
    let url = format!("git@host.example:{}", shown(&scene.path("hub.git")));
    scene.git("a", &["remote", "set-url", "origin", &url]);
    let ssh = format!("{} -o StrictHostKeyChecking=no", shown(&scene.path("bin/ssh")));
    scene.git("a", &["config", "core.sshCommand", &ssh]);
    let a = shared(&scene.folder("a"));
    let one = commit(&a, None, "one");
    assert_eq!(a.swap_shared(LEDGER, None, Some(&one)).unwrap(), Swap::Done);
    assert_eq!(a.shared_ref(LEDGER).unwrap(), Some(one));
    let said = fs::read_to_string(scene.path("bin/ssh.said")).unwrap();
    assert!(
        said.lines().all(|line| line.starts_with("-o BatchMode=yes -o StrictHostKeyChecking=yes")),
        "{said}"
    );
}

#[test]
fn what_was_seen_outlives_a_damaged_mirror() {
    let scene = scene();
    let url = format!("file://{}", shown(&scene.path("hub.git")));
    let mirror = repository(&scene.address(&url));
    let one = commit(&mirror, None, "one");
    let two = commit(&mirror, Some(&one), "two");
    mirror.swap_local(LEDGER, None, Some(&two)).unwrap();
    let mut cache = fs::read_dir(scene.path("cache")).unwrap().map(|entry| entry.unwrap().path());
    let folder = cache.find(|path| path.extension().is_some_and(|name| name == "git")).unwrap();
    // Of what the remote has too, something is gone.
    let blob = scene.git("p", &["rev-parse", "HEAD:suimon.yaml"]);
    let (fan, rest) = blob.split_at(2);
    fs::remove_file(folder.join("objects").join(fan).join(rest)).unwrap();
    let opened = opened(&scene.address(&url));
    assert_eq!(text(&*opened.snapshot, "suimon.yaml").as_deref(), Some("x"));
    let anew = repository(&scene.address(&url));
    assert_eq!(anew.local_ref(LEDGER).unwrap().as_ref(), Some(&two));
    assert!(anew.files(&two, 100).is_ok() && anew.files(&one, 100).is_ok());
    assert_eq!(mirror.local_ref(LEDGER).unwrap(), Some(two), "an open one goes on");
}
