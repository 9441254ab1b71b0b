//! Reading a strict mapping, and saying everything that is wrong with it.

use std::collections::HashMap;

use serde_json::Value;
use suimon_model::{Diagnostic, Location, Snapshot};

use super::duration;
use crate::names;
use crate::suggest::did_you_mean;
use crate::text::{Places, decode};
use crate::yaml::{Node, Pos, one_document};

/// `apiVersion` of the project's own files.
const API_VERSION: &str = "suimon.dev/v1alpha1";

/// A configuration file while it is read.
pub(super) struct Reader {
    pub(super) file: String,
    pub(super) places: Places,
    pub(super) errors: Vec<Diagnostic>,
}

/// What every file starts with.
pub(super) struct Header<'n> {
    pub(super) name: String,
    pub(super) name_at: Location,
    pub(super) spec: Option<&'n Node>,
}

impl Reader {
    /// Messages will call the file `label`.
    pub(super) fn new(label: &str) -> Self {
        let places = Places::file(label);
        Self { file: label.to_owned(), places, errors: Vec::new() }
    }

    /// The file's content; `None` when there is no such file, or when it is not readable (an error
    /// was noted).
    pub(super) fn load(&mut self, snapshot: &dyn Snapshot, path: &str) -> Option<Node> {
        let bytes = match snapshot.read(path) {
            Ok(bytes) => bytes?,
            Err(error) => {
                self.errors.push(error);
                return None;
            }
        };
        match decode(&self.file.clone(), &bytes) {
            Ok(text) => self.parse(text),
            Err(error) => {
                self.errors.push(error);
                None
            }
        }
    }

    /// The content of a text; `None` when it is not readable (an error was noted).
    pub(super) fn parse(&mut self, text: &str) -> Option<Node> {
        match one_document(text, &self.places) {
            Ok(Some(node)) => Some(node),
            Ok(None) => {
                self.errors.push(
                    Diagnostic::error("empty-file", "this file is empty")
                        .at(Location::file(&*self.file)),
                );
                None
            }
            Err(errors) => {
                self.errors.extend(errors);
                None
            }
        }
    }

    pub(super) fn at(&self, node: &Node) -> Location {
        self.places.at(node.pos)
    }

    pub(super) fn error(&mut self, code: &'static str, summary: String, pos: Pos) {
        let at = self.places.at(pos);
        self.errors.push(Diagnostic::error(code, summary).at(at));
    }

