//! What a declaration says about a value: where it comes from. No value is in here.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::generate::Generator;
use crate::shape::{Problem, unknown_key};

/// Where a secret's value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Declaration {
    /// A text.
    Text(Source),
    /// A JSON object of several sources.
    Object(BTreeMap<String, Source>),
    /// Bytes.
    Binary(Source),
}

/// One source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Source {
    /// An environment variable.
    Variable(String),
    /// A file as it is.
    File(Path),
    /// A file that age has encrypted.
    Age {
        file: Path,
        /// The file that holds the identity; variables of the process say without it.
        identity: Option<String>,
    },
    /// Made once, and kept.
    Generate(Generator),
}

/// A file, and whether the newline at its end is left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Path {
    pub(super) path: String,
    pub(super) trim: bool,
}

const SOURCES: [&str; 5] = ["env", "file", "generate", "age", "sops"];

const INSTEAD: &str = "write where it comes from: `secretString: {valueFrom: {env: NAME}}`, or `{file: PATH}`, \
                       `{age: PATH}`, `{generate: {length: 32}}` in place of `{env: NAME}`";

impl Declaration {
    /// The field that declares it.
    pub(super) fn field(&self) -> &'static str {
        match self {
            Self::Binary(_) => "secretBinary",
            _ => "secretString",
        }
    }

    /// The generator, where nothing else makes up the value.
    pub(super) fn generator(&self) -> Option<&Generator> {
        match self {
            Self::Text(Source::Generate(generator)) => Some(generator),
            _ => None,
        }
    }

    /// Whether telling an unchanged value needs the digest key.
    pub(super) fn needs_key(&self) -> bool {
        self.generator().is_none()
    }
}

/// What a spec says about the value; `None` where it says nothing: then the value is not managed.
pub(super) fn read(spec: &Value) -> Result<Option<Declaration>, Vec<Problem>> {
    let mut problems = Vec::new();
    let text = spec.get("secretString").map(|value| text(value, &mut problems));
    let binary = spec.get("secretBinary").map(|value| {
        let path = "spec.secretBinary";
        let source = value_from(value, path, &mut problems)?;
        match source {
            Source::File(_) | Source::Age { .. } => Some(Declaration::Binary(source)),
            _ => {
                problems.push(Problem::new(path, "bytes come from `file` or from `age`"));
                None
            }
        }
    });
    if text.is_some() && binary.is_some() {
        let what = "a secret has a `secretString` or a `secretBinary`, not both";
        problems.push(Problem::new("spec.secretBinary", what));
    }
    if problems.is_empty() { Ok(text.or(binary).flatten()) } else { Err(problems) }
}

fn text(value: &Value, problems: &mut Vec<Problem>) -> Option<Declaration> {
    let path = "spec.secretString";
    let Some(sources) = value.get("json") else {
        return value_from(value, path, problems).map(Declaration::Text);
    };
    if value.get("valueFrom").is_some() {
        problems.push(Problem::new(path, "it has a `valueFrom` or a `json`, not both"));
    }
    let sources = match sources {
        Value::Object(sources) if !sources.is_empty() => sources,
        Value::Object(_) => {
            problems.push(Problem::new(format!("{path}.json"), "it names no key"));
            return None;
        }
        _ => {
            problems.push(literal(&format!("{path}.json")));
            return None;
        }
    };
    let mut parts = BTreeMap::new();
    for (key, value) in sources {
        let path = format!("{path}.json.{key}");
        let Some(source) = value_from(value, &path, problems) else { continue };
        if matches!(&source, Source::Generate(generator) if generator.is_object()) {
            let what = "a part of a JSON object is a text: leave `key` and `template` out";
            problems.push(Problem::new(path, what));
        }
        parts.insert(key.clone(), source);
    }
    Some(Declaration::Object(parts))
}

/// A value in the declaration; it is named by its place only.
fn literal(path: &str) -> Problem {
    let what = "a value does not belong in Git; change it as well, Git keeps what it has seen";
    Problem::new(path, what).help(INSTEAD)
}

