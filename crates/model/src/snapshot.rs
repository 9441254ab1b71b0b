//! [`Snapshot`]: the tree of a project at one revision, read in place.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::{Diagnostic, Location};

/// What a folder of a snapshot holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EntryKind {
    /// A regular file.
    File,
    /// A folder.
    Folder,
}

/// One name in a folder.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// The name, without any `/`.
    pub name: String,
    /// File or folder.
    pub kind: EntryKind,
}

/// The files of a project at one revision.
///
/// Paths are relative to the project's root, with `/`, without `.`, `..` or a leading `/`; the root
/// itself is the empty path.
///
/// # Guarantees
/// Reading twice gives the same bytes. Symlinks, submodules, Git LFS pointers, names that are not
/// UTF-8 and files over a limit are errors that name the path, never skipped.
pub trait Snapshot: Send + Sync {
    /// The commit, or `None` for uncommitted files of a working folder.
    fn revision(&self) -> Option<&str>;

    /// A file's content; `None` when there is no such file.
    ///
    /// # Errors
    /// The path leaves the root, or what is there may not be read.
    fn read(&self, path: &str) -> Result<Option<Arc<[u8]>>, Diagnostic>;

    /// What a folder holds, sorted by name; `None` when there is no such folder.
    ///
    /// # Errors
    /// The path leaves the root, or an entry is of a kind that is refused.
    fn list(&self, folder: &str) -> Result<Option<Vec<Entry>>, Diagnostic>;

    /// The Git tree id of a folder, computed for uncommitted files too; `None` when there is none.
    ///
    /// # Errors
    /// As for [`list`](Self::list).
    fn tree_id(&self, folder: &str) -> Result<Option<String>, Diagnostic>;

    /// The same project at another commit of the same repository.
    ///
    /// # Errors
    /// The commit is not there, or there is no repository.
    fn at(&self, revision: &str) -> Result<Arc<dyn Snapshot>, Diagnostic>;
}

/// A snapshot in memory, for tests and for `suimon init`.
#[derive(Debug, Clone, Default)]
pub struct MemorySnapshot {
    files: BTreeMap<String, Arc<[u8]>>,
    others: BTreeMap<String, MemorySnapshot>,
}

impl MemorySnapshot {
    /// A snapshot of these files.
    pub fn new<P: Into<String>, C: AsRef<[u8]>>(files: impl IntoIterator<Item = (P, C)>) -> Self {
        let files = files.into_iter().map(|(p, c)| (p.into(), Arc::from(c.as_ref()))).collect();
        Self { files, others: BTreeMap::new() }
    }

    /// Adds what [`Snapshot::at`] answers for a revision.
    #[must_use]
    pub fn with_revision(mut self, revision: &str, snapshot: Self) -> Self {
        self.others.insert(revision.to_owned(), snapshot);
        self
    }
}

impl Snapshot for MemorySnapshot {
    fn revision(&self) -> Option<&str> {
        None
    }

    fn read(&self, path: &str) -> Result<Option<Arc<[u8]>>, Diagnostic> {
        Ok(self.files.get(path).cloned())
    }

    fn list(&self, folder: &str) -> Result<Option<Vec<Entry>>, Diagnostic> {
        let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let mut entries = Vec::new();
        for path in self.files.keys() {
            let Some(rest) = path.strip_prefix(&prefix) else { continue };
            let entry = match rest.split_once('/') {
                Some((name, _)) => Entry { name: name.to_owned(), kind: EntryKind::Folder },
                None => Entry { name: rest.to_owned(), kind: EntryKind::File },
            };
            if entries.last() != Some(&entry) {
                entries.push(entry);
            }
        }
        entries.sort();
        entries.dedup();
        Ok((!entries.is_empty()).then_some(entries))
    }

    fn tree_id(&self, folder: &str) -> Result<Option<String>, Diagnostic> {
        use sha2::{Digest, Sha256};
        let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let mut hash = Sha256::new();
        let mut any = false;
        for (path, content) in self.files.iter().filter(|(path, _)| path.starts_with(&prefix)) {
            any = true;
            hash.update(path.as_bytes());
            hash.update([0]);
            hash.update(Sha256::digest(content));
        }
        let hex = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(any.then_some(hex))
    }

    fn at(&self, revision: &str) -> Result<Arc<dyn Snapshot>, Diagnostic> {
        match self.others.get(revision) {
            Some(other) => Ok(Arc::new(other.clone())),
            None => Err(Diagnostic::error(
                "revision-not-found",
                format!("there is no commit `{revision}`"),
            )
            .at(Location::file("."))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_implied_by_files() {
        let snapshot = MemorySnapshot::new([("a/b/c.yaml", "x"), ("a/d.yaml", "y"), ("e", "z")]);
        let names = |folder: &str| -> Option<Vec<String>> {
            let entries = snapshot.list(folder).unwrap()?;
            Some(entries.into_iter().map(|e| format!("{:?} {}", e.kind, e.name)).collect())
        };
        assert_eq!(names(""), Some(vec!["Folder a".into(), "File e".into()]));
        assert_eq!(names("a"), Some(vec!["Folder b".into(), "File d.yaml".into()]));
        assert_eq!(names("nope"), None);
        assert!(snapshot.tree_id("nope").unwrap().is_none());
        assert_ne!(snapshot.tree_id("a").unwrap(), snapshot.tree_id("").unwrap());
    }
}
