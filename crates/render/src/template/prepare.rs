//! What is added to a template before Tera reads it, and the way back.

use super::lines::mark;
use super::problem::{At, Problem};
use super::scan::{Piece, Token, TokenKind, scan};
use super::strict::{Insert, expression};

/// Longest `if … elif … elif …`; Tera reads it recursively.
const BRANCHES: usize = 100;

/// A template as Tera reads it.
pub(super) struct Prepared {
    pub(super) text: String,
    /// Places in `text` and how many bytes were added there, in order.
    inserts: Vec<(usize, usize)>,
    /// `include` and `extends`: name, place in the source.
    pub(super) includes: Vec<(String, usize)>,
    /// Called functions: name, place in the source.
    pub(super) calls: Vec<(String, usize)>,
    /// Too long a chain of branches, and where.
    pub(super) branches: Option<usize>,
}

/// How lines are marked.
#[derive(Clone, Copy)]
pub(super) struct Marks {
    /// The number of the file's first line; `None` marks nothing.
    pub(super) first: Option<u32>,
    /// Whether blocks are marked too: not where `super()` captures them.
    pub(super) blocks: bool,
}

/// Prepares a template; a broken one is left as it is, for Tera to say why.
pub(super) fn prepare(source: &str, marks: Marks) -> Prepared {
    let mut prepared = Prepared {
        text: String::new(),
        inserts: Vec::new(),
        includes: Vec::new(),
        calls: Vec::new(),
        branches: None,
    };
    let Some(pieces) = scan(source) else {
        source.clone_into(&mut prepared.text);
        return prepared;
    };
    let mut inserts: Vec<(usize, String)> = Vec::new();
    let mut context = Context { captures: 0, blocks: marks.blocks, branches: 0, unmarked: true };
    let mut line = marks.first.unwrap_or(0);
    let mut counted = 0;
    for piece in &pieces {
        match piece {
            Piece::Text { range, trim_start, trim_end } => {
                if marks.first.is_none() || context.captures > 0 {
                    continue;
                }
                let text = Text::new(source, range.clone(), *trim_start, *trim_end);
                for start in text.line_starts(context.unmarked) {
                    context.unmarked = false;
                    line += newlines(&source[counted..start]);
                    counted = start;
                    if let Some(chars) = mark(line) {
                        inserts.push((start, chars.iter().collect()));
                    }
                }
            }
            Piece::Output { tokens } => output(tokens, &mut inserts, &mut prepared),
            Piece::Tag { tokens } => {
                context.tag(tokens, &mut prepared);
                tag(tokens, &mut inserts, &mut prepared);
            }
            Piece::Opaque => {}
        }
    }
    prepared.insert(source, inserts);
    prepared
}

struct Context {
    captures: usize,
    blocks: bool,
    branches: usize,
    /// Whether the next text has no mark before it that tells its line.
    unmarked: bool,
}

impl Context {
    /// Follows the tags whose content Tera keeps as a value instead of printing it.
    fn tag(&mut self, tokens: &[Token<'_>], prepared: &mut Prepared) {
        let Some(first) = tokens.first() else { return };
        let assigns = tokens.get(2).is_some_and(|token| token.is("="));
        match first.text {
            "set" | "set_global" if !assigns => self.captures += 1,
            "filter" | "component" => self.captures += 1,
            "block" if !self.blocks => self.captures += 1,
            "<" => self.captures += 1,
            "endblock" if !self.blocks => self.leave(),
            "endset" | "endset_global" | "endfilter" | "endcomponent" | "</" => self.leave(),
            "if" => self.branches = 0,
            "elif" => {
                self.branches += 1;
                if self.branches > BRANCHES {
                    prepared.branches.get_or_insert(first.start);
                }
            }
            _ => {}
        }
    }

    fn leave(&mut self) {
        self.captures = self.captures.saturating_sub(1);
        self.unmarked = true;
    }
}

fn newlines(text: &str) -> u32 {
    u32::try_from(text.bytes().filter(|b| *b == b'\n').count()).unwrap_or(u32::MAX)
}

/// What Tera keeps of a run of plain text.
struct Text<'a> {
    source: &'a str,
    kept: std::ops::Range<usize>,
    /// Whether a line break was trimmed off its start.
    broken: bool,
}

impl<'a> Text<'a> {
    fn new(
        source: &'a str,
        range: std::ops::Range<usize>,
        trim_start: bool,
        trim_end: bool,
    ) -> Self {
        let text = &source[range.clone()];
        let from = if trim_start { text.len() - text.trim_start().len() } else { 0 };
        let to = if trim_end { text.trim_end().len().max(from) } else { text.len() };
        let kept = range.start + from..range.start + to;
        Self { source, kept, broken: text[..from].contains('\n') }
    }

