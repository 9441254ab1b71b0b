//! Walking a schema: its size, what it declares, its defaults.

use std::collections::HashMap;

use serde_json::{Map, Value};

use crate::limits;

/// Most parts that a schema may expand to, and most steps of filling in defaults.
pub(super) const STEPS: usize = 100_000;

/// Whether a schema, with its references written out, is too large to validate against. A reference
/// to what is being written out counts once.
pub(super) fn too_large(schema: &Value) -> bool {
    expanded(schema, schema, &mut HashMap::new(), 0) > STEPS
}

/// Longest chain of nested parts and references.
const CHAIN: usize = 500;

fn expanded(
    root: &Value,
    part: &Value,
    known: &mut HashMap<*const Value, usize>,
    depth: usize,
) -> usize {
    if depth > CHAIN {
        return usize::MAX;
    }
    if let Some(size) = known.get(&std::ptr::from_ref(part)) {
        return *size;
    }
    known.insert(std::ptr::from_ref(part), 1);
    let mut size = 1_usize;
    match part {
        Value::Array(items) => {
            for item in items {
                size = size.saturating_add(expanded(root, item, known, depth + 1));
            }
        }
        Value::Object(entries) => {
            for value in entries.values() {
                size = size.saturating_add(expanded(root, value, known, depth + 1));
            }
            if let Some(target) = target(root, entries) {
                size = size.saturating_add(expanded(root, target, known, depth + 1));
            }
        }
        _ => {}
    }
    known.insert(std::ptr::from_ref(part), size);
    size
}

/// The names of the properties that a schema declares.
pub(super) fn declared_in(
    root: &Value,
    schema: Option<&Value>,
    names: &mut Vec<String>,
    depth: usize,
) {
    let Some(schema) = schema.and_then(Value::as_object).filter(|_| depth < 16) else { return };
    if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
        names.extend(properties.keys().cloned());
    }
    declared_in(root, target(root, schema), names, depth + 1);
    for part in parts(schema, "allOf") {
        declared_in(root, Some(part), names, depth + 1);
    }
}

/// The parts of a keyword that takes a list.
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
/// that is not there is made when its own schema has defaults that leave nothing required missing,
/// but not inside itself. `anyOf`, `oneOf` and `if` are not followed: which branch holds is known only
/// for whole values.
pub(super) struct Filler<'s> {
    root: &'s Value,
    /// Pointers of what was filled in, with the pointer of the schema that it came from.
    pub(super) filled: Vec<(String, String)>,
    /// The schemas being filled.
    within: Vec<*const Value>,
    steps: usize,
}

impl<'s> Filler<'s> {
    pub(super) fn new(root: &'s Value) -> Self {
        Self { root, filled: Vec::new(), within: Vec::new(), steps: 0 }
    }

    /// Whether a limit stopped the filling.
    pub(super) fn exhausted(&self) -> bool {
        self.steps > STEPS
    }

    /// Fills in a value that is there.
    pub(super) fn fill(
        &mut self,
        schema: &'s Value,
        at: &str,
        value: &mut Value,
        pointer: &str,
        depth: usize,
    ) {
        self.steps += 1;
        let Some(keywords) = schema.as_object() else { return };
        if depth >= limits::DEPTH || self.exhausted() {
            return;
        }
        self.within.push(std::ptr::from_ref(schema));
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
        self.within.pop();
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
        self.steps += 1;
        let keywords = schema.as_object()?;
        if depth >= limits::DEPTH || self.exhausted() {
            return None;
        }
        if let Some(default) = keywords.get("default") {
            self.filled.push((pointer.to_owned(), at.to_owned()));
            return Some(default.clone());
        }
        if let Some(next) = target(self.root, keywords) {
            let at = keywords.get("$ref").and_then(Value::as_str).unwrap_or_default();
            return self.make(next, at.trim_start_matches('#'), pointer, depth + 1);
        }
        let inside = self.within.contains(&std::ptr::from_ref(schema));
        if inside || keywords.get("type").and_then(Value::as_str) != Some("object") {
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
