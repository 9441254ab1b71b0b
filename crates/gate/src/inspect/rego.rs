//! Policies in Rego, by the convention of conftest.
//!
//! In any package the rules `deny`, `violation`, `deny_…` and `violation_…` refuse, `warn` and `warn_…` only
//! say so; `exception` names rules that do not count for an object. `input` is one declared object. A
//! file is read as Rego 1, and where it is none as Rego 0 (<https://www.conftest.dev/>,
//! <https://www.openpolicyagent.org/docs/policy-language>).
//!
//! A policy's answer depends on nothing but the object and the policies: what would ask the network, the
//! clock, chance or the machine is refused before anything is evaluated.

mod builtins;
mod calls;
mod compile;
mod evaluate;
mod fault;
mod findings;
mod nesting;
mod syntax;

use std::collections::BTreeMap;

use super::Inspected;
use crate::{Condition, Problem, State};
use compile::Policies;
use fault::Fault;

/// The name of every condition that comes from a policy.
pub(super) const POLICY: &str = "policy";

/// Bytes of stack for reading and evaluating policies: rules call rules, and how deep is bounded by their
/// number ([`compile::MOST_RULES`]).
const STACK: usize = 512 << 20;

/// What the policies make of the objects.
pub(super) fn conditions(
    policies: &BTreeMap<String, String>,
    objects: &[Inspected],
) -> Vec<Condition> {
    if policies.is_empty() {
        return Vec::new();
    }
    apart(|| match Policies::compile(policies) {
        Ok(compiled) => evaluate::conditions(compiled, objects),
        Err(faults) => faults.iter().map(Fault::condition).collect(),
    })
    .unwrap_or_else(|why| vec![Condition::new(POLICY, State::Denied, why)])
}

/// What keeps the policies from being evaluated.
pub(super) fn problems(policies: &BTreeMap<String, String>) -> Vec<Problem> {
    if policies.is_empty() {
        return Vec::new();
    }
    let faults = apart(|| Policies::compile(policies).err().unwrap_or_default());
    match faults {
        Ok(faults) => faults.iter().map(Fault::problem).collect(),
        Err(why) => vec![Problem { pointer: String::new(), message: why, help: None }],
    }
}

/// Runs with a stack that the policies cannot use up; a crash of the engine ends nothing but itself.
fn apart<T: Send>(work: impl FnOnce() -> T + Send) -> Result<T, String> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new()
            .stack_size(STACK)
            .spawn_scoped(scope, work)
            .map_err(|error| format!("the policies could not be evaluated: {error}"))?;
        thread
            .join()
            .map_err(|_| "the policies could not be evaluated: the engine failed".to_owned())
    })
}
