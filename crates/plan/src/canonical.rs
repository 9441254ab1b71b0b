//! Canonical JSON: RFC 8785.

use std::cmp::Ordering;
use std::fmt::Write;

use serde_json::{Map, Number, Value};

/// The largest integer that RFC 8785's numbers, which are doubles, tell from its neighbours.
const EXACT: i128 = 9_007_199_254_740_991;

/// A value as RFC 8785 writes it: keys in the order of their UTF-16 units, numbers as ECMAScript.
///
/// # Caveats
/// RFC 8785 has no integers beyond 2⁵³ − 1 and leaves it to the application to write them as
/// strings. Here such an integer becomes `{"integer":"9007199254740993"}`, so that it is neither
/// rounded nor mistaken for a string.
pub(crate) fn canonical(value: &Value) -> String {
    let mut text = String::new();
    write(value, &mut text);
    text
}

fn write(value: &Value, to: &mut String) {
    match value {
        Value::Number(n) => number(n, to),
        Value::Array(items) => {
            to.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    to.push(',');
                }
                write(item, to);
            }
            to.push(']');
        }
        Value::Object(map) => object(map, to),
        Value::Null | Value::Bool(_) | Value::String(_) => {
            // Writing to a string does not fail; serde_json escapes exactly what RFC 8785 asks for.
            let _ = write!(to, "{value}");
        }
    }
}

fn object(map: &Map<String, Value>, to: &mut String) {
    let mut entries: Vec<(&String, &Value)> = map.iter().collect();
    entries.sort_by(|(a, _), (b, _)| utf16(a, b));
    to.push('{');
    for (at, (key, value)) in entries.into_iter().enumerate() {
        if at > 0 {
            to.push(',');
        }
        let _ = write!(to, "{}", Value::from(key.as_str()));
        to.push(':');
        write(value, to);
    }
    to.push('}');
}

fn utf16(a: &str, b: &str) -> Ordering {
    a.encode_utf16().cmp(b.encode_utf16())
}

fn number(number: &Number, to: &mut String) {
    let integer = number.as_i128();
    let _ = match (integer, number.as_f64()) {
        (Some(integer), _) if integer.abs() <= EXACT => write!(to, "{integer}"),
        (Some(integer), _) => write!(to, "{{\"integer\":\"{integer}\"}}"),
        (None, Some(float)) => write!(to, "{}", ecmascript(float)),
        (None, None) => write!(to, "{number}"),
    };
}

/// `Number.prototype.toString` of ECMAScript, for finite numbers.
fn ecmascript(float: f64) -> String {
    if float == 0.0 {
        return "0".to_owned();
    }
    let sign = if float < 0.0 { "-" } else { "" };
    let (digits, point) = shortest(float.abs());
    let count = digits.len() as i32;
    let zeros = |n: i32| "0".repeat(n.unsigned_abs() as usize);
    let magnitude = if (count..=21).contains(&point) {
        format!("{digits}{}", zeros(point - count))
    } else if (1..=21).contains(&point) {
        let (whole, fraction) = digits.split_at(point as usize);
        format!("{whole}.{fraction}")
    } else if (-5..=0).contains(&point) {
        format!("0.{}{digits}", zeros(point))
    } else {
        let (first, rest) = digits.split_at(1);
        let dot = if rest.is_empty() { "" } else { "." };
        let plus = if point > 0 { "+" } else { "" };
        format!("{first}{dot}{rest}e{plus}{}", point - 1)
    };
    format!("{sign}{magnitude}")
}

