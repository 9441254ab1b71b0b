//! The built-in rules: their names, what settings they take, and what they make of the objects.

use suimon_model::Rule;

use super::settings::{Key, Settings};
use super::{Inspected, availability, exposure, images, limits, namespaces, privileges};
use crate::{Condition, Problem, State};

/// Something that breaks a rule.
pub(super) struct Violation {
    /// The object.
    pub(super) object: String,
    /// `file:line` of the object.
    pub(super) location: String,
    /// What is the matter with it, after its name.
    pub(super) what: String,
}

/// What a rule found.
#[derive(Default)]
pub(super) struct Found {
    /// How many objects it had something to say about.
    pub(super) judged: usize,
    /// What breaks it.
    pub(super) violations: Vec<Violation>,
}

impl Found {
    /// Notes an object that the rule is about and what is wrong with it.
    pub(super) fn judge(&mut self, object: &Inspected, wrong: impl IntoIterator<Item = String>) {
        self.judged += 1;
        self.violations.extend(wrong.into_iter().map(|what| Violation {
            object: object.id.to_string(),
            location: object.location.clone(),
            what,
        }));
    }
}

/// A built-in rule.
struct Builtin {
    name: &'static str,
    keys: &'static [Key],
    help: &'static str,
    judge: fn(&Settings, &[Inspected]) -> Found,
}

const RULES: [Builtin; 8] = [
    Builtin {
        name: "images-pinned",
        keys: &[Key::Except],
        help: "write the image as `name@sha256:…`",
        judge: images::pinned,
    },
    Builtin {
        name: "no-latest-tag",
        keys: &[Key::Except],
        help: "write the image with its digest, or with a tag that never moves",
        judge: images::no_latest,
    },
    Builtin {
        name: "no-default-namespace",
        keys: &[Key::Except],
        help: "give it a namespace of its own; list what is cluster-scoped in `except`",
        judge: namespaces::no_default,
    },
    Builtin {
        name: "no-privileged",
        keys: &[Key::Except],
        help: "remove it, or list the object in `except`",
        judge: privileges::no_privileged,
    },
    Builtin {
        name: "limits-set",
        keys: &[Key::Except, Key::Resources],
        help: "set the limit",
        judge: limits::limits_set,
    },
    Builtin {
        name: "no-public-load-balancer",
        keys: &[Key::Except, Key::Allow],
        help: "make it internal, or list the object in `allow`",
        judge: exposure::no_public,
    },
    Builtin {
        name: "replicas",
        keys: &[Key::Except, Key::Min],
        help: "raise its replicas",
        judge: availability::replicas,
    },
    Builtin {
        name: "disruption-budget",
        keys: &[Key::Except],
        help: "declare a PodDisruptionBudget in its namespace that selects its pods",
        judge: availability::disruption_budget,
    },
];

fn builtin(name: &str) -> Option<&'static Builtin> {
    RULES.iter().find(|rule| rule.name == name)
}

/// What the rules make of the objects.
pub(super) fn conditions(rules: &[Rule], objects: &[Inspected]) -> Vec<Condition> {
    let mut conditions = Vec::new();
    for (index, rule) in rules.iter().enumerate() {
        match read(index, rule) {
            Ok((builtin, settings)) => conditions.extend(judged(builtin, &settings, objects)),
            Err(problems) => conditions.extend(problems.into_iter().map(|problem| {
                let condition = Condition::new(&rule.name, State::Denied, problem.message);
                match problem.help {
                    Some(help) => condition.help(help),
                    None => condition,
                }
            })),
        }
    }
    conditions
}

/// What is wrong with the rules as they are declared.
pub(super) fn problems(rules: &[Rule]) -> Vec<Problem> {
    let read = rules.iter().enumerate().filter_map(|(index, rule)| read(index, rule).err());
    read.flatten().collect()
}

fn read(index: usize, rule: &Rule) -> Result<(&'static Builtin, Settings), Vec<Problem>> {
    let pointer = format!("/rules/{index}");
    let Some(builtin) = builtin(&rule.name) else {
        let known: Vec<&str> = RULES.iter().map(|rule| rule.name).collect();
        let message = format!("there is no rule `{}`", rule.name);
        return Err(vec![Problem::new(
            format!("{pointer}/name"),
            message,
            format!("the rules are {}", known.join(", ")),
        )]);
    };
    let settings = Settings::read(&pointer, builtin.name, &rule.settings, builtin.keys)?;
    Ok((builtin, settings))
}

fn judged(builtin: &Builtin, settings: &Settings, objects: &[Inspected]) -> Vec<Condition> {
    let excepted = objects.iter().filter(|object| settings.excepts(&object.id)).count();
    let found = (builtin.judge)(settings, objects);
    if found.violations.is_empty() {
        let mut message = match found.judged {
            0 => "nothing here that it is about".to_owned(),
            1 => "holds for 1 object".to_owned(),
            many => format!("holds for {many} objects"),
        };
        if excepted > 0 {
            message.push_str(&format!("; {excepted} excepted"));
        }
        return vec![Condition::new(builtin.name, State::Passed, message)];
    }
    let denied = |violation: Violation| {
        let Violation { object, location, what } = violation;
        Condition::new(builtin.name, State::Denied, format!("{object} {what}"))
            .help(format!("{} ({location})", builtin.help))
    };
    found.violations.into_iter().map(denied).collect()
}
