//! The rules and the policies on objects as they are declared.

mod policies;
mod rules;
mod speed;

use std::collections::BTreeMap;

use serde_json::Value;
use suimon_model::{Gate, GateFiles, ResourceId, Rule};

use super::{Inspected, inspect, problems};
use crate::{Condition, State};

/// An object from JSON; its id is read from it.
fn object(body: Value) -> Inspected {
    let text = |pointer: &str| body.pointer(pointer).and_then(Value::as_str);
    let version = text("/apiVersion").unwrap_or("v1");
    let group = version.split_once('/').map_or("", |(group, _)| group);
    let (kind, name) = (text("/kind").unwrap_or("Pod"), text("/metadata/name").unwrap_or("x"));
    let id = ResourceId::new(group, kind, text("/metadata/namespace"), name);
    Inspected { id, body, location: "a.yaml:1".to_owned() }
}

fn rule(name: &str, settings: Value) -> Rule {
    Rule { name: name.to_owned(), settings }
}

/// One line per condition: its state and message.
fn lines(conditions: &[Condition]) -> String {
    let line = |one: &Condition| format!("{} {}: {}", one.state, one.rule, one.message);
    conditions.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// What one rule says about objects.
fn judged(name: &str, settings: Value, objects: &[Value]) -> String {
    let gate = Gate { rules: vec![rule(name, settings)], ..Gate::default() };
    let objects: Vec<Inspected> = objects.iter().cloned().map(object).collect();
    lines(&inspect(&gate, &GateFiles::default(), &objects))
}

fn files(policies: &[(&str, &str)]) -> GateFiles {
    let policies: BTreeMap<String, String> = policies
        .iter()
        .map(|(name, text)| (format!("policies/{name}"), (*text).to_owned()))
        .collect();
    GateFiles { policies, ..GateFiles::default() }
}

/// What policies say about objects.
fn asked(policies: &[(&str, &str)], objects: &[Value]) -> Vec<Condition> {
    let objects: Vec<Inspected> = objects.iter().cloned().map(object).collect();
    inspect(&Gate::default(), &files(policies), &objects)
}
