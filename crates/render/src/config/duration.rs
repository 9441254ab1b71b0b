//! Lengths of time as people write them: `30m`, `1h30m`, `2d`.

/// Ten years: whatever is longer is a mistake, and no sum of times overflows.
const MOST: u64 = 3650 * 24 * 3600;

/// Units from the longest to the shortest, in seconds.
const UNITS: [(char, u64); 5] =
    [('w', 7 * 24 * 3600), ('d', 24 * 3600), ('h', 3600), ('m', 60), ('s', 1)];

/// Seconds, or why a text is not a length of time.
///
/// Each unit at most once and the longer ones first: a text has one reading.
pub(super) fn seconds(text: &str) -> Result<u64, &'static str> {
    const FORM: &str = "must be a number and a unit such as `30m`, `1h30m` or `2d`";
    let mut rest = text;
    let mut total: u64 = 0;
    let mut units = UNITS.iter();
    if rest.is_empty() {
        return Err(FORM);
    }
    while !rest.is_empty() {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, after) = rest.split_at(digits);
        let unit = after.chars().next().ok_or(FORM)?;
        if digits == 0 || !UNITS.iter().any(|(known, _)| *known == unit) {
            return Err(FORM);
        }
        let (_, factor) = units
            .find(|(known, _)| *known == unit)
            .ok_or("must give each unit once, the longer ones first, such as `1h30m`")?;
        total = number
            .parse::<u64>()
            .ok()
            .and_then(|number| number.checked_mul(*factor))
            .and_then(|more| total.checked_add(more))
            .filter(|total| *total <= MOST)
            .ok_or("is longer than ten years")?;
        rest = &after[unit.len_utf8()..];
    }
    Ok(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_of_time_has_one_reading() {
        for (text, expected) in [
            ("0s", 0),
            ("45s", 45),
            ("30m", 1800),
            ("1h30m", 5400),
            ("2d", 172_800),
            ("1w2d3h4m5s", 788_645),
            ("90m", 5400),
            ("3650d", MOST),
        ] {
            assert_eq!(seconds(text), Ok(expected), "{text}");
        }
        for text in [
            "",
            "30",
            "m",
            "-5m",
            "1.5h",
            "30 m",
            "30min",
            "1H",
            "30m1h",
            "1m1m",
            "PT30M",
            "3651d",
            "99999999999999999999s",
            "18446744073709551615w",
            "5ü",
            "m5",
        ] {
            assert!(seconds(text).is_err(), "{text} was accepted");
        }
    }
}
