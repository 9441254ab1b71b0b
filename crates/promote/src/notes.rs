//! [`Notes`]: what a release brings, compared with the one that is there.

use std::collections::BTreeSet;

use serde_json::Value;
use suimon_model::{Diagnostic, Release};
use suimon_source::{CommitInfo, Repository};

use crate::name::short_commit;
use crate::safe::{code, line, shorten};

/// Most commits that are listed.
const MOST: usize = 50;

/// What a release brings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Notes {
    /// Commits of `modules/` that it has and the present release does not; newest first.
    pub commits: Vec<Note>,
    /// Commits of `modules/` that the present release has and it does not; newest first.
    pub taken_back: Vec<Note>,
    /// There are more commits than are listed.
    pub more: bool,
    /// Artifacts that differ.
    pub artifacts: Vec<ArtifactChange>,
    /// Values that differ between the environments: they are not promoted.
    pub values: Vec<String>,
    /// Why the commits could not be found.
    pub unknown: Option<String>,
}

/// One commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Its id.
    pub id: String,
    /// First line of its message.
    pub subject: String,
    /// Its author's name.
    pub author: String,
}

/// What becomes of a value of an artifact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArtifactChange {
    /// The artifact's name, and the key where it is not `image`.
    pub name: String,
    /// What it is now.
    pub before: Option<String>,
    /// What it will be.
    pub after: Option<String>,
}

impl From<CommitInfo> for Note {
    fn from(commit: CommitInfo) -> Self {
        let subject = commit.message.lines().next().unwrap_or_default().to_owned();
        Self { id: commit.id, subject, author: commit.author }
    }
}

impl Notes {
    /// Compares two releases by their commits and artifacts; `modules` is the path of the modules' folder
    /// from the top of the repository.
    ///
    /// A history that cannot be read makes the commits unknown, and nothing else.
    pub fn between(
        repository: &Repository,
        modules: &str,
        (old_commit, old): (&str, &Release),
        (new_commit, new): (&str, &Release),
    ) -> Self {
        let log = |from: &str, to: &str| -> Result<Vec<Note>, Diagnostic> {
            let found = repository.log(Some(from), to, &[modules], MOST + 1)?;
            Ok(found.into_iter().map(Note::from).collect())
        };
        let mut notes = Self { artifacts: artifact_changes(old, new), ..Self::default() };
        match (log(old_commit, new_commit), log(new_commit, old_commit)) {
            (Ok(commits), Ok(taken_back)) => {
                notes.more = commits.len() > MOST || taken_back.len() > MOST;
                notes.commits = commits.into_iter().take(MOST).collect();
                notes.taken_back = taken_back.into_iter().take(MOST).collect();
            }
            (Err(error), _) | (_, Err(error)) => notes.unknown = Some(error.summary),
        }
        notes
    }

    /// As text for a terminal.
    pub fn text(&self) -> String {
        let mut out = String::new();
        let commit = |note: &Note| {
            let subject = shorten(&line(&note.subject), 100);
            let author = shorten(&line(&note.author), 60);
            format!("  {} {subject} ({author})\n", short_commit(&note.id))
        };
        let mut list = |title: &str, lines: Vec<String>| {
            if !lines.is_empty() {
                out.push_str(&format!("{title}\n{}", lines.concat()));
            }
        };
        list("Commits of the modules:", self.commits.iter().map(commit).collect());
        list(
            "Commits of the modules that are taken back:",
            self.taken_back.iter().map(commit).collect(),
        );
        let artifact = |change: &ArtifactChange| {
            let value = |value: &Option<String>| value.as_deref().map_or("(none)".to_owned(), line);
            let (before, after) = (value(&change.before), value(&change.after));
            format!("  {}: {before} -> {after}\n", line(&change.name))
        };
        list("Artifacts:", self.artifacts.iter().map(artifact).collect());
        list(
            "Values that differ, and are not promoted:",
            self.values.iter().map(|path| format!("  {}\n", line(path))).collect(),
        );
        if self.more {
            out.push_str("There are more commits than these.\n");
        }
        if let Some(why) = &self.unknown {
            out.push_str(&format!("The commits could not be found: {}\n", line(why)));
        }
        out
    }

