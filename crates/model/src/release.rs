//! [`Release`]: what promotion moves.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// A pinned artifact, by the keys that `release.yaml` gives it (`image`, …).
pub type Artifact = BTreeMap<String, String>;

/// The modules' revision and the pinned artifacts of one environment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    /// `metadata.name`, for people; `None` where there is no `release.yaml`.
    pub name: Option<String>,
    /// Commit that `modules/` is read from; `None` follows the environment's own revision.
    pub modules: Option<String>,
    /// Artifacts by name.
    pub artifacts: BTreeMap<String, Artifact>,
}

impl Release {
    /// The release's identity, given the Git tree id of `modules/` it stands for.
    ///
    /// Two commits with the same content are the same release.
    pub fn id(&self, modules_tree: &str) -> ReleaseId {
        let mut hash = Sha256::new();
        hash.update(b"suimon release v1\0");
        hash.update(modules_tree.as_bytes());
        for (name, artifact) in &self.artifacts {
            for (key, value) in artifact {
                for part in [name, key, value] {
                    hash.update([0]);
                    hash.update(part.as_bytes());
                }
            }
        }
        let hex: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        ReleaseId(format!("sha256:{hex}"))
    }
}

/// The content identity of a release.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ReleaseId(String);

impl fmt::Display for ReleaseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identity_is_content_not_name_or_commit() {
        let artifact = BTreeMap::from([("image".to_owned(), "r/api@sha256:1".to_owned())]);
        let one = Release {
            name: Some("a".into()),
            modules: Some("c1".into()),
            artifacts: BTreeMap::from([("api".into(), artifact.clone())]),
        };
        let two = Release { name: Some("b".into()), modules: Some("c2".into()), ..one.clone() };
        assert_eq!(one.id("tree"), two.id("tree"));
        assert_ne!(one.id("tree"), one.id("other"));
        assert_ne!(one.id("tree"), Release::default().id("tree"));
    }
}