/// The shortest digits that read back as the same number, ties to even, and how many of them stand
/// before the decimal point. `serde_json` finds these digits; the standard library breaks ties
/// otherwise.
fn shortest(float: f64) -> (String, i32) {
    let text = Number::from_f64(float).map(|number| number.to_string()).unwrap_or_default();
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    let leading = digits.len() - digits.trim_start_matches('0').len();
    let point = whole.len() as i32 - leading as i32 + exponent.parse::<i32>().unwrap_or(0);
    (digits.trim_matches('0').to_owned(), point)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> String {
        canonical(&serde_json::from_str(text).unwrap())
    }

    /// Appendix B of RFC 8785.
    #[test]
    fn numbers_are_written_as_ecmascript_writes_them() {
        for (bits, expected) in [
            (0x0000_0000_0000_0000, "0"),
            (0x8000_0000_0000_0000, "0"),
            (0x0000_0000_0000_0001, "5e-324"),
            (0x8000_0000_0000_0001, "-5e-324"),
            (0x7fef_ffff_ffff_ffff, "1.7976931348623157e+308"),
            (0xffef_ffff_ffff_ffff, "-1.7976931348623157e+308"),
            (0x4340_0000_0000_0000, "9007199254740992"),
            (0xc340_0000_0000_0000, "-9007199254740992"),
            (0x4430_0000_0000_0000, "295147905179352830000"),
            (0x44b5_2d02_c7e1_4af5, "9.999999999999997e+22"),
            (0x44b5_2d02_c7e1_4af6, "1e+23"),
            (0x44b5_2d02_c7e1_4af7, "1.0000000000000001e+23"),
            (0x444b_1ae4_d6e2_ef4e, "999999999999999700000"),
            (0x444b_1ae4_d6e2_ef4f, "999999999999999900000"),
            (0x444b_1ae4_d6e2_ef50, "1e+21"),
            (0x3eb0_c6f7_a0b5_ed8c, "9.999999999999997e-7"),
            (0x3eb0_c6f7_a0b5_ed8d, "0.000001"),
            (0x41b3_de43_5555_5553, "333333333.3333332"),
            (0x41b3_de43_5555_5554, "333333333.33333325"),
            (0x41b3_de43_5555_5555, "333333333.3333333"),
            (0x41b3_de43_5555_5556, "333333333.3333334"),
            (0x41b3_de43_5555_5557, "333333333.33333343"),
            (0xbecb_f647_612f_3696, "-0.0000033333333333333333"),
            (0x4314_3ff3_c1cb_0959, "1424953923781206.2"),
        ] {
            assert_eq!(ecmascript(f64::from_bits(bits)), expected, "{bits:016x}");
        }
    }

    /// Section 3.2.3 of RFC 8785, and its example of everything else.
    #[test]
    fn keys_are_in_the_order_of_their_utf16_units() {
        let text = r#"{"\u20ac":"Euro Sign","\r":"Carriage Return","\ufb33":"Hebrew Letter Dalet With Dagesh","1":"One","\ud83d\ude00":"Emoji: Grinning Face","\u0080":"Control","\u00f6":"Latin Small Letter O With Diaeresis"}"#;
        let keys: Vec<String> = of(text).split("\":\"").map(str::to_owned).collect();
        assert!(keys[0].ends_with("\\r") && keys[1].ends_with('1'), "{keys:?}");
        assert!(keys[2].ends_with('\u{80}') && keys[3].ends_with('\u{f6}'), "{keys:?}");
        assert!(keys[4].ends_with('\u{20ac}') && keys[5].ends_with('\u{1f600}'), "{keys:?}");
        assert!(keys[6].ends_with('\u{fb33}'), "{keys:?}");
    }

    #[test]
    fn strings_and_literals_are_as_in_the_rfc() {
        let text = r#"{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],"string":"\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/","literals":[null,true,false]}"#;
        let expected = r#"{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}"#;
        assert_eq!(of(text), expected);
    }

    #[test]
    fn integers_that_doubles_cannot_hold_keep_their_digits() {
        assert_eq!(of("9007199254740991"), "9007199254740991");
        assert_eq!(of("9007199254740993"), r#"{"integer":"9007199254740993"}"#);
        assert_eq!(of("18446744073709551615"), r#"{"integer":"18446744073709551615"}"#);
        assert_eq!(of("1.0"), of("1"));
    }
}
