//! Commits made, and read again.

use std::collections::BTreeMap;

use suimon_source::{NewCommit, Place, Repository, Request};

use crate::support::{Scene, at, shown};

/// Opens, or fails the test with the problem.
pub fn repository(request: &Request) -> Repository {
    Repository::open(request)
        .unwrap_or_else(|problem| panic!("{problem}"))
        .expect("there is a repository")
}

/// A commit of these files; no content takes a file out.
pub fn new(parent: Option<&str>, files: &[(&str, Option<&str>)]) -> NewCommit {
    let content = |(path, content): &(&str, Option<&str>)| {
        ((*path).to_owned(), content.map(|content| content.as_bytes().to_vec()))
    };
    NewCommit {
        parent: parent.map(str::to_owned),
        keep_files: true,
        files: files.iter().map(content).collect(),
        message: "one\n\nand more\n".to_owned(),
        name: "Aiko".to_owned(),
        email: "aiko@example.com".to_owned(),
        time: 1_700_000_000,
    }
}

/// Files as text.
fn texts(repository: &Repository, commit: &str) -> String {
    let files = repository.files(commit, 1000).unwrap_or_else(|problem| panic!("{problem}"));
    let file = |(path, content): (&String, &Vec<u8>)| {
        format!("{path}={}", String::from_utf8_lossy(content))
    };
    files.iter().map(file).collect::<Vec<_>>().join(" ")
}

#[test]
fn a_commit_has_the_files_and_words_that_it_was_given_and_git_finds_nothing_wrong_with_it() {
    let scene = Scene::new();
    scene.repository("p", &[("suimon.yaml", "x")]);
    let repository = repository(&scene.folder("p"));
    let first = repository.commit(&new(None, &[("a/b/c", Some("1")), ("a.b", Some("2"))])).unwrap();
    let second = new(Some(&first), &[("a/b/c", None), ("a/d", Some("3")), ("none", None)]);
    let second = repository.commit(&second).unwrap();
    let third = NewCommit { keep_files: false, ..new(Some(&second), &[("e", Some("4"))]) };
    let third = repository.commit(&third).unwrap();
    let empty = repository.commit(&new(Some(&third), &[("e", None)])).unwrap();
    for (commit, files) in
        [(&first, "a.b=2 a/b/c=1"), (&second, "a.b=2 a/d=3"), (&third, "e=4"), (&empty, "")]
    {
        assert_eq!(texts(&repository, commit), files);
        scene.git("p", &["update-ref", "refs/heads/made", commit]);
        assert_eq!(scene.git("p", &["fsck", "--strict", "--no-dangling"]), "");
    }
    let info = repository.info(&second).unwrap().unwrap();
    assert_eq!(info.parents, std::slice::from_ref(&first));
    assert_eq!(info.tree, scene.git("p", &["rev-parse", &format!("{second}^{{tree}}")]));
    assert_eq!(info.message, "one\n\nand more\n");
    assert_eq!((info.author.as_str(), info.author_email.as_str()), ("Aiko", "aiko@example.com"));
    assert_eq!((info.committer_email.as_str(), info.time), ("aiko@example.com", 1_700_000_000));
    assert_eq!(info.ssh_signature, None);
    assert_eq!(repository.info(&"0".repeat(40)).unwrap(), None);
    assert_eq!(repository.read(&second, "a/d").unwrap(), Some(b"3".to_vec()));
    for nothing in ["a", "a/x", "a/d/x", ""] {
        assert_eq!(repository.read(&second, nothing).unwrap(), None, "{nothing}");
    }
    // The same commit is the same commit wherever it is made.
    scene.repository("other", &[("suimon.yaml", "y")]);
    let other = super::objects::repository(&scene.folder("other"));
    assert_eq!(
        other.commit(&new(None, &[("a/b/c", Some("1")), ("a.b", Some("2"))])).unwrap(),
        first
    );
}

