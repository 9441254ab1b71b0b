//! Refs of this machine, moved by many at once.

use std::sync::{Arc, Barrier};
use std::thread;

use suimon_source::{Repository, Swap};

use crate::objects::{new, repository};
use crate::support::Scene;

const LEDGER: &str = "refs/suimon/ledger/prod";

/// Commits that differ in their message.
fn commits(repository: &Repository, count: usize) -> Vec<String> {
    let made = |number: usize| {
        let commit = suimon_source::NewCommit { message: number.to_string(), ..new(None, &[]) };
        repository.commit(&commit).unwrap()
    };
    (0..count).map(made).collect()
}

#[test]
fn a_ref_moves_from_where_it_is_expected_and_from_nowhere_else() {
    let scene = Scene::new();
    scene.repository("p", &[("suimon.yaml", "x")]);
    let repository = repository(&scene.folder("p"));
    let commits = commits(&repository, 2);
    let (one, two) = (commits[0].as_str(), commits[1].as_str());
    for packed in [false, true] {
        let swap = |expected, new| {
            let swap = repository.swap_local(LEDGER, expected, new).unwrap();
            if packed {
                scene.git("p", &["pack-refs", "--all"]);
            }
            swap
        };
        let lost = |now: Option<&str>| Swap::Lost(now.map(str::to_owned));
        assert_eq!(swap(Some(one), Some(two)), lost(None));
        assert_eq!(swap(None, Some(one)), Swap::Done);
        assert_eq!(swap(None, Some(two)), lost(Some(one)));
        assert_eq!(swap(None, Some(one)), lost(Some(one)));
        assert_eq!(swap(Some(two), Some(one)), lost(Some(one)));
        assert_eq!(swap(Some(one), Some(two)), Swap::Done);
        assert_eq!(repository.local_ref(LEDGER).unwrap().as_deref(), Some(two));
        assert_eq!(scene.git("p", &["rev-parse", LEDGER]), two);
        assert_eq!(swap(Some(one), None), lost(Some(two)));
        assert_eq!(swap(Some(two), None), Swap::Done);
        assert_eq!(swap(Some(two), None), lost(None));
        assert_eq!(repository.local_ref(LEDGER).unwrap(), None);
    }
    for name in ["refs/suimon/ledger/b", "refs/suimon/ledger/a", "refs/suimon/seen/ledger/a"] {
        repository.swap_local(name, None, Some(one)).unwrap();
    }
    let listed = repository.local_refs("refs/suimon/ledger/").unwrap();
    let expected = ["refs/suimon/ledger/a", "refs/suimon/ledger/b"];
    assert_eq!(listed, expected.map(|name| (name.to_owned(), one.to_owned())));
    assert_eq!(scene.git("p", &["fsck", "--strict", "--no-dangling"]), "");
}

