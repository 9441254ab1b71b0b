//! Fields that change, with what is around them.

use serde_json::{Map, Value};
use suimon_plan::FieldChange;

use super::lines::{At, Printer, Sign};
use super::tree::{Tree, leaf_count};
use crate::{escape, mask, path, scalar};

type Sides<'v> = (Option<&'v Value>, Option<&'v Value>);

impl Printer {
    /// The changed children of a map or a list, and how many others there are.
    ///
    /// `shown` are keys that are already on screen.
    pub(crate) fn children(
        &mut self,
        depth: usize,
        tree: &Tree<'_>,
        sides: Sides<'_>,
        shown: &[String],
    ) {
        let mut moved = 0;
        for (token, sub) in &tree.children {
            let below = (
                sides.0.and_then(|value| path::child(value, token)),
                sides.1.and_then(|value| path::child(value, token)),
            );
            let kind = Kind::of(token, sides);
            let added = matches!(kind, Kind::Place) && appears(sub, below.1);
            moved += usize::from(below.0.is_some() && !added);
            self.within(token, |printer| match kind {
                Kind::Key => printer.node(&At::key(depth, &scalar::key(token)), sub, below),
                Kind::Item(keys) => printer.item(depth, &keys, token, sub, below),
                Kind::Place => printer.numbered(depth, token, sub, below),
            });
        }
        let hidden = siblings(sides, |key| {
            tree.children.contains_key(key) || shown.iter().any(|s| s == key)
        });
        self.unchanged(depth, hidden, "field");
        let items = sides.0.and_then(Value::as_array).map_or(0, Vec::len);
        self.unchanged(depth, items.saturating_sub(moved), "item");
    }

    fn node(&mut self, at: &At, tree: &Tree<'_>, sides: Sides<'_>) {
        if let Some(field) = tree.leaf {
            self.leaf(at, field);
            if !tree.children.is_empty() {
                self.children(at.depth + 1, tree, sides, &[]);
            }
        } else if !self.wholly(at, tree, sides, false) {
            self.push(Sign::Same, at.depth, &*at.head);
            self.children(at.depth + 1, tree, sides, &[]);
        }
    }

    /// Something that appears or disappears as a whole is shown as a whole.
    ///
    /// `placed`: it is told by its place, so that what is at the same place on the other side may be
    /// something else.
    fn wholly(&mut self, at: &At, tree: &Tree<'_>, sides: Sides<'_>, placed: bool) -> bool {
        let alone = |this: Option<&Value>, other: Option<&Value>| {
            this.is_some_and(|value| {
                other.is_none() || placed && leaf_count(value) == tree.leaves()
            })
        };
        match sides {
            (before, Some(after))
                if alone(Some(after), before) && tree.all(&|f| f.before.is_none()) =>
            {
                self.block(Sign::Add, at, after, tree.marks().as_ref());
                true
            }
            (Some(before), after)
                if alone(Some(before), after)
                    && tree.all(&|f| f.after.is_none() && !f.unknown_after) =>
            {
                self.block(Sign::Remove, at, before, tree.marks().as_ref());
                true
            }
            _ => false,
        }
    }

    /// An item of a keyed list: its keys, then what changes in it.
    fn item(
        &mut self,
        depth: usize,
        keys: &[(String, String)],
        token: &str,
        tree: &Tree<'_>,
        sides: Sides<'_>,
    ) {
        let at = At::item(depth);
        if let Some(field) = tree.leaf {
            return self.leaf(&at, field);
        }
        if self.wholly(&at, tree, sides, false) {
            return;
        }
        let mut dash = "- ";
        let mut shown = Vec::new();
        for (key, value) in keys.iter().filter(|(key, _)| !tree.children.contains_key(key)) {
            let numeric = |side: &Value| side.get(key).is_some_and(|v| !v.is_string());
            let plain = [sides.0, sides.1].into_iter().flatten().any(numeric);
            let value = if plain { escape::line(value).into_owned() } else { scalar::key(value) };
            let column = if dash.is_empty() { depth + 1 } else { depth };
            self.push(Sign::Same, column, format!("{dash}{}: {value}", scalar::key(key)));
            dash = "";
            shown.push(key.clone());
        }
        if shown.is_empty() {
            self.push(Sign::Same, depth, format!("- # {}", escape::line(token)));
        }
        self.children(depth + 1, tree, sides, &shown);
    }

    /// An item of a list without keys, by its place.
    fn numbered(&mut self, depth: usize, token: &str, tree: &Tree<'_>, sides: Sides<'_>) {
        let at = At::item(depth);
        if let Some(field) = tree.leaf {
            self.leaf(&at, field);
        } else if !self.wholly(&at, tree, sides, true) {
            self.push(Sign::Same, depth, format!("- # [{}]", escape::line(token)));
            self.children(depth + 1, tree, sides, &[]);
        }
    }

    pub(crate) fn leaf(&mut self, at: &At, field: &FieldChange) {
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
    pub(crate) fn difference(&mut self, at: &At, sides: Sides<'_>, sensitive: bool) {
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

    fn secret(&mut self, at: &At, sides: Sides<'_>) {
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
            (Value::Array(old), Value::Array(new)) if same_members(old, new) => {
                let (old, new) = (scalar::inline(before), scalar::inline(after));
                self.push(Sign::Change, at.depth, format!("{} {old} -> {new}", at.head));
                if let Some(line) = self.lines.last_mut() {
                    line.add_note("the order changes");
                }
            }
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
        old: &Map<String, Value>,
        new: &Map<String, Value>,
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

/// What a token means where it stands.
enum Kind {
    Key,
    Item(Vec<(String, String)>),
    Place,
}

impl Kind {
    fn of(token: &str, sides: Sides<'_>) -> Self {
        let known = || [sides.0, sides.1].into_iter().flatten();
        if known().any(|value| value.get(token).is_some()) {
            return Self::Key;
        }
        if let Some(keys) = path::item_keys(token) {
            return Self::Item(keys);
        }
        let number = !token.is_empty() && token.bytes().all(|b| b.is_ascii_digit());
        if number && known().any(Value::is_array) { Self::Place } else { Self::Key }
    }
}

/// Whether two lists of scalars differ in order only.
fn same_members(old: &[Value], new: &[Value]) -> bool {
    let sorted = |list: &[Value]| {
        let mut texts: Vec<String> = list.iter().map(Value::to_string).collect();
        texts.sort_unstable();
        texts
    };
    old.len() == new.len()
        && old.iter().all(|value| !scalar::is_block(value))
        && sorted(old) == sorted(new)
}

/// How many keys of a map are on neither side of a change.
fn siblings(sides: Sides<'_>, seen: impl Fn(&str) -> bool) -> usize {
    let unseen = |map: &Map<String, Value>| map.keys().filter(|key| !seen(key)).count();
    match (sides.0.and_then(Value::as_object), sides.1.and_then(Value::as_object)) {
        (Some(map), None) | (None, Some(map)) => unseen(map),
        (None, None) => 0,
        (Some(old), Some(new)) => {
            unseen(old) + new.keys().filter(|key| !seen(key) && !old.contains_key(*key)).count()
        }
    }
}

/// Whether the item at a place is a new one: everything in it appears.
fn appears(tree: &Tree<'_>, after: Option<&Value>) -> bool {
    tree.all(&|field| field.before.is_none())
        && after.is_none_or(|value| leaf_count(value) == tree.leaves())
}
