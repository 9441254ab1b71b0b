//! Fields that change, with what is around them.

use serde_json::Value;
use suimon_plan::FieldChange;

use super::lines::{At, Printer, Sign};
use super::tree::Tree;
use crate::{mask, path, scalar};

impl Printer {
    /// The changed children of a map or a list, and how many others there are.
    ///
    /// `shown` are keys that are already on screen.
    pub(crate) fn children(
        &mut self,
        depth: usize,
        tree: &Tree<'_>,
        before: Option<&Value>,
        after: Option<&Value>,
        shown: &[String],
    ) {
        for (token, sub) in &tree.children {
            let sides = (
                before.and_then(|value| path::child(value, token)),
                after.and_then(|value| path::child(value, token)),
            );
            let key = [before, after].iter().flatten().all(|value| value.is_object());
            let in_list = [before, after].iter().flatten().any(|value| value.is_array());
            let is_key = in_map(before, token) || in_map(after, token);
            let item = path::item_keys(token).filter(|_| !is_key);
            self.within(token, |printer| match item {
                Some(keys) => printer.item(depth, keys, token, sub, sides),
                None if in_list || !key => printer.numbered(depth, token, sub, sides),
                None => printer.node(&At::key(depth, &scalar::key(token)), sub, sides),
            });
        }
        let hidden = siblings(before, after, |key| {
            tree.children.contains_key(key) || shown.iter().any(|s| s == key)
        });
        let items = items_left(before, after, tree.children.len());
        self.unchanged(depth, hidden, "field");
        self.unchanged(depth, items, "item");
    }

    fn node(
        &mut self,
        at: &At,
        tree: &Tree<'_>,
        (before, after): (Option<&Value>, Option<&Value>),
    ) {
        if let Some(field) = tree.leaf {
            self.leaf(at, field);
            if !tree.children.is_empty() {
                self.children(at.depth + 1, tree, None, None, &[]);
            }
            return;
        }
        self.push(Sign::Same, at.depth, &*at.head);
        self.children(at.depth + 1, tree, before, after, &[]);
    }

    /// An item of a keyed list: its keys, then what changes in it.
    fn item(
        &mut self,
        depth: usize,
        keys: Vec<(String, String)>,
        token: &str,
        tree: &Tree<'_>,
        (before, after): (Option<&Value>, Option<&Value>),
    ) {
        if let Some(field) = tree.leaf {
            return self.leaf(&At::item(depth), field);
        }
        if keys.is_empty() {
            let token = crate::escape::line(token);
            self.push(Sign::Same, depth, format!("- # {token}"));
        }
        let shown: Vec<String> = keys.iter().map(|(key, _)| key.clone()).collect();
        for (index, (key, value)) in keys.iter().enumerate() {
            let number = [before, after]
                .iter()
                .flatten()
                .any(|side| side.get(key).is_some_and(Value::is_number));
            let value = if number { value.clone() } else { scalar::key(value) };
            let (column, dash) = if index == 0 { (depth, "- ") } else { (depth + 1, "") };
            self.push(Sign::Same, column, format!("{dash}{key}: {}", crate::escape::line(&value)));
        }
        self.children(depth + 1, tree, before, after, &shown);
    }

    /// An item of a list without keys, by its index; or a key of something that is not known.
    fn numbered(
        &mut self,
        depth: usize,
        token: &str,
        tree: &Tree<'_>,
        sides: (Option<&Value>, Option<&Value>),
    ) {
        if token.is_empty() || !token.bytes().all(|b| b.is_ascii_digit()) {
            return self.node(&At::key(depth, &scalar::key(token)), tree, sides);
        }
        match tree.leaf {
            Some(field) => self.leaf(&At::item(depth), field),
            None => {
                self.push(Sign::Same, depth, format!("- # [{token}]"));
                self.children(depth + 1, tree, sides.0, sides.1, &[]);
            }
        }
    }

    fn leaf(&mut self, at: &At, field: &FieldChange) {
        let start = self.lines.len();
        let before = field.before.as_ref();
        if field.unknown_after {
            let (sign, old) = match before {
                Some(_) if field.sensitive || self.hidden() => {
                    (Sign::Change, format!("{} -> ", mask::SENSITIVE))
                }
                Some(value) => {
                    (Sign::Change, format!("{} -> ", scalar::inline(&self.cleaned(value))))
                }
                None => (Sign::Add, String::new()),
            };
            self.push(sign, at.depth, format!("{} {old}{}", at.head, mask::UNKNOWN));
        } else {
            self.difference(at, (before, field.after.as_ref()), field.sensitive);
        }
        if field.forces_replacement
            && let Some(first) = self.lines.get_mut(start)
        {
            first.add_note("forces replacement");
        }
    }

