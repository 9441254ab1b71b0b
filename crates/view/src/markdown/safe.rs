//! Untrusted text inside Markdown: only ever in code spans, fences and escaped `<code>` elements,
//! where nothing is a link, a mention, an image, HTML or a table.

use crate::escape;

/// Longer runs of backticks than anybody writes on purpose are written out.
const LONGEST_RUN: usize = 16;

/// Length as the forge counts it at worst.
pub(super) fn size(text: &str) -> usize {
    text.encode_utf16().count()
}

/// The longest beginning of a text that is not longer than this; never inside a character.
pub(super) fn cut(text: &str, limit: usize) -> &str {
    let mut length = 0;
    for (index, c) in text.char_indices() {
        length += c.len_utf16();
        if length > limit {
            return &text[..index];
        }
    }
    text
}

/// As [`cut`], and says how much is missing.
pub(super) fn shorten(text: &str, limit: usize) -> String {
    let kept = cut(text, limit);
    let missing = text[kept.len()..].chars().count();
    if missing == 0 { text.to_owned() } else { format!("{kept}… ({missing} more characters)") }
}

/// A code span.
pub(super) fn code(text: &str) -> String {
    let text = backticks(&escape::line(text));
    if text.trim().is_empty() {
        return "(empty)".to_owned();
    }
    let delimiter = "`".repeat(longest_run(&text) + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{delimiter}{pad}{text}{pad}{delimiter}")
}

/// A `<code>` element, for places where Markdown is not read.
pub(super) fn html_code(text: &str) -> String {
    let mut safe = String::from("<code>");
    for c in escape::line(text).chars() {
        match c {
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '&' => safe.push_str("&amp;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            c => safe.push(c),
        }
    }
    safe.push_str("</code>");
    safe
}

/// A fence that nothing in these lines can close, and the lines to put into it.
pub(super) fn fence(lines: &[String]) -> (String, Vec<String>) {
    let lines: Vec<String> = lines.iter().map(|line| backticks(line)).collect();
    let longest = lines.iter().map(|line| longest_run(line)).max().unwrap_or(0);
    ("`".repeat((longest + 1).max(3)), lines)
}

/// A part of an HTML comment.
pub(super) fn comment_word(text: &str) -> String {
    let mut safe = String::new();
    for c in text.chars() {
        if c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-') {
            safe.push(c);
        } else {
            safe.push_str(&format!("%{:X}", u32::from(c)));
        }
    }
    safe
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

fn backticks(text: &str) -> String {
    if longest_run(text) > LONGEST_RUN { text.replace('`', "\\u{60}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_untrusted_can_leave_its_place() {
        for (given, expected) in [
            ("plain", "`plain`"),
            ("a`b", "``a`b``"),
            ("```", "```` ``` ````"),
            ("@octocat [x](http://e) <img> | #1", "`@octocat [x](http://e) <img> | #1`"),
            ("a\nb", "`a\\u{a}b`"),
            ("", "(empty)"),
            ("  ", "(empty)"),
        ] {
            assert_eq!(code(given), expected, "{given:?}");
        }
        assert_eq!(code(&"`".repeat(17)), format!("`{}`", "\\u{60}".repeat(17)));
        assert_eq!(html_code("</code><b>&"), "<code>&lt;/code&gt;&lt;b&gt;&amp;</code>");
        assert_eq!(comment_word("a--> <b"), "a--%3E%20%3Cb");
    }

    #[test]
    fn cuts_count_utf16_and_keep_characters_whole() {
        assert_eq!(cut("a🦀b", 2), "a");
        assert_eq!(cut("a🦀b", 3), "a🦀");
        assert_eq!(shorten("水門水門", 2), "水門… (2 more characters)");
        assert_eq!(shorten("水門", 2), "水門");
    }
}
