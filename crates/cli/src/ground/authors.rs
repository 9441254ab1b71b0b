//! Who made what would be applied.

use suimon_gate::{Authors, Known};
use suimon_ledger::{Event, History};
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
    coming: &Coming<'_>,
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
    if let Err(why) = collect_artifacts(repository, history, revision, coming, &mut authors) {
        return Known::Unknown(why);
    }
    if let Some(modules) = coming.modules.filter(|modules| *modules != revision) {
        let before = applied_modules(history);
        let path = repository.in_project("modules");
        let found = collect(repository, before.as_deref(), modules, &[&path], &mut authors);
        if let Err(why) = found {
            return Known::Unknown(why);
        }
    }
    Known::Known(authors)
}

/// The release that would be applied.
pub(crate) struct Coming<'a> {
    pub(crate) release_id: &'a str,
    /// The commit that its modules are read from.
    pub(crate) modules: Option<&'a str>,
    pub(crate) pipeline: &'a [String],
    /// Where it would be applied.
    pub(crate) environment: &'a str,
}

/// Whoever chose the artifacts of a release did so in an environment before this one, maybe before this one's last
/// apply: they count from where the release that is there now came in.
fn collect_artifacts(
    repository: &Repository,
    history: &History,
    revision: &str,
    coming: &Coming<'_>,
    authors: &mut Authors,
) -> Result<(), String> {
    let forward = |attempt: &&suimon_ledger::Attempt| attempt.targeted.is_empty();
    let mut attempts = history.iter().rev().filter_map(|one| match &one.record.event {
        Event::Opened { attempt, .. } => Some(attempt.as_ref()),
        _ => None,
    });
    let Some(last) = attempts.find(forward) else { return Ok(()) };
    if last.release_id == coming.release_id {
        return Ok(());
    }
    let same = attempts.take_while(|attempt| attempt.release_id == last.release_id);
    let entered = same.last().unwrap_or(last);
    let before = coming.pipeline.iter().take_while(|name| *name != coming.environment);
    let files: Vec<String> =
        before.map(|name| repository.in_project(&format!("envs/{name}/release.yaml"))).collect();
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    if files.is_empty() {
        return Ok(());
    }
    collect(repository, entered.revision.as_deref(), revision, &files, authors)
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
