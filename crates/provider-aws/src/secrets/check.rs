//! What is wrong with a declaration, as far as can be told without the API.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::policy::parsed;
use super::value;
use crate::shape::{Problem, is_deferred};

/// Tags that are left for our marks: a secret has fifty.
const MOST_TAGS: usize = 40;
const LONGEST_POLICY: usize = 20_480;

pub(super) fn check(spec: &Value) -> Vec<Problem> {
    let mut problems = value::read(spec).err().unwrap_or_default();
    let mut say = |path: &str, what: &str| problems.push(Problem::new(path, what));
    let name = spec.get("name").filter(|name| !is_deferred(name)).and_then(Value::as_str);
    let legal = |c: char| c.is_ascii_alphanumeric() || "/_+=.@-".contains(c);
    if name.is_some_and(|name| name.is_empty() || name.len() > 512 || !name.chars().all(legal)) {
        say("spec.name", "it has 1 to 512 letters, digits and characters of `/_+=.@-`");
    }
    let description = spec.get("description").and_then(Value::as_str).unwrap_or_default();
    if description.chars().count() > 2048 {
        say("spec.description", "it has at most 2048 characters");
    }
    if let Some(days) = spec.get("recoveryWindowInDays").and_then(Value::as_i64)
        && !(7..=30).contains(&days)
    {
        say("spec.recoveryWindowInDays", "it is from 7 to 30: suimon deletes no secret at once");
    }
    if spec.get("tags").and_then(Value::as_object).is_some_and(|tags| tags.len() > MOST_TAGS) {
        say(
            "spec.tags",
            "there are at most 40: a secret has 50 tags, and suimon marks what is its own",
        );
    }
    policy(spec, &mut problems);
    rotation(spec, &mut problems);
    replicas(spec, &mut problems);
    problems
}

fn policy(spec: &Value, problems: &mut Vec<Problem>) {
    let Some(policy) = spec.get("resourcePolicy").filter(|policy| !is_deferred(policy)) else {
        return;
    };
    let path = "spec.resourcePolicy";
    match parsed(policy) {
        None => problems.push(Problem::new(path, "it is a JSON policy, as a map or as a text")),
        Some(policy) if policy.to_string().len() > LONGEST_POLICY => {
            let what = format!("it has more than {LONGEST_POLICY} bytes");
            problems.push(Problem::new(path, what));
        }
        Some(_) => {}
    }
}

fn rotation(spec: &Value, problems: &mut Vec<Problem>) {
    let Some(rotation) = spec.get("rotation") else { return };
    let rules = rotation.get("rotationRules");
    let rule = |field: &str| rules.and_then(|rules| rules.get(field));
    let path = "spec.rotation.rotationRules";
    let mut say = |field: &str, what: &str| {
        problems.push(Problem::new(format!("{path}{field}"), what));
    };
    let days = rule("automaticallyAfterDays").and_then(Value::as_i64);
    if days.is_some_and(|days| !(1..=1000).contains(&days)) {
        say(".automaticallyAfterDays", "it is from 1 to 1000");
    }
    let schedule = rule("scheduleExpression").and_then(Value::as_str);
    if days.is_some() && schedule.is_some() {
        say("", "it has `automaticallyAfterDays` or `scheduleExpression`, not both");
    }
    let form = |text: &str| {
        (text.starts_with("rate(") || text.starts_with("cron(")) && text.ends_with(')')
    };
    if schedule.is_some_and(|text| !form(text)) {
        say(".scheduleExpression", "it is `rate(…)` or `cron(…)`");
    }
    let hours =
        |text: &str| text.strip_suffix('h').is_some_and(|h| h.parse::<u8>().is_ok_and(|h| h > 0));
    if rule("duration").and_then(Value::as_str).is_some_and(|text| !hours(text)) {
        say(".duration", "it is in hours, such as `3h`");
    }
}

fn replicas(spec: &Value, problems: &mut Vec<Problem>) {
    let mut there = BTreeSet::new();
    let replicas = spec.get("replicaRegions").and_then(Value::as_array).into_iter().flatten();
    for (at, replica) in replicas.enumerate() {
        let path = format!("spec.replicaRegions[{at}].region");
        match replica.get("region").and_then(Value::as_str).unwrap_or_default() {
            "" => problems.push(Problem::new(path, "a replica has a `region`")),
            region if !there.insert(region) => {
                problems.push(Problem::new(path, format!("`{region}` is there twice")));
            }
            _ => {}
        }
    }
}

/// Fills in what is implied, and brings what has several spellings into one.
pub(super) fn complete(name: &str, spec: &mut Map<String, Value>) {
    spec.entry("name").or_insert_with(|| Value::String(name.to_owned()));
    if let Some(policy) = spec.get_mut("resourcePolicy")
        && let Some(parsed) = parsed(policy)
    {
        *policy = parsed;
    }
}
