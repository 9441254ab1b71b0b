//! [`Shape`]: which fields a `spec` may have, and its canonical form.
//!
//! ECS brings its own shapes: the SDK's types read themselves from any format, so reading a `spec` as one tells
//! every field that the API has. The other services' shapes are written here as short text.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde_json::{Map, Value};
use suimon_model::DeferredRef;

mod sdk;
mod text;

pub(crate) use sdk::{Read, reads};
pub(crate) use text::Node;

/// What is wrong at one place of a `spec`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    /// `spec.containerDefinitions[0].image`.
    pub(crate) path: String,
    /// What and why.
    pub(crate) message: String,
    /// What to do.
    pub(crate) help: Option<String>,
}

impl Problem {
    pub(crate) fn new(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { path: path.into(), message: message.into(), help: None }
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// Which fields a `spec` may have.
pub(crate) struct Shape {
    kind: Source,
    parsed: OnceLock<Node>,
}

enum Source {
    /// A type of the SDK that reads itself, and fields that we read beside it.
    Sdk(Read, &'static str),
    /// Text; see [`text`].
    Text(&'static str),
}

impl Shape {
    /// The shape of an SDK type, plus these fields of ours.
    pub(crate) const fn sdk(read: Read, extra: &'static str) -> Self {
        Self { kind: Source::Sdk(read, extra), parsed: OnceLock::new() }
    }

    /// A shape written as text.
    pub(crate) const fn text(text: &'static str) -> Self {
        Self { kind: Source::Text(text), parsed: OnceLock::new() }
    }

    fn node(&self, text: &str) -> &Node {
        self.parsed.get_or_init(|| text::parse(text))
    }

    /// The spec with the API's own spelling of every key (`executionRoleARN` is `executionRoleArn`),
    /// numbers and texts as the API has them, and without nulls; and everything that is wrong with it.
    pub(crate) fn canonical(&self, spec: &Value) -> (Value, Vec<Problem>) {
        let mut problems = Vec::new();
        let Value::Object(spec) = spec else {
            problems.push(Problem::new("spec", "it must be a map"));
            return (Value::Object(Map::new()), problems);
        };
        let out = match &self.kind {
            Source::Text(text) => text::canonical(
                self.node(text),
                &Value::Object(spec.clone()),
                "spec",
                &mut problems,
            ),
            Source::Sdk(read, extra) => {
                let node = self.node(extra);
                let (ours, theirs): (Map<_, _>, Map<_, _>) =
                    spec.clone().into_iter().partition(|(key, _)| node.has(key));
                let mut out = sdk::canonical(*read, &theirs, node, &mut problems);
                let ours = text::canonical(node, &Value::Object(ours), "spec", &mut problems);
                if let (Value::Object(out), Value::Object(ours)) = (&mut out, ours) {
                    out.extend(ours);
                }
                out
            }
        };
        (out, problems)
    }
}

/// Whether a text stands for a value that is known only later: it may become anything.
pub(crate) fn is_deferred(value: &Value) -> bool {
    value.as_str().is_some_and(|text| !DeferredRef::find_markers(text).is_empty())
}

/// The known key that a key means: exact, or the same but for capitals.
pub(crate) fn known_key<'a>(key: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let mut alike = None;
    for name in known {
        if name == key {
            return Some(name);
        }
        if name.eq_ignore_ascii_case(key) {
            alike = alike.or(Some(name));
        }
    }
    alike
}

/// What to say about a key that is not known.
pub(crate) fn unknown_key<'a>(
    key: &str,
    path: &str,
    known: impl Iterator<Item = &'a str> + Clone,
) -> Problem {
    let problem = Problem::new(path, format!("there is no field `{key}` here"));
    let near = known
        .map(|name| (strsim::damerau_levenshtein(&key.to_lowercase(), &name.to_lowercase()), name))
        .min()
        .filter(|(distance, _)| *distance <= key.chars().count().max(3) / 3);
    match near {
        Some((_, name)) => problem.help(format!("did you mean `{name}`?")),
        None => problem,
    }
}

/// Tags as a map, from a list of `{key, value}` in any capitals or from a map.
pub(crate) fn tags(value: &Value, path: &str, problems: &mut Vec<Problem>) -> Value {
    let mut out = BTreeMap::new();
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Null => Some(String::new()),
        _ => None,
    };
    match value {
        Value::Null => {}
        Value::Object(map) => {
            for (key, value) in map {
                match text(value) {
                    Some(value) => drop(out.insert(key.clone(), value)),
                    None => problems.push(Problem::new(
                        format!("{path}.{key}"),
                        "it must be a text: write it in quotes",
                    )),
                }
            }
        }
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                let field = |name: &str| {
                    let map = item.as_object()?;
                    let (_, value) = map.iter().find(|(key, _)| key.eq_ignore_ascii_case(name))?;
                    text(value)
                };
                let is_text = |name: &str| {
                    let map = item.as_object().into_iter().flatten();
                    map.filter(|(key, _)| key.eq_ignore_ascii_case(name))
                        .all(|(_, value)| value.is_string() || value.is_null())
                };
                if !is_text("key") || !is_text("value") {
                    let what = "key and value of a tag must be texts: write them in quotes";
                    problems.push(Problem::new(format!("{path}[{at}]"), what));
                    continue;
                }
                match (field("key"), field("value").unwrap_or_default()) {
                    (Some(key), value) => {
                        if out.insert(key.clone(), value).is_some() {
                            let what = format!("the tag `{key}` is there twice");
                            problems.push(Problem::new(format!("{path}[{at}]"), what));
                        }
                    }
                    (None, _) => {
                        problems.push(Problem::new(format!("{path}[{at}]"), "a tag has a `key`"));
                    }
                }
            }
        }
        _ => problems.push(Problem::new(path, "tags are a list of `{key, value}` or a map")),
    }
    for key in out.keys().filter(|key| key.starts_with("suimon.dev/") || key.starts_with("aws:")) {
        let what = format!("the tag `{key}` is not for declarations: suimon or AWS sets it");
        problems.push(Problem::new(path, what));
    }
    Value::Object(out.into_iter().map(|(key, value)| (key, Value::String(value))).collect())
}
