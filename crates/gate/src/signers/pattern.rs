//! Pattern lists, as ssh_config(5) describes them under PATTERNS.

/// Whether a list separated by commas has the text: some pattern matches, and none with `!`.
pub(super) fn in_list(list: &str, text: &str) -> bool {
    let mut found = false;
    for pattern in list.split(',') {
        match pattern.strip_prefix('!') {
            Some(pattern) if matches(pattern.as_bytes(), text.as_bytes()) => return false,
            Some(_) => {}
            None => found |= matches(pattern.as_bytes(), text.as_bytes()),
        }
    }
    found
}

/// `*` is any text, `?` any one character. Linear in pattern times text.
fn matches(pattern: &[u8], text: &[u8]) -> bool {
    let (mut at, mut read) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while read < text.len() {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at + 1, read));
                at += 1;
            }
            Some(one) if *one == b'?' || *one == text[read] => {
                at += 1;
                read += 1;
            }
            _ => {
                let Some((after, from)) = star else { return false };
                star = Some((after, from + 1));
                (at, read) = (after, from + 1);
            }
        }
    }
    pattern[at..].iter().all(|one| *one == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_patterns() {
        let cases = [
            ("file", "file", true),
            ("file", "files", false),
            ("git,approval@suimon.dev", "approval@suimon.dev", true),
            ("*", "", true),
            ("*", "approval@suimon.dev", true),
            ("*@suimon.dev", "approval@suimon.dev", true),
            ("*@suimon.dev", "approval@suimon.dev.example", false),
            ("approval?suimon.dev", "approval@suimon.dev", true),
            ("a*b*c", "axxbxxc", true),
            ("a*b*c", "axxbxx", false),
            ("*,!approval@*", "approval@suimon.dev", false),
            ("!approval@*,*", "approval@suimon.dev", false),
            ("!git", "approval@suimon.dev", false),
            ("!git,*", "approval@suimon.dev", true),
            ("", "", true),
            ("", "a", false),
            ("FILE", "file", false),
        ];
        for (list, text, wanted) in cases {
            assert_eq!(in_list(list, text), wanted, "{list:?} {text:?}");
        }
    }
}
