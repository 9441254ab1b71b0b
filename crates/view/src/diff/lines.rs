//! [`Line`] and the [`Printer`] that makes them.

use suimon_model::ResourceId;

use crate::mask::Veil;

/// What a line says about itself, in the gutter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sign {
    Same,
    Add,
    Remove,
    Change,
}

/// One line of an object's change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) sign: Sign,
    /// Nesting; two spaces each.
    pub(crate) depth: usize,
    /// Safe to print.
    pub(crate) text: String,
    /// A remark after the text, without `#`; safe to print.
    pub(crate) note: Option<String>,
    /// The whole line is a remark.
    pub(crate) comment: bool,
}

impl Line {
    pub(crate) fn add_note(&mut self, note: &str) {
        match &mut self.note {
            Some(notes) => {
                notes.push_str(", ");
                notes.push_str(note);
            }
            None => self.note = Some(note.to_owned()),
        }
    }
}

/// Where a value is written: its first line, and the column its children hang from.
#[derive(Debug, Clone)]
pub(crate) struct At {
    pub(crate) depth: usize,
    pub(crate) head: String,
}

impl At {
    /// `key:`; the key is safe to print.
    pub(crate) fn key(depth: usize, key: &str) -> Self {
        Self { depth, head: format!("{key}:") }
    }

    /// `-`
    pub(crate) fn item(depth: usize) -> Self {
        Self { depth, head: "-".to_owned() }
    }

    pub(crate) fn is_item(&self) -> bool {
        self.head == "-"
    }
}

/// Collects the lines of one object.
#[derive(Debug)]
pub(crate) struct Printer {
    pub(crate) lines: Vec<Line>,
    pub(crate) veil: Veil,
    /// Where the printer is inside the object.
    pub(crate) path: Vec<String>,
}

impl Printer {
    pub(crate) fn new(id: &ResourceId) -> Self {
        Self { lines: Vec::new(), veil: Veil::of(id), path: Vec::new() }
    }

    pub(crate) fn hidden(&self) -> bool {
        self.veil.hides(&self.path)
    }

    pub(crate) fn push(&mut self, sign: Sign, depth: usize, text: impl Into<String>) {
        self.lines.push(Line { sign, depth, text: text.into(), note: None, comment: false });
    }

    pub(crate) fn comment(&mut self, depth: usize, text: &str) {
        self.lines.push(Line {
            sign: Sign::Same,
            depth,
            text: format!("# {text}"),
            note: None,
            comment: true,
        });
    }

    /// `# (3 unchanged fields hidden)`; nothing for none.
    pub(crate) fn unchanged(&mut self, depth: usize, number: usize, noun: &str) {
        if number > 0 {
            self.comment(
                depth,
                &format!("({} hidden)", crate::words::count(number, &format!("unchanged {noun}"))),
            );
        }
    }

    pub(crate) fn within(&mut self, token: &str, inside: impl FnOnce(&mut Self)) {
        self.path.push(token.to_owned());
        inside(self);
        self.path.pop();
    }
}
