//! What an unquoted scalar means, in the two dialects that we read.

use serde_json::{Number, Value};

/// Which rules plain scalars follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// As kubectl reads: YAML 1.1 booleans and octal numbers, integral floats are integers.
    Kubernetes,
    /// Our own files: YAML 1.2; what 1.1 reads otherwise is refused, because a person may mean either.
    Config,
}

/// Why a scalar is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// Reads differently in YAML 1.1 and 1.2.
    Ambiguous,
    /// A number that JSON cannot hold.
    NotJson,
}

/// The value of an unquoted scalar.
pub(crate) fn resolve(text: &str, dialect: Dialect) -> Result<Value, Refused> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Ok(Value::Null),
        "true" | "True" | "TRUE" => return Ok(Value::Bool(true)),
        "false" | "False" | "FALSE" => return Ok(Value::Bool(false)),
        _ => {}
    }
    if let Some(yes) = old_boolean(text) {
        return match dialect {
            Dialect::Kubernetes => Ok(Value::Bool(yes)),
            Dialect::Config if text.len() == 1 => Ok(Value::String(text.to_owned())),
            Dialect::Config => Err(Refused::Ambiguous),
        };
    }
    if !text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.')) {
        return Ok(Value::String(text.to_owned()));
    }
    number(text, dialect).unwrap_or_else(|| Ok(Value::String(text.to_owned())))
}

/// Whether an unquoted scalar is text, whoever reads it.
pub(crate) fn is_text(text: &str) -> bool {
    [Dialect::Config, Dialect::Kubernetes]
        .into_iter()
        .all(|dialect| matches!(resolve(text, dialect), Ok(Value::String(_))))
}

/// How to write what YAML 1.1 makes of an ambiguous scalar, so that both versions agree.
pub(crate) fn unambiguous(text: &str) -> String {
    if let Some(octal) =
        text.strip_prefix('0').filter(|rest| rest.bytes().all(|b| b.is_ascii_digit()))
    {
        return format!("`0o{octal}`");
    }
    match resolve(text, Dialect::Kubernetes) {
        Ok(value) => format!("`{value}`"),
        Err(_) => "a decimal number".to_owned(),
    }
}

fn old_boolean(text: &str) -> Option<bool> {
    match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Some(true),
        "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => Some(false),
        _ => None,
    }
}

/// `None`: not a number.
fn number(text: &str, dialect: Dialect) -> Option<Result<Value, Refused>> {
    let bare = text.strip_prefix(['+', '-']).unwrap_or(text);
    let lower = bare.to_ascii_lowercase();
    if matches!(lower.as_str(), ".inf" | ".nan") {
        return Some(Err(Refused::NotJson));
    }
    let negative = text.starts_with('-');
    if let Some((radix, digits)) = radix(&lower) {
        let digits: String = digits.chars().filter(|c| *c != '_').collect();
        let magnitude = i128::from_str_radix(&digits, radix).ok()?;
        let plain = !bare.contains('_') && (radix != 8 || lower.starts_with("0o")) && radix != 2;
        if dialect == Dialect::Config && !plain {
            return Some(Err(Refused::Ambiguous));
        }
        return Some(integer(if negative { -magnitude } else { magnitude }));
    }
    if bare.contains('_') {
        let joined: String = text.chars().filter(|c| *c != '_').collect();
        if !decimal(&joined) || !bare.starts_with(|c: char| c.is_ascii_digit()) {
            return None;
        }
        return Some(match dialect {
            Dialect::Config => Err(Refused::Ambiguous),
            Dialect::Kubernetes => decimal_value(&joined),
        });
    }
    decimal(text).then(|| decimal_value(text))
}

