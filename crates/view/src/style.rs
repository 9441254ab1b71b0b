//! [`Style`]: how text is to look.

use std::borrow::Cow;

/// How text is to look; the caller knows the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Write ANSI colours.
    pub color: bool,
    /// Columns of the terminal; `None` when it is not one, and then prose is not wrapped.
    pub width: Option<usize>,
    /// Draw rules with `─` rather than `-`.
    pub unicode: bool,
}

impl Style {
    /// For files, pipes and logs: no colour, no wrapping, ASCII rules.
    pub const PLAIN: Self = Self { color: false, width: None, unicode: false };

    pub(crate) fn paint<'t>(&self, color: Color, text: &'t str) -> Cow<'t, str> {
        match (self.color, color.code()) {
            (true, Some(code)) if !text.is_empty() => {
                Cow::Owned(format!("\u{1b}[{code}m{text}\u{1b}[0m"))
            }
            _ => Cow::Borrowed(text),
        }
    }

    /// A horizontal rule, at most 80 columns wide.
    pub(crate) fn rule(&self) -> String {
        let width = self.width.unwrap_or(80).clamp(1, 80);
        if self.unicode { "─" } else { "-" }.repeat(width)
    }

    /// Prose as lines that fit the terminal; words are never split.
    pub(crate) fn wrap(&self, prose: &str, indent: &str) -> String {
        let room = self.width.map_or(usize::MAX, |width| {
            width.saturating_sub(unicode_width::UnicodeWidthStr::width(indent)).max(20)
        });
        let mut lines = String::new();
        let mut column = 0;
        for word in prose.split(' ') {
            let width = unicode_width::UnicodeWidthStr::width(word);
            if column > 0 && column + 1 + width > room {
                lines.push('\n');
                lines.push_str(indent);
                column = 0;
            } else if column > 0 {
                lines.push(' ');
                column += 1;
            }
            lines.push_str(word);
            column += width;
        }
        lines
    }
}

/// What a colour stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Color {
    Plain,
    Add,
    Remove,
    Change,
    Heading,
    Comment,
    Error,
    Warning,
}

impl Color {
    fn code(self) -> Option<&'static str> {
        match self {
            Self::Plain => None,
            Self::Add => Some("32"),
            Self::Remove => Some("31"),
            Self::Change => Some("33"),
            Self::Heading => Some("1"),
            Self::Comment => Some("90"),
            Self::Error => Some("1;31"),
            Self::Warning => Some("1;33"),
        }
    }
}
