//! Ledgers in Git repositories.

use std::path::Path;
use std::sync::Arc;

use gix::objs::tree::EntryKind;
use suimon_ledger::{
    Approvals, Entry, Error, GitStore, Ledger, Outside, Store, Trigger, Verification, verify,
};

use crate::place::{GitPlace, Place, chain, git, ref_at, refs, store};
use crate::support::{actor, apply, at, checked, healthy};

const LEDGER: &str = "refs/suimon/ledger/dev";
const SEEN: &str = "refs/suimon/seen/ledger/dev";
const SHARED: &str = "refs/suimon/shared/ledger/dev";

fn ledger(store: GitStore) -> Ledger {
    Ledger::new(Arc::new(store), "shop", "dev")
}

fn look(store: &dyn Store) -> Verification {
    let outside = Outside {
        signers: None,
        has_commit: &|_| Ok(true),
        gate: &|_| Err("nobody approves here".to_owned()),
    };
    verify(store, "shop", "dev", &outside).unwrap()
}

fn why(error: Error) -> String {
    match error {
        Error::Damaged { why, .. } => why,
        other => panic!("{other:?}"),
    }
}

fn append(ledger: &Ledger, second: i64) -> String {
    let event = checked("one", healthy());
    let entry = Entry { actor: actor(), trigger: Trigger::Cli, time: at(second), event };
    ledger.append(entry).unwrap()
}

