//! From the files to something that can be asked.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;
use std::time::Duration;

use regorus::Engine;
use regorus::utils::limits::ExecutionTimerConfig;

use super::fault::Fault;
use super::{builtins, calls, nesting, syntax};

/// Most definitions of rules and functions in all policies together.
pub(super) const MOST_RULES: usize = 2_500;

/// How long one rule may take for one object.
const TIME: Duration = Duration::from_secs(5);

/// Steps of the engine between two looks at the time.
const STEPS: NonZeroU32 = NonZeroU32::MIN.saturating_add(999);

/// Policies that can be asked.
pub(super) struct Policies {
    pub(super) engine: Engine,
    pub(super) rules: Vec<PolicyRule>,
}

/// A rule that says something about an object.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct PolicyRule {
    /// `data.main.deny_root`, as the engine takes it.
    pub(super) path: String,
    /// `main.deny_root`, for people.
    pub(super) name: String,
    /// Whether it refuses; else it only says so.
    pub(super) denies: bool,
    /// Where the exceptions of its package are, where there are any.
    pub(super) exceptions: Option<String>,
    /// What an exception calls it: the name without `deny_`; empty for `deny` itself.
    pub(super) key: String,
    /// The files that define it.
    pub(super) files: Vec<String>,
}

impl Policies {
    /// Reads all policies.
    ///
    /// # Errors
    /// Everything that keeps them from being evaluated.
    pub(super) fn compile(policies: &BTreeMap<String, String>) -> Result<Self, Vec<Fault>> {
        let mut engine = Engine::new();
        engine.set_gather_prints(true);
        engine.set_strict_builtin_errors(true);
        engine.set_execution_timer_config(ExecutionTimerConfig {
            limit: TIME,
            check_interval: STEPS,
        });
        let nowhere = "policies";
        builtins::bound(&mut engine).map_err(|why| vec![Fault::of_file(nowhere, why)])?;
        let mut left = nesting::MOST_WORK;
        let added = policies.iter().map(|(path, text)| add(&mut engine, path, text, &mut left));
        let faults: Vec<Fault> = added.filter_map(Result::err).collect();
        if !faults.is_empty() {
            return Err(faults);
        }
        let json = engine.get_ast_as_json().map_err(|error| error.to_string());
        let modules = json
            .and_then(|json| syntax::modules(&json))
            .map_err(|why| vec![Fault::of_file(nowhere, format!("cannot be read: {why}"))])?;
        let count: usize = modules.iter().map(|module| module.rules.len()).sum();
        if count > MOST_RULES {
            let message = format!("there are {count} rules, at most {MOST_RULES} are evaluated");
            return Err(vec![Fault::of_file(nowhere, message)]);
        }
        let faults = calls::faults(&modules);
        if !faults.is_empty() {
            return Err(faults);
        }
        // Asking anything makes the engine order the statements of all rules, and find what is unsafe.
        engine
            .eval_query("true".to_owned(), false)
            .map_err(|error| vec![Fault::read(nowhere, &error.to_string())])?;
        let rules = rules(&modules);
        let faults = unsafe_names(&mut engine, &rules);
        if faults.is_empty() { Ok(Self { engine, rules }) } else { Err(faults) }
    }
}

/// Adds one file: as Rego 1, else as Rego 0.
fn add(engine: &mut Engine, path: &str, text: &str, left: &mut u64) -> Result<(), Fault> {
    let work = nesting::work(text).map_err(|(line, column)| {
        let message = format!("brackets are nested deeper than {} levels", nesting::DEEPEST);
        Fault { line, column, ..Fault::of_file(path, message) }
    })?;
    *left = left.checked_sub(work).ok_or_else(|| {
        let fault = Fault::of_file(path, "the policies have too many nested brackets");
        fault.help("give parts of them names of their own")
    })?;
    let mut read = |version_0: bool| {
        engine.set_rego_v0(version_0);
        let added = engine.add_policy(path.to_owned(), text.to_owned());
        added.map(|_| ()).map_err(|error| Fault::read(path, &error.to_string()))
    };
    let Err(first) = read(false) else { return Ok(()) };
    if !VERSION_1_ONLY.iter().any(|message| first.message.contains(message)) {
        return Err(first);
    }
    let Err(second) = read(true) else { return Ok(()) };
    // The dialect that understood more of it is the one that was meant.
    let place = |fault: &Fault| (fault.line, fault.column);
    Err(if place(&second) >= place(&first) { second } else { first })
}