#[test]
fn what_is_executable_stays_so_and_what_is_no_file_is_never_replaced() {
    let scene = Scene::new();
    scene.repository("p", &[("run", "1"), ("folder/file", "2")]);
    scene.git("p", &["update-index", "--chmod=+x", "run"]);
    let link = scene.git_with("p", &["hash-object", "-w", "--stdin"], "run");
    let head = scene.git("p", &["rev-parse", "HEAD"]);
    for (mode, id, path) in [("120000", &link, "link"), ("160000", &head, "sub")] {
        scene.git("p", &["update-index", "--add", "--cacheinfo", &format!("{mode},{id},{path}")]);
    }
    scene.git("p", &["commit", "--quiet", "-m", "more"]);
    let head = scene.git("p", &["rev-parse", "HEAD"]);
    let repository = repository(&scene.folder("p"));
    let made = repository.commit(&new(Some(&head), &[("run", Some("3"))])).unwrap();
    assert!(scene.git("p", &["ls-tree", &made, "run"]).starts_with("100755"));
    let mut said = String::new();
    for (path, content) in [
        ("link", Some("x")),
        ("link/x", Some("x")),
        ("sub", None),
        ("folder", Some("x")),
        ("folder/file/x", Some("x")),
        ("../x", Some("x")),
        ("", Some("x")),
        (".git/config", Some("x")),
        ("GIT~1/config", Some("x")),
        (".git /config", Some("x")),
    ] {
        let problem = repository.commit(&new(Some(&head), &[(path, content)])).unwrap_err();
        said.push_str(&format!("{}\n", scene.problem(&problem).replace("\n  ", " | ")));
    }
    insta::assert_snapshot!(said, @r"
    error[bad-path]: `link` cannot be a file of the commit | --> link | why: it is a symlink
    error[bad-path]: `link` cannot be a file of the commit | --> link | why: it has to be a folder, and is none
    error[bad-path]: `sub` cannot be a file of the commit | --> sub | why: it is a submodule
    error[bad-path]: `folder` cannot be a file of the commit | --> folder | why: it is a folder
    error[bad-path]: `folder/file` cannot be a file of the commit | --> folder/file | why: it has to be a folder, and is none
    error[bad-path]: `../x` is not a path in the project | why: it leaves the project with `..`
    error[bad-path]: `` cannot be a file of the commit | why: it is empty
    error[bad-path]: `.git/config` is not a path in the project | why: `.git` is no part of a project
    error[bad-path]: `GIT~1/config` cannot be a file of the commit | --> GIT~1/config | why: some file system takes a name in it for another one
    error[bad-path]: `.git /config` cannot be a file of the commit | --> .git /config | why: some file system takes a name in it for another one
    ");
    let both = [("folder/file", None), ("folder/file/x", Some("5"))];
    let made = repository.commit(&new(Some(&head), &both)).unwrap();
    assert_eq!(repository.read(&made, "folder/file/x").unwrap(), Some(b"5".to_vec()));
}

#[test]
fn what_cannot_be_read_or_made_is_said() {
    let scene = Scene::new();
    let head = scene.repository("p", &[("suimon.yaml", "x"), ("large", &"x".repeat(200))]);
    let tree = scene.git("p", &["rev-parse", "HEAD^{tree}"]);
    let repository = repository(&scene.folder("p"));
    let mut said = String::new();
    let mut say = |what: &str, problem: suimon_model::Diagnostic| {
        said.push_str(&format!("{what}: {}\n", scene.problem(&problem).replace("\n  ", " | ")));
    };
    for id in ["HEAD", "main", "", "0123", "G000000000000000000000000000000000000000"] {
        say("id", repository.info(id).unwrap_err());
    }
    say("tree", repository.info(&tree).unwrap_err());
    say("gone", repository.files(&"1".repeat(40), 1000).unwrap_err());
    say("bytes", repository.files(&head, 100).unwrap_err());
    say("parent", repository.commit(&new(Some(&"1".repeat(40)), &[])).unwrap_err());
    say(
        "name",
        repository.commit(&NewCommit { name: "a<b".into(), ..new(None, &[]) }).unwrap_err(),
    );
    insta::assert_snapshot!(said, @r"
    id: error[bad-commit-id]: `HEAD` is not a commit id
    id: error[bad-commit-id]: `main` is not a commit id
    id: error[bad-commit-id]: `` is not a commit id
    id: error[bad-commit-id]: `0123` is not a commit id
    id: error[bad-commit-id]: `G000000000000000000000000000000000000000` is not a commit id
    tree: error[git-object-broken]: the Git object [id] of `/` cannot be read | why: it is a tree, not a commit | help: check the repository with `git fsck`
    gone: error[commit-missing]: there is no commit [id] in [scene]/p | help: if only the remote has it, run `git fetch` first
    bytes: error[too-many-bytes]: the files of commit [id] are more than 100 bytes
    parent: error[commit-missing]: there is no commit [id] in [scene]/p | help: if only the remote has it, run `git fetch` first
    name: error[bad-identity]: `a<b` cannot be who makes a commit | why: it has `<`, `>`, a line's end or a NUL character
    ");
}

#[test]
fn an_ssh_signature_is_read_as_it_is_and_others_are_not_taken_for_one() {
    let scene = Scene::new();
    let head = scene.repository("p", &[("suimon.yaml", "x")]);
    let repository = repository(&scene.folder("p"));
    let raw = scene.git("p", &["cat-file", "commit", &head]);
    let (headers, message) = raw.split_once("\n\n").unwrap();
    for (armor, expected) in [
        ("SSH SIGNATURE", Some("-----BEGIN SSH SIGNATURE-----\nU1NI\n-----END SSH SIGNATURE-----")),
        ("PGP SIGNATURE", None),
    ] {
        let signed = format!(
            "{headers}\ngpgsig -----BEGIN {armor}-----\n U1NI\n -----END {armor}-----\n\n{message}\n"
        );
        let id = scene.git_with("p", &["hash-object", "-w", "-t", "commit", "--stdin"], signed);
        let signature = repository.info(&id).unwrap().unwrap().ssh_signature;
        assert_eq!(signature.as_deref().map(str::trim_end), expected);
    }
}

/// A history with a merge: `first - second - merge`, with `side` beside `second`.
fn history(scene: &Scene) -> BTreeMap<&'static str, String> {
    let mut commits = BTreeMap::new();
    commits.insert("first", scene.repository("p", &[("a/x", "1"), ("b", "1")]));
    scene.git("p", &["branch", "side"]);
    commits.insert("second", scene.commit("p", &[("a/x", "2")]));
    scene.git("p", &["checkout", "--quiet", "side"]);
    commits.insert("side", scene.commit("p", &[("b", "2"), ("c/d/e", "1")]));
    scene.git("p", &["checkout", "--quiet", "main"]);
    scene.git("p", &["merge", "--quiet", "--no-ff", "-m", "merge", "side"]);
    commits.insert("merge", scene.git("p", &["rev-parse", "HEAD"]));
    scene.git("p", &["checkout", "--quiet", "--orphan", "root"]);
    commits.insert("root", scene.commit("p", &[]));
    scene.git("p", &["checkout", "--quiet", "main"]);
    commits
}

#[test]
fn history_is_told_as_git_tells_it() {
    let scene = Scene::new();
    let commits = history(&scene);
    let repository = repository(&scene.folder("p"));
    let name = |id: &str| {
        let found = commits.iter().find(|(_, commit)| *commit == id);
        found.map_or("?", |(name, _)| *name)
    };
    let log = |from: Option<&str>, to: &str, paths: &[&str], limit| {
        let from = from.map(|from| commits[from].as_str());
        let found = repository.log(from, &commits[to], paths, limit).unwrap();
        let mut names: Vec<&str> = found.iter().map(|commit| name(&commit.id)).collect();
        // All were made in the same second.
        names.sort_unstable();
        names.join(" ")
    };
    for (from, to, paths, expected) in [
        (None, "merge", &[][..], "first merge second side"),
        (Some("second"), "merge", &[], "merge side"),
        (Some("merge"), "second", &[], ""),
        (Some("merge"), "merge", &[], ""),
        (Some("root"), "merge", &[], "first merge second side"),
        (None, "merge", &["a"], "first second"),
        (None, "merge", &["a/x"], "first second"),
        (None, "merge", &["c/d"], "side"),
        (None, "merge", &["b", "c"], "first side"),
        (None, "merge", &["nothing"], ""),
        (Some("first"), "merge", &[""], "merge second side"),
    ] {
        assert_eq!(log(from, to, paths, 100), expected, "{from:?} {to} {paths:?}");
    }
    assert_eq!(log(None, "merge", &[], 1), "merge");
    let parents = repository.first_parents(&commits["merge"], 10).unwrap();
    let parents: Vec<&str> = parents.iter().map(|commit| name(&commit.id)).collect();
    assert_eq!(parents, ["merge", "second", "first"]);
    assert_eq!(repository.first_parents(&commits["merge"], 2).unwrap().len(), 2);
    for (a, b, ancestor, base) in [
        ("first", "merge", true, Some("first")),
        ("side", "merge", true, Some("side")),
        ("merge", "first", false, Some("first")),
        ("side", "second", false, Some("first")),
        ("merge", "merge", true, Some("merge")),
        ("root", "merge", false, None),
    ] {
        assert_eq!(repository.is_ancestor(&commits[a], &commits[b]).unwrap(), ancestor, "{a} {b}");
        let found = repository.merge_base(&commits[a], &commits[b]).unwrap();
        assert_eq!(found.as_deref().map(name), base, "{a} {b}");
    }
    for (base, head, paths) in [
        ("first", "merge", &["a/x", "b", "c/d/e"][..]),
        ("merge", "first", &["a/x", "b", "c/d/e"]),
        ("second", "merge", &["b", "c/d/e"]),
        ("merge", "root", &[]),
    ] {
        assert_eq!(repository.touched(&commits[base], &commits[head]).unwrap(), paths);
    }
    assert_eq!(repository.resolve("side").unwrap().as_ref(), Some(&commits["side"]));
    assert_eq!(repository.resolve("merge").unwrap(), None);
    let problem = repository.is_ancestor(&commits["first"], &"1".repeat(40)).unwrap_err();
    assert_eq!(problem.code, "commit-missing");
}

#[test]
fn a_shallow_clone_says_that_it_does_not_know() {
    let scene = Scene::new();
    scene.repository("p", &[("suimon.yaml", "1")]);
    let second = scene.commit("p", &[("suimon.yaml", "2")]);
    let third = scene.commit("p", &[("suimon.yaml", "3")]);
    let url = format!("file://{}", shown(&scene.path("p")));
    scene.git("", &["clone", "--quiet", "--depth=2", &url, "clone"]);
    let repository = repository(&scene.folder("clone"));
    assert!(repository.is_ancestor(&second, &third).unwrap());
    assert_eq!(repository.log(Some(&second), &third, &[], 10).unwrap().len(), 1);
    for problem in [
        repository.is_ancestor(&third, &second).unwrap_err(),
        repository.log(None, &third, &[], 10).unwrap_err(),
        repository.log(None, &third, &["nothing"], 10).unwrap_err(),
    ] {
        assert_eq!(problem.code, "shallow-clone");
    }
    assert_eq!(repository.first_parents(&third, 10).unwrap_err().code, "commit-missing");
    // A chain of its own is whole in it.
    let one = repository.commit(&new(None, &[])).unwrap();
    let two = repository.commit(&new(Some(&one), &[])).unwrap();
    assert!(!repository.is_ancestor(&two, &one).unwrap());
    assert_eq!(repository.first_parents(&two, 10).unwrap().len(), 2);
}

#[test]
fn the_project_may_be_anywhere_in_any_kind_of_repository() {
    let scene = Scene::new();
    scene.repository("p", &[("a/b/suimon.yaml", "x"), ("c", "y"), ("a/b/d/e", "z")]);
    scene.git("", &["clone", "--quiet", "--bare", "p", "bare.git"]);
    scene.git("p", &["worktree", "add", "--quiet", "../tree"]);
    std::fs::create_dir(scene.path("plain")).unwrap();
    let url = format!("file://{}", shown(&scene.path("p")));
    let path = |folder: &str| scene.address(shown(&scene.path(folder)));
    for (request, prefix, place) in [
        (scene.folder("p/a/b"), "a/b", "[scene]/p"),
        (scene.folder("p/a/b/d"), "a/b", "[scene]/p"),
        (scene.folder("p"), "", "[scene]/p"),
        (scene.folder("tree/a/b"), "a/b", "[scene]/tree"),
        (scene.folder("bare.git"), "", "[scene]/bare.git"),
        (path("p/a/b/d"), "a/b", "[scene]/p"),
        (at(scene.folder("p/a/b"), "main"), "a/b", "[scene]/p"),
        (path("bare.git"), "", "[scene]/bare.git"),
        (scene.address(&url), "", "file://[scene]/p"),
    ] {
        let repository = repository(&request);
        let place_shown = scene.neutral(repository.place());
        assert_eq!((repository.prefix(), place_shown.as_str()), (prefix, place), "{request:?}");
        let head = repository.resolve("HEAD").unwrap().unwrap();
        assert_eq!(repository.read(&head, "c").unwrap(), Some(b"y".to_vec()));
    }
    assert!(Repository::open(&scene.folder("plain")).unwrap().is_none());
    let named =
        Request { place: Place::Repository(shown(&scene.path("plain"))), ..scene.folder("p") };
    assert_eq!(Repository::open(&named).unwrap_err().code, "not-a-repository");
    scene.git("", &["init", "--quiet", "--object-format=sha256", "new"]);
    let problem = Repository::open(&scene.folder("new")).unwrap_err();
    assert!(problem.to_string().contains("other object ids than SHA-1"), "{problem}");
}

#[test]
fn thousands_of_records_are_read_without_a_process_for_each() {
    let scene = Scene::new();
    scene.repository("p", &[("suimon.yaml", "x")]);
    let repository = repository(&scene.folder("p"));
    let mut tip: Option<String> = None;
    for number in 0..1000 {
        let record = format!("{{\"record\":{number}}}");
        let files = [("record.json", Some(record.as_str())), ("record.json.sig", Some("sig"))];
        tip = Some(repository.commit(&new(tip.as_deref(), &files)).unwrap());
    }
    let chain = repository.first_parents(&tip.unwrap(), usize::MAX).unwrap();
    assert_eq!(chain.len(), 1000);
    for (number, commit) in chain.iter().rev().enumerate() {
        let files = repository.files(&commit.id, 1000).unwrap();
        assert_eq!(files["record.json"], format!("{{\"record\":{number}}}").into_bytes());
    }
}