fn value_from(value: &Value, path: &str, problems: &mut Vec<Problem>) -> Option<Source> {
    let Value::Object(map) = value else {
        problems.push(literal(path));
        return None;
    };
    if let Some(from) = map.get("valueFrom") {
        for key in map.keys().filter(|key| !["valueFrom", "json"].contains(&key.as_str())) {
            problems.push(unknown_key(key, &format!("{path}.{key}"), ["valueFrom"].into_iter()));
        }
        return source(from, &format!("{path}.valueFrom"), problems);
    }
    let reference = |map: &Map<String, Value>| {
        !map.is_empty() && map.keys().all(|k| ["name", "namespace", "key"].contains(&k.as_str()))
    };
    if reference(map) {
        let what = "this names a key of a Kubernetes Secret, which suimon does not read";
        problems.push(Problem::new(path, what).help(INSTEAD));
    } else if SOURCES.iter().any(|name| map.contains_key(*name)) {
        problems.push(Problem::new(path, "the source is in a `valueFrom`").help(INSTEAD));
    } else {
        problems.push(literal(path));
    }
    None
}

fn source(from: &Value, path: &str, problems: &mut Vec<Problem>) -> Option<Source> {
    let Value::Object(map) = from else {
        problems.push(literal(path));
        return None;
    };
    let named: Vec<&str> = SOURCES.into_iter().filter(|name| map.contains_key(*name)).collect();
    let [name] = named[..] else {
        let known = SOURCES.iter().chain(&["trimNewline"]).copied();
        for key in map.keys().filter(|key| !SOURCES.contains(&key.as_str())) {
            problems.push(unknown_key(key, &format!("{path}.{key}"), known.clone()));
        }
        if problems.is_empty() {
            problems.push(Problem::new(path, format!("it names one of {}", SOURCES.join(", "))));
        }
        return None;
    };
    let trim = match (map.get("trimNewline"), name) {
        (None, _) => false,
        (Some(Value::Bool(trim)), "file" | "age") => *trim,
        (Some(_), _) => {
            let what = "`trimNewline` is true or false, beside `file` or `age`";
            problems.push(Problem::new(format!("{path}.trimNewline"), what));
            false
        }
    };
    for key in map.keys().filter(|key| ![name, "trimNewline"].contains(&key.as_str())) {
        problems.push(unknown_key(key, &format!("{path}.{key}"), ["trimNewline"].into_iter()));
    }
    let value = map.get(name)?;
    let path = format!("{path}.{name}");
    match name {
        "env" => variable(value, &path, problems),
        "file" => file(value, trim, &path, problems).map(Source::File),
        "age" => age(value, trim, &path, problems),
        "generate" => Generator::read(value, &path, problems).map(Source::Generate),
        _ => {
            let what = "suimon does not read sops files itself";
            let help = "run it below sops, `sops exec-env FILE 'suimon plan ENV'`, and write `env: NAME` here; or \
                        encrypt the value with age and write `age: PATH`";
            problems.push(Problem::new(path, what).help(help));
            None
        }
    }
}

fn variable(value: &Value, path: &str, problems: &mut Vec<Problem>) -> Option<Source> {
    let legal = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    match value.as_str() {
        Some(name) if legal(name) => Some(Source::Variable(name.to_owned())),
        _ => {
            // It may be the value itself, so it is not repeated.
            let what = "this is not the name of an environment variable";
            problems.push(Problem::new(path, what));
            None
        }
    }
}

fn file(value: &Value, trim: bool, path: &str, problems: &mut Vec<Problem>) -> Option<Path> {
    match value.as_str() {
        Some(text) if !text.is_empty() && !text.contains(['\n', '\0']) && text.len() <= 4096 => {
            Some(Path { path: text.to_owned(), trim })
        }
        _ => {
            problems.push(Problem::new(path, "this is not the path of a file"));
            None
        }
    }
}

fn age(value: &Value, trim: bool, path: &str, problems: &mut Vec<Problem>) -> Option<Source> {
    let Value::Object(map) = value else {
        let file = file(value, trim, path, problems)?;
        return Some(Source::Age { file, identity: None });
    };
    for key in map.keys().filter(|key| !["file", "identity"].contains(&key.as_str())) {
        let known = ["file", "identity"].into_iter();
        problems.push(unknown_key(key, &format!("{path}.{key}"), known));
    }
    let encrypted = map.get("file").unwrap_or(&Value::Null);
    let encrypted = file(encrypted, trim, &format!("{path}.file"), problems)?;
    let identity = match map.get("identity") {
        Some(value) => Some(file(value, false, &format!("{path}.identity"), problems)?.path),
        None => None,
    };
    Some(Source::Age { file: encrypted, identity })
}
