//! The approvals that a record says opened its gate.

use std::collections::BTreeMap;
use std::sync::Arc;

use suimon_gate::{APPROVAL_NAMESPACE, Mode, STATEMENT_FORMAT, SignedApproval, Statement};
use suimon_ledger::{Attempt, Ledger, MemoryStore, Opening, Outside, verify};
use suimon_model::{ApprovalRule, Gate, GateFiles, RollbackRule};

use crate::keys::key;
use crate::support::{apply, at, attempt, done, healthy, inventory, opening, unknown};

const AIKO: &str = "aiko@example.com";
const BEN: &str = "ben@example.com";

fn statement(change: impl FnOnce(&mut Statement)) -> Statement {
    let mut statement = Statement {
        format: STATEMENT_FORMAT.to_owned(),
        project: "shop".to_owned(),
        environment: "prod".to_owned(),
        digest: attempt("two").digest,
        role: "peer".to_owned(),
        principal: AIKO.to_owned(),
        time: at(90),
    };
    change(&mut statement);
    statement
}

fn sign(statement: &str, seed: u8, namespace: &str) -> SignedApproval {
    let signature = key(seed).signature(namespace, statement.as_bytes());
    SignedApproval { statement: statement.to_owned(), signature }
}

fn approval(seed: u8, change: impl FnOnce(&mut Statement)) -> SignedApproval {
    sign(&statement(change).text(), seed, APPROVAL_NAMESPACE)
}

fn gate(asks: bool) -> Gate {
    let rule = ApprovalRule {
        role: "peer".to_owned(),
        required: 1,
        from: Vec::new(),
        expires_after: None,
    };
    Gate { approvals: if asks { vec![rule] } else { Vec::new() }, ..Gate::default() }
}

fn files(signers: String, revoked: Option<String>) -> GateFiles {
    GateFiles { allowed_signers: Some(signers), revoked_keys: revoked, ..GateFiles::default() }
}

/// Gates by revision.
type Gates = BTreeMap<&'static str, (Option<Gate>, GateFiles)>;

/// At `one` Aiko (key 1) approves, at `two` Ben (key 2) does.
fn gates() -> Gates {
    let one = files(key(1).line(AIKO, ""), None);
    let two = files(key(2).line(BEN, ""), None);
    [("one-commit", (Some(gate(true)), one)), ("two-commit", (Some(gate(true)), two))].into()
}

/// What is said of a run of release two with this approval; release one was applied before it where
/// `first` is not set.
fn problems(
    gates: &Gates,
    approval: SignedApproval,
    first: bool,
    change: fn(&mut Attempt),
) -> String {
    let store = MemoryStore::new();
    let prod = Ledger::new(Arc::new(store.clone()), "shop", "prod");
    if !first {
        apply(&prod, "r1", "one", 0);
    }
    let mut opening = Opening { time: at(100), ..opening("r2", "two", 100) };
    opening.attempt.approvals = vec![approval];
    change(&mut opening.attempt);
    let run = prod.open(opening, &unknown).unwrap();
    run.close(done("prod", "two"), healthy(), inventory(), at(110)).unwrap();
    let outside = Outside {
        signers: None,
        has_commit: &|_| Ok(true),
        gate: &|revision| gates.get(revision).cloned().ok_or(format!("{revision} is gone")),
    };
    let found = verify(&store, "shop", "prod", &outside).unwrap();
    let lines: Vec<String> = found.problems.into_iter().map(|one| one.what).collect();
    lines.join("\n")
}

