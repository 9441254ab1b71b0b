//! Branches of suimon's: what is in them, and whether it is suimon's own.

use suimon_model::{Diagnostic, Release, Snapshot};
use suimon_source::{CommitInfo, Repository};

use crate::Tip;
use crate::name::{RELEASE_TRAILER, ROLLBACK_TRAILER, short_commit, trailer};
use crate::safe::{line, shorten};

/// The identity of a release that an environment has at a snapshot.
///
/// # Errors
/// The commit that modules are read from is not there, or cannot be read.
pub fn release_identity(snapshot: &dyn Snapshot, release: &Release) -> Result<String, Diagnostic> {
    let tree = match &release.modules {
        Some(commit) => snapshot.at(commit)?.tree_id("modules")?,
        None => snapshot.tree_id("modules")?,
    };
    Ok(release.id(&tree.unwrap_or_default()).to_string())
}

/// A branch that suimon makes: one commit on the base that changes one file.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// The last commit of the base branch.
    pub base: &'a str,
    /// The one file, from the top of the repository.
    pub file: &'a str,
    /// The trailer that its message has.
    pub trailer: &'a str,
}

/// Looks at the commit that a branch is at. `identity` tells the release that the file of a commit is.
///
/// # Guarantees
/// [`Tip::Ours`] is exactly what suimon makes: anything that somebody added, amended or merged in is
/// [`Tip::Others`].
///
/// # Errors
/// A commit cannot be read.
pub fn look(
    repository: &Repository,
    commit: Option<&str>,
    expected: &Expected<'_>,
    identity: &dyn Fn(&str) -> Result<String, Diagnostic>,
) -> Result<Tip, Diagnostic> {
    let Some(commit) = commit else { return Ok(Tip::Missing) };
    if repository.is_ancestor(commit, expected.base)? {
        return Ok(Tip::Merged);
    }
    let own = repository.log(Some(expected.base), commit, &[], 20)?;
    let is_one_of_ours = |info: &CommitInfo| {
        info.parents.len() == 1 && trailer(&info.message, expected.trailer).is_some()
    };
    if let Some(other) = own.iter().find(|info| !is_one_of_ours(info)) {
        return Ok(Tip::Others { what: told(other) });
    }
    let [info] = own.as_slice() else {
        return Ok(Tip::Others { what: format!("it is {} commits ahead of the base", own.len()) });
    };
    let (Some(parent), Some(release)) =
        (info.parents.first(), trailer(&info.message, RELEASE_TRAILER))
    else {
        return Ok(Tip::Others { what: told(info) });
    };
    let touched = repository.touched(parent, commit)?;
    if let Some(path) = touched.iter().find(|path| path.as_str() != expected.file) {
        return Ok(Tip::Others {
            what: format!("{} changes {}", told(info), shorten(&line(path), 200)),
        });
    }
    match identity(commit) {
        Ok(found) if found == release => {}
        Ok(_) => {
            let what = format!("{} has another release than it says", told(info));
            return Ok(Tip::Others { what });
        }
        Err(error) => {
            let what =
                format!("{} has a release that cannot be read: {}", told(info), error.summary);
            return Ok(Tip::Others { what });
        }
    }
    let at = |commit: &str| repository.read(commit, expected.file);
    let fresh = at(parent)? == at(expected.base)?;
    Ok(Tip::Ours { release: release.to_owned(), fresh })
}

fn told(info: &CommitInfo) -> String {
    let subject = info.message.lines().next().unwrap_or_default();
    format!(
        "commit {} \"{}\" by {}",
        short_commit(&info.id),
        shorten(&line(subject), 80),
        shorten(&line(&info.author), 60)
    )
}