    pub(crate) fn cleaned(&self, value: &Value) -> Value {
        mask::clean(value, self.veil, &mut self.path.clone())
    }

    /// Two sides of one field.
    pub(crate) fn difference(
        &mut self,
        at: &At,
        sides: (Option<&Value>, Option<&Value>),
        sensitive: bool,
    ) {
        let secret = sensitive || [sides.0, sides.1].iter().flatten().any(|v| self.is_secret(v));
        match sides {
            (None, None) => self.push(Sign::Change, at.depth, &*at.head),
            _ if secret => self.secret(at, sides),
            (None, Some(after)) => self.block(Sign::Add, at, after, None),
            (Some(before), None) => self.block(Sign::Remove, at, before, None),
            (Some(before), Some(after)) => self.changed(at, before, after),
        }
    }

    fn is_secret(&self, value: &Value) -> bool {
        match value {
            Value::String(text) => mask::is_masked(text) || self.hidden(),
            Value::Bool(_) | Value::Number(_) => self.hidden(),
            _ => false,
        }
    }

    fn secret(&mut self, at: &At, sides: (Option<&Value>, Option<&Value>)) {
        let secret = mask::SENSITIVE;
        let shown = |value: &Value| match value {
            Value::Null => "null".to_owned(),
            _ => secret.to_owned(),
        };
        match sides {
            (Some(before), Some(after)) => {
                let text = format!("{} {} -> {}", at.head, shown(before), shown(after));
                self.push(Sign::Change, at.depth, text);
                if before != after
                    && let Some(line) = self.lines.last_mut()
                {
                    line.add_note("changes");
                }
            }
            (None, _) => self.push(Sign::Add, at.depth, format!("{} {secret}", at.head)),
            (_, None) => self.push(Sign::Remove, at.depth, format!("{} {secret}", at.head)),
        }
    }

    fn changed(&mut self, at: &At, before: &Value, after: &Value) {
        match (before, after) {
            (Value::Object(old), Value::Object(new)) => {
                self.push(Sign::Same, at.depth, &*at.head);
                self.changed_map(at.depth + 1, old, new, &[]);
            }
            (Value::Array(old), Value::Array(new)) => {
                self.push(Sign::Same, at.depth, &*at.head);
                self.changed_list(at.depth + 1, old, new);
            }
            (Value::String(old), Value::String(new))
                if scalar::is_multiline(old) || scalar::is_multiline(new) =>
            {
                self.changed_text(at, old, new);
            }
            _ if scalar::is_block(before) || scalar::is_block(after) => {
                self.block(Sign::Remove, at, before, None);
                self.block(Sign::Add, at, after, None);
            }
            _ => {
                let (old, new) = (scalar::inline(before), scalar::inline(after));
                self.push(Sign::Change, at.depth, format!("{} {old} -> {new}", at.head));
            }
        }
    }

    /// A map that is given as a whole; `shown` are keys that are already on screen.
    pub(crate) fn changed_map(
        &mut self,
        depth: usize,
        old: &serde_json::Map<String, Value>,
        new: &serde_json::Map<String, Value>,
        shown: &[&str],
    ) {
        let mut hidden = 0;
        let keys: std::collections::BTreeSet<&String> = old.keys().chain(new.keys()).collect();
        for key in keys {
            let sides = (old.get(key), new.get(key));
            if shown.contains(&key.as_str()) {
                continue;
            }
            if sides.0 == sides.1 {
                hidden += 1;
                continue;
            }
            self.within(key, |printer| {
                printer.difference(&At::key(depth, &scalar::key(key)), sides, false);
            });
        }
        self.unchanged(depth, hidden, "field");
    }
}

fn in_map(value: Option<&Value>, token: &str) -> bool {
    value.and_then(Value::as_object).is_some_and(|map| map.contains_key(token))
}

/// How many keys of a map are on neither side of a change.
fn siblings(before: Option<&Value>, after: Option<&Value>, seen: impl Fn(&str) -> bool) -> usize {
    let old = before.and_then(Value::as_object);
    let new = after.and_then(Value::as_object);
    let unseen = |map: &serde_json::Map<String, Value>| map.keys().filter(|key| !seen(key)).count();
    match (old, new) {
        (Some(map), None) | (None, Some(map)) => unseen(map),
        (None, None) => 0,
        (Some(old), Some(new)) => {
            unseen(old) + new.keys().filter(|key| !seen(key) && !old.contains_key(*key)).count()
        }
    }
}

fn items_left(before: Option<&Value>, after: Option<&Value>, changed: usize) -> usize {
    let length = |side: Option<&Value>| side.and_then(Value::as_array).map_or(0, Vec::len);
    length(before).max(length(after)).saturating_sub(changed)
}