    /// Where lines start in it; with `first` also its own start.
    fn line_starts(&self, first: bool) -> Vec<usize> {
        let mut starts = Vec::new();
        if self.kept.is_empty() {
            return starts;
        }
        if first || self.broken {
            starts.push(self.kept.start);
        }
        let lines = self.source[self.kept.clone()].match_indices('\n');
        starts.extend(lines.map(|(at, _)| self.kept.start + at + 1));
        // Behind the last kept line break stands what was trimmed, or a tag.
        let trimmed = self.source[self.kept.end..].starts_with(char::is_whitespace);
        starts.retain(|start| *start < self.source.len() && !(trimmed && *start == self.kept.end));
        starts
    }
}

fn run<'a>(tokens: &[Token<'a>], inserts: &mut Vec<(usize, String)>, prepared: &mut Prepared) {
    let (mut found, mut calls): (Vec<Insert>, Vec<Token<'a>>) = (Vec::new(), Vec::new());
    expression(tokens, &mut found, &mut calls);
    inserts.extend(found.into_iter().map(|(at, text)| (at, text.to_owned())));
    prepared.calls.extend(calls.iter().map(|call| (call.text.to_owned(), call.start)));
}

fn output(tokens: &[Token<'_>], inserts: &mut Vec<(usize, String)>, prepared: &mut Prepared) {
    let (Some(first), Some(last)) = (tokens.first(), tokens.last()) else { return };
    if first.is("<") {
        return;
    }
    inserts.push((first.start, "(".to_owned()));
    run(tokens, inserts, prepared);
    inserts.push((last.end(), ") | __out".to_owned()));
}

fn tag(tokens: &[Token<'_>], inserts: &mut Vec<(usize, String)>, prepared: &mut Prepared) {
    let Some(first) = tokens.first() else { return };
    let skip = match first.text {
        "if" | "elif" => Some(1),
        "for" => tokens.iter().position(|token| token.is("in")).map(|at| at + 1),
        "set" | "set_global" => tokens.get(2).is_some_and(|token| token.is("=")).then_some(3),
        "include" | "extends" => {
            for token in tokens.iter().filter(|token| token.kind == TokenKind::String) {
                let name = token.content().unwrap_or_default().to_owned();
                prepared.includes.push((name, token.start));
            }
            None
        }
        _ => None,
    };
    if let Some(rest) = skip.and_then(|skip| tokens.get(skip..)) {
        run(rest, inserts, prepared);
    }
}

impl Prepared {
    fn insert(&mut self, source: &str, mut inserts: Vec<(usize, String)>) {
        // Stable: of two additions at one place the inner one was pushed first.
        inserts.sort_by_key(|(at, _)| *at);
        let added: usize = inserts.iter().map(|(_, text)| text.len()).sum();
        self.text.reserve(source.len() + added);
        let mut from = 0;
        for (at, text) in inserts {
            self.text.push_str(&source[from..at]);
            from = at;
            self.inserts.push((self.text.len(), text.len()));
            self.text.push_str(&text);
        }
        self.text.push_str(&source[from..]);
    }

    /// The place in the author's text of a place in `text`.
    pub(super) fn original(&self, at: usize) -> usize {
        let mut removed = 0;
        for (start, length) in &self.inserts {
            if *start >= at {
                break;
            }
            removed += (*length).min(at - start);
        }
        at.saturating_sub(removed)
    }

    /// The place in `text` of a 1-based line and column in `text`.
    pub(super) fn offset(&self, line: usize, column: usize) -> usize {
        let mut start = 0;
        for part in self.text.split_inclusive('\n').take(line.saturating_sub(1)) {
            start += part.len();
        }
        let chars = self.text[start..].char_indices().nth(column.saturating_sub(1));
        start + chars.map_or(0, |(at, _)| at)
    }
}

/// A byte offset of a source as a place for messages.
pub(super) fn place(file: &str, source: &str, offset: usize) -> At {
    let mut offset = offset.min(source.len());
    while !source.is_char_boundary(offset) {
        offset -= 1;
    }
    let before = &source[..offset];
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    let column = u32::try_from(before[start..].chars().count()).unwrap_or(u32::MAX);
    (file.to_owned(), newlines(before) + 1, column.saturating_add(1))
}

/// What is wrong with the name of an included template, before anyone looks for it.
pub(super) fn bad_include(name: &str, at: At) -> Option<Problem> {
    let lower = name.to_ascii_lowercase();
    let leaves = name.starts_with('/')
        || name.contains(['\\', '\0', '\r', '\n'])
        || ["%2e", "%2f", "%5c"].iter().any(|code| lower.contains(code))
        || name.split('/').any(|part| matches!(part, ".." | "." | ""));
    leaves.then(|| {
        Problem::new("template-include", "path leaves module root", Some(at))
            .detail("a template includes only templates of its own module and platform")
            .help(
                "name the file from the platform folder, for example `_labels.yaml.tera`"
                    .to_owned(),
            )
    })
}
