//! Which template line a rendered line came from.

use std::sync::Arc;

use suimon_model::Location;

use super::batch::{TemplateSet, TemplateSource};
use crate::yaml::Pos;

const HIGH: u32 = 0x10_0000;
const LOW: u32 = 0x10_8000;
const LOW_COUNT: u32 = 0x7ffe;

/// The mark for a line of a set; both characters are of the second private-use plane.
pub(super) fn mark(id: u32) -> Option<[char; 2]> {
    let high = id / LOW_COUNT;
    (high < 0x8000)
        .then(|| Some([char::from_u32(HIGH + high)?, char::from_u32(LOW + id % LOW_COUNT)?]))
        .flatten()
}

/// Whether a text already holds characters that could be marks.
pub(super) fn holds_marks(text: &str) -> bool {
    // Planes 16 and up are exactly the characters whose UTF-8 starts with this byte.
    text.as_bytes().contains(&0xf4)
}

#[derive(Debug)]
struct File {
    name: Arc<str>,
    text: Arc<str>,
}

/// The numbering of all lines of a set's templates.
#[derive(Debug, Clone)]
pub(crate) struct SetLines {
    files: Arc<[File]>,
    first: Arc<[u32]>,
}

impl SetLines {
    pub(crate) fn new(set: &TemplateSet) -> Self {
        let mut next = 0_u32;
        let mut first = Vec::with_capacity(set.sources.len());
        for source in &set.sources {
            first.push(next);
            let lines = source.text.bytes().filter(|b| *b == b'\n').count() + 1;
            next = next.saturating_add(u32::try_from(lines).unwrap_or(u32::MAX));
        }
        let file = |s: &TemplateSource| File { name: s.file.clone(), text: s.text.clone() };
        let files = set.sources.iter().map(file).collect();
        Self { files, first: first.into() }
    }

    /// The number of a file's first line.
    pub(super) fn first(&self, file: usize) -> u32 {
        self.first.get(file).copied().unwrap_or(0)
    }

    /// File index and 1-based line.
    fn find(&self, id: u32) -> (u32, u32) {
        let file = self.first.partition_point(|first| *first <= id).saturating_sub(1);
        (u32::try_from(file).unwrap_or(0), id - self.first(file) + 1)
    }

    /// Takes the marks out of what a template rendered; with `keep` there are none in it.
    pub(crate) fn strip(&self, marked: &str, keep: bool) -> (Arc<str>, LineMap) {
        if keep {
            let text: Arc<str> = marked.into();
            return (text.clone(), LineMap { set: self.clone(), lines: Arc::new([]), text });
        }
        let mut text = String::with_capacity(marked.len());
        let mut lines = Vec::new();
        let mut last = (0_u32, 0_u32);
        for line in marked.split_inclusive('\n') {
            let start = text.len();
            let mut settled = false;
            let mut from = 0;
            let mut seen_text = false;
            while let Some(at) = line[from..].find(|c| c >= '\u{100000}') {
                let at = from + at;
                seen_text |= !line[from..at].trim().is_empty();
                text.push_str(&line[from..at]);
                let mut chars = line[at..].chars();
                let (high, low) = (chars.next(), chars.next());
                from = line.len() - chars.as_str().len();
                if let (Some(high), Some(low)) = (high, low)
                    && let Some(low) = u32::from(low).checked_sub(LOW)
                    && (!seen_text || !settled)
                {
                    let high = u32::from(high) - HIGH;
                    last = self.find(high.saturating_mul(LOW_COUNT).saturating_add(low));
                    settled = true;
                }
            }
            text.push_str(&line[from..]);
            lines.push(Line { file: last.0, line: last.1, start });
        }
        let text: Arc<str> = text.into();
        let map = LineMap { set: self.clone(), lines: lines.into(), text: text.clone() };
        (text, map)
    }
}

/// One rendered line.
#[derive(Debug, Clone, Copy)]
struct Line {
    /// Index of the template; its 1-based line, 0 where no mark told it.
    file: u32,
    line: u32,
    /// Where the rendered line starts.
    start: usize,
}

/// For each rendered line, the template line that it came from.
#[derive(Debug, Clone)]
pub(crate) struct LineMap {
    set: SetLines,
    lines: Arc<[Line]>,
    text: Arc<str>,
}

impl LineMap {
    fn find(&self, line: u32) -> Option<(&File, Line)> {
        let index = usize::try_from(line).ok()?.checked_sub(1)?;
        let last = self.lines.len().checked_sub(1)?;
        let line = *self.lines.get(index.min(last))?;
        (line.line > 0).then_some((self.set.files.get(usize::try_from(line.file).ok()?)?, line))
    }

    /// File and line of a rendered line.
    pub(crate) fn line(&self, file: &Arc<str>, line: u32) -> (Arc<str>, u32) {
        match self.find(line) {
            Some((file, line)) => (file.name.clone(), line.line),
            None => (file.clone(), 0),
        }
    }