/// The base and the digits of `0x1f`, `0o17`, `0b1`, and of a YAML 1.1 octal such as `017`.
fn radix(lower: &str) -> Option<(u32, &str)> {
    let rest = lower.strip_prefix('0').filter(|rest| !rest.is_empty())?;
    match rest.as_bytes()[0] {
        b'x' => Some((16, &rest[1..])),
        b'o' => Some((8, &rest[1..])),
        b'b' => Some((2, &rest[1..])),
        _ if rest.bytes().all(|b| matches!(b, b'0'..=b'7' | b'_')) => Some((8, rest)),
        _ => None,
    }
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
fn decimal(text: &str) -> bool {
    let bare = text.strip_prefix(['+', '-']).unwrap_or(text);
    let digits = |s: &str| s.bytes().take_while(u8::is_ascii_digit).count();
    let whole = digits(bare);
    let mut rest = &bare[whole..];
    let mut fraction = 0;
    if let Some(after) = rest.strip_prefix('.') {
        fraction = digits(after);
        rest = &after[fraction..];
    }
    if whole + fraction == 0 {
        return false;
    }
    match rest.strip_prefix(['e', 'E']) {
        Some(exponent) => {
            let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
            !exponent.is_empty() && digits(exponent) == exponent.len()
        }
        None => rest.is_empty(),
    }
}

fn decimal_value(text: &str) -> Result<Value, Refused> {
    if let Ok(value) = text.parse::<i128>()
        && let Ok(value) = integer(value)
    {
        return Ok(value);
    }
    let float: f64 = text.parse().map_err(|_| Refused::NotJson)?;
    // kubectl reads through Go's float64 and writes `1e3` as 1000.
    if float.fract() == 0.0 && float.abs() < 9_007_199_254_740_992.0 {
        return integer(float as i128);
    }
    Number::from_f64(float).map(Value::Number).ok_or(Refused::NotJson)
}

fn integer(value: i128) -> Result<Value, Refused> {
    i64::try_from(value)
        .map(Value::from)
        .or_else(|_| u64::try_from(value).map(Value::from))
        .map_err(|_| Refused::NotJson)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn kubernetes_reads_what_kubectl_reads() {
        for (text, value) in [
            ("no", json!(false)),
            ("On", json!(true)),
            ("y", json!(true)),
            ("tRue", json!("tRue")),
            ("0755", json!(493)),
            ("0o755", json!(493)),
            ("0x1F", json!(31)),
            ("-0x1F", json!(-31)),
            ("0b11", json!(3)),
            ("1_000", json!(1000)),
            ("1e3", json!(1000)),
            ("1.0", json!(1)),
            ("1.20", json!(1.2)),
            ("089", json!(89)),
            ("1:30", json!("1:30")),
            ("2020-01-01", json!("2020-01-01")),
            ("1.2.3", json!("1.2.3")),
            ("10.0.0.1", json!("10.0.0.1")),
            ("-", json!("-")),
            (".", json!(".")),
            ("+", json!("+")),
            ("0x", json!("0x")),
            ("1e", json!("1e")),
            ("_1", json!("_1")),
            ("18446744073709551615", json!(18_446_744_073_709_551_615_u64)),
            ("~", json!(null)),
            ("12e03", json!(12000)),
        ] {
            assert_eq!(resolve(text, Dialect::Kubernetes), Ok(value), "{text}");
        }
        for text in [".inf", "-.INF", ".nan", "1e400"] {
            assert_eq!(resolve(text, Dialect::Kubernetes), Err(Refused::NotJson), "{text}");
        }
    }

    #[test]
    fn our_own_files_refuse_what_two_versions_read_differently() {
        for text in ["yes", "Off", "0777", "1_000", "0b1"] {
            let read = resolve(text, Dialect::Config);
            assert!(read == Err(Refused::Ambiguous), "{text}: {read:?}");
        }
        for (text, value) in [
            ("true", json!(true)),
            ("y", json!("y")),
            ("10", json!(10)),
            ("0o17", json!(15)),
            ("0", json!(0)),
            ("0.5", json!(0.5)),
            ("web", json!("web")),
        ] {
            assert_eq!(resolve(text, Dialect::Config), Ok(value), "{text}");
        }
    }
}