/// Whether the revert of a rollback is in a revision: the commit itself, or, where it was squashed or made anew,
/// the content of its file in some commit since. `file` is from the top of the repository.
///
/// # Errors
/// A commit cannot be read.
pub fn is_merged(
    repository: &Repository,
    revert: &str,
    revision: &str,
    file: &str,
) -> Result<bool, Diagnostic> {
    // It was never pushed, or is gone: nobody can say that it was merged.
    let Some(info) = repository.info(revert)? else { return Ok(false) };
    // A commit that was there already when it was gone back to is in every later one, and reverts nothing.
    if trailer(&info.message, ROLLBACK_TRAILER).is_some()
        && repository.is_ancestor(revert, revision)?
    {
        return Ok(true);
    }
    let wanted = repository.read(revert, file)?;
    // Before the two parted the file may have been the same, which says nothing.
    let since = repository.merge_base(revert, revision)?;
    for commit in repository.log(since.as_deref(), revision, &[file], 1_000)? {
        if repository.read(&commit.id, file)? == wanted {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A small file's change for people: lines with `-`, `+` or a space.
pub fn file_diff(path: &str, before: Option<&str>, after: &str) -> String {
    let old: Vec<&str> = before.unwrap_or_default().lines().collect();
    let new: Vec<&str> = after.lines().collect();
    let same = |(left, right): &(&&str, &&str)| left == right;
    let head = old.iter().zip(&new).take_while(same).count();
    let most = old.len().min(new.len()) - head;
    let tail = old.iter().rev().zip(new.iter().rev()).take(most).take_while(same).count();
    let from = if before.is_some() { path } else { "/dev/null" };
    let mut out = format!("--- {from}\n+++ {path}\n");
    let mut push = |mark: char, lines: &[&str]| {
        for text in lines {
            out.push_str(format!("{mark} {}", line(text)).trim_end());
            out.push('\n');
        }
    };
    push(' ', &old[..head]);
    push('-', &old[head..old.len() - tail]);
    push('+', &new[head..new.len() - tail]);
    push(' ', &old[old.len() - tail..]);
    out
}

#[cfg(test)]
mod tests {
    use suimon_model::MemorySnapshot;

    use super::*;

    #[test]
    fn a_change_of_a_small_file_is_shown_whole() {
        let before = "kind: Release\nname: a\nspec:\n  modules: 1\n";
        let after = "kind: Release\nname: b\nspec:\n  modules: 2\n  x: \u{1b}\n";
        insta::assert_snapshot!(file_diff("envs/stg/release.yaml", Some(before), after), @r"
        --- envs/stg/release.yaml
        +++ envs/stg/release.yaml
          kind: Release
        - name: a
        - spec:
        -   modules: 1
        + name: b
        + spec:
        +   modules: 2
        +   x: \u{1b}
        ");
        assert_eq!(file_diff("f", None, "a\n"), "--- /dev/null\n+++ f\n+ a\n");
        assert_eq!(file_diff("f", Some("a\nb\n"), "a\nb\n"), "--- f\n+++ f\n  a\n  b\n");
        assert_eq!(file_diff("f", Some("a\na\n"), "a\n"), "--- f\n+++ f\n  a\n- a\n");
        assert_eq!(file_diff("f", Some(""), ""), "--- f\n+++ f\n");
    }

    #[test]
    fn identity_is_of_the_modules_that_are_read() {
        let pinned = MemorySnapshot::new([("modules/a/module.yaml", "old")]);
        let other = MemorySnapshot::new([("modules/a/module.yaml", "old"), ("x", "y")]);
        let snapshot = MemorySnapshot::new([("modules/a/module.yaml", "new")])
            .with_revision("c1", pinned.clone())
            .with_revision("c2", other);
        let at = |modules: Option<&str>| Release {
            modules: modules.map(str::to_owned),
            ..Release::default()
        };
        let identity = |modules| release_identity(&snapshot, &at(modules)).unwrap();
        assert_eq!(identity(Some("c1")), identity(Some("c2")));
        assert_eq!(identity(Some("c1")), release_identity(&pinned, &at(None)).unwrap());
        assert_ne!(identity(Some("c1")), identity(None));
        assert!(release_identity(&snapshot, &at(Some("c3"))).is_err());
    }
}
