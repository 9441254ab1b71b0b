//! Plans in files.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Plan;
use crate::digest::hash;

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
    /// Edited or damaged after it was saved.
    #[error("saved plan was edited: its hash is {actual}, it says {stated}")]
    Edited {
        /// The hash that the file states.
        stated: String,
        /// The hash of what the file holds.
        actual: String,
    },
}

/// What is in a file besides its integrity.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format_version: String,
    kind: String,
    digest: String,
    plan: Plan,
}

/// The key of the hash over everything else in the file.
const INTEGRITY: &str = "integrity";

const KIND: &str = "SavedPlan";

impl Plan {
    /// The plan as a file: masked, so no secret is in it.
    ///
    /// The file holds the plan's digest, which approvals are bound to, and a hash over everything in
    /// it, the bodies and the drift too. The hash finds accidents and careless edits; whoever can
    /// compute a hash can also write another plan, so it proves nothing about who wrote the file.
    pub fn to_file(&self) -> String {
        let (format_version, kind) = (PLAN_FORMAT_VERSION.to_owned(), KIND.to_owned());
        let file = File { format_version, kind, digest: self.digest(), plan: self.clone() };
        // Every part of a plan is JSON; were it not, the file would not read back.
        let mut content = serde_json::to_value(file).unwrap_or_default();
        let integrity = hash(&content);
        if let Value::Object(map) = &mut content {
            map.insert(INTEGRITY.to_owned(), Value::String(integrity));
        }
        content.to_string()
    }

    /// Reads a plan back.
    ///
    /// # Errors
    /// See [`InvalidPlan`]: anything that was not written by [`to_file`](Self::to_file).
    pub fn from_file(text: &str) -> Result<Self, InvalidPlan> {
        let malformed = |error: serde_json::Error| InvalidPlan::Malformed(error.to_string());
        let missing = |what: &str| InvalidPlan::Malformed(format!("it has no `{what}`"));
        let mut content: Value = serde_json::from_str(text).map_err(malformed)?;
        let Some(map) = content.as_object_mut() else {
            return Err(InvalidPlan::Malformed("it is not a JSON object".to_owned()));
        };
        let version = map.get("format_version").and_then(Value::as_str);
        let version = version.ok_or_else(|| missing("format_version"))?;
        if version != PLAN_FORMAT_VERSION {
            return Err(InvalidPlan::Version { found: version.to_owned() });
        }
        let stated = map.remove(INTEGRITY).as_ref().and_then(Value::as_str).map(str::to_owned);
        unchanged(stated.ok_or_else(|| missing(INTEGRITY))?, hash(&content))?;
        let file: File = serde_json::from_value(content).map_err(malformed)?;
        if file.kind != KIND {
            return Err(InvalidPlan::Malformed(format!("it is a `{}`", file.kind)));
        }
        unchanged(file.digest, file.plan.digest())?;
        Ok(file.plan)
    }
}

fn unchanged(stated: String, actual: String) -> Result<(), InvalidPlan> {
    if stated == actual { Ok(()) } else { Err(InvalidPlan::Edited { stated, actual }) }
}
