//! Changing a text only where it says something else.

use std::ops::Range;

use suimon_model::Release;

use super::write::{quoted, scalar};
use crate::yaml::{Entry, Shape, Spanned, spanned};

/// What a key shall hold.
enum Wanted<'a> {
    Text(&'a str),
    Map(Vec<(&'a str, Wanted<'a>)>),
}

/// The text with the release's values put in; `None` where its form does not allow that.
///
/// Whoever calls reads it again: an anchor, a multi-line text or an odd layout can make it say something
/// else.
pub(super) fn spliced(text: &str, release: &Release) -> Option<String> {
    let root = spanned(text)?;
    let mut edits = Edits { text, made: Vec::new() };
    let name = Wanted::Map(vec![("name", Wanted::Text(release.name.as_deref()?))]);
    edits.map(root.get("metadata")?, &name)?;
    edits.map(root.get("spec")?, &spec(release))?;
    edits.applied()
}

fn spec(release: &Release) -> Wanted<'_> {
    let mut keys = Vec::new();
    keys.extend(release.modules.as_deref().map(|commit| ("modules", Wanted::Text(commit))));
    if !release.artifacts.is_empty() {
        let artifacts = release.artifacts.iter().map(|(name, artifact)| {
            let values = artifact.iter().map(|(key, value)| (&**key, Wanted::Text(value)));
            (&**name, Wanted::Map(values.collect()))
        });
        keys.push(("artifacts", Wanted::Map(artifacts.collect())));
    }
    Wanted::Map(keys)
}

/// Changes of a text, not made yet.
struct Edits<'a> {
    text: &'a str,
    made: Vec<(Range<usize>, String)>,
}

impl Edits<'_> {
    /// Makes a mapping hold exactly these keys.
    fn map(&mut self, node: &Spanned, wanted: &Wanted<'_>) -> Option<()> {
        let (Shape::Map { entries, flow }, Wanted::Map(keys)) = (&node.shape, wanted) else {
            return None;
        };
        let keeps = |entry: &Entry| keys.iter().any(|(key, _)| *key == entry.name);
        let rewrites = entries.is_empty() || !entries.iter().all(keeps);
        if *flow && rewrites && !(entries.is_empty() && keys.is_empty()) {
            let is_simple = !self.text.get(node.bytes.clone())?.contains(['\n', '#']);
            return is_simple.then(|| self.made.push((node.bytes.clone(), in_braces(wanted))));
        }
        if keys.is_empty() {
            return entries.is_empty().then_some(());
        }
        for entry in entries {
            match keys.iter().find(|(key, _)| *key == entry.name) {
                Some((_, wanted)) => self.value(&entry.value, wanted)?,
                None => self.remove(entry)?,
            }
        }
        let missing: Vec<&(&str, Wanted<'_>)> =
            keys.iter().filter(|(key, _)| !entries.iter().any(|e| e.name == *key)).collect();
        if missing.is_empty() {
            return Some(());
        }
        if *flow {
            self.append_in_braces(entries, &missing)
        } else {
            self.append(entries, &missing)
        }
    }

    fn value(&mut self, node: &Spanned, wanted: &Wanted<'_>) -> Option<()> {
        let (Shape::Scalar { value }, Wanted::Text(text)) = (&node.shape, wanted) else {
            return self.map(node, wanted);
        };
        if value == text {
            return Some(());
        }
        let old = self.text.get(node.bytes.clone())?;
        if old.contains('\n') || old.starts_with(['|', '>']) {
            return None;
        }
        let new = match old.chars().next() {
            Some('"') => quoted(text),
            Some('\'') if scalar(text) == *text => format!("'{text}'"),
            _ => scalar(text),
        };
        self.made.push((node.bytes.clone(), new));
        Some(())
    }

    /// Takes an entry out with its lines.
    fn remove(&mut self, entry: &Entry) -> Option<()> {
        let start = self.line_of(entry)?.start;
        self.made.push((start..self.line_end(entry.value.bytes.end), String::new()));
        Some(())
    }

    /// Puts entries behind the last one, in lines like it.
    fn append(&mut self, entries: &[Entry], missing: &[&(&str, Wanted<'_>)]) -> Option<()> {
        let (first, last) = (entries.first()?, entries.last()?);
        let indent = self.text.get(self.line_of(first)?)?;
        let line_break = if self.text.contains("\r\n") { "\r\n" } else { "\n" };
        let is_block = |entry: &Entry| matches!(entry.value.shape, Shape::Map { flow: false, .. });
        let block = entries.iter().any(is_block);
        let at = self.line_end(last.value.bytes.end.max(last.key.end));
        let mut lines = Vec::new();
        for (key, wanted) in missing {
            line(&mut lines, indent, key, wanted, block);
        }
        let mut text: String = lines.iter().map(|line| format!("{line}{line_break}")).collect();
        if !self.text.get(..at)?.ends_with('\n') {
            text.insert_str(0, line_break);
        }
        self.made.push((at..at, text));
        Some(())
    }

    fn append_in_braces(
        &mut self,
        entries: &[Entry],
        missing: &[&(&str, Wanted<'_>)],
    ) -> Option<()> {
        let last = entries.last()?;
        let at = last.value.bytes.end.max(last.key.end);
        let entry = |(key, wanted): &&(&str, Wanted<'_>)| {
            format!(", {}: {}", scalar(key), in_braces(wanted))
        };
        self.made.push((at..at, missing.iter().map(entry).collect()));
        Some(())
    }

    /// The spaces before an entry that begins its line.
    fn line_of(&self, entry: &Entry) -> Option<Range<usize>> {
        let before = self.text.get(..entry.key.start)?;
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        let is_indent = before.get(start..)?.bytes().all(|b| b == b' ');
        is_indent.then_some(start..entry.key.start)
    }

    /// Behind the end of the line of a place.
    fn line_end(&self, at: usize) -> usize {
        let rest = self.text.get(at..).unwrap_or_default();
        rest.find('\n').map_or(self.text.len(), |found| at + found + 1)
    }

    fn applied(mut self) -> Option<String> {
        self.made.sort_by_key(|(range, _)| (range.start, range.end));
        let mut text = self.text.to_owned();
        for (range, new) in self.made.iter().rev() {
            text.get(range.clone())?;
            text.replace_range(range.clone(), new);
        }
        Some(text)
    }
}

/// The lines of an entry.
fn line(lines: &mut Vec<String>, indent: &str, key: &str, wanted: &Wanted<'_>, block: bool) {
    let key = scalar(key);
    match wanted {
        Wanted::Map(inner) if block || inner.iter().any(|(_, w)| matches!(w, Wanted::Map(_))) => {
            lines.push(format!("{indent}{key}:"));
            let deeper = format!("{indent}  ");
            inner.iter().for_each(|(key, wanted)| line(lines, &deeper, key, wanted, false));
        }
        wanted => lines.push(format!("{indent}{key}: {}", in_braces(wanted))),
    }
}

fn in_braces(wanted: &Wanted<'_>) -> String {
    match wanted {
        Wanted::Text(text) => scalar(text),
        Wanted::Map(keys) => {
            let entry = |(key, wanted): &(&str, Wanted<'_>)| {
                format!("{}: {}", scalar(key), in_braces(wanted))
            };
            format!("{{{}}}", keys.iter().map(entry).collect::<Vec<_>>().join(", "))
        }
    }
}
