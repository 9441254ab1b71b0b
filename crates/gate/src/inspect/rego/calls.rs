//! What policies call: nothing that is not there, nothing impure, and no function itself.

use std::collections::{BTreeMap, BTreeSet};

use super::builtins::{is_allowed, is_impure};
use super::fault::Fault;
use super::syntax::{Call, Definition, Module};

/// A name in full: `data.main.f`.
type Name = Vec<String>;

/// Everything that the calls of all modules do wrong.
pub(super) fn faults(modules: &[Module]) -> Vec<Fault> {
    let functions: BTreeSet<Name> = modules
        .iter()
        .flat_map(|module| {
            let functions = module.rules.iter().filter(|rule| rule.is_function);
            functions.map(|rule| full(&module.package, &rule.name))
        })
        .collect();
    let mut faults = Vec::new();
    for module in modules {
        for call in module.rules.iter().flat_map(|rule| &rule.calls) {
            faults.extend(wrong(module, call, &functions));
        }
    }
    faults.extend(recursion(modules, &functions));
    faults.sort();
    faults.dedup();
    faults
}

fn full(package: &[String], name: &[String]) -> Name {
    let data = std::iter::once("data".to_owned());
    data.chain(package.iter().cloned()).chain(name.iter().cloned()).collect()
}

/// What a name stands for: a function of the policies, else itself with its import put in.
fn resolved(module: &Module, name: &[String], functions: &BTreeSet<Name>) -> Name {
    let own = full(&module.package, name);
    if functions.contains(&own) {
        return own;
    }
    let imported = module.imports.iter().find(|(alias, _)| Some(alias) == name.first());
    match imported {
        Some((_, target)) => target.iter().chain(name.iter().skip(1)).cloned().collect(),
        None => name.to_vec(),
    }
}

fn wrong(module: &Module, call: &Call, functions: &BTreeSet<Name>) -> Option<Fault> {
    let name = resolved(module, &call.name, functions);
    let text = name.join(".");
    let fault = |message: String| Fault {
        file: module.file.clone(),
        line: call.line,
        column: call.column,
        message,
        help: None,
    };
    if is_impure(&text) {
        let message = format!("`{text}` may not be used in a policy");
        return Some(fault(message).help(
            "a policy sees the declared object and nothing else: no network, clock or chance",
        ));
    }
    if !call.is_called || functions.contains(&name) || is_allowed(&text) {
        return None;
    }
    Some(fault(format!("there is no function `{text}`")).help("correct its name, or its package"))
}

/// Functions that come back to themselves: the engine would not end.
fn recursion(modules: &[Module], functions: &BTreeSet<Name>) -> Vec<Fault> {
    let mut edges: BTreeMap<Name, BTreeSet<Name>> = BTreeMap::new();
    let mut places: BTreeMap<Name, (&Module, &Definition)> = BTreeMap::new();
    for module in modules {
        for rule in module.rules.iter().filter(|rule| rule.is_function) {
            let name = full(&module.package, &rule.name);
            let called = rule.calls.iter().map(|call| resolved(module, &call.name, functions));
            let called = called.filter(|name| functions.contains(name));
            edges.entry(name.clone()).or_default().extend(called);
            places.entry(name).or_insert((module, rule));
        }
    }
    only_circular(&mut edges);
    let mut found = Vec::new();
    for (name, (module, rule)) in &places {
        if !reaches(&edges, name) {
            continue;
        }
        let message = format!("the function `{}` calls itself", rule.name.join("."));
        let fault = Fault::of_file(&module.file, message);
        found.push(fault.help("Rego has no recursion; walk the value with `walk`"));
    }
    found
}

/// Removes what calls only functions that end: what is left is in a circle or leads to one.
fn only_circular(edges: &mut BTreeMap<Name, BTreeSet<Name>>) {
    let mut callers: BTreeMap<Name, Vec<Name>> = BTreeMap::new();
    for (caller, called) in edges.iter() {
        for name in called {
            callers.entry(name.clone()).or_default().push(caller.clone());
        }
    }
    let ends = edges.iter().filter(|(_, called)| called.is_empty());
    let mut open: Vec<Name> = ends.map(|(name, _)| name.clone()).collect();
    while let Some(name) = open.pop() {
        edges.remove(&name);
        for caller in callers.get(&name).into_iter().flatten() {
            let Some(called) = edges.get_mut(caller) else { continue };
            if called.remove(&name) && called.is_empty() {
                open.push(caller.clone());
            }
        }
    }
}

/// Whether a name comes back to itself.
fn reaches(edges: &BTreeMap<Name, BTreeSet<Name>>, from: &Name) -> bool {
    let mut seen: BTreeSet<&Name> = BTreeSet::new();
    let mut open: Vec<&Name> = edges.get(from).into_iter().flatten().collect();
    while let Some(name) = open.pop() {
        if name == from {
            return true;
        }
        if seen.insert(name) {
            open.extend(edges.get(name).into_iter().flatten());
        }
    }
    false
}
