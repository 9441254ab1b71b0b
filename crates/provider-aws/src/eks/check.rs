//! What can be said about a spec without the API.

use serde_json::Value;

use super::rules::{each, get, missing};
use crate::shape::{Problem, is_deferred};

/// Fields that must be there.
pub(super) fn required(spec: &Value, paths: &[&str], problems: &mut Vec<Problem>) {
    for path in paths.iter().filter(|path| missing(spec, path)) {
        problems.push(Problem::new(format!("spec.{path}"), "it is missing"));
    }
}

/// A name of EKS: letters, digits, `-` and `_`, and a letter or a digit first.
pub(super) fn name(spec: &Value, path: &str, longest: usize, problems: &mut Vec<Problem>) {
    let Some(value) = get(spec, path).filter(|value| !is_deferred(value)) else { return };
    let text = value.as_str().unwrap_or_default();
    let fits = text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
        && text.len() <= longest;
    if !fits {
        let what = format!(
            "`{text}` is no name here: letters, digits, `-` and `_`, a letter or a digit first, \
             at most {longest} characters"
        );
        problems.push(Problem::new(format!("spec.{path}"), what));
    }
}

/// An ARN.
pub(super) fn arn(spec: &Value, path: &str, example: &str, problems: &mut Vec<Problem>) {
    for (at, value) in each(spec, path) {
        let Some(text) = value.as_str().filter(|_| !is_deferred(value)) else { continue };
        if !text.starts_with("arn:") || text.split(':').count() < 6 {
            let problem = Problem::new(at, format!("`{text}` is not an ARN"));
            problems.push(problem.help(format!("an ARN looks like `{example}`")));
        }
    }
}

/// A text of a closed set.
pub(super) fn one_of(spec: &Value, path: &str, known: &[&str], problems: &mut Vec<Problem>) {
    for (at, value) in each(spec, path) {
        let Some(text) = value.as_str().filter(|_| !is_deferred(value)) else { continue };
        if known.contains(&text) {
            continue;
        }
        let near = known
            .iter()
            .map(|name| {
                (strsim::damerau_levenshtein(&text.to_lowercase(), &name.to_lowercase()), name)
            })
            .min()
            .filter(|(distance, _)| *distance <= text.chars().count().max(3) / 3);
        let problem = Problem::new(at, format!("there is no `{text}` here"));
        problems.push(match near {
            Some((_, name)) => problem.help(format!("did you mean `{name}`?")),
            None => problem.help(format!("it is one of {}", known.join(", "))),
        });
    }
}

/// How many items a list may have.
pub(super) fn count(
    spec: &Value,
    path: &str,
    (least, most): (usize, usize),
    problems: &mut Vec<Problem>,
) {
    for (at, value) in each(spec, path) {
        let length = match value {
            Value::Array(items) => items.len(),
            Value::Object(map) => map.len(),
            _ => continue,
        };
        if length < least {
            let what = format!("{length} of at least {least} are there");
            problems.push(Problem::new(at, what));
        } else if length > most {
            problems.push(Problem::new(at, format!("{length} are there, and {most} is the most")));
        }
    }
}

/// A number within bounds.
pub(super) fn range(
    spec: &Value,
    path: &str,
    (least, most): (i64, i64),
    problems: &mut Vec<Problem>,
) {
    let Some(number) = get(spec, path).and_then(Value::as_i64) else { return };
    if number < least || number > most {
        let what = format!("{number} is not within {least} and {most}");
        problems.push(Problem::new(format!("spec.{path}"), what));
    }
}

/// Fields of which at most one may be there.
pub(super) fn at_most_one(spec: &Value, paths: &[&str], problems: &mut Vec<Problem>) {
    let there: Vec<&str> = paths.iter().copied().filter(|path| !missing(spec, path)).collect();
    if let [first, second, ..] = there.as_slice() {
        let what = format!("`{first}` and `{second}` are both there, and only one may be");
        problems.push(Problem::new(format!("spec.{second}"), what));
    }
}
