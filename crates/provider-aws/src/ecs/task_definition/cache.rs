//! What is known of revisions from earlier runs: digests by ARN, nothing else.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

/// How many revisions are remembered.
const MOST: usize = 10_000;
const FILE: &str = "task-definitions.json";
const VERSION: u64 = 1;

/// What is known of one revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Known {
    /// Digest of the declaration that it is the revision of, with its marks and tags.
    pub(super) declared: String,
    /// Digest of its content.
    pub(super) content: String,
}

/// What is known by ARN, with the number of the run that learned it.
type Revisions = BTreeMap<String, (u64, Known)>;

/// What is known of revisions from earlier runs.
#[derive(Debug, Default)]
pub(super) struct Cache {
    path: Option<PathBuf>,
    known: Revisions,
    run: u64,
    changed: bool,
}

impl Cache {
    /// Reads the file; one that is not there or not ours to understand is an empty cache.
    pub(super) async fn read(folder: Option<&Path>) -> Self {
        let Some(path) = folder.map(|folder| folder.join(FILE)) else { return Self::default() };
        let text = match tokio::fs::read(&path).await {
            Ok(text) => text,
            Err(error) => {
                if error.kind() != std::io::ErrorKind::NotFound {
                    tracing::warn!("cannot read {}: {error}", path.display());
                }
                Vec::new()
            }
        };
        let (run, known) = parse(&text).unwrap_or_default();
        Self { path: Some(path), known, run: run + 1, changed: false }
    }

    /// What is known of a revision.
    pub(super) fn get(&self, arn: &str) -> Option<&Known> {
        self.known.get(arn).map(|(_, known)| known)
    }

    /// Remembers a revision.
    pub(super) fn put(&mut self, arn: &str, known: Known) {
        if self.get(arn) != Some(&known) {
            self.known.insert(arn.to_owned(), (self.run, known));
            self.changed = true;
        }
    }

    /// Forgets a revision: its tags are not what they were.
    pub(super) fn remove(&mut self, arn: &str) {
        self.changed |= self.known.remove(arn).is_some();
    }

    /// Writes the file if there is anything new in it. What cannot be kept is only read again.
    pub(super) async fn write(mut self) {
        let (Some(path), true) = (self.path.take(), self.changed) else { return };
        if let Err(error) = store(&path, &self.text()).await {
            tracing::warn!("cannot write {}: {error}", path.display());
        }
    }

    /// The oldest go first when there are too many.
    fn text(&self) -> String {
        let mut newest: Vec<_> = self.known.iter().collect();
        newest.sort_by_key(|(_, (run, _))| std::cmp::Reverse(*run));
        let revisions: Map<String, Value> = newest
            .into_iter()
            .take(MOST)
            .map(|(arn, (run, known))| (arn.clone(), json!([run, known.declared, known.content])))
            .collect();
        json!({"version": VERSION, "run": self.run, "revisions": revisions}).to_string()
    }
}

fn parse(text: &[u8]) -> Option<(u64, Revisions)> {
    let file: Value = serde_json::from_slice(text).ok()?;
    if file.get("version")?.as_u64()? != VERSION {
        return None;
    }
    let digest = |value: &Value| {
        let text = value.as_str()?;
        let fits = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        fits.then(|| text.to_owned())
    };
    let mut known = Revisions::new();
    for (arn, entry) in file.get("revisions")?.as_object()? {
        let (run, declared, content) = (entry.get(0)?, entry.get(1)?, entry.get(2)?);
        let entry = Known { declared: digest(declared)?, content: digest(content)? };
        known.insert(arn.clone(), (run.as_u64()?, entry));
    }
    Some((file.get("run")?.as_u64()?.min(u64::MAX - 1), known))
}

/// Replaces the file at once, for its owner's eyes only.
async fn store(path: &Path, text: &str) -> std::io::Result<()> {
    use tokio::io::AsyncWriteExt as _;
    let folder = path.parent().unwrap_or(Path::new("."));
    tokio::fs::create_dir_all(folder).await?;
    let new = folder.join(format!("{FILE}.{}", std::process::id()));
    // What an earlier process of the same number left.
    if let Err(error) = tokio::fs::remove_file(&new).await
        && error.kind() != std::io::ErrorKind::NotFound
    {
        return Err(error);
    }
    let mut options = tokio::fs::OpenOptions::new();
    let mut file = options.write(true).create_new(true).mode(0o600).open(&new).await?;
    file.write_all(text.as_bytes()).await?;
    file.flush().await?;
    drop(file);
    tokio::fs::rename(&new, path).await
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn known(letter: &str) -> Known {
        Known { declared: letter.repeat(64), content: "c".repeat(64) }
    }

    #[tokio::test]
    async fn what_is_known_is_there_in_the_next_run_for_the_owner_only() {
        let folder = tempfile::tempdir().unwrap();
        let below = folder.path().join("below");
        let mut cache = Cache::read(Some(&below)).await;
        cache.put("arn:1", known("a"));
        cache.write().await;
        let again = Cache::read(Some(&below)).await;
        assert_eq!(again.get("arn:1"), Some(&known("a")));
        assert_eq!(again.get("arn:2"), None);
        let mode = std::fs::metadata(below.join(FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(&below).unwrap().count(), 1);
    }

    #[tokio::test]
    async fn a_file_that_makes_no_sense_is_no_cache() {
        let folder = tempfile::tempdir().unwrap();
        for text in [
            "",
            "{",
            "[]",
            r#"{"version":2,"run":1,"revisions":{}}"#,
            r#"{"version":1,"run":1,"revisions":{"arn":[1,"short","short"]}}"#,
            r#"{"version":1,"run":-1,"revisions":{}}"#,
        ] {
            std::fs::write(folder.path().join(FILE), text).unwrap();
            let cache = Cache::read(Some(folder.path())).await;
            assert_eq!((cache.known.len(), cache.run), (0, 1), "{text}");
        }
    }

    #[tokio::test]
    async fn the_revisions_of_the_oldest_runs_are_forgotten_first() {
        let folder = tempfile::tempdir().unwrap();
        let mut cache = Cache::read(Some(folder.path())).await;
        cache.put("old", known("a"));
        cache.write().await;
        let mut cache = Cache::read(Some(folder.path())).await;
        (0..MOST).for_each(|at| cache.put(&format!("arn:{at}"), known("b")));
        cache.write().await;
        let cache = Cache::read(Some(folder.path())).await;
        assert_eq!((cache.known.len(), cache.get("old")), (MOST, None));
    }
}