#[test]
fn they_verify_against_those_who_were_trusted_before() {
    let same: fn(&mut Attempt) = |_| {};
    let by_ben = || approval(2, |one| one.principal = BEN.to_owned());
    assert_eq!(problems(&gates(), approval(1, |_| {}), false, same), "");
    assert_eq!(problems(&gates(), by_ben(), true, same), "");
    let unknown = problems(&gates(), by_ben(), false, same);
    assert!(unknown.contains("is not among the allowed signers"), "{unknown}");
    let unknown = problems(&gates(), approval(1, |_| {}), true, same);
    assert!(unknown.contains("is not among the allowed signers"), "{unknown}");

    // Where nobody was asked before, the applied revision says who is.
    let mut open = gates();
    open.get_mut("one-commit").unwrap().0 = Some(gate(false));
    assert_eq!(problems(&open, by_ben(), false, same), "");
    open.get_mut("one-commit").unwrap().0 = None;
    assert_eq!(problems(&open, by_ben(), false, same), "");
    let rule = gate(true).approvals;
    let rollback = Some(RollbackRule { approvals: rule, windows: false, checks: false });
    open.get_mut("one-commit").unwrap().0 = Some(Gate { rollback, ..gate(false) });
    let back: fn(&mut Attempt) = |attempt| attempt.mode = Mode::Rollback;
    assert_eq!(problems(&open, approval(1, |_| {}), false, back), "");

    let mut gone = gates();
    gone.remove("one-commit");
    assert_eq!(
        problems(&gone, approval(1, |_| {}), false, same),
        "its approvals cannot be looked at: one-commit is gone"
    );
}

#[test]
fn one_that_is_forged_or_of_something_else_is_found() {
    let good = approval(1, |_| {});
    let spaced = statement(|_| {}).text().replacen(':', ": ", 1);
    for (what, approval, expected) in [
        ("another project", approval(1, |one| one.project = "bank".into()), "it is of bank/prod"),
        (
            "another environment",
            approval(1, |one| one.environment = "stg".into()),
            "it is of shop/stg",
        ),
        (
            "another plan",
            approval(1, |one| one.digest = "sha256:x".into()),
            "it is of the plan sha256:x",
        ),
        (
            "another format",
            approval(1, |one| one.format = "v2".into()),
            "not written as suimon writes",
        ),
        ("other bytes", sign(&spaced, 1, APPROVAL_NAMESPACE), "not written as suimon writes"),
        ("later", approval(1, |one| one.time = at(1000)), "after the apply"),
        (
            "somebody else",
            approval(1, |one| one.principal = BEN.into()),
            "is not the one of ben@example.com",
        ),
        ("another key", approval(3, |_| {}), "not among the allowed signers"),
        ("another use", sign(&good.statement, 1, "git"), "namespace"),
        (
            "no signature",
            SignedApproval { signature: String::new(), ..good.clone() },
            "not believed",
        ),
        (
            "another statement",
            SignedApproval {
                statement: statement(|one| one.role = "quality".into()).text(),
                ..good.clone()
            },
            "not of this text",
        ),
        ("no statement", sign("{}\n", 1, APPROVAL_NAMESPACE), "its approval by nobody"),
    ] {
        let found = problems(&gates(), approval, false, |_| {});
        assert!(found.contains(expected) && found.lines().count() == 1, "{what}: {found}");
    }
    let mut revoked = gates();
    let keys = Some(key(1).line("", ""));
    revoked.get_mut("one-commit").unwrap().1 = files(key(1).line(AIKO, ""), keys);
    let found = problems(&revoked, good.clone(), false, |_| {});
    assert_eq!(found, "its approval by aiko@example.com is not believed: its key was revoked");
    let mut expired = gates();
    let line = key(1).line(AIKO, "valid-before=\"20200101Z\"");
    expired.get_mut("one-commit").unwrap().1 = files(line, None);
    let found = problems(&expired, good, false, |_| {});
    assert!(found.contains("was valid until"), "{found}");
}

#[test]
fn applied_commits_that_are_not_there_are_found() {
    let store = MemoryStore::new();
    apply(&Ledger::new(Arc::new(store.clone()), "shop", "prod"), "r1", "one", 0);
    let outside = Outside {
        signers: None,
        has_commit: &|id| match id {
            "one-commit" => Ok(false),
            _ => Err("the clone is shallow".to_owned()),
        },
        gate: &|_| Err("nobody approves here".to_owned()),
    };
    let found = verify(&store, "shop", "prod", &outside).unwrap();
    let lines: Vec<&str> = found.problems.iter().map(|one| one.what.as_str()).collect();
    assert_eq!(
        lines,
        [
            "it applied one-commit, which the repository does not have",
            "it applied one-modules, which cannot be looked up: the clone is shallow",
        ]
    );
}