    /// `apiVersion`, `kind`, `metadata.name` (with `label` a DNS label) and `spec`.
    pub(super) fn header<'n>(&mut self, root: &'n Node, kind: &str, label: bool) -> Header<'n> {
        self.mapping(root, "this file", &["apiVersion", "kind", "metadata", "spec"]);
        self.constant(root, "apiVersion", API_VERSION);
        self.constant(root, "kind", kind);
        let mut header = Header { name: String::new(), name_at: self.at(root), spec: None };
        if let Some(metadata) = self.required(root, "metadata") {
            self.mapping(metadata, "`metadata`", &["name"]);
            if let Some(name) = self.required(metadata, "name") {
                header.name_at = self.at(name);
                let text = if label {
                    self.label(name, "metadata.name")
                } else {
                    self.text(name, "metadata.name")
                };
                header.name = text.unwrap_or_default();
            }
        }
        header.spec = self.required(root, "spec");
        header
    }

    fn constant(&mut self, root: &Node, key: &str, expected: &str) {
        let Some(node) = self.required(root, key) else { return };
        let Some(text) = self.text(node, key) else { return };
        if text != expected {
            let at = self.at(node);
            self.errors.push(
                Diagnostic::error("wrong-value", format!("`{key}` is `{text}`"))
                    .at(at)
                    .help(format!("write `{key}: {expected}`")),
            );
        }
    }

    /// Checks that a node is a mapping with only known keys.
    pub(super) fn mapping(&mut self, node: &Node, what: &str, known: &[&str]) -> bool {
        let Some(entries) = node.entries() else {
            self.wrong_type(node, what, "a mapping");
            return false;
        };
        for (key, _) in entries.iter().filter(|(key, _)| !known.contains(&&*key.name)) {
            let mut error =
                Diagnostic::error("unknown-key", format!("unknown key `{}` in {what}", key.name))
                    .at(self.places.at(key.pos));
            error.help = did_you_mean(&key.name, known);
            self.errors.push(error);
        }
        true
    }

    pub(super) fn wrong_type(&mut self, node: &Node, what: &str, expected: &str) {
        let mut summary = format!("{what} must be {expected}");
        if !expected.contains("number") || !matches!(node.value(), Value::Number(_)) {
            summary.push_str(&format!(", not {}", node.type_name()));
        }
        let mut error = Diagnostic::error("wrong-type", summary).at(self.at(node));
        if expected == "a string"
            && let Some(raw) = node.raw()
            && !node.is_null()
        {
            error = error.help(format!("write it in quotes: \"{raw}\""));
        }
        self.errors.push(error);
    }

    pub(super) fn required<'n>(&mut self, node: &'n Node, key: &str) -> Option<&'n Node> {
        node.entries()?;
        let found = node.get(key);
        if found.is_none() {
            self.error("missing-key", format!("`{key}` is missing"), node.pos);
        }
        found
    }

    /// A node as text.
    pub(super) fn text(&mut self, node: &Node, what: &str) -> Option<String> {
        if let Some(text) = node.as_str() {
            return Some(text.to_owned());
        }
        self.wrong_type(node, &format!("`{what}`"), "a string");
        None
    }

    /// An optional text.
    pub(super) fn optional_text(&mut self, node: &Node, key: &str) -> Option<String> {
        let found = node.get(key)?;
        self.text(found, key)
    }

    /// An optional text that says something.
    pub(super) fn filled_text(&mut self, node: &Node, key: &str) -> Option<String> {
        let text = self.optional_text(node, key)?;
        if text.trim().is_empty() {
            let pos = node.get(key).map_or(node.pos, |found| found.pos);
            self.error("wrong-value", format!("`{key}` must not be empty"), pos);
            return None;
        }
        Some(text)
    }

    /// An optional path of a file in the project.
    pub(super) fn path(&mut self, node: &Node, key: &str) -> Option<String> {
        let text = self.filled_text(node, key)?;
        let good = text.split('/').all(|part| !matches!(part, "" | "." | ".."))
            && !text.contains(|c: char| c == '\\' || c.is_control());
        if good {
            return Some(text);
        }
        let found = node.get(key).unwrap_or(node);
        self.errors.push(
            Diagnostic::error("wrong-value", format!("`{key}` is not a path in the project"))
                .at(self.at(found))
                .help("write it from the project's root, such as `envs/prod/allowed_signers`"),
        );
        None
    }

    /// An optional length of time, in seconds.
    pub(super) fn duration(&mut self, node: &Node, key: &str, zero: bool) -> Option<u64> {
        let found = node.get(key)?;
        let problem = match found.as_str().map(duration::seconds) {
            Some(Ok(0)) if !zero => "must be more than nothing",
            Some(Ok(seconds)) => return Some(seconds),
            Some(Err(problem)) => problem,
            None => {
                let mut error = Diagnostic::error(
                    "wrong-type",
                    format!("`{key}` must be a length of time, not {}", found.type_name()),
                )
                .at(self.at(found));
                error.help = match found.value() {
                    Value::Number(number) => {
                        Some(format!("give a unit: `{number}s`, `{number}m`, `{number}h`, …"))
                    }
                    _ => Some("write a number and a unit such as `30m`".to_owned()),
                };
                self.errors.push(error);
                return None;
            }
        };
        self.error("wrong-value", format!("`{key}` {problem}"), found.pos);
        None
    }

    /// Notes a name, and an error where it was there before.
    pub(super) fn once(
        &mut self,
        seen: &mut HashMap<String, Pos>,
        name: &str,
        pos: Pos,
        what: &str,
    ) {
        let Some(first) = seen.get(name) else {
            seen.insert(name.to_owned(), pos);
            return;
        };
        self.errors.push(
            Diagnostic::error("duplicate", format!("{what} is given twice"))
                .at(self.places.at(pos))
                .related(self.places.at(*first), "first given here"),
        );
    }

    /// A name that must be a DNS label.
    pub(super) fn label(&mut self, node: &Node, what: &str) -> Option<String> {
        let text = self.text(node, what)?;
        if let Some(problem) = names::dns_label(&text) {
            self.error("bad-name", format!("`{what}` {problem}"), node.pos);
            return None;
        }
        Some(text)
    }

    /// The items of an optional list.
    pub(super) fn items<'n>(&mut self, node: &'n Node, key: &str) -> &'n [Node] {
        let Some(found) = node.get(key) else { return &[] };
        match found.items() {
            Some(items) => items,
            None => {
                self.wrong_type(found, &format!("`{key}`"), "a list");
                &[]
            }
        }
    }

    /// An optional mapping with free content.
    pub(super) fn free_mapping<'n>(&mut self, node: &'n Node, key: &str) -> Option<&'n Node> {
        let found = node.get(key)?;
        if found.entries().is_none() {
            self.wrong_type(found, &format!("`{key}`"), "a mapping");
            return None;
        }
        Some(found)
    }

    /// An optional whole number that is not negative.
    pub(super) fn count(&mut self, node: &Node, key: &str) -> Option<u32> {
        let found = node.get(key)?;
        let number = found.value().as_u64().and_then(|n| u32::try_from(n).ok());
        if number.is_none() {
            self.wrong_type(found, &format!("`{key}`"), "a whole number from 0");
        }
        number
    }

    /// Whether a key is there and `true`.
    pub(super) fn flag(&mut self, node: &Node, key: &str) -> bool {
        match node.get(key).map(|found| (found, found.value())) {
            Some((_, Value::Bool(flag))) => flag,
            Some((found, _)) => {
                self.wrong_type(found, &format!("`{key}`"), "a boolean");
                false
            }
            None => false,
        }
    }

    /// The file's name must be its folder's.
    pub(super) fn same_name(&mut self, header: &Header<'_>, folder: &str) {
        if !header.name.is_empty() && header.name != folder {
            self.errors.push(
                Diagnostic::error(
                    "name-mismatch",
                    format!("`metadata.name` is `{}`, the folder is `{folder}`", header.name),
                )
                .at(header.name_at.clone())
                .help("give both the same name"),
            );
        }
    }

    /// `Err` with everything found, or the value.
    pub(super) fn finish<T>(self, value: Option<T>) -> Result<T, Vec<Diagnostic>> {
        match value {
            Some(value) if self.errors.is_empty() => Ok(value),
            _ => Err(self.errors),
        }
    }
}
