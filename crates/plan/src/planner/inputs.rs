//! [`Inputs`]: everything a plan is made of.

use std::collections::BTreeMap;

use serde_json::Value;
use suimon_graph::Order;
use suimon_model::{Body, Manifest, ResourceId};

use crate::{Conflict, LiveObject, Observed};

/// What a dry run said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Preview {
    /// This would be stored.
    Stored {
        /// The object, masked.
        object: LiveObject,
        /// Conflicts that a write without force meets.
        conflicts: Vec<Conflict>,
    },
    /// A field that cannot change in place would change.
    Immutable {
        /// The fields, as the API names them: `spec.selector`.
        fields: Vec<String>,
        /// The API's message, masked.
        message: String,
    },
    /// The API refuses the object.
    Rejected {
        /// The API's message, masked.
        message: String,
    },
    /// It was applied before, failed, and was rolled back.
    RolledBack {
        /// What the API says of it, masked.
        message: String,
    },
    /// The dry run itself failed: what would be stored is unknown.
    Failed {
        /// Why, without secrets.
        reason: String,
    },
}

/// One declaration.
#[derive(Debug, Clone)]
pub struct Declared<'a> {
    /// As the provider prepared it, with the deferred values that are known filled in.
    pub manifest: &'a Manifest,
    /// The same, masked.
    pub masked: Body,
}

/// Everything a plan is made of.
#[derive(Clone, Copy)]
pub struct Inputs<'a> {
    /// The project's name.
    pub project: &'a str,
    /// The environment's name.
    pub environment: &'a str,
    /// The commit; `None` for uncommitted files.
    pub revision: Option<&'a str>,
    /// The release's name, where it has one.
    pub release: Option<&'a str>,
    /// The release's identity.
    pub release_id: &'a str,
    /// The declared objects, dependencies first.
    pub order: &'a Order,
    /// Looks a declaration up; asked only for objects that are not as declared.
    pub declared: &'a dyn Fn(&ResourceId) -> Option<Declared<'a>>,
    /// What is live.
    pub observed: &'a Observed,
    /// What the dry runs of the [`candidates`](crate::candidates) said.
    pub previews: &'a BTreeMap<ResourceId, Preview>,
    /// The environment's `gate` and `protect` blocks, as JSON.
    pub policy: &'a Value,
    /// Take over objects that carry another engine's mark, and replace objects that are not ours.
    pub adopt: bool,
    /// Plan these and what they depend on only; empty for everything.
    pub targets: &'a [ResourceId],
    /// Repair drift only.
    pub drift_only: bool,
}
