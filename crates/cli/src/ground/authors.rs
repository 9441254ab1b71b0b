//! Who made what would be applied.

use suimon_gate::{Authors, Known};
use suimon_ledger::History;
use suimon_source::{CommitInfo, Repository};

/// How many commits are looked at before the first apply: who began a project long ago may approve.
const FIRST: usize = 1000;
/// How many commits are looked at later; nobody is let through because there are more.
const MOST: usize = 20_000;

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
    if let Err(why) = collect(repository, trusted.as_deref(), revision, &[], &mut authors) {
        return Known::Unknown(why);
    }
    if let Some(modules) = modules.filter(|modules| *modules != revision) {
        let before = applied_modules(history);
        let path = format!("{}modules", repository_prefix(repository));
        let found = collect(repository, before.as_deref(), modules, &[&path], &mut authors);
        if let Err(why) = found {
            return Known::Unknown(why);
        }
    }
    Known::Known(authors)
}

fn collect(
    repository: &Repository,
    from: Option<&str>,
    to: &str,
    paths: &[&str],
    authors: &mut Authors,
) -> Result<(), String> {
    let limit = if from.is_some() { MOST } else { FIRST };
    let commits = repository.log(from, to, paths, limit).map_err(|error| error.summary)?;
    if from.is_some() && commits.len() >= limit {
        return Err(format!("there are more than {limit} commits since the last apply"));
    }
    commits.iter().for_each(|commit| add(authors, commit));
    Ok(())
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

/// Addresses in `Co-authored-by: NAME <ADDRESS>` lines, in lower case.
fn co_authors(message: &str) -> impl Iterator<Item = String> + '_ {
    message.lines().filter_map(|line| {
        let (key, value) = line.trim().split_once(':')?;
        let (_, address) = value.trim().strip_suffix('>')?.rsplit_once('<')?;
        key.eq_ignore_ascii_case("co-authored-by").then(|| address.trim().to_lowercase())
    })
}

fn add(authors: &mut Authors, commit: &CommitInfo) {
    for email in [&commit.author_email, &commit.committer_email] {
        authors.people.insert(email.to_lowercase());
    }
    // Where a forge squashes a branch, the authors of its commits are named like this.
    authors.people.extend(co_authors(&commit.message));
    // A signature that cannot be read names nobody; the addresses stand all the same.
    let key = commit.ssh_signature.as_deref().map(suimon_gate::ssh::claimed_key);
    if let Some(Ok(key)) = key {
        authors.keys.insert(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn co_authors_are_authors() {
        let message = "squash: add a page\n\nCo-authored-by: Aiko <Aiko@Example.com>\n\
                       co-authored-by: Ben <ben@example.com> \nReviewed-by: Chie <chie@example.com>\n\
                       Co-authored-by: nobody\n";
        let found: Vec<String> = co_authors(message).collect();
        assert_eq!(found, ["aiko@example.com", "ben@example.com"]);
    }
}
