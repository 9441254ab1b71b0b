//! The files of the local forge: `changes/N.json`, `comments/N.json`, `reviews/N.json`, `statuses/COMMIT.json`.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::{Error, Result, Review, ReviewState, Status, StatusState, text};

/// A change as it was when somebody last wrote it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ChangeFile {
    pub(super) number: u64,
    pub(super) title: String,
    pub(super) body: String,
    pub(super) head: String,
    pub(super) head_commit: String,
    pub(super) base: String,
    /// The base branch's commit when the change was proposed: what is after it came with the change.
    pub(super) base_commit: String,
    pub(super) author: String,
    pub(super) state: StateFile,
    pub(super) opened: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum StateFile {
    Open,
    Merged,
    Closed,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct CommentFile {
    pub(super) name: String,
    pub(super) author: String,
    pub(super) body: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ReviewFile {
    pub(super) login: String,
    pub(super) state: Said,
    pub(super) commit: String,
    pub(super) at: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Said {
    Approved,
    ChangesRequested,
    Commented,
    Dismissed,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct StatusFile {
    pub(super) state: String,
    pub(super) description: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) url: Option<String>,
}

impl From<ReviewState> for Said {
    fn from(state: ReviewState) -> Self {
        match state {
            ReviewState::Approved => Self::Approved,
            ReviewState::ChangesRequested => Self::ChangesRequested,
            ReviewState::Commented => Self::Commented,
            ReviewState::Dismissed => Self::Dismissed,
        }
    }
}

impl ReviewFile {
    pub(super) fn review(&self) -> Review {
        let state = match self.state {
            Said::Approved => ReviewState::Approved,
            Said::ChangesRequested => ReviewState::ChangesRequested,
            Said::Commented => ReviewState::Commented,
            Said::Dismissed => ReviewState::Dismissed,
        };
        let (login, commit) = (self.login.clone(), self.commit.clone());
        Review { login, bot: false, state, commit, at: self.at }
    }
}

impl From<&Status> for StatusFile {
    fn from(status: &Status) -> Self {
        let state = match status.state {
            StatusState::Pending => "pending",
            StatusState::Success => "success",
            StatusState::Failure => "failure",
            StatusState::Error => "error",
        };
        let (description, url) = (text::line(&status.description, 255), status.url.clone());
        Self { state: state.to_owned(), description, url }
    }
}

/// All files, parsed as far as somebody asked for them.
#[derive(Default)]
pub(super) struct Files {
    raw: BTreeMap<String, Vec<u8>>,
    pub(super) changes: BTreeMap<u64, ChangeFile>,
    comments: BTreeMap<u64, Vec<CommentFile>>,
    reviews: BTreeMap<u64, Vec<ReviewFile>>,
    statuses: BTreeMap<String, BTreeMap<String, StatusFile>>,
}

impl Files {
    pub(super) fn parse(raw: &BTreeMap<String, Vec<u8>>) -> Result<Self> {
        let mut files = Self { raw: raw.clone(), ..Self::default() };
        for (path, bytes) in raw {
            let Some(number) = path.strip_prefix("changes/") else { continue };
            let number = number.strip_suffix(".json").and_then(|number| number.parse().ok());
            let change: ChangeFile = parse(path, bytes)?;
            if number != Some(change.number) {
                return Err(malformed(path, "it has another number than its name"));
            }
            files.changes.insert(change.number, change);
        }
        Ok(files)
    }

    pub(super) fn comments(&mut self, number: u64) -> Result<&mut Vec<CommentFile>> {
        load(&self.raw, &mut self.comments, number, &format!("comments/{number}.json"))
    }

    pub(super) fn reviews(&mut self, number: u64) -> Result<&mut Vec<ReviewFile>> {
        load(&self.raw, &mut self.reviews, number, &format!("reviews/{number}.json"))
    }

    pub(super) fn statuses(&mut self, commit: &str) -> Result<&mut BTreeMap<String, StatusFile>> {
        let path = format!("statuses/{commit}.json");
        load(&self.raw, &mut self.statuses, commit.to_owned(), &path)
    }

    /// Writes the one comment with this name.
    pub(super) fn comment(
        &mut self,
        number: u64,
        name: &str,
        author: &str,
        body: &str,
    ) -> Result<()> {
        let comments = self.comments(number)?;
        match comments.iter_mut().find(|comment| comment.name == name) {
            Some(comment) if comment.body == body => {}
            Some(comment) => {
                comment.body = body.to_owned();
                comment.author = author.to_owned();
            }
            None => {
                let (name, author, body) = (name.to_owned(), author.to_owned(), body.to_owned());
                comments.push(CommentFile { name, author, body });
            }
        }
        Ok(())
    }

    /// All files again: those that nobody asked for as they are.
    pub(super) fn write(&self) -> Result<BTreeMap<String, Vec<u8>>> {
        let mut files = self.raw.clone();
        for (number, change) in &self.changes {
            put(&mut files, format!("changes/{number}.json"), change)?;
        }
        for (number, comments) in self.comments.iter().filter(|(_, all)| !all.is_empty()) {
            put(&mut files, format!("comments/{number}.json"), comments)?;
        }
        for (number, reviews) in self.reviews.iter().filter(|(_, all)| !all.is_empty()) {
            put(&mut files, format!("reviews/{number}.json"), reviews)?;
        }
        for (commit, statuses) in self.statuses.iter().filter(|(_, all)| !all.is_empty()) {
            put(&mut files, format!("statuses/{commit}.json"), statuses)?;
        }
        Ok(files)
    }
}

fn load<'a, K: Ord + Clone, V: Default + DeserializeOwned>(
    raw: &BTreeMap<String, Vec<u8>>,
    known: &'a mut BTreeMap<K, V>,
    key: K,
    path: &str,
) -> Result<&'a mut V> {
    if !known.contains_key(&key) {
        let value = raw.get(path).map(|bytes| parse(path, bytes)).transpose()?;
        known.insert(key.clone(), value.unwrap_or_default());
    }
    Ok(known.entry(key).or_default())
}

fn parse<T: DeserializeOwned>(path: &str, bytes: &[u8]) -> Result<T> {
    serde_json::from_slice(bytes).map_err(|error| malformed(path, &error.to_string()))
}

fn put<T: Serialize>(files: &mut BTreeMap<String, Vec<u8>>, path: String, value: &T) -> Result<()> {
    let written = serde_json::to_vec_pretty(value);
    let mut bytes = written.map_err(|error| malformed(&path, &error.to_string()))?;
    bytes.push(b'\n');
    files.insert(path, bytes);
    Ok(())
}

fn malformed(path: &str, why: &str) -> Error {
    Error::Malformed { what: format!("local forge: {path}"), why: why.to_owned() }
}
