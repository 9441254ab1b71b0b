//! Characters that would move the cursor, reverse the reading order or hide are written out.

use std::borrow::Cow;

use crate::mask;

/// A text from elsewhere, safe to print: control, bidirectional and zero-width characters written
/// out, digests of secrets dropped; line feeds stay.
pub fn escape(text: &str) -> String {
    lines(text).join("\n")
}

/// Whether a character acts on a terminal or is not seen.
///
/// The list is Unicode's control (`Cc`) and format (`Cf`) characters, line and paragraph
/// separators, variation selectors, and the letters that are drawn as nothing. Combining marks stay:
/// they are letters of living languages.
pub(crate) fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}'
            | '\u{890}'..='\u{891}' | '\u{8e2}' | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
            | '\u{110bd}' | '\u{110cd}' | '\u{13430}'..='\u{1345f}' | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// One line of text, safe to print: unsafe characters written out, digests of secrets dropped.
pub(crate) fn line(text: &str) -> Cow<'_, str> {
    let text = mask::redact(text);
    if text.chars().any(is_unsafe) { Cow::Owned(written_out(&text)) } else { text }
}

/// As [`line`], but a line feed stays one, for texts that may have several lines.
pub(crate) fn lines(text: &str) -> Vec<Cow<'_, str>> {
    text.split('\n').map(|part| line(part.strip_suffix('\r').unwrap_or(part))).collect()
}

fn written_out(text: &str) -> String {
    let mut safe = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_unsafe(c) {
            safe.push_str(&format!("\\u{{{:x}}}", u32::from(c)));
        } else {
            safe.push(c);
        }
    }
    safe
}

/// A string in double quotes, as JSON would write it, with unsafe characters written out.
pub(crate) fn quoted(text: &str) -> String {
    let mut safe = String::with_capacity(text.len() + 2);
    safe.push('"');
    for c in mask::redact(text).chars() {
        match c {
            '"' => safe.push_str("\\\""),
            '\\' => safe.push_str("\\\\"),
            '\n' => safe.push_str("\\n"),
            '\t' => safe.push_str("\\t"),
            '\r' => safe.push_str("\\r"),
            c if is_unsafe(c) => safe.push_str(&format!("\\u{{{:x}}}", u32::from(c))),
            c => safe.push(c),
        }
    }
    safe.push('"');
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_acts_or_hides_is_written_out_and_the_rest_is_kept() {
        for (given, expected) in [
            ("plain", "plain"),
            ("日本語 é e\u{301} नि", "日本語 é e\u{301} नि"),
            ("a\u{1b}[31mb", "a\\u{1b}[31mb"),
            ("a\nb\tc\r", "a\\u{a}b\\u{9}c\\u{d}"),
            ("safe\u{202e}gpj", "safe\\u{202e}gpj"),
            ("a\u{200b}\u{200d}\u{feff}\u{2066}", "a\\u{200b}\\u{200d}\\u{feff}\\u{2066}"),
            ("\u{7f}\u{9b}2J\u{85}", "\\u{7f}\\u{9b}2J\\u{85}"),
            ("\u{e0041}\u{3164}\u{ad}", "\\u{e0041}\\u{3164}\\u{ad}"),
        ] {
            assert_eq!(line(given), expected, "{given:?}");
        }
        assert_eq!(quoted("a\"b\\\n\u{1b}"), "\"a\\\"b\\\\\\n\\u{1b}\"");
        assert_eq!(lines("a\r\nb\u{7}"), ["a", "b\\u{7}"]);
    }
}