/// Names that nothing gives a value, as far as the rules come to them without an object.
fn unsafe_names(engine: &mut Engine, rules: &[PolicyRule]) -> Vec<Fault> {
    engine.set_input(regorus::Value::new_object());
    let mut faults = BTreeSet::new();
    for rule in rules {
        let Err(error) = engine.eval_rule(rule.path.clone()) else { continue };
        let text = error.to_string();
        if text.contains(UNSAFE) {
            faults.insert(Fault::read("policies", &text));
        }
    }
    faults.into_iter().collect()
}

/// Part of the engine's message about a name that nothing gives a value.
pub(super) const UNSAFE: &str = " is unsafe";

/// Parts of the engine's messages about what only Rego 1 asks for.
const VERSION_1_ONLY: [&str; 3] = ["keyword is required", "must have a body", "shadow"];

/// The rules that say something about an object, by name.
fn rules(modules: &[syntax::Module]) -> Vec<PolicyRule> {
    let mut rules: BTreeMap<(Vec<String>, Vec<String>), BTreeSet<String>> = BTreeMap::new();
    let mut excepting: BTreeSet<&[String]> = BTreeSet::new();
    for module in modules {
        for rule in module.rules.iter().filter(|rule| !rule.is_function) {
            let Some(name) = rule.name.first() else { continue };
            if name == "exception" {
                excepting.insert(&module.package);
            } else if role(name).is_some() {
                let key = (module.package.clone(), rule.name.clone());
                rules.entry(key).or_default().insert(module.file.clone());
            }
        }
    }
    let made = rules.into_iter().filter_map(|((package, name), files)| {
        let (denies, key) = role(name.first()?)?;
        let excepted = excepting.contains(package.as_slice());
        Some(PolicyRule {
            path: reference(&package, &name),
            name: package.iter().chain(&name).map(String::as_str).collect::<Vec<_>>().join("."),
            denies,
            exceptions: excepted.then(|| reference(&package, &["exception".to_owned()])),
            key: key.to_owned(),
            files: files.into_iter().collect(),
        })
    });
    made.collect()
}

/// Whether a rule of this name refuses, and what exceptions call it; `None` for other names.
fn role(name: &str) -> Option<(bool, &str)> {
    [("deny", true), ("violation", true), ("warn", false)].into_iter().find_map(|(word, denies)| {
        let rest = name.strip_prefix(word)?;
        match rest.strip_prefix('_') {
            Some(key) if !key.is_empty() => Some((denies, key)),
            None if rest.is_empty() => Some((denies, "")),
            _ => None,
        }
    })
}

/// `data.main.deny`; parts that are no plain names in brackets.
fn reference(package: &[String], name: &[String]) -> String {
    let mut text = "data".to_owned();
    for part in package.iter().chain(name) {
        let plain = !part.starts_with(|c: char| c.is_ascii_digit())
            && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if plain {
            text.push_str(&format!(".{part}"));
        } else {
            text.push_str(&format!("[{}]", serde_json::Value::from(part.as_str())));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_what_a_rule_does() {
        for (name, expected) in [
            ("deny", Some((true, ""))),
            ("deny_root", Some((true, "root"))),
            ("violation", Some((true, ""))),
            ("violation_a_b", Some((true, "a_b"))),
            ("warn", Some((false, ""))),
            ("warn_a", Some((false, "a"))),
            ("denylist", None),
            ("deny_", None),
            ("warning", None),
            ("allow", None),
        ] {
            assert_eq!(role(name), expected, "{name}");
        }
    }

    #[test]
    fn odd_names_are_quoted() {
        let reference = |package: &[&str]| {
            let package: Vec<String> = package.iter().map(|part| (*part).to_owned()).collect();
            reference(&package, &["deny".to_owned()])
        };
        assert_eq!(reference(&["main"]), "data.main.deny");
        assert_eq!(reference(&["a", "1.0"]), r#"data.a["1.0"].deny"#);
    }
}
