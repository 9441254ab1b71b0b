//! Names come from files that anyone may have written: none may draw or command.

use std::fmt::Write as _;

/// Replaces what moves the cursor, changes colours or reorders text by `\u{…}`.
pub(super) fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let reorders = matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{2069}' | '\u{61c}' | '\u{feff}');
        if c.is_control() || reorders {
            let _ = write!(out, "\\u{{{:x}}}", c as u32);
        } else {
            out.push(c);
        }
    }
    out
}

/// A string of the DOT language, quotes included.
pub(super) fn dot(text: &str) -> String {
    format!("\"{}\"", plain(text).replace('\\', "\\\\").replace('"', "\\\""))
}

/// A label of a Mermaid flow chart, quotes included: what has a meaning there or in HTML becomes an
/// entity code.
pub(super) fn mermaid(text: &str) -> String {
    let mut out = String::from("\"");
    for c in plain(text).chars() {
        if c.is_alphanumeric() || matches!(c, ' ' | '/' | '.' | '-' | '_' | ':' | ',' | '(' | ')') {
            out.push(c);
        } else {
            let _ = write!(out, "#{};", c as u32);
        }
    }
    out.push('"');
    out
}