#[test]
fn a_record_is_a_commit_that_git_shows() {
    let place = GitPlace::new();
    let dev = Ledger::new(place.machine(), "shop", "dev");
    let id = apply(&dev, "r1", "one", 0);
    let shown =
        place.show(&["log", "-1", "--date=raw", "--format=%an <%ae> %ad%n%cn <%ce> %cd%n%B", &id]);
    insta::assert_snapshot!(shown, @r"
    Aiko <aiko@example.com> 1780000005 +0000
    Aiko <aiko@example.com> 1780000005 +0000
    dev #2: complete, healthy

    Suimon-Ledger: shop/dev#2
    Suimon-Run: r1
    ");
    let shown = place.show(&["show", &format!("{id}^:record.json")]);
    insta::assert_snapshot!(shown, @r#"{"actor":{"email":"aiko@example.com","name":"Aiko","tool":"suimon 0.1.0"},"environment":"dev","event":{"attempt":{"artifacts":{},"conditions":[{"message":"dev proved it","rule":"upstream","state":"passed"}],"digest":"sha256:plan-one","mode":"forward","modules":"one-modules","release":"one","release_id":"sha256:one","revision":"one-commit"},"lease":{"boot":"b1","host":"laptop","machine":"m1","pid":7,"pid_namespace":"pid:[1]","started":100},"run":"r1","type":"opened"},"format":"suimon.dev/ledger/v1","number":1,"previous":null,"project":"shop","time":"2026-05-28T20:26:40Z","trigger":"cli"}"#);
    assert_eq!(place.show(&["fsck", "--strict"]), "");
}

#[test]
fn what_a_commit_has_beside_its_record_is_found() {
    let place = GitPlace::new();
    let dev = Ledger::new(place.machine(), "shop", "dev");
    append(&dev, 0);
    let plain = append(&dev, 1);
    assert_eq!(look(place.machine().as_ref()).problems, []);
    type Change = fn(&gix::Repository, &mut gix::objs::Commit);
    let changes: [(&str, Change); 5] = [
        ("committer", |_, one| one.committer.name = "Ben".into()),
        ("committer's time", |_, one| one.author.time.seconds += 1),
        ("time zone", |_, one| one.author.time.offset = 3600),
        ("header", |_, one| one.extra_headers.push(("note".into(), "more".into()))),
        ("mode", |repository, one| {
            let mut tree: gix::objs::Tree =
                repository.find_tree(one.tree).unwrap().decode().unwrap().into();
            tree.entries[0].mode = EntryKind::BlobExecutable.into();
            one.tree = repository.write_object(&tree).unwrap().detach();
        }),
    ];
    for (what, change) in changes {
        let repository = place.raw();
        let id = gix::ObjectId::from_hex(plain.as_bytes()).unwrap();
        let mut commit: gix::objs::Commit =
            repository.find_commit(id).unwrap().decode().unwrap().into_owned().unwrap();
        change(&repository, &mut commit);
        let id = repository.write_object(&commit).unwrap().to_string();
        place.force(LEDGER, Some(&id));
        let found = look(place.machine().as_ref());
        assert_eq!(found.problems.len(), 1, "{what}: {:?}", found.problems);
        assert!(found.problems[0].what.starts_with("its commit has more in it"), "{what}");
        assert_eq!(found.problems[0].number, Some(2));
    }
}

#[test]
fn a_ledger_that_is_no_continuation_is_an_error_in_every_command() {
    let place = GitPlace::new();
    let dev = Ledger::new(place.machine(), "shop", "dev");
    let first = append(&dev, 0);
    append(&dev, 1);
    for tip in [Some(first.as_str()), None] {
        let machine = place.same_machine();
        machine.tip(LEDGER).unwrap();
        place.force(LEDGER, tip);
        let again = Ledger::new(place.same_machine(), "shop", "dev");
        let said = why(again.read().unwrap_err());
        let expected = if tip.is_some() { "it was rewritten" } else { "it is gone" };
        assert!(said.starts_with(expected), "{said}");
        let event = checked("one", healthy());
        let entry = Entry { actor: actor(), trigger: Trigger::Cli, time: at(9), event };
        why(again.append(entry).unwrap_err());
        assert_eq!(look(place.same_machine().as_ref()).problems.len(), 1);
        let seen = place.ref_at(SEEN);
        place.force(LEDGER, seen.as_deref());
        assert_eq!(look(place.same_machine().as_ref()).problems, []);
    }
}

#[test]
fn approvals_that_were_taken_away_are_missed() {
    let place = GitPlace::new();
    let approval = |text: &str| suimon_gate::SignedApproval {
        statement: text.to_owned(),
        signature: "none".to_owned(),
    };
    let approvals = Approvals::new(place.machine(), "shop", "dev");
    let first = approvals.append(&approval("one\n"), &actor(), at(0)).unwrap();
    approvals.append(&approval("two\n"), &actor(), at(1)).unwrap();
    let again = approvals.append(&approval("one\n"), &actor(), at(2)).unwrap();
    assert_eq!(first, again);
    assert_eq!(approvals.read().unwrap(), [approval("one\n"), approval("two\n")]);
    place.force("refs/suimon/approvals/dev", Some(&first));
    let approvals = Approvals::new(place.same_machine(), "shop", "dev");
    why(approvals.read().unwrap_err());
}

/// A shared repository and clones of it.
struct Team {
    dir: tempfile::TempDir,
}

impl Team {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        git(dir.path(), &["init", "-q", "--bare", "shared.git"]);
        Self { dir }
    }

    fn shared(&self) -> std::path::PathBuf {
        self.dir.path().join("shared.git")
    }

    fn clone(&self, name: &str) -> std::path::PathBuf {
        let path = self.dir.path().join(name);
        git(self.dir.path(), &["init", "-q", name]);
        git(&path, &["remote", "add", "origin", self.shared().to_str().unwrap()]);
        path
    }
}

fn through_origin(path: &Path) -> Ledger {
    ledger(store(path, None))
}

#[test]
fn clones_share_one_ledger() {
    let team = Team::new();
    let (aiko, ben) = (team.clone("aiko"), team.clone("ben"));
    let first = append(&through_origin(&aiko), 0);
    let second = append(&through_origin(&ben), 1);
    let history = through_origin(&aiko).read().unwrap();
    let ids: Vec<&str> = history.iter().map(|one| one.id.as_str()).collect();
    assert_eq!(ids, [&first, &second]);
    for clone in [&aiko, &ben] {
        for name in [LEDGER, SEEN, SHARED] {
            assert_eq!(ref_at(clone, name).as_deref(), Some(second.as_str()), "{name}");
        }
    }
    assert_eq!(refs(&team.shared(), "refs/"), [LEDGER]);
    assert_eq!(look(&store(&ben, None)).problems, []);
}

#[test]
fn a_shared_ledger_that_is_no_continuation_is_an_error() {
    let team = Team::new();
    let (aiko, ben) = (team.clone("aiko"), team.clone("ben"));
    let first = append(&through_origin(&aiko), 0);
    let second = append(&through_origin(&aiko), 1);
    git(&team.shared(), &["update-ref", LEDGER, &first]);
    why(through_origin(&aiko).read().unwrap_err());
    // A machine that has seen nothing cannot know, until it sees what the other one saw.
    let third = append(&through_origin(&ben), 2);
    let said = why(through_origin(&aiko).read().unwrap_err());
    assert!(said.contains(&third) && said.contains(&second), "{said}");
    git(&team.shared(), &["update-ref", "-d", LEDGER]);
    assert!(why(through_origin(&ben).read().unwrap_err()).starts_with("it is gone"));
}

#[test]
fn a_ledger_from_before_there_was_a_remote_goes_there_with_the_next_record() {
    let team = Team::new();
    let aiko = team.clone("aiko");
    let alone = ledger(store(&aiko, Some("local")));
    append(&alone, 0);
    let second = append(&alone, 1);
    assert_eq!(refs(&team.shared(), "refs/"), [""; 0]);
    let shared = through_origin(&aiko);
    assert_eq!(shared.read().unwrap().records.len(), 2);
    assert_eq!(refs(&team.shared(), "refs/"), [""; 0]);
    let third = append(&shared, 2);
    assert_eq!(ref_at(&team.shared(), LEDGER), Some(third));
    assert_eq!(shared.read().unwrap().records[1].id, second);
    let ben = team.clone("ben");
    assert_eq!(through_origin(&ben).read().unwrap().records.len(), 3);
    assert_eq!(look(&store(&ben, None)).problems, []);
}

#[test]
fn a_shallow_clone_reads_and_writes_the_whole_ledger() {
    let team = Team::new();
    let aiko = team.clone("aiko");
    let as_aiko = ["-c", "user.name=Aiko", "-c", "user.email=aiko@example.com"];
    for _ in 0..3 {
        git(&aiko, &[&as_aiko[..], &["commit", "-q", "--allow-empty", "-m", "work"]].concat());
    }
    git(&aiko, &["push", "-q", "origin", "HEAD:refs/heads/main"]);
    for second in 0..5 {
        append(&through_origin(&aiko), second);
    }
    let address = format!("file://{}", team.shared().display());
    let clone = ["clone", "-q", "--depth", "1", "--branch", "main", &address, "shallow"];
    git(team.dir.path(), &clone);
    let shallow = team.dir.path().join("shallow");
    append(&through_origin(&shallow), 5);
    append(&through_origin(&aiko), 6);
    let id = append(&through_origin(&shallow), 7);
    assert_eq!(ref_at(&team.shared(), LEDGER), Some(id));
    let found = look(&store(&shallow, None));
    assert_eq!((found.problems, found.records), (Vec::new(), 8));
}

#[test]
fn ledgers_of_two_beginnings_are_not_taken_for_one() {
    let team = Team::new();
    let (aiko, ben) = (team.clone("aiko"), team.clone("ben"));
    append(&ledger(store(&aiko, Some("local"))), 0);
    append(&through_origin(&ben), 1);
    let said = why(through_origin(&aiko).read().unwrap_err());
    assert!(said.ends_with("neither follows the other"), "{said}");
}

#[test]
fn what_another_clone_wrote_is_read_on_from_what_is_known() {
    let place = GitPlace::new();
    let one = Ledger::new(place.machine(), "shop", "dev");
    let two = Ledger::new(place.same_machine(), "shop", "dev");
    for second in 0..40 {
        append(if second % 10 == 0 { &one } else { &two }, second);
    }
    assert_eq!(one.read().unwrap(), two.read().unwrap());
    assert_eq!(one.read().unwrap().records.len(), 40);
    let plain = chain(place.same_machine().as_ref(), LEDGER);
    let known = place.same_machine().chain(&plain[39].id, Some(&plain[5].id)).unwrap();
    assert_eq!(known, plain[6..]);
    let unknown = place.same_machine().chain(&plain[39].id, Some(&"0".repeat(40))).unwrap();
    assert_eq!(unknown, plain);
}

#[test]
fn a_tree_that_holds_no_plain_files_is_found() {
    let place = GitPlace::new();
    let dev = Ledger::new(place.machine(), "shop", "dev");
    let plain = append(&dev, 0);
    for kind in [EntryKind::Link, EntryKind::Commit, EntryKind::Tree] {
        let repository = place.raw();
        let id = gix::ObjectId::from_hex(plain.as_bytes()).unwrap();
        let mut commit: gix::objs::Commit =
            repository.find_commit(id).unwrap().decode().unwrap().into_owned().unwrap();
        let mut tree: gix::objs::Tree =
            repository.find_tree(commit.tree).unwrap().decode().unwrap().into();
        if kind == EntryKind::Tree {
            tree.entries[0].oid = commit.tree;
        }
        tree.entries[0].mode = kind.into();
        commit.tree = repository.write_object(&tree).unwrap().detach();
        let id = repository.write_object(&commit).unwrap().to_string();
        place.force(LEDGER, Some(&id));
        assert_eq!(look(place.machine().as_ref()).problems.len(), 1, "{kind:?}");
        Ledger::new(place.machine(), "shop", "dev").read().unwrap_err();
    }
}
