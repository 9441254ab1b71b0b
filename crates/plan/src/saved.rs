//! Plans in files.

use serde::{Deserialize, Serialize};

use crate::Plan;

/// Version of the saved-plan format.
pub const PLAN_FORMAT_VERSION: &str = "1.0";

/// Why a file is not a plan that can be applied.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidPlan {
    /// Not JSON of this shape.
    #[error("not a saved plan: {0}")]
    Malformed(String),
    /// Written by another version.
    #[error("saved plan has format version {found}, this suimon reads {PLAN_FORMAT_VERSION}")]
    Version {
        /// What the file says.
        found: String,
    },
    /// Edited after it was saved.
    #[error("saved plan was edited: its digest is {actual}, it says {stated}")]
    Edited {
        /// The digest that the file states.
        stated: String,
        /// The digest of what the file holds.
        actual: String,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format_version: String,
    kind: String,
    digest: String,
    plan: Plan,
}

impl Plan {
    /// The plan as a file: masked, so no secret is in it.
    pub fn to_file(&self) -> String {
        let file = File {
            format_version: PLAN_FORMAT_VERSION.to_owned(),
            kind: "SavedPlan".to_owned(),
            digest: self.digest(),
            plan: self.clone(),
        };
        serde_json::to_string(&file).unwrap_or_default()
    }

    /// Reads a plan back.
    ///
    /// # Errors
    /// See [`InvalidPlan`]: anything that was not written by [`to_file`](Self::to_file).
    pub fn from_file(text: &str) -> Result<Self, InvalidPlan> {
        #[derive(Deserialize)]
        struct Version {
            format_version: String,
        }
        let version: Version =
            serde_json::from_str(text).map_err(|e| InvalidPlan::Malformed(e.to_string()))?;
        if version.format_version != PLAN_FORMAT_VERSION {
            return Err(InvalidPlan::Version { found: version.format_version });
        }
        let file: File =
            serde_json::from_str(text).map_err(|e| InvalidPlan::Malformed(e.to_string()))?;
        let actual = file.plan.digest();
        if actual != file.digest {
            return Err(InvalidPlan::Edited { stated: file.digest, actual });
        }
        Ok(file.plan)
    }
}
