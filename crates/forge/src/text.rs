//! Text that goes to a forge or comes from one.

/// One line of at most this many characters, without control characters: for messages.
pub(crate) fn line(text: &str, most: usize) -> String {
    let clean = |c: char| if c.is_control() { ' ' } else { c };
    cut(&text.chars().map(clean).collect::<String>(), most)
}

/// At most this many characters; what is left out is shown as `…`.
pub(crate) fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let mut kept: String = text.chars().take(most.saturating_sub(1)).collect();
    kept.push('…');
    kept
}

/// A part of a path or a value of a query, with everything but unreserved characters encoded
/// (RFC 3986, section 2.3).
pub(crate) fn encode(part: &str) -> String {
    use std::fmt::Write;
    let mut encoded = String::with_capacity(part.len());
    for byte in part.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

/// Markdown of at most this many characters; one that is cut ends its code block and says so.
pub(crate) fn body(text: &str, most: usize) -> String {
    const NOTE: &str = "\n\n*… cut: it is longer than what can be written here.*\n";
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let fence = "\n```";
    let room = most.saturating_sub(NOTE.chars().count() + fence.len());
    let mut kept: String = text.chars().take(room).collect();
    // A line that is there in part may be half a fence or half a tag.
    kept.truncate(kept.rfind('\n').unwrap_or(kept.len()));
    if kept.lines().filter(|line| line.trim_start().starts_with("```")).count() % 2 == 1 {
        kept.push_str(fence);
    }
    kept.push_str(NOTE);
    kept
}

/// Markdown in which no line is a command. GitLab does what a line such as `/approve` or `/merge` says, in the name
/// of whoever writes it (<https://docs.gitlab.com/user/project/quick_actions/>), and what suimon writes has
/// titles of commits in it.
pub(crate) fn without_commands(text: &str) -> String {
    let line = |line: &str| {
        let start = line.trim_start();
        let blank = line.get(..line.len() - start.len()).unwrap_or_default();
        match start.starts_with('/') {
            true => format!("{blank}\\{start}"),
            false => line.to_owned(),
        }
    };
    text.split('\n').map(line).collect::<Vec<_>>().join("\n")
}

/// Whether this can be the login of an account: what forges allow, and `[bot]` at the end (GitHub).
pub(crate) fn is_login(login: &str) -> bool {
    let name = login.strip_suffix("[bot]").unwrap_or(login);
    let allowed = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    !name.is_empty() && name.len() <= 255 && name.chars().all(allowed)
}

/// Whether this can be the id of a commit.
pub(crate) fn is_commit(id: &str) -> bool {
    matches!(id.len(), 40 | 64) && id.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Whether two texts are the same but for how lines end and what is blank at the end.
pub(crate) fn same(one: &str, other: &str) -> bool {
    one.replace("\r\n", "\n").trim_end() == other.replace("\r\n", "\n").trim_end()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_cut_between_characters() {
        let cases =
            [("日本語", 3, "日本語"), ("日本語で", 3, "日本…"), ("", 0, ""), ("ab", 1, "…")];
        for (text, most, expected) in cases {
            assert_eq!(cut(text, most), expected);
        }
        assert_eq!(line("a\nb\u{1b}[31mc", 100), "a b [31mc");
    }

    #[test]
    fn markdown_that_is_cut_ends_its_code_block_and_says_so() {
        let long = format!("head\n```diff\n{}```\n", "+ 日本語\n".repeat(100));
        let cut = body(&long, 300);
        assert!(cut.chars().count() <= 300, "{}", cut.chars().count());
        assert!(
            cut.ends_with(
                "+ 日本語\n```\n\n*… cut: it is longer than what can be written here.*\n"
            )
        );
        assert_eq!(body(&long, long.chars().count()), long);
    }

    #[test]
    fn no_line_is_a_command() {
        let cases = [
            ("a /approve\n", "a /approve\n"),
            ("/approve", "\\/approve"),
            ("a\n  /merge now\n\n/close\n", "a\n  \\/merge now\n\n\\/close\n"),
            ("a\r\n/close\r\n", "a\r\n\\/close\r\n"),
            ("\u{3000}/close", "\u{3000}\\/close"),
        ];
        for (text, expected) in cases {
            assert_eq!(without_commands(text), expected);
        }
    }

    #[test]
    fn parts_of_addresses_are_encoded() {
        assert_eq!(encode("suimon/promote/stg"), "suimon%2Fpromote%2Fstg");
        assert_eq!(encode("a b?c=d&e#f%g"), "a%20b%3Fc%3Dd%26e%23f%25g");
        assert_eq!(encode("日"), "%E6%97%A5");
    }

    #[test]
    fn logins_and_commits_are_checked() {
        for good in ["aiko", "a-b_c.d", "github-actions[bot]", "A1"] {
            assert!(is_login(good), "{good}");
        }
        for bad in ["", "[bot]", "a b", "a/b", "../a", "a\n", "é", "<script>", "a[bot]b"] {
            assert!(!is_login(bad), "{bad}");
        }
        assert!(is_commit(&"a1".repeat(20)) && is_commit(&"0".repeat(64)));
        for bad in ["", "main", &"a".repeat(39), &"g".repeat(40)] {
            assert!(!is_commit(bad), "{bad}");
        }
    }
}
