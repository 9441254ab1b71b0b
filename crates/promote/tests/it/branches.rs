//! Whose a branch is, and whether a revert is merged.

use suimon_model::Diagnostic;
use suimon_promote::{
    Expected, PROMOTION_TRAILER, Tip, is_merged, look, promotion_message, rollback_message,
};

use crate::repo::Repo;

const FILE: &str = "envs/stg/release.yaml";

/// The release that a commit's file is: its content.
fn identity(repo: &Repo, commit: &str) -> Result<String, Diagnostic> {
    let content = repo.repository.read(commit, FILE)?.unwrap_or_default();
    Ok(String::from_utf8(content).unwrap())
}

fn tip(repo: &Repo, base: &str, commit: Option<&str>) -> Tip {
    let expected = Expected { base, file: FILE, trailer: PROMOTION_TRAILER };
    look(&repo.repository, commit, &expected, &|commit| identity(repo, commit)).unwrap()
}

fn others(tip: Tip) -> String {
    match tip {
        Tip::Others { what } => what,
        other => panic!("{other:?}"),
    }
}

#[test]
fn only_exactly_what_suimon_makes_is_its_own() {
    let repo = Repo::new();
    let base = repo.commit(None, &[(FILE, "r1"), ("other", "1")], "first\n");
    let message = promotion_message("dev", "stg", "v2", "r2");
    let own = repo.commit(Some(&base), &[(FILE, "r2")], &message);
    assert_eq!(tip(&repo, &base, None), Tip::Missing);
    assert_eq!(tip(&repo, &base, Some(&base)), Tip::Merged);
    let ours = |fresh| Tip::Ours { release: "r2".to_owned(), fresh };
    assert_eq!(tip(&repo, &base, Some(&own)), ours(true));
    assert_eq!(tip(&repo, &own, Some(&own)), Tip::Merged);

    let elsewhere = repo.commit(Some(&base), &[("other", "2")], "other\n");
    assert_eq!(tip(&repo, &elsewhere, Some(&own)), ours(true));
    let changed = repo.commit(Some(&elsewhere), &[(FILE, "r9")], "by hand\n");
    assert_eq!(tip(&repo, &changed, Some(&own)), ours(false));

    let on_top = repo.commit(Some(&own), &[("other", "3")], "Fix a\u{1b}value\n\nbody\n");
    let what = others(tip(&repo, &base, Some(&on_top)));
    assert!(what.ends_with("\"Fix a\\u{1b}value\" by Emi"), "{what}");
    let below = repo.commit(Some(&on_top), &[(FILE, "r2"), ("other", "3")], &message);
    assert!(others(tip(&repo, &base, Some(&below))).starts_with("commit "));
    let amended =
        repo.commit(Some(&base), &[(FILE, "r2"), ("envs/stg/environment.yaml", "x")], &message);
    assert!(
        others(tip(&repo, &base, Some(&amended))).ends_with("changes envs/stg/environment.yaml"),
        "an amended commit is somebody's work"
    );
    let edited = repo.commit(Some(&base), &[(FILE, "r3")], &message);
    assert!(others(tip(&repo, &base, Some(&edited))).ends_with("has another release than it says"));
    let rollback = rollback_message("stg", "v2", "r2", None);
    let other_kind = repo.commit(Some(&base), &[(FILE, "r2")], &rollback);
    assert!(others(tip(&repo, &base, Some(&other_kind))).starts_with("commit "));
    let twice =
        repo.commit(Some(&own), &[(FILE, "r2b")], &promotion_message("dev", "stg", "v2", "r2b"));
    assert_eq!(others(tip(&repo, &base, Some(&twice))), "it is 2 commits ahead of the base");
}

#[test]
fn a_revert_is_merged_by_itself_or_by_its_content() {
    let repo = Repo::new();
    let first = repo.commit(None, &[(FILE, "r1")], "r1\n");
    let second = repo.commit(Some(&first), &[(FILE, "r2")], "r2\n");
    let message = rollback_message("stg", "v1", "r1", None);
    let revert = repo.commit(Some(&second), &[(FILE, "r1")], &message);
    let merged = |revision: &str| is_merged(&repo.repository, &revert, revision, FILE).unwrap();
    assert!(merged(&revert));
    assert!(!merged(&second), "what it was before says nothing");
    let unrelated = repo.commit(Some(&second), &[("other", "1")], "other\n");
    assert!(!merged(&unrelated));
    let squashed = repo.commit(Some(&unrelated), &[(FILE, "r1")], "squashed\n");
    assert!(merged(&squashed));
    let later = repo.commit(Some(&squashed), &[(FILE, "r3")], "r3\n");
    assert!(merged(&later));
    let there = |revision: &str| is_merged(&repo.repository, &first, revision, FILE).unwrap();
    assert!(!there(&second), "what was there already reverts nothing");
    assert!(there(&revert), "its content came back");
    let missing = "0123456789012345678901234567890123456789";
    assert!(!is_merged(&repo.repository, missing, &later, FILE).unwrap());
}
