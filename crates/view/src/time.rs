//! Times for people: UTC, and how long ago.

use jiff::Timestamp;

/// `2026-11-22T14:30:00Z`, to the second.
pub(crate) fn utc(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// `45s`, `12m`, `5h`, `3d`: whole units, rounded down; the future is `-5m`, clocks may differ.
pub(crate) fn age(now: Timestamp, then: Timestamp) -> String {
    let seconds = now.as_second().saturating_sub(then.as_second());
    let sign = if seconds < 0 { "-" } else { "" };
    let (number, unit) = match seconds.unsigned_abs() {
        s @ 0..60 => (s, 's'),
        s @ 60..3_600 => (s / 60, 'm'),
        s @ 3_600..172_800 => (s / 3_600, 'h'),
        s => (s / 86_400, 'd'),
    };
    format!("{sign}{number}{unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_whole_units() {
        let now = Timestamp::from_second(1_000_000_000).unwrap();
        for (ago, expected) in [
            (0, "0s"),
            (59, "59s"),
            (60, "1m"),
            (3_599, "59m"),
            (3_600, "1h"),
            (172_799, "47h"),
            (172_800, "2d"),
            (-300, "-5m"),
            (400 * 86_400, "400d"),
        ] {
            let then = Timestamp::from_second(1_000_000_000 - ago).unwrap();
            assert_eq!(age(now, then), expected);
        }
        assert_eq!(utc(now), "2001-09-09T01:46:40Z");
        assert!(age(Timestamp::MAX, Timestamp::MIN).ends_with('d'));
        assert!(age(Timestamp::MIN, Timestamp::MAX).starts_with('-'));
    }
}
