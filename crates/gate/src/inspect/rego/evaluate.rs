//! Asking every rule about every object.

use std::collections::BTreeMap;

use regorus::{Engine, Value};

use super::POLICY;
use super::compile::{Policies, PolicyRule};
use super::fault::Fault;
use super::findings::{excepted, findings};
use crate::inspect::Inspected;
use crate::{Condition, State};

/// What one rule says about all objects.
#[derive(Default)]
struct Answers {
    conditions: Vec<Condition>,
    judged: usize,
    /// What kept it from answering, and for which objects: the first, and how many.
    faults: BTreeMap<Fault, (String, usize)>,
    /// It took too long once, and is not asked again.
    stopped: bool,
}

/// What the rules say about the objects: the rules by name, the objects in their order.
pub(super) fn conditions(policies: Policies, objects: &[Inspected]) -> Vec<Condition> {
    let Policies { mut engine, rules } = policies;
    if rules.is_empty() {
        let message = "the policies have no rule `deny`, `violation` or `warn`";
        let warning = Condition::new(POLICY, State::Warned, message);
        return vec![warning.help("name a rule so, or remove the files from `policies`")];
    }
    let mut answers: Vec<Answers> = rules.iter().map(|_| Answers::default()).collect();
    for object in objects {
        engine.set_input(Value::from(object.body.clone()));
        for (rule, answers) in rules.iter().zip(&mut answers) {
            if !answers.stopped {
                ask(&mut engine, rule, object, answers);
            }
        }
    }
    rules.iter().zip(answers).flat_map(|(rule, answers)| finished(rule, answers)).collect()
}

fn ask(engine: &mut Engine, rule: &PolicyRule, object: &Inspected, answers: &mut Answers) {
    answers.judged += 1;
    let found = match value(engine, &rule.path, rule) {
        Ok(value) => findings(&value),
        Err(error) => return note(answers, error, object),
    };
    if found.is_empty() {
        return;
    }
    let state = match exempt(engine, rule) {
        Ok(true) => State::Waived,
        Ok(false) if rule.denies => State::Denied,
        Ok(false) => State::Warned,
        Err(error) => return note(answers, error, object),
    };
    for message in found {
        let suffix = if state == State::Waived { "; excepted" } else { "" };
        let condition = Condition::new(POLICY, state, format!("{}: {message}{suffix}", object.id));
        let files = rule.files.join(", ");
        answers.conditions.push(
            condition.help(format!("says `{}` of {files} about {}", rule.name, object.location)),
        );
    }
}

/// Why a rule has no value.
struct NoValue {
    fault: Fault,
    too_long: bool,
}

fn value(engine: &mut Engine, path: &str, rule: &PolicyRule) -> Result<serde_json::Value, NoValue> {
    let file = rule.files.first().map_or("policies", String::as_str);
    let answer = engine.eval_rule(path.to_owned());
    // Printing is for whoever writes the policy; what was printed is dropped.
    let printed = engine.take_prints();
    match answer.and_then(|value| printed.map(|_| value)) {
        Ok(Value::Undefined) => Ok(serde_json::Value::Null),
        Ok(value) => serde_json::to_value(&value).map_err(|error| NoValue {
            fault: Fault::of_file(file, format!("`{}` has no JSON value: {error}", rule.name)),
            too_long: false,
        }),
        Err(error) => {
            let too_long = error.downcast_ref::<regorus::LimitError>().is_some();
            let fault = if too_long {
                let fault = Fault::of_file(file, format!("`{}` takes too long", rule.name));
                fault.help("let it look at less")
            } else {
                Fault::read(file, &error.to_string())
            };
            Err(NoValue { fault, too_long })
        }
    }
}

/// Whether the package excepts the object from the rule.
fn exempt(engine: &mut Engine, rule: &PolicyRule) -> Result<bool, NoValue> {
    let Some(path) = &rule.exceptions else { return Ok(false) };
    let value = value(engine, path, rule)?;
    Ok(excepted(&value).contains(&rule.key.as_str()))
}

fn note(answers: &mut Answers, error: NoValue, object: &Inspected) {
    answers.stopped |= error.too_long;
    let entry = answers.faults.entry(error.fault).or_insert_with(|| (object.id.to_string(), 0));
    entry.1 += 1;
}

fn finished(rule: &PolicyRule, answers: Answers) -> Vec<Condition> {
    let mut conditions = answers.conditions;
    for (fault, (object, count)) in answers.faults {
        let mut condition = fault.condition();
        condition.message.push_str(&format!(", asked about {object}"));
        if count > 1 {
            condition.message.push_str(&format!(" and {} more", count - 1));
        }
        conditions.push(condition);
    }
    let settled = |condition: &Condition| condition.state == State::Waived;
    if conditions.iter().all(settled) {
        let objects = match answers.judged {
            1 => "1 object".to_owned(),
            many => format!("{many} objects"),
        };
        let message = format!("`{}` holds for {objects}", rule.name);
        conditions.push(Condition::new(POLICY, State::Passed, message));
    }
    conditions
}
