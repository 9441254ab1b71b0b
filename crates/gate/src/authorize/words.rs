//! Numbers, times and names in messages.

/// `1 approval`, `2 approvals`.
pub(super) fn count(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// A length of time in its two largest units: `2d 3h`, `1h 5m`, `30m`, `12s`.
pub(super) fn span(seconds: u64) -> String {
    let units = [(86_400, "d"), (3_600, "h"), (60, "m"), (1, "s")];
    let first = units.iter().position(|(size, _)| seconds >= *size).unwrap_or(units.len() - 1);
    let (size, name) = units[first];
    let (whole, rest) = (seconds / size, seconds % size);
    match units.get(first + 1) {
        Some((size, smaller)) if rest / size > 0 => {
            format!("{whole}{name} {}{smaller}", rest / size)
        }
        _ => format!("{whole}{name}"),
    }
}

/// The beginning of a digest or a commit id, enough to tell it from others.
pub(super) fn short(id: &str) -> &str {
    let digits = id.strip_prefix("sha256:").map_or(0, |_| "sha256:".len());
    id.get(..digits + 12).unwrap_or(id)
}

/// A name or a reason from a stranger, short enough for a line.
pub(super) fn cut(text: &str) -> String {
    line(text, 100)
}

/// Text on one line, without what a terminal acts on, of at most so many letters.
pub(super) fn line(text: &str, most: usize) -> String {
    let line = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter });
    let mut short: String = line.clone().take(most).collect();
    if line.count() > most {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time() {
        let cases = [
            (0, "0s"),
            (59, "59s"),
            (60, "1m"),
            (61, "1m 1s"),
            (1800, "30m"),
            (3600, "1h"),
            (3659, "1h"),
            (3900, "1h 5m"),
            (86_399, "23h 59m"),
            (97_200, "1d 3h"),
        ];
        for (seconds, wanted) in cases {
            assert_eq!(span(seconds), wanted);
        }
    }

    #[test]
    fn ids_and_strangers_are_short() {
        assert_eq!(short("sha256:0123456789abcdef"), "sha256:0123456789ab");
        assert_eq!(short("0123456789abcdef"), "0123456789ab");
        assert_eq!(short("r1"), "r1");
        assert_eq!(cut("a\u{1b}[2Jb\n"), "a [2Jb ");
        assert_eq!(cut(&"x".repeat(101)).chars().count(), 101);
    }
}
