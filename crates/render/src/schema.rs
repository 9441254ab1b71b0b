//! A module's inputs: JSON Schema 2020-12, defaults, and errors at the value's place.

use jsonschema::error::ValidationErrorKind;
use jsonschema::{Draft, PatternOptions, Retrieve, Uri, ValidationError, Validator};
use serde_json::{Map, Value};
use suimon_model::{Diagnostic, Location};

use crate::limits;
use crate::suggest::did_you_mean;
use crate::text::Places;
use crate::yaml::{Node, type_name};

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
        let built = jsonschema::options()
            .with_draft(Draft::Draft202012)
            .with_pattern_options(PatternOptions::regex())
            .with_retriever(NoRemote)
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
        let mut filler = Filler { root: &self.schema, filled: Vec::new() };
        filler.fill(&self.schema, "", values, "", 0);
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

fn declared_in(root: &Value, schema: Option<&Value>, names: &mut Vec<String>, depth: usize) {
    let Some(schema) = schema.and_then(Value::as_object).filter(|_| depth < 16) else { return };
    if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
        names.extend(properties.keys().cloned());
    }
    declared_in(root, target(root, schema), names, depth + 1);
    for part in parts(schema, "allOf") {
        declared_in(root, Some(part), names, depth + 1);
    }
}

fn parts<'a>(schema: &'a Map<String, Value>, key: &str) -> &'a [Value] {
    schema.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// What a local `$ref` points to.
fn target<'a>(root: &'a Value, schema: &Map<String, Value>) -> Option<&'a Value> {
    let reference = schema.get("$ref")?.as_str()?.strip_prefix('#')?;
    root.pointer(reference)
}

/// Puts defaults into values.
///
/// Followed are `properties`, `additionalProperties`, `items`, `allOf` and local `$ref`. A mapping
/// that is not there is made when its own schema has defaults that leave nothing required missing.
/// `anyOf`, `oneOf` and `if` are not: which branch holds is known only for whole values.
struct Filler<'s> {
    root: &'s Value,
    /// Pointers of what was filled in, with the pointer of the schema that it came from.
    filled: Vec<(String, String)>,
}

impl<'s> Filler<'s> {
    fn fill(
        &mut self,
        schema: &'s Value,
        at: &str,
        value: &mut Value,
        pointer: &str,
        depth: usize,
    ) {
        let Some(keywords) = schema.as_object().filter(|_| depth < limits::DEPTH) else { return };
        if let Some(next) = target(self.root, keywords) {
            let at = keywords.get("$ref").and_then(Value::as_str).unwrap_or_default();
            self.fill(next, at.trim_start_matches('#'), value, pointer, depth + 1);
        }
        for (index, part) in parts(keywords, "allOf").iter().enumerate() {
            self.fill(part, &format!("{at}/allOf/{index}"), value, pointer, depth + 1);
        }
        match value {
            Value::Object(entries) => self.object(keywords, at, entries, pointer, depth),
            Value::Array(items) => {
                if let Some(schema) = keywords.get("items") {
                    for (index, item) in items.iter_mut().enumerate() {
                        let pointer = format!("{pointer}/{index}");
                        self.fill(schema, &format!("{at}/items"), item, &pointer, depth + 1);
                    }
                }
            }
            _ => {}
        }
    }

    fn object(
        &mut self,
        keywords: &'s Map<String, Value>,
        at: &str,
        entries: &mut Map<String, Value>,
        pointer: &str,
        depth: usize,
    ) {
        let properties = keywords.get("properties").and_then(Value::as_object);
        for (key, schema) in properties.into_iter().flatten() {
            let escaped = key.replace('~', "~0").replace('/', "~1");
            let (below, at) =
                (format!("{pointer}/{escaped}"), format!("{at}/properties/{escaped}"));
            if !entries.contains_key(key)
                && let Some(made) = self.make(schema, &at, &below, depth)
            {
                entries.insert(key.clone(), made);
            }
            if let Some(value) = entries.get_mut(key) {
                self.fill(schema, &at, value, &below, depth + 1);
            }
        }
        if let Some(schema) = keywords.get("additionalProperties").filter(|s| s.is_object()) {
            for (key, value) in entries.iter_mut() {
                if properties.is_none_or(|properties| !properties.contains_key(key)) {
                    let below = format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"));
                    self.fill(
                        schema,
                        &format!("{at}/additionalProperties"),
                        value,
                        &below,
                        depth + 1,
                    );
                }
            }
        }
    }