    /// Whether a tag printed what stands at a rendered place.
    pub(crate) fn is_printed(&self, rendered: &Arc<str>, pos: Pos) -> bool {
        let at = self.at(rendered, pos);
        let line = self.find(pos.line).map(|(file, line)| nth_line(&file.text, line.line));
        let column = usize::try_from(at.column).unwrap_or(0);
        column > 0 && line.is_some_and(|l| l.chars().skip(column - 1).take(2).eq("{{".chars()))
    }

    /// The author's place of a rendered place: its own column where the author wrote the text, the
    /// start of the tag where a tag printed it.
    pub(crate) fn at(&self, rendered: &Arc<str>, pos: Pos) -> Location {
        let Some((file, line)) = self.find(pos.line) else {
            return Location::file(&**rendered);
        };
        let printed = self.text.get(line.start..).and_then(|rest| rest.split('\n').next());
        let (written, printed) = (nth_line(&file.text, line.line), printed.unwrap_or_default());
        let wanted = usize::try_from(pos.column).unwrap_or(usize::MAX);
        let column = if written == printed {
            Some(wanted)
        } else {
            written_column(written, printed, wanted)
        };
        let column = column.and_then(|column| u32::try_from(column).ok()).unwrap_or(0);
        Location::new(&*file.name, line.line, column)
    }
}

fn nth_line(text: &str, line: u32) -> &str {
    let index = usize::try_from(line).unwrap_or(1).saturating_sub(1);
    text.split('\n').nth(index).unwrap_or_default()
}

/// The column in a template's line of what stands at a column of the line that it printed: the texts
/// between its tags are looked for one after the other, and what is between them the tags printed.
fn written_column(written: &str, printed: &str, wanted: usize) -> Option<usize> {
    let chars = |text: &str| text.chars().count();
    let (mut from, mut rest, mut at) = (0, written, 0);
    let mut tag: Option<(usize, bool)> = None;
    while !rest.is_empty() {
        let length = tag_length(rest);
        if length > 0 {
            // Of several tags side by side, one that prints.
            let prints = rest.starts_with("{{") || rest.starts_with("{% include");
            if tag.is_none_or(|(_, printing)| prints && !printing) {
                tag = Some((at + 1, prints));
            }
            at += chars(&rest[..length]);
            rest = &rest[length..];
            continue;
        }
        let next =
            rest.match_indices('{').map(|(at, _)| at).find(|&at| tag_length(&rest[at..]) > 0);
        let text = &rest[..next.unwrap_or(rest.len())];
        let start = at;
        at += chars(text);
        rest = &rest[text.len()..];
        // The end of the line is the end of the line; a tag may have left out what is not found.
        let found = if rest.is_empty() {
            printed.len().checked_sub(text.len()).filter(|&f| f >= from && printed[f..] == *text)
        } else {
            printed[from..].find(text).map(|found| from + found)
        };
        let Some(found) = found.filter(|&found| found == from || tag.is_some()) else { continue };
        let column = chars(&printed[..found]);
        if wanted <= column {
            return tag.map(|(column, _)| column);
        }
        from = found + text.len();
        if wanted <= chars(&printed[..from]) {
            return Some(start + wanted - column);
        }
        tag = None;
    }
    tag.map(|(column, _)| column).or_else(|| tag_start(written, chars(written)))
}

/// The bytes of the tag that a text starts with, to the end of the line where it goes on behind it.
fn tag_length(text: &str) -> usize {
    let ends = [("{{", "}}"), ("{%", "%}"), ("{#", "#}")];
    ends.iter()
        .find(|(start, _)| text.starts_with(start))
        .map_or(0, |(_, end)| text.find(end).map_or(text.len(), |found| found + end.len()))
}

/// The 1-based column of the last tag that starts at or before a place.
fn tag_start(line: &str, before: usize) -> Option<usize> {
    let chars: Vec<char> = line.chars().collect();
    (0..=before.min(chars.len().saturating_sub(1)))
        .rev()
        .find(|&i| chars.get(i) == Some(&'{') && matches!(chars.get(i + 1), Some('{' | '%')))
        .map(|i| i + 1)
}

#[cfg(test)]
mod tests {
    use super::written_column;

    #[test]
    fn a_printed_column_is_found_in_the_line_that_printed_it() {
        let cases = [
            // written, printed, printed column, written column
            ("  {{ k }}: {{ v }}", "  port: no", 9, 12),
            ("  {{ k }}: {{ v }}", "  port: no", 3, 3),
            ("  k{{ i }}: {% include \"p\" %}", "  k2: no", 7, 13),
            ("  image: {{ r }}:{{ t }}", "  image: a:b", 10, 10),
            ("  {{ k }}: [a, {{ v }}, no]", "  key: [a, 1, no]", 15, 25),
            ("  {{ k }}: [a, {{ v }}, no]", "  key: [a, 1, no]", 12, 16),
            ("  {% if a %}x: {{ v }}{% endif %}", "  x: on", 6, 16),
            ("  a: b", "  a: b", 6, 6),
            ("  é{{ k }}: no", "  ék: no", 7, 13),
            ("{{ v }}", "a: b", 4, 1),
        ];
        for (written, printed, wanted, expected) in cases {
            let found = written_column(written, printed, wanted);
            assert_eq!(found, Some(expected), "{written} → {printed} at {wanted}");
        }
    }
}
