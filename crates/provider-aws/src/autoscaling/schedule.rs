//! Schedules and times of scheduled actions.

use jiff::Timestamp;
use serde_json::Value;

/// A time: RFC 3339, or seconds since 1970.
pub(super) fn moment(value: &Value) -> Option<Timestamp> {
    let seconds = |seconds: f64| {
        #[allow(clippy::cast_possible_truncation)] // out of range is out of range for jiff too
        Timestamp::from_second(seconds.trunc() as i64).ok()
    };
    match value {
        Value::Number(number) => seconds(number.as_f64()?),
        Value::String(text) => match text.trim().parse::<f64>() {
            Ok(number) if number.is_finite() => seconds(number),
            _ => text
                .parse::<Timestamp>()
                .ok()
                .and_then(|t| Timestamp::from_second(t.as_second()).ok()),
        },
        _ => None,
    }
}

/// Whether a text has the form of a schedule: `at(…)`, `rate(…)` or `cron(…)`.
pub(super) fn is_schedule(text: &str) -> bool {
    let inner = |form: &str| text.strip_prefix(form)?.strip_suffix(')');
    if let Some(time) = inner("at(") {
        return time.parse::<jiff::civil::DateTime>().is_ok();
    }
    if let Some(rate) = inner("rate(") {
        let mut parts = rate.split_whitespace();
        let number = parts.next().and_then(|n| n.parse::<u32>().ok()).is_some_and(|n| n > 0);
        let unit = ["minute", "minutes", "hour", "hours", "day", "days"];
        return number && parts.next().is_some_and(|u| unit.contains(&u)) && parts.next().is_none();
    }
    inner("cron(").is_some_and(|fields| (5..=6).contains(&fields.split_whitespace().count()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedules_have_three_forms() {
        for (text, expected) in [
            ("at(2030-01-01T00:00:00)", true),
            ("at(tomorrow)", false),
            ("rate(1 hour)", true),
            ("rate(5 minutes)", true),
            ("rate(0 minutes)", false),
            ("rate(5 weeks)", false),
            ("cron(0 20 * * ? *)", true),
            ("cron(0 20)", false),
            ("0 20 * * *", false),
            ("", false),
        ] {
            assert_eq!(is_schedule(text), expected, "{text}");
        }
    }

    #[test]
    fn times_are_read_in_both_notations() {
        let text = |value: Value| moment(&value).map(|time| time.to_string());
        assert_eq!(text("2030-01-01T09:00:00+09:00".into()).unwrap(), "2030-01-01T00:00:00Z");
        assert_eq!(text(1_893_456_000.5.into()).unwrap(), "2030-01-01T00:00:00Z");
        assert_eq!(text("1893456000".into()).unwrap(), "2030-01-01T00:00:00Z");
        assert_eq!(
            [text("soon".into()), text("nan".into()), text(1e300.into())],
            [None, None, None]
        );
    }
}