    /// A value for a property that is not there.
    fn make(&mut self, schema: &'s Value, at: &str, pointer: &str, depth: usize) -> Option<Value> {
        let keywords = schema.as_object().filter(|_| depth < limits::DEPTH)?;
        if let Some(default) = keywords.get("default") {
            self.filled.push((pointer.to_owned(), at.to_owned()));
            return Some(default.clone());
        }
        if let Some(next) = target(self.root, keywords) {
            let at = keywords.get("$ref").and_then(Value::as_str).unwrap_or_default();
            return self.make(next, at.trim_start_matches('#'), pointer, depth + 1);
        }
        if keywords.get("type") != Some(&Value::from("object")) {
            return None;
        }
        let before = self.filled.len();
        let mut made = Value::Object(Map::new());
        self.fill(schema, at, &mut made, pointer, depth + 1);
        let complete = parts(keywords, "required")
            .iter()
            .all(|name| name.as_str().is_some_and(|name| made.get(name).is_some()));
        if complete && made.as_object().is_some_and(|made| !made.is_empty()) {
            return Some(made);
        }
        self.filled.truncate(before);
        None
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

/// Why a value is refused; never quotes the value, which may be a secret.
fn reason(kind: &ValidationErrorKind, value: &Value) -> String {
    use ValidationErrorKind as Kind;
    let list = |options: &Value| {
        let options = options.as_array().cloned().unwrap_or_default();
        options.iter().map(Value::to_string).collect::<Vec<_>>().join(", ")
    };
    match kind {
        Kind::Type { kind } => {
            let types: Vec<String> = match kind {
                jsonschema::error::TypeKind::Single(one) => vec![one.to_string()],
                jsonschema::error::TypeKind::Multiple(set) => {
                    set.iter().map(|one| one.to_string()).collect()
                }
            };
            format!("must be {}, not {}", types.join(" or "), type_name(value))
        }
        Kind::Enum { options } => format!("must be one of {}", list(options)),
        Kind::Constant { expected_value } => format!("must be {expected_value}"),
        Kind::Minimum { limit } => format!("must be at least {limit}"),
        Kind::Maximum { limit } => format!("must be at most {limit}"),
        Kind::ExclusiveMinimum { limit } => format!("must be more than {limit}"),
        Kind::ExclusiveMaximum { limit } => format!("must be less than {limit}"),
        Kind::MinLength { limit } => format!("must have at least {limit} characters"),
        Kind::MaxLength { limit } => format!("must have at most {limit} characters"),
        Kind::MinItems { limit } => format!("must have at least {limit} items"),
        Kind::MaxItems { limit } => format!("must have at most {limit} items"),
        Kind::MinProperties { limit } => format!("must have at least {limit} keys"),
        Kind::MaxProperties { limit } => format!("must have at most {limit} keys"),
        Kind::MultipleOf { multiple_of } => format!("must be a multiple of {multiple_of}"),
        Kind::Pattern { pattern } => format!("must match `{pattern}`"),
        Kind::Format { format } => format!("must be a {format}"),
        Kind::UniqueItems => "must not hold the same item twice".to_owned(),
        Kind::AnyOf { .. } => "fits none of the allowed forms".to_owned(),
        Kind::OneOfNotValid { .. } => "fits none of the allowed forms".to_owned(),
        Kind::OneOfMultipleValid { .. } => "fits more than one of the forms".to_owned(),
        Kind::PropertyNames { .. } => "has a key that is not allowed".to_owned(),
        Kind::FalseSchema => "is not allowed".to_owned(),
        _ => "does not fit the module's schema".to_owned(),
    }
}
