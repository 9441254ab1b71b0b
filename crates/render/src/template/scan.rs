//! A lexer for Tera's outer shape: text, tags and the tokens inside tags.
//!
//! It follows Tera's own lexer. Where the two would differ the text is broken, and then Tera's own
//! message is what the author sees.

use std::ops::Range;

/// A part of a template.
#[derive(Debug)]
pub(super) enum Piece<'a> {
    /// Plain text; `trim_start` and `trim_end` where a neighbour takes its white space.
    Text { range: Range<usize>, trim_start: bool, trim_end: bool },
    /// `{{ … }}`.
    Output { tokens: Vec<Token<'a>> },
    /// `{% … %}`.
    Tag { tokens: Vec<Token<'a>> },
    /// `{# … #}` or `{% raw %}…{% endraw %}`: nothing to look at.
    Opaque,
}

/// A token inside a tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token<'a> {
    pub(super) kind: TokenKind,
    pub(super) text: &'a str,
    pub(super) start: usize,
}

impl Token<'_> {
    pub(super) fn end(&self) -> usize {
        self.start + self.text.len()
    }

    pub(super) fn is(&self, text: &str) -> bool {
        self.kind != TokenKind::String && self.text == text
    }

    /// A string's content; escapes are left as they are.
    pub(super) fn content(&self) -> Option<&str> {
        (self.kind == TokenKind::String).then(|| &self.text[1..self.text.len() - 1])
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenKind {
    Ident,
    String,
    Number,
    Operator,
}

/// Splits a template; `None` when it is broken.
pub(super) fn scan(source: &str) -> Option<Vec<Piece<'_>>> {
    let mut pieces = Vec::new();
    let mut at = 0;
    let mut trim = false;
    while at < source.len() {
        let start = find_marker(source, at).unwrap_or(source.len());
        let rest = &source[start..];
        let carried = trim && start == at;
        if start > at {
            let trim_end = rest.as_bytes().get(2) == Some(&b'-');
            pieces.push(Piece::Text { range: at..start, trim_start: trim, trim_end });
        }
        if rest.is_empty() {
            break;
        }
        let inner = start + 2 + usize::from(rest.as_bytes().get(2) == Some(&b'-'));
        let (piece, end) = if rest.starts_with("{#") {
            (Piece::Opaque, inner + source[inner..].find("#}")? + 2)
        } else if rest.starts_with("{{") {
            let (tokens, end) = tokens(source, inner, "}}")?;
            (Piece::Output { tokens }, end)
        } else {
            let (tokens, end) = tokens(source, inner, "%}")?;
            if tokens.len() == 1 && tokens[0].is("raw") {
                (Piece::Opaque, end_of_raw(source, end)?)
            } else {
                (Piece::Tag { tokens }, end)
            }
        };
        // Trimming reaches over a comment to the text behind it.
        trim = source.as_bytes().get(end.wrapping_sub(3)) == Some(&b'-')
            || (carried && rest.starts_with("{#"));
        pieces.push(piece);
        at = end;
    }
    Some(pieces)
}

fn find_marker(source: &str, from: usize) -> Option<usize> {
    let bytes = source.as_bytes();
    (from..bytes.len().saturating_sub(1))
        .find(|&i| bytes[i] == b'{' && matches!(bytes[i + 1], b'{' | b'%' | b'#'))
}

fn end_of_raw(source: &str, from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        at += source[at..].find("{%")? + 2;
        let inner = source[at..].strip_prefix('-').unwrap_or(&source[at..]).trim_ascii_start();
        if let Some(rest) = inner.strip_prefix("endraw") {
            let rest = rest.trim_ascii_start();
            let rest = rest.strip_prefix('-').unwrap_or(rest);
            if let Some(rest) = rest.strip_prefix("%}") {
                return Some(source.len() - rest.len());
            }
        }
    }
}

