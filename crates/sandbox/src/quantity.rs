//! Quantities (`500m`, `1Gi`) in the canonical form in which the API server stores them.

const BINARY: [(&str, u32); 6] =
    [("Ki", 10), ("Mi", 20), ("Gi", 30), ("Ti", 40), ("Pi", 50), ("Ei", 60)];
const DECIMAL: [(&str, i32); 10] = [
    ("n", -9),
    ("u", -6),
    ("m", -3),
    ("", 0),
    ("k", 3),
    ("M", 6),
    ("G", 9),
    ("T", 12),
    ("P", 15),
    ("E", 18),
];

/// The message for a text that is no quantity.
pub(crate) const INVALID: &str =
    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

#[derive(Clone, Copy, PartialEq)]
enum Form {
    Decimal,
    Binary,
    Exponent,
}

/// The canonical form of `text`.
pub(crate) fn canonical(text: &str) -> Option<String> {
    let (negative, digits, exponent10, shift, form) = split(text)?;
    // The value is digits * 10^exponent10 * 2^shift; nano is the finest unit, so count in nanos, rounded up.
    let nanos = in_nanos(digits, exponent10, shift)?;
    let sign = if negative && nanos != 0 { "-" } else { "" };
    Some(format!("{sign}{}", write(nanos, form)))
}

/// The value of a canonical quantity in thousandths.
pub(crate) fn millis(text: &str) -> Option<i128> {
    let (negative, digits, exponent10, shift, _) = split(text)?;
    let millis = i128::try_from(in_nanos(digits, exponent10, shift)? / 1_000_000).ok()?;
    Some(if negative { -millis } else { millis })
}

fn split(text: &str) -> Option<(bool, u128, i32, u32, Form)> {
    let (negative, rest) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
    let (number, suffix) = rest.split_at(end);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && fraction.is_empty() || fraction.contains('.') {
        return None;
    }
    let fraction = fraction.trim_end_matches('0');
    let digits = format!("{whole}{fraction}");
    let digits = digits.trim_start_matches('0');
    let digits: u128 = if digits.is_empty() { 0 } else { digits.parse().ok()? };
    let places = i32::try_from(fraction.len()).ok()?;
    if let Some((_, shift)) = BINARY.iter().find(|(name, _)| *name == suffix) {
        return Some((negative, digits, -places, *shift, Form::Binary));
    }
    if let Some((_, exponent)) = DECIMAL.iter().find(|(name, _)| *name == suffix) {
        return Some((negative, digits, exponent - places, 0, Form::Decimal));
    }
    let exponent: i32 = suffix.strip_prefix(['e', 'E'])?.parse().ok()?;
    (exponent.abs() < 64).then_some((negative, digits, exponent - places, 0, Form::Exponent))
}

fn in_nanos(digits: u128, exponent10: i32, shift: u32) -> Option<u128> {
    let value = digits.checked_mul(1_u128.checked_shl(shift)?)?;
    let power = exponent10 + 9;
    if power >= 0 {
        return value.checked_mul(10_u128.checked_pow(power.unsigned_abs())?);
    }
    let divisor = 10_u128.checked_pow(power.unsigned_abs())?;
    Some(value.div_ceil(divisor))
}

fn write(nanos: u128, form: Form) -> String {
    const UNIT: u128 = 1_000_000_000;
    if form == Form::Binary && nanos.is_multiple_of(UNIT) && nanos / UNIT >= 1024 {
        let mut value = nanos / UNIT;
        let mut suffix = "";
        for (name, _) in BINARY {
            if !value.is_multiple_of(1024) {
                break;
            }
            value /= 1024;
            suffix = name;
        }
        return format!("{value}{suffix}");
    }
    if nanos == 0 {
        return "0".to_owned();
    }
    let mut value = nanos;
    let mut exponent = -9;
    while value.is_multiple_of(1000) && exponent < 18 {
        value /= 1000;
        exponent += 3;
    }
    match form {
        Form::Exponent if exponent == 0 => value.to_string(),
        Form::Exponent => format!("{value}e{exponent}"),
        _ => {
            let suffix = DECIMAL.iter().find(|(_, e)| *e == exponent).map_or("", |(name, _)| name);
            format!("{value}{suffix}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_written_as_the_server_writes_them() {
        for (text, expected) in [
            ("1000m", "1"),
            ("0.5", "500m"),
            ("1024Mi", "1Gi"),
            ("1.5Gi", "1536Mi"),
            ("100", "100"),
            ("1e3", "1e3"),
            ("1E3", "1e3"),
            ("0", "0"),
            ("0.0", "0"),
            ("1k", "1k"),
            ("1000k", "1M"),
            ("-500m", "-500m"),
            ("512Ki", "512Ki"),
            ("1.1", "1100m"),
            ("0.1Mi", "104857600m"),
            ("1023Ki", "1023Ki"),
            ("+1", "1"),
            ("1000Ki", "1000Ki"),
            ("0.0000000001", "1n"),
            ("2000", "2k"),
            ("500Mi", "500Mi"),
            ("0Mi", "0"),
            (".5", "500m"),
            ("5.", "5"),
        ] {
            assert_eq!(canonical(text).as_deref(), Some(expected), "{text}");
        }
        for text in ["", "x", "1x", "1.2.3", "m", "1 Gi", "1e", "--1", "1gi"] {
            assert_eq!(canonical(text), None, "{text}");
        }
    }
}
