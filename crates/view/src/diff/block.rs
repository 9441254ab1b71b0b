//! A whole value that appears or disappears.

use serde_json::{Map, Value};

use super::lines::{At, Printer, Sign};
use super::tree::Tree;
use crate::{mask, path, scalar};

impl Printer {
    /// A whole object, field by field.
    pub(crate) fn object(&mut self, sign: Sign, body: &Value, marks: Option<&Tree<'_>>) {
        match body {
            Value::Object(map) => self.entries(sign, 0, map, marks),
            other => self.block(sign, &At::key(0, "object"), other, marks),
        }
    }

    /// A value and everything in it; `marks` says what is unknown or sensitive inside.
    pub(crate) fn block(&mut self, sign: Sign, at: &At, value: &Value, marks: Option<&Tree<'_>>) {
        let start = self.lines.len();
        let leaf = marks.and_then(|tree| tree.leaf);
        if leaf.is_some_and(|field| field.sensitive) {
            self.push(sign, at.depth, format!("{} {}", at.head, mask::SENSITIVE));
        } else if leaf.is_some_and(|field| field.unknown_after) && sign == Sign::Add {
            self.push(sign, at.depth, format!("{} {}", at.head, mask::UNKNOWN));
        } else {
            self.open_block(sign, at, value, marks);
        }
        if leaf.is_some_and(|field| field.forces_replacement)
            && let Some(first) = self.lines.get_mut(start)
        {
            first.add_note("forces replacement");
        }
    }

    fn open_block(&mut self, sign: Sign, at: &At, value: &Value, marks: Option<&Tree<'_>>) {
        match value {
            Value::Object(map) if !map.is_empty() => {
                if !at.is_item() {
                    self.push(sign, at.depth, &*at.head);
                    return self.entries(sign, at.depth + 1, map, marks);
                }
                let from = self.lines.len();
                self.entries(sign, at.depth + 1, map, marks);
                match self.lines.get_mut(from) {
                    Some(first) => {
                        first.depth = at.depth;
                        first.text.insert_str(0, "- ");
                    }
                    None => self.push(sign, at.depth, "- {}"),
                }
            }
            Value::Array(items) if !items.is_empty() => {
                self.push(sign, at.depth, &*at.head);
                for (index, item) in items.iter().enumerate() {
                    self.block(sign, &At::item(at.depth + 1), item, item_marks(marks, index, item));
                }
                self.unmatched(sign, at.depth + 1, value, marks);
            }
            scalar if self.hidden() && !scalar.is_null() => {
                self.push(sign, at.depth, format!("{} {}", at.head, mask::SENSITIVE));
            }
            Value::String(text) if scalar::is_multiline(text) => self.whole_text(sign, at, text),
            scalar => {
                self.push(sign, at.depth, format!("{} {}", at.head, scalar::inline(scalar)));
            }
        }
    }

    fn entries(
        &mut self,
        sign: Sign,
        depth: usize,
        map: &Map<String, Value>,
        marks: Option<&Tree<'_>>,
    ) {
        for key in reading_order(map) {
            let Some(value) = map.get(key) else { continue };
            let marks = marks.and_then(|tree| tree.children.get(key));
            self.within(key, |printer| {
                printer.block(sign, &At::key(depth, &scalar::key(key)), value, marks);
            });
        }
        if let Some(tree) = marks {
            for (token, sub) in &tree.children {
                if !map.contains_key(token) {
                    self.within(token, |printer| {
                        printer.only_marked(sign, &At::key(depth, &scalar::key(token)), sub);
                    });
                }
            }
        }
    }

    /// Items that only the marks know of.
    fn unmatched(&mut self, sign: Sign, depth: usize, list: &Value, marks: Option<&Tree<'_>>) {
        let Some(tree) = marks else { return };
        for (token, sub) in &tree.children {
            if path::child(list, token).is_none() {
                self.within(token, |printer| printer.only_marked(sign, &At::item(depth), sub));
            }
        }
    }

    /// A field that is not in the body: its value is not known yet.
    fn only_marked(&mut self, sign: Sign, at: &At, tree: &Tree<'_>) {
        match tree.leaf {
            Some(field) if field.unknown_after => {
                self.push(sign, at.depth, format!("{} {}", at.head, mask::UNKNOWN));
            }
            Some(_) => {}
            None => {
                let from = self.lines.len();
                self.push(sign, at.depth, &*at.head);
                for (token, sub) in &tree.children {
                    self.within(token, |printer| {
                        printer.only_marked(sign, &At::key(at.depth + 1, &scalar::key(token)), sub);
                    });
                }
                if self.lines.len() == from + 1 {
                    self.lines.truncate(from);
                }
            }
        }
    }
}

fn item_marks<'t, 'a>(
    marks: Option<&'t Tree<'a>>,
    index: usize,
    item: &Value,
) -> Option<&'t Tree<'a>> {
    let tree = marks?;
    if let Some(found) = tree.children.get(&index.to_string()) {
        return Some(found);
    }
    tree.children.iter().find(|(token, _)| path::matches(item, token)).map(|(_, sub)| sub)
}

/// What says what an object is comes first; the rest keeps the alphabet.
pub(crate) fn reading_order(map: &Map<String, Value>) -> Vec<&String> {
    const FIRST: [&str; 5] = ["apiVersion", "kind", "metadata", "name", "namespace"];
    let rank = |key: &str| FIRST.iter().position(|first| *first == key).unwrap_or(FIRST.len());
    let mut keys: Vec<&String> = map.keys().collect();
    keys.sort_by_key(|key| rank(key));
    keys
}
