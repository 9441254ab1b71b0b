//! A module's inputs: JSON Schema 2020-12, defaults, and errors at the value's place.

use jsonschema::error::ValidationErrorKind;
use jsonschema::{Draft, PatternOptions, Retrieve, Uri, ValidationError, Validator};
use serde_json::Value;
use suimon_model::{Diagnostic, Location};

use crate::limits;
use crate::suggest::did_you_mean;
use crate::text::Places;
use crate::yaml::Node;

mod fill;
mod reason;

use fill::{Filler, declared_in, too_large};
use reason::reason;

/// A module's schema, compiled once for all instances.
pub(crate) struct Schema {
    validator: Validator,
    schema: Value,
    node: Node,
    places: Places,
}

/// The layers of an instance's values, for finding where a value was written.
pub(crate) struct Layers<'a> {
    pub(crate) instance: Option<&'a Node>,
    pub(crate) environment: Option<&'a Node>,
    pub(crate) places: &'a Places,
    /// Where the instance itself is.
    pub(crate) at: Location,
    /// The instance's name.
    pub(crate) name: &'a str,
}

struct NoRemote;

impl Retrieve for NoRemote {
    fn retrieve(&self, _: &Uri<String>) -> Result<Value, Box<dyn std::error::Error + Send + Sync>> {
        Err("only `#/…` references are followed".into())
    }
}

impl Schema {
    /// Compiles `spec.inputs`.
    pub(crate) fn new(node: Node, places: Places) -> Result<Self, Vec<Diagnostic>> {
        let schema = node.value();
        if too_large(&schema) {
            let summary = format!("`inputs` expands to more than {} parts", fill::STEPS);
            return Err(vec![Diagnostic::error("limit-schema", summary).at(places.at(node.pos))]);
        }
        let built = jsonschema::options()
            .with_draft(Draft::Draft202012)
            .with_pattern_options(PatternOptions::regex())
            .with_retriever(NoRemote)
            .should_validate_formats(true)
            .build(&schema);
        match built {
            Ok(validator) => Ok(Self { validator, schema, node, places }),
            Err(error) => {
                let path = segments(error.instance_path().as_str());
                let at = node.follow(&path).0.pos;
                Err(vec![
                    Diagnostic::error("bad-schema", "`inputs` is not a JSON Schema")
                        .at(places.at(at))
                        .detail(error.to_string()),
                ])
            }
        }
    }

    /// Fills in defaults and validates.
    pub(crate) fn apply(&self, values: &mut Value, layers: &Layers<'_>) -> Vec<Diagnostic> {
        let mut filler = Filler::new(&self.schema);
        filler.fill(&self.schema, "", values, "", 0);
        if filler.exhausted() {
            let summary = format!("the defaults expand to more than {} values", fill::STEPS);
            let at = self.places.at(self.node.pos);
            return vec![Diagnostic::error("limit-defaults", summary).at(at)];
        }
        let mut found = Vec::new();
        for error in self.validator.iter_errors(values) {
            if found.len() >= limits::ERRORS_PER_FILE {
                break;
            }
            self.report(&error, values, layers, &filler.filled, &mut found);
        }
        found
    }