    /// As Markdown, with headings of the fourth level.
    pub(crate) fn markdown(&self, from: &str, to: &str) -> String {
        let mut out = String::from("#### What it brings\n\n");
        let commit = |note: &Note| {
            let id = code(short_commit(&note.id), 20);
            format!("- {id} {}, by {}\n", code(&note.subject, 120), code(&note.author, 60))
        };
        if self.commits.is_empty() && self.taken_back.is_empty() && self.unknown.is_none() {
            out.push_str("No commit of the modules.\n");
        }
        self.commits.iter().map(commit).for_each(|line| out.push_str(&line));
        if !self.taken_back.is_empty() {
            out.push_str("\nTaken back, because the release does not have them:\n\n");
            self.taken_back.iter().map(commit).for_each(|line| out.push_str(&line));
        }
        if self.more {
            out.push_str("\nThere are more commits than these.\n");
        }
        if let Some(why) = &self.unknown {
            out.push_str(&format!("\nThe commits could not be found: {}\n", code(why, 300)));
        }
        if !self.artifacts.is_empty() {
            out.push_str("\n#### Artifacts\n\n");
            for change in self.artifacts.iter().take(MOST) {
                let value = |value: &Option<String>| {
                    value.as_deref().map_or("nothing".to_owned(), |value| code(value, 300))
                };
                let (before, after) = (value(&change.before), value(&change.after));
                out.push_str(&format!("- {}: {before} → {after}\n", code(&change.name, 100)));
            }
            let more = self.artifacts.len().saturating_sub(MOST);
            if more > 0 {
                out.push_str(&format!("- and {more} more\n"));
            }
        }
        if !self.values.is_empty() {
            let paths: Vec<String> = self.values.iter().map(|path| code(path, 100)).collect();
            out.push_str(&format!(
                "\nValues are not promoted. These differ between {} and {}: {}.\n",
                code(from, 70),
                code(to, 70),
                paths.join(", ")
            ));
        }
        out
    }
}

/// Values of artifacts that differ, by name.
pub fn artifact_changes(old: &Release, new: &Release) -> Vec<ArtifactChange> {
    let names: BTreeSet<&String> = old.artifacts.keys().chain(new.artifacts.keys()).collect();
    let mut changes = Vec::new();
    for name in names {
        let (before, after) = (old.artifacts.get(name), new.artifacts.get(name));
        let keys: BTreeSet<&String> =
            before.into_iter().chain(after).flat_map(|artifact| artifact.keys()).collect();
        for key in keys {
            let before = before.and_then(|artifact| artifact.get(key)).cloned();
            let after = after.and_then(|artifact| artifact.get(key)).cloned();
            if before != after {
                let name = if key == "image" { name.clone() } else { format!("{name}.{key}") };
                changes.push(ArtifactChange { name, before, after });
            }
        }
    }
    changes
}

/// The most values that are named.
const MOST_VALUES: usize = 30;

/// Paths of values that two `environment.yaml` give differently: `domain`, and `api: replicas` for an
/// instance's.
pub fn differing_values(from: &Value, to: &Value) -> Vec<String> {
    let mut paths = Vec::new();
    let none = Value::Null;
    let at = |of: &Value, pointer: &str| of.pointer(pointer).cloned().unwrap_or(Value::Null);
    compare("", &at(from, "/spec/values"), &at(to, "/spec/values"), &mut paths);
    let instances = |of: &Value| at(of, "/spec/modules").as_array().cloned().unwrap_or_default();
    let others = instances(to);
    for instance in instances(from) {
        let Some(name) = instance.get("name").and_then(Value::as_str) else { continue };
        let other =
            others.iter().find(|other| other.get("name").and_then(Value::as_str) == Some(name));
        let mut own = Vec::new();
        if let Some(other) = other {
            let values = |of: &Value| of.get("values").unwrap_or(&none).clone();
            compare("", &values(&instance), &values(other), &mut own);
        } else {
            paths.push(format!("{name}: not there"));
        }
        paths.extend(own.into_iter().map(|path| format!("{name}: {path}")));
    }
    let more = paths.len().saturating_sub(MOST_VALUES);
    paths.truncate(MOST_VALUES);
    if more > 0 {
        paths.push(format!("and {more} more"));
    }
    paths
}

