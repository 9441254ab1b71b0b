//! What the built-in rules and the policies say about the declared objects.

mod availability;
mod exposure;
mod images;
mod limits;
mod namespaces;
mod privileges;
mod rego;
mod rules;
mod selector;
mod settings;
#[cfg(test)]
mod tests;
mod workload;

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
///
/// # Guarantees
/// A rule that nobody knows, settings that do not fit, and a policy that does not compile or fails
/// while it is evaluated deny; none of them is passed over. Every rule answers: with one condition for
/// each thing that breaks it, else with one that says that it holds.
///
/// # Caveats
/// The evaluation of policies is bounded in time, not in memory: they are the project's own.
pub fn inspect(gate: &Gate, files: &GateFiles, objects: &[Inspected]) -> Vec<Condition> {
    let mut conditions = rules::conditions(&gate.rules, objects);
    conditions.extend(rego::conditions(&files.policies, objects));
    conditions
}

/// What is wrong with the rules and their settings, and with the policies: names that nobody knows,
/// settings that do not fit, policies that do not compile.
///
/// Policies are no part of the gate block: their problems point at the block itself, and name the policy's
/// file, line and column in their message.
pub(crate) fn problems(gate: &Gate, files: &GateFiles) -> Vec<Problem> {
    let mut problems = rules::problems(&gate.rules);
    problems.extend(rego::problems(&files.policies));
    problems
}
