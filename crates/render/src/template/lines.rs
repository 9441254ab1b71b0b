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

    /// The author's place of a rendered place. The column is exact up to where the line's text
    /// stops being the template's; behind that it is the start of the tag that made the difference.
    pub(crate) fn at(&self, rendered: &Arc<str>, pos: Pos) -> Location {
        let Some((file, line)) = self.find(pos.line) else {
            return Location::file(&**rendered);
        };
        let printed = self.text.get(line.start..).and_then(|rest| rest.split('\n').next());
        let (written, printed) = (nth_line(&file.text, line.line), printed.unwrap_or_default());
        let same = written.chars().zip(printed.chars()).take_while(|(a, b)| a == b).count();
        let wanted = usize::try_from(pos.column).unwrap_or(usize::MAX);
        let column = if wanted <= same || written == printed {
            Some(wanted)
        } else {
            tag_start(written, same)
        };
        let column = column.and_then(|column| u32::try_from(column).ok()).unwrap_or(0);
        Location::new(&*file.name, line.line, column)
    }
}

fn nth_line(text: &str, line: u32) -> &str {
    let index = usize::try_from(line).unwrap_or(1).saturating_sub(1);
    text.split('\n').nth(index).unwrap_or_default()
}

/// The 1-based column of the last tag that starts at or before a place.
fn tag_start(line: &str, before: usize) -> Option<usize> {
    let chars: Vec<char> = line.chars().collect();
    (0..=before.min(chars.len().saturating_sub(1)))
        .rev()
        .find(|&i| chars.get(i) == Some(&'{') && matches!(chars.get(i + 1), Some('{' | '%')))
        .map(|i| i + 1)
}