/// The tokens up to `close`, and the place behind it.
fn tokens<'a>(source: &'a str, from: usize, close: &str) -> Option<(Vec<Token<'a>>, usize)> {
    const OPERATORS: [&str; 9] = ["...", "//", "**", "==", "!=", ">=", "<=", "</", "?."];
    let bytes = source.as_bytes();
    let mut tokens = Vec::new();
    let mut at = from;
    loop {
        while bytes.get(at).is_some_and(u8::is_ascii_whitespace) {
            at += 1;
        }
        let rest = source.get(at..)?;
        if rest.starts_with(close) {
            return Some((tokens, at + 2));
        }
        if rest.strip_prefix('-').is_some_and(|rest| rest.starts_with(close)) {
            return Some((tokens, at + 3));
        }
        let (kind, length) = match *bytes.get(at)? {
            quote @ (b'"' | b'\'' | b'`') => (TokenKind::String, string(&bytes[at..], quote)?),
            b'0'..=b'9' => (TokenKind::Number, number(&bytes[at..])),
            b'_' | b'a'..=b'z' | b'A'..=b'Z' => {
                let ident = |b: &&u8| **b == b'_' || b.is_ascii_alphanumeric();
                (TokenKind::Ident, bytes[at..].iter().take_while(ident).count())
            }
            byte if byte.is_ascii() => {
                let long = OPERATORS.iter().find(|op| rest.starts_with(**op));
                let length = long.map_or(1, |op| op.len());
                (TokenKind::Operator, if rest.starts_with("?[") { 2 } else { length })
            }
            _ => return None,
        };
        tokens.push(Token { kind, text: &source[at..at + length], start: at });
        at += length;
    }
}

fn string(bytes: &[u8], quote: u8) -> Option<usize> {
    let mut escaped = false;
    for (index, byte) in bytes.iter().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            byte if *byte == quote => return Some(index + 1),
            _ => {}
        }
    }
    None
}

fn number(bytes: &[u8]) -> usize {
    let mut dot = false;
    let part = |byte: &&u8| match **byte {
        b'.' if !dot => {
            dot = true;
            true
        }
        byte => byte.is_ascii_digit(),
    };
    bytes.iter().take_while(part).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(source: &str) -> Option<String> {
        let texts = |tokens: &[Token<'_>]| {
            tokens.iter().map(|token| token.text).collect::<Vec<_>>().join(" ")
        };
        let shown = scan(source)?
            .iter()
            .map(|piece| match piece {
                Piece::Text { range, trim_start, trim_end } => {
                    let mark = |trim: &bool| if *trim { "-" } else { "" };
                    format!("{}{:?}{}", mark(trim_start), &source[range.clone()], mark(trim_end))
                }
                Piece::Output { tokens } => format!("out({})", texts(tokens)),
                Piece::Tag { tokens } => format!("tag({})", texts(tokens)),
                Piece::Opaque => "opaque".to_owned(),
            })
            .collect::<Vec<_>>();
        Some(shown.join(" "))
    }

    #[test]
    fn templates_are_split_as_tera_splits_them() {
        for (source, expected) in [
            ("a {{ b.c }} d", r#""a " out(b . c) " d""#),
            ("{%- if x -%}\n y {%- endif %}", r#"tag(if x) -"\n y "- tag(endif)"#),
            (r#"{{ "}}" ~ '\'' }}"#, r#"out("}}" ~ '\'')"#),
            ("{# {{ #}x{% raw %}{{ {% endraw %}", r#"opaque "x" opaque"#),
            ("{{ a -}}{# c #}\n b", r#"out(a) opaque -"\n b""#),
            ("{{ a -}} {# c #}\n b", r#"out(a) -" " opaque "\n b""#),
            ("{{ a?.b[1:2] }}", "out(a ?. b [ 1 : 2 ])"),
            ("{{ -1.5 - x -}} z", r#"out(- 1.5 - x) -" z""#),
        ] {
            assert_eq!(shape(source).unwrap(), expected, "{source}");
        }
        for broken in ["{{ a", "{% if", "{# a", "{{ \"a }}", "{{ ü }}", "{% raw %}{% end %}"] {
            assert_eq!(shape(broken), None, "{broken}");
        }
    }
}