    fn report(
        &self,
        error: &ValidationError<'_>,
        values: &Value,
        layers: &Layers<'_>,
        filled: &[(String, String)],
        found: &mut Vec<Diagnostic>,
    ) {
        let pointer = error.instance_path().as_str();
        let path = segments(pointer);
        let shown = shown(&path);
        match error.kind() {
            ValidationErrorKind::AdditionalProperties { unexpected }
            | ValidationErrorKind::UnevaluatedProperties { unexpected } => {
                let known = self.declared(error.schema_path().as_str());
                for key in unexpected {
                    let path: Vec<&str> =
                        path.iter().map(String::as_str).chain([key.as_str()]).collect();
                    // An environment's values are for every module: no module has to declare all.
                    let Some(at) = layers.instance.and_then(|node| node.key_pos(&path)) else {
                        continue;
                    };
                    let mut diagnostic =
                        Diagnostic::error("unknown-value", format!("{shown} has no input `{key}`"))
                            .at(layers.places.at(at));
                    let known: Vec<&str> = known.iter().map(String::as_str).collect();
                    diagnostic.help = did_you_mean(key, &known);
                    found.push(diagnostic);
                }
            }
            ValidationErrorKind::Required { property } => {
                let name = property.as_str().unwrap_or_default();
                let full = if path.is_empty() {
                    name.to_owned()
                } else {
                    format!("{}.{name}", path.join("."))
                };
                found.push(
                    Diagnostic::error(
                        "missing-value",
                        format!("`{}` needs a value for `values.{full}`", layers.name),
                    )
                    .at(layers.find(&path).unwrap_or_else(|| layers.at.clone()))
                    .related(self.at(error.schema_path().as_str()), "the module requires it here"),
                );
            }
            kind => {
                let defaulted = filled.iter().find(|(at, _)| {
                    pointer == at
                        || pointer
                            .strip_prefix(at.as_str())
                            .is_some_and(|rest| rest.starts_with('/'))
                });
                let value = values.pointer(pointer).unwrap_or(&Value::Null);
                let mut diagnostic =
                    match defaulted.filter(|_| !layers.holds(&path)) {
                        Some((_, schema)) => Diagnostic::error(
                            "bad-default",
                            format!("the default of {shown} {}", reason(kind, value)),
                        )
                        .at(self.at(&format!("{schema}/default"))),
                        None => Diagnostic::error(
                            "bad-value",
                            format!("{shown} {}", reason(kind, value)),
                        )
                        .at(layers.find(&path).unwrap_or_else(|| layers.at.clone()))
                        .related(self.at(error.schema_path().as_str()), "the module says so here"),
                    };
                diagnostic.help = layers.quoting(&path, kind);
                found.push(diagnostic);
            }
        }
    }

    /// The place of a keyword in `module.yaml`.
    fn at(&self, schema_path: &str) -> Location {
        let path = segments(schema_path);
        self.places.at(self.node.key_pos(&path).unwrap_or(self.node.follow(&path).0.pos))
    }

    /// The properties declared beside a keyword.
    fn declared(&self, schema_path: &str) -> Vec<String> {
        let parent = schema_path.rsplit_once('/').map_or("", |(parent, _)| parent);
        let mut names = Vec::new();
        declared_in(&self.schema, self.schema.pointer(parent), &mut names, 0);
        names
    }
}

impl Layers<'_> {
    fn nodes(&self) -> impl Iterator<Item = &Node> {
        self.instance.into_iter().chain(self.environment)
    }

    /// Whether a layer gives a value at this path.
    fn holds(&self, path: &[String]) -> bool {
        self.nodes().any(|node| node.follow(path).1 == path.len())
    }

    /// Where the value at a path was written, or else the nearest mapping around it.
    fn find(&self, path: &[String]) -> Option<Location> {
        for length in (1..=path.len()).rev() {
            for node in self.nodes() {
                let (found, used) = node.follow(&path[..length]);
                if used == length {
                    return Some(self.places.at(found.pos));
                }
            }
        }
        None
    }

    /// For a number or a boolean where text is wanted: how to write it.
    fn quoting(&self, path: &[String], kind: &ValidationErrorKind) -> Option<String> {
        let ValidationErrorKind::Type { .. } = kind else { return None };
        let found = self.nodes().find_map(|node| {
            let (found, used) = node.follow(path);
            (used == path.len()).then_some(found)
        })?;
        let raw = found.raw().filter(|_| !found.is_null())?;
        (found.as_str().is_none() && reason(kind, &found.value()).contains("string"))
            .then(|| format!("write it in quotes: \"{raw}\""))
    }
}

/// The unescaped segments of a pointer.
fn segments(pointer: &str) -> Vec<String> {
    pointer.split('/').skip(1).map(|part| part.replace("~1", "/").replace("~0", "~")).collect()
}

fn shown(path: &[String]) -> String {
    if path.is_empty() { "`values`".to_owned() } else { format!("`values.{}`", path.join(".")) }
}
