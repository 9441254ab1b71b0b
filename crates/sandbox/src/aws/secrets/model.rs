//! What a secret is.

use std::fmt;

use jiff::Timestamp;
use serde_json::Value;

pub(super) const CURRENT: &str = "AWSCURRENT";
pub(super) const PREVIOUS: &str = "AWSPREVIOUS";
pub(super) const PENDING: &str = "AWSPENDING";

/// How many versions are kept when the older ones are of yesterday and without a label.
const KEPT: usize = 100;

/// A secret's value. It is not shown by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Content {
    Text(String),
    /// In base64, as it came.
    Binary(String),
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Content")
    }
}

impl Content {
    /// The member that carries it, and it.
    pub(super) fn member(&self) -> (&'static str, &str) {
        match self {
            Self::Text(text) => ("SecretString", text),
            Self::Binary(text) => ("SecretBinary", text),
        }
    }
}

#[derive(Clone, Debug)]
pub(super) struct Version {
    pub(super) id: String,
    pub(super) stages: Vec<String>,
    /// Absent while a rotation has not made it yet.
    pub(super) content: Option<Content>,
    pub(super) created: Timestamp,
    pub(super) accessed: Option<Timestamp>,
}

/// How a secret is rotated.
#[derive(Clone, Debug, Default)]
pub(super) struct Rotation {
    /// Absent while it was never configured.
    pub(super) enabled: Option<bool>,
    pub(super) lambda: Option<String>,
    pub(super) rules: Option<Value>,
    pub(super) last: Option<Timestamp>,
    pub(super) next: Option<Timestamp>,
    /// The version that a running rotation makes.
    pub(super) running: Option<String>,
}

#[derive(Clone, Debug)]
pub(super) struct Replica {
    pub(super) region: String,
    pub(super) kms_key: Option<String>,
    /// `InProgress`, `InSync` or `Failed`.
    pub(super) status: &'static str,
    pub(super) message: Option<String>,
}

#[derive(Clone, Debug)]
pub(super) struct Secret {
    pub(super) name: String,
    pub(super) arn: String,
    pub(super) description: Option<String>,
    pub(super) kms_key: Option<String>,
    /// The type of a managed external secret.
    pub(super) kind: Option<String>,
    /// In the order in which they were set.
    pub(super) tags: Vec<(String, String)>,
    /// Oldest first.
    pub(super) versions: Vec<Version>,
    pub(super) created: Timestamp,
    pub(super) changed: Timestamp,
    pub(super) accessed: Option<Timestamp>,
    /// When the recovery window ends.
    pub(super) deleted: Option<Timestamp>,
    pub(super) rotation: Rotation,
    pub(super) policy: Option<String>,
    pub(super) replicas: Vec<Replica>,
    /// The region of the primary secret; set on replicas and on what has replicas.
    pub(super) primary: Option<String>,
    /// Whether this is the replica.
    pub(super) replica: bool,
}

impl Secret {
    pub(super) fn version(&self, id: &str) -> Option<&Version> {
        self.versions.iter().find(|version| version.id == id)
    }

    pub(super) fn version_mut(&mut self, id: &str) -> Option<&mut Version> {
        self.versions.iter_mut().find(|version| version.id == id)
    }

    /// The version that a label is attached to.
    pub(super) fn labelled(&self, stage: &str) -> Option<&Version> {
        self.versions.iter().find(|version| version.stages.iter().any(|label| label == stage))
    }

    /// Adds a version without labels; versions beyond the most recent ones go when they are a day old.
    pub(super) fn add_version(&mut self, id: &str, content: Option<Content>, now: Timestamp) {
        self.versions.push(Version {
            id: id.to_owned(),
            stages: Vec::new(),
            content,
            created: now,
            accessed: None,
        });
        let yesterday = now - jiff::SignedDuration::from_hours(24);
        let mut excess = self.versions.len().saturating_sub(KEPT);
        self.versions.retain(|version| {
            let goes = excess > 0 && version.stages.is_empty() && version.created < yesterday;
            excess -= usize::from(goes);
            !goes
        });
    }

    /// Attaches a label to a version and takes it from where it was; `AWSPREVIOUS` follows `AWSCURRENT`.
    pub(super) fn attach(&mut self, stage: &str, id: &str) {
        let from = self.labelled(stage).map(|version| version.id.clone());
        if from.as_deref() == Some(id) {
            return;
        }
        self.detach(stage);
        if let Some(version) = self.version_mut(id) {
            version.stages.push(stage.to_owned());
        }
        if stage == CURRENT
            && let Some(from) = from
        {
            self.detach(PREVIOUS);
            if let Some(version) = self.version_mut(&from) {
                version.stages.push(PREVIOUS.to_owned());
            }
        }
    }

    /// Takes a label away.
    pub(super) fn detach(&mut self, stage: &str) {
        for version in &mut self.versions {
            version.stages.retain(|label| label != stage);
        }
    }

    /// The version of a rotation that has not become the current one.
    pub(super) fn open_rotation(&self) -> Option<&Version> {
        self.labelled(PENDING).filter(|version| !version.stages.iter().any(|s| s == CURRENT))
    }
}

/// The day of a time, as last-accessed dates are given.
pub(super) fn day(time: Timestamp) -> Timestamp {
    const DAY: i64 = 24 * 60 * 60;
    Timestamp::from_second(time.as_second().div_euclid(DAY) * DAY).unwrap_or(time)
}
