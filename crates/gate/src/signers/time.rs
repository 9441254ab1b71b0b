//! Times of `valid-after` and `valid-before`: `YYYYMMDD[Z]` and `YYYYMMDDHHMM[SS][Z]`.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// Reads a time; `None` where it is none.
pub(super) fn parse(text: &str) -> Option<Timestamp> {
    let digits = text.strip_suffix('Z').or_else(|| text.strip_suffix("UTC")).unwrap_or(text);
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let part =
        |from: usize, to: usize| digits.get(from..to).and_then(|part| part.parse::<i8>().ok());
    let year = digits.get(..4)?.parse::<i16>().ok()?;
    let (hour, minute, second) = match digits.len() {
        8 => (0, 0, 0),
        12 => (part(8, 10)?, part(10, 12)?, 0),
        14 => (part(8, 10)?, part(10, 12)?, part(12, 14)?),
        _ => return None,
    };
    let civil = DateTime::new(year, part(4, 6)?, part(6, 8)?, hour, minute, second, 0).ok()?;
    Some(civil.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_forms_with_and_without_zone() {
        let cases = [
            ("20261122", Some("2026-11-22T00:00:00Z")),
            ("20261122Z", Some("2026-11-22T00:00:00Z")),
            ("202611221030", Some("2026-11-22T10:30:00Z")),
            ("202611221030Z", Some("2026-11-22T10:30:00Z")),
            ("20261122103059", Some("2026-11-22T10:30:59Z")),
            ("20261122103059Z", Some("2026-11-22T10:30:59Z")),
            ("20261122103059UTC", Some("2026-11-22T10:30:59Z")),
            ("", None),
            ("Z", None),
            ("2026", None),
            ("2026112210", None),
            ("20261322", None),
            ("20260230", None),
            ("202611222460", None),
            ("2026-11-22", None),
            ("+2026112", None),
            ("２０２６", None),
            ("20261122ZZ", None),
        ];
        for (text, wanted) in cases {
            let wanted = wanted.map(|time| time.parse::<Timestamp>().unwrap());
            assert_eq!(parse(text), wanted, "{text}");
        }
    }
}
