//! Untrusted text inside Markdown and on a terminal.

/// Runs of backticks longer than anybody writes on purpose are written out.
const LONGEST_RUN: usize = 16;

/// One line without characters that act on a terminal or are not seen: control (`Cc`) and format (`Cf`)
/// characters are written out, as `\u{202e}`.
pub(crate) fn line(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        if acts(c) {
            safe.push_str(&format!("\\u{{{:x}}}", u32::from(c)));
        } else {
            safe.push(c);
        }
    }
    safe
}

fn acts(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}'
            | '\u{890}'..='\u{891}' | '\u{8e2}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{110bd}' | '\u{110cd}'
            | '\u{13430}'..='\u{1345f}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}')
}

/// A code span, where nothing is a link, a mention, an image, HTML or a table; at most `limit` characters of
/// the text.
pub(crate) fn code(text: &str, limit: usize) -> String {
    let text = shorten(&line(text), limit);
    let run = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let (text, run) =
        if run > LONGEST_RUN { (text.replace('`', "\\u{60}"), 0) } else { (text, run) };
    if text.trim().is_empty() {
        return "(empty)".to_owned();
    }
    let delimiter = "`".repeat(run + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{delimiter}{pad}{text}{pad}{delimiter}")
}

/// The beginning of a text, and a mark where something is missing.
pub(crate) fn shorten(text: &str, limit: usize) -> String {
    if text.chars().count() <= limit {
        return text.to_owned();
    }
    let kept: String = text.chars().take(limit.saturating_sub(1)).collect();
    format!("{kept}…")
}

/// Length as the forge counts it at worst.
pub(crate) fn size(text: &str) -> usize {
    text.encode_utf16().count()
}

/// The longest beginning of a text, of whole lines, that is not longer than this.
pub(crate) fn cut_lines(text: &str, limit: usize) -> &str {
    let (mut length, mut end) = (0, 0);
    for line in text.split_inclusive('\n') {
        length += size(line);
        if length > limit {
            break;
        }
        end += line.len();
    }
    text.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_untrusted_leaves_its_place() {
        for (given, expected) in [
            ("plain", "`plain`"),
            ("a`b", "``a`b``"),
            ("```", "```` ``` ````"),
            (
                "@team [x](http://e) <img> | #1 <!-- suimon:plan:prod -->",
                "`@team [x](http://e) <img> | #1 <!-- suimon:plan:prod -->`",
            ),
            ("a\nb\r\u{1b}[31m", "`a\\u{a}b\\u{d}\\u{1b}[31m`"),
            ("gpj\u{202e}exe", "`gpj\\u{202e}exe`"),
            ("", "(empty)"),
            (" ", "(empty)"),
        ] {
            assert_eq!(code(given, 200), expected, "{given:?}");
        }
        assert_eq!(code(&"`".repeat(17), 200), format!("`{}`", "\\u{60}".repeat(17)));
        assert_eq!(code("水門水門", 3), "`水門…`");
    }

    #[test]
    fn lines_are_cut_whole() {
        assert_eq!(cut_lines("ab\ncd\n", 6), "ab\ncd\n");
        assert_eq!(cut_lines("ab\ncd\n", 5), "ab\n");
        assert_eq!(cut_lines("🦀\ncd", 3), "🦀\n");
        assert_eq!(cut_lines("abc", 2), "");
    }
}
