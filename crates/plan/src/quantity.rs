//! Kubernetes quantities: `500m`, `0.5`, `1Gi`, `1e3`.

use serde_json::Value;

/// Whether two values are the same quantity; `false` where either is none, or finer than a
/// billionth or larger than can be counted here.
pub(crate) fn same_quantity(a: &Value, b: &Value) -> bool {
    match (nanos(a), nanos(b)) {
        (Some(a), Some(b)) => a == b,
        _ => false,
    }
}

fn nanos(value: &Value) -> Option<i128> {
    match value {
        Value::String(text) => parse(text),
        Value::Number(number) => parse(&number.to_string()),
        _ => None,
    }
}

/// In billionths.
fn parse(text: &str) -> Option<i128> {
    let (negative, rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let digits_end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
    let (number, suffix) = rest.split_at(digits_end);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if (whole.is_empty() && fraction.is_empty()) || fraction.contains('.') {
        return None;
    }
    let fraction = fraction.trim_end_matches('0');
    let mantissa: i128 = format!("0{whole}{fraction}").parse().ok()?;
    let (decimal, binary) = scale(suffix)?;
    let exponent = 9 + decimal - i32::try_from(fraction.len()).ok()?;
    let mut value = mantissa.checked_mul(1i128.checked_shl(binary)?)?;
    let factor = 10i128.checked_pow(exponent.unsigned_abs())?;
    if exponent >= 0 {
        value = value.checked_mul(factor)?;
    } else {
        if value % factor != 0 {
            return None;
        }
        value /= factor;
    }
    Some(if negative { -value } else { value })
}

/// Powers of ten and of two.
fn scale(suffix: &str) -> Option<(i32, u32)> {
    Some(match suffix {
        "" => (0, 0),
        "n" => (-9, 0),
        "u" => (-6, 0),
        "m" => (-3, 0),
        "k" => (3, 0),
        "M" => (6, 0),
        "G" => (9, 0),
        "T" => (12, 0),
        "P" => (15, 0),
        "E" => (18, 0),
        "Ki" => (0, 10),
        "Mi" => (0, 20),
        "Gi" => (0, 30),
        "Ti" => (0, 40),
        "Pi" => (0, 50),
        "Ei" => (0, 60),
        _ => {
            let exponent = suffix.strip_prefix(['e', 'E'])?;
            let exponent: i32 = exponent.parse().ok()?;
            (exponent.clamp(-1000, 1000), 0)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn equal_quantities_are_equal_and_others_are_not() {
        for (a, b) in [
            (json!("1000m"), json!("1")),
            (json!("0.5"), json!("500m")),
            (json!(0.5), json!("500m")),
            (json!(2), json!("2")),
            (json!("1Gi"), json!("1024Mi")),
            (json!("1.5Gi"), json!("1536Mi")),
            (json!("1e3"), json!("1k")),
            (json!("1E3"), json!("1000")),
            (json!("1E"), json!("1000P")),
            (json!("+1"), json!("1.000")),
            (json!("-500m"), json!("-0.5")),
            (json!(".5"), json!("0.5")),
            (json!("5."), json!("5")),
            (json!("100n"), json!("0.1u")),
            (json!("1e-3"), json!("1m")),
        ] {
            assert!(same_quantity(&a, &b), "{a} {b}");
        }
        for (a, b) in [
            (json!("1"), json!("1m")),
            (json!("1Gi"), json!("1G")),
            (json!("1"), json!("-1")),
            (json!("one"), json!("one")),
            (json!(""), json!("")),
            (json!("."), json!("0")),
            (json!("1.2.3"), json!("1.2.3")),
            (json!("1KiB"), json!("1Ki")),
            (json!("0.0000000001"), json!("0")),
            (json!("1e999"), json!("1e999")),
            (json!("99999999999999999999999999999999999999999"), json!("1")),
            (json!(null), json!("0")),
            (json!("1e"), json!("1")),
            (json!("-"), json!("0")),
        ] {
            assert!(!same_quantity(&a, &b), "{a} {b}");
        }
    }
}