#[test]
fn what_is_no_ref_or_holds_a_work_tree_is_not_moved() {
    let scene = Scene::new();
    let head = scene.repository("p", &[("suimon.yaml", "x")]);
    scene.git("p", &["branch", "free"]);
    scene.git("p", &["worktree", "add", "--quiet", "../tree", "-b", "linked"]);
    let repository = repository(&scene.folder("p"));
    let other = commits(&repository, 1).remove(0);
    let mut said = String::new();
    let missing = "1".repeat(40);
    for (name, new) in [
        ("HEAD", &other),
        ("ledger/prod", &other),
        ("refs/suimon/a..b", &other),
        ("refs/suimon/a.lock", &other),
        ("refs/suimon/x", &missing),
        ("refs/heads/main", &other),
        ("refs/heads/linked", &other),
    ] {
        let expected = name.starts_with("refs/heads/").then_some(head.as_str());
        let problem = repository.swap_local(name, expected, Some(new)).unwrap_err();
        said.push_str(&format!("{}\n", scene.problem(&problem).replace("\n  ", " | ")));
    }
    insta::assert_snapshot!(said, @r"
    error[bad-ref]: `HEAD` is not the name of a ref | why: a full name begins with `refs/`
    error[bad-ref]: `ledger/prod` is not the name of a ref | why: a full name begins with `refs/`
    error[bad-ref]: `refs/suimon/a..b` is not the name of a ref | why: Reference name cannot contain repeated dots
    error[bad-ref]: `refs/suimon/a.lock` is not the name of a ref | why: Reference name cannot end with '.lock'
    error[commit-missing]: there is no commit [id] in [scene]/p | help: if only the remote has it, run `git fetch` first
    error[branch-checked-out]: the branch `main` is checked out, so it is not moved | why: its files are in [scene]/p, and would seem changed | help: switch to another branch there, and run again
    error[branch-checked-out]: the branch `linked` is checked out, so it is not moved | why: its files are in [scene]/tree, and would seem changed | help: switch to another branch there, and run again
    ");
    let swap = repository.swap_local("refs/heads/free", Some(&head), Some(&other)).unwrap();
    assert_eq!(swap, Swap::Done);
    // A bare repository's HEAD is on a branch that nobody has checked out.
    scene.git("", &["clone", "--quiet", "--bare", "p", "bare.git"]);
    let bare = crate::objects::repository(&scene.folder("bare.git"));
    let other = commits(&bare, 1).remove(0);
    let swap = bare.swap_local("refs/heads/main", Some(&head), Some(&other)).unwrap();
    assert_eq!(swap, Swap::Done);
}

#[test]
fn of_many_that_expect_the_same_one_wins() {
    const WRITERS: usize = 4;
    const ROUNDS: usize = 50;
    let scene = Scene::new();
    scene.repository("p", &[("suimon.yaml", "x")]);
    scene.git("p", &["worktree", "add", "--quiet", "../tree"]);
    // Two handles of the repository, one of them through a linked work tree.
    let handles = [repository(&scene.folder("p")), repository(&scene.folder("tree"))];
    let barrier = Arc::new(Barrier::new(WRITERS));
    let commits = Arc::new(commits(&handles[0], ROUNDS * WRITERS));
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let (repository, barrier) = (handles[writer % 2].clone(), Arc::clone(&barrier));
            let commits = Arc::clone(&commits);
            thread::spawn(move || {
                let mut won = Vec::new();
                for round in 0..ROUNDS {
                    barrier.wait();
                    let now = repository.local_ref(LEDGER).unwrap();
                    barrier.wait();
                    let new = &commits[round * WRITERS + writer];
                    let swap = repository.swap_local(LEDGER, now.as_deref(), Some(new)).unwrap();
                    won.push(swap == Swap::Done);
                    assert!(swap == Swap::Done || swap != Swap::Lost(now), "lost to somebody");
                }
                won
            })
        })
        .collect();
    let won: Vec<Vec<bool>> = writers.into_iter().map(|writer| writer.join().unwrap()).collect();
    for round in 0..ROUNDS {
        assert_eq!(won.iter().filter(|won| won[round]).count(), 1, "round {round}");
    }
}

#[test]
fn a_ref_that_git_holds_is_waited_for() {
    let scene = Scene::new();
    scene.repository("p", &[("suimon.yaml", "x")]);
    let repository = repository(&scene.folder("p"));
    let commit = commits(&repository, 1).remove(0);
    scene.write(&[("p/.git/refs/suimon/ledger/prod.lock", "")]);
    let lock = scene.path("p/.git/refs/suimon/ledger/prod.lock");
    let swap = thread::spawn({
        let (repository, commit) = (repository.clone(), commit.clone());
        move || repository.swap_local(LEDGER, None, Some(&commit))
    });
    while !scene.path("p/.git/suimon.lock").exists() {
        thread::yield_now();
    }
    std::fs::remove_file(lock).unwrap();
    assert_eq!(swap.join().unwrap().unwrap(), Swap::Done);
}