/// Mappings merge key by key, as values do; everything else is one value.
fn compare(path: &str, left: &Value, right: &Value, found: &mut Vec<String>) {
    let empty = serde_json::Map::new();
    let map = |value: &Value| match value {
        Value::Object(map) => Some(map.clone()),
        Value::Null => Some(empty.clone()),
        _ => None,
    };
    match (map(left), map(right)) {
        (Some(left), Some(right)) if !(left.is_empty() && right.is_empty() && !path.is_empty()) => {
            let keys: BTreeSet<&String> = left.keys().chain(right.keys()).collect();
            for key in keys {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                match (left.get(key), right.get(key)) {
                    (Some(left), Some(right)) => compare(&path, left, right, found),
                    _ => found.push(path),
                }
            }
        }
        _ if left != right => found.push(path.to_owned()),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;

    fn release(artifacts: &[(&str, &str, &str)]) -> Release {
        let mut release = Release::default();
        for (name, key, value) in artifacts {
            let artifact: &mut BTreeMap<_, _> =
                release.artifacts.entry((*name).to_owned()).or_default();
            artifact.insert((*key).to_owned(), (*value).to_owned());
        }
        release
    }

    #[test]
    fn artifacts_are_compared_value_by_value() {
        let old =
            release(&[("api", "image", "a@1"), ("web", "image", "w@1"), ("old", "image", "o")]);
        let new =
            release(&[("api", "image", "a@2"), ("web", "image", "w@1"), ("web", "sbom", "s")]);
        let told: Vec<String> = artifact_changes(&old, &new)
            .into_iter()
            .map(|c| format!("{} {:?} {:?}", c.name, c.before, c.after))
            .collect();
        assert_eq!(
            told,
            [
                r#"api Some("a@1") Some("a@2")"#,
                r#"old Some("o") None"#,
                r#"web.sbom None Some("s")"#
            ]
        );
        assert!(artifact_changes(&old, &old).is_empty());
    }

    #[test]
    fn values_that_differ_are_named_by_their_path() {
        let from = json!({"spec": {
            "values": {"domain": "dev.example.com", "same": {"a": 1}, "deep": {"a": 1, "b": [1]}},
            "modules": [
                {"name": "api", "values": {"replicas": 1, "cpu": "1"}},
                {"name": "debug", "values": {"x": 1}},
                {"name": "plain"}
            ]
        }});
        let to = json!({"spec": {
            "values": {"domain": "example.com", "same": {"a": 1}, "deep": {"a": 1, "b": [2]}, "tier": null},
            "modules": [{"name": "plain", "values": {}}, {"name": "api", "values": {"replicas": 3, "cpu": "1"}}]
        }});
        assert_eq!(
            differing_values(&from, &to),
            ["deep.b", "domain", "tier", "api: replicas", "debug: not there"]
        );
        assert!(differing_values(&from, &from).is_empty());
        assert!(differing_values(&json!(null), &json!([1, "x"])).is_empty());
    }

    #[test]
    fn texts_from_git_cannot_act() {
        let notes = Notes {
            commits: vec![Note {
                id: "0123456789abcdef".into(),
                subject: "fix @all `x` <!-- suimon:plan:prod --> [a](b)".into(),
                author: "E\u{202e}ve\u{1b}[2J".into(),
            }],
            artifacts: vec![ArtifactChange {
                name: "api".into(),
                before: None,
                after: Some("r/api@sha256:1".into()),
            }],
            values: vec!["domain".into()],
            ..Notes::default()
        };
        insta::assert_snapshot!(notes.markdown("dev", "stg"), @r"
        #### What it brings

        - `0123456789` ``fix @all `x` <!-- suimon:plan:prod --> [a](b)``, by `E\u{202e}ve\u{1b}[2J`

        #### Artifacts

        - `api`: nothing → `r/api@sha256:1`

        Values are not promoted. These differ between `dev` and `stg`: `domain`.
        ");
        insta::assert_snapshot!(notes.text(), @r"
        Commits of the modules:
          0123456789 fix @all `x` <!-- suimon:plan:prod --> [a](b) (E\u{202e}ve\u{1b}[2J)
        Artifacts:
          api: (none) -> r/api@sha256:1
        Values that differ, and are not promoted:
          domain
        ");
    }
}
