//! Who made what would be applied.

use suimon_gate::{Authors, Known};
use suimon_ledger::History;
use suimon_source::{CommitInfo, Repository};

/// How many commits are looked at; more authors than that are not told apart from everybody.
const MOST: usize = 1000;

/// The people and keys behind the commits since what was applied last, all of them before the first
/// apply; those of `modules/` too where releases pin it: what was merged long ago may be new here.
pub(crate) fn authors(
    repository: &Repository,
    history: &History,
    revision: Option<&str>,
    modules: Option<&str>,
) -> Known<Authors> {
    let Some(revision) = revision else {
        return Known::Unknown(
            "the files are not committed, so nobody knows who wrote them".to_owned(),
        );
    };
    let trusted = history.trusted_revision();
    let mut authors = Authors::default();
    match repository.log(trusted.as_deref(), revision, &[], MOST) {
        Ok(commits) => commits.iter().for_each(|commit| add(&mut authors, commit)),
        Err(error) => return Known::Unknown(error.summary),
    }
    if let Some(modules) = modules.filter(|modules| *modules != revision) {
        let before = applied_modules(history);
        let path = format!("{}modules", repository_prefix(repository));
        match repository.log(before.as_deref(), modules, &[&path], MOST) {
            Ok(commits) => commits.iter().for_each(|commit| add(&mut authors, commit)),
            Err(error) => return Known::Unknown(error.summary),
        }
    }
    Known::Known(authors)
}

/// With a `/` at its end, unless it is empty.
pub(crate) fn repository_prefix(repository: &Repository) -> String {
    match repository.prefix().trim_end_matches('/') {
        "" => String::new(),
        prefix => format!("{prefix}/"),
    }
}

/// The commit that the modules of the trusted revision were read from.
fn applied_modules(history: &History) -> Option<String> {
    let trusted = history.trusted_revision()?;
    let attempts = history.iter().rev().filter_map(|one| one.record.event.attempt());
    let mut of_trusted =
        attempts.filter(|attempt| attempt.revision.as_deref() == Some(trusted.as_str()));
    of_trusted.find_map(|attempt| attempt.modules.clone())
}

fn add(authors: &mut Authors, commit: &CommitInfo) {
    for email in [&commit.author_email, &commit.committer_email] {
        authors.people.insert(email.to_lowercase());
    }
    // A signature that cannot be read names nobody; the addresses stand all the same.
    let key = commit.ssh_signature.as_deref().map(suimon_gate::ssh::claimed_key);
    if let Some(Ok(key)) = key {
        authors.keys.insert(key);
    }
}
