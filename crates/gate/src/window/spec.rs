//! The text of a window: `Mon-Thu 10:00-16:00`, `Sat-Sun`, `2026-12-24..2027-01-04`, with `;`.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};

/// Minutes of a day.
pub(super) const DAY: u16 = 24 * 60;

/// One part of a window's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    /// Every week.
    Weekly {
        /// By days since Monday.
        days: [bool; 7],
        /// Minutes since midnight.
        start: u16,
        /// Minutes since midnight, up to [`DAY`]; not after `start` where it is on the next day.
        end: u16,
    },
    /// Once.
    Once {
        /// Its beginning.
        start: Moment,
        /// Its end, not included.
        end: Moment,
    },
}

/// A point in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Moment {
    /// As a clock in the window's zone shows it.
    Civil(DateTime),
    /// With its own offset.
    Exact(Timestamp),
}

/// Reads the text of a window.
///
/// # Errors
/// What cannot be read, in one line.
pub(super) fn parse(text: &str) -> Result<Vec<Part>, String> {
    let mut parts = Vec::new();
    for part in text.split(';').map(str::trim) {
        if part.is_empty() {
            return Err(if text.trim().is_empty() {
                "there are no times".to_owned()
            } else {
                format!("`{text}` has an empty part")
            });
        }
        if is_date(part) {
            parts.push(once(part)?);
        } else {
            weekly(part, &mut parts)?;
        }
    }
    Ok(parts)
}

fn is_date(part: &str) -> bool {
    let digits = part.bytes().take_while(u8::is_ascii_digit).count();
    digits >= 4 || part.contains("..")
}

fn once(part: &str) -> Result<Part, String> {
    let (first, last) = part.split_once("..").unwrap_or((part, part));
    let wrong = |text: &str| format!("`{text}` is no date or date and time");
    let (first, last) = (first.trim(), last.trim());
    let (start, _) = moment(first).ok_or_else(|| wrong(first))?;
    let (end, whole_day) = moment(last).ok_or_else(|| wrong(last))?;
    if whole_day {
        let Moment::Civil(at) = end else { return Err(wrong(last)) };
        let next = at.date().tomorrow().map_err(|_| wrong(last))?;
        return Ok(Part::Once {
            start,
            end: Moment::Civil(next.to_datetime(jiff::civil::Time::MIN)),
        });
    }
    if first == last {
        return Err(format!("`{part}` has a beginning and no end"));
    }
    Ok(Part::Once { start, end })
}

/// A moment, and whether it is a whole day.
fn moment(text: &str) -> Option<(Moment, bool)> {
    if text.len() == "2026-12-24".len() {
        let date: Date = text.parse().ok()?;
        return Some((Moment::Civil(date.to_datetime(jiff::civil::Time::MIN)), true));
    }
    let (_, time) = text.split_once(['T', 't'])?;
    if time.contains(['Z', 'z', '+', '-']) {
        return Some((Moment::Exact(text.parse().ok()?), false));
    }
    Some((Moment::Civil(text.parse().ok()?), false))
}

fn weekly(part: &str, parts: &mut Vec<Part>) -> Result<(), String> {
    let at = part.find(|letter: char| letter.is_ascii_digit()).unwrap_or(part.len());
    let (names, times) = part.split_at(at);
    let squeeze = |text: &str| text.split_whitespace().collect::<String>();
    let names = names.trim();
    let days = if names.is_empty() { [true; 7] } else { days(&squeeze_lists(names))? };
    let times = squeeze(times);
    if times.is_empty() {
        parts.push(Part::Weekly { days, start: 0, end: DAY });
        return Ok(());
    }
    for range in times.split(',') {
        let wrong = || format!("`{range}` is no range of times such as `10:00-16:00`");
        let (start, end) = range.split_once('-').ok_or_else(wrong)?;
        let (start, end) = (minutes(start).ok_or_else(wrong)?, minutes(end).ok_or_else(wrong)?);
        if start == DAY {
            return Err(format!("`{range}` begins at 24:00, write 00:00 of the next day"));
        }
        if start == end {
            return Err(format!("`{range}` is empty; a whole day is written without times"));
        }
        parts.push(Part::Weekly { days, start, end });
    }
    Ok(())
}

/// Takes the blanks around `,` and `-` out; others stay, so that `Mon Tue` is not `MonTue`.
fn squeeze_lists(names: &str) -> String {
    let by_comma: Vec<String> = names
        .split(',')
        .map(|range| range.split('-').map(str::trim).collect::<Vec<_>>().join("-"))
        .collect();
    by_comma.join(",")
}

fn days(names: &str) -> Result<[bool; 7], String> {
    let mut days = [false; 7];
    for range in names.split(',') {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let wrong = |name: &str| format!("`{name}` is no day of the week such as `Mon`");
        let first = weekday(first).ok_or_else(|| wrong(first))?;
        let last = weekday(last).ok_or_else(|| wrong(last))?;
        let length = (last + 7 - first) % 7;
        for day in first..=first + length {
            days[day % 7] = true;
        }
    }
    Ok(days)
}

fn weekday(name: &str) -> Option<usize> {
    const NAMES: [&str; 7] =
        ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    let name = name.to_ascii_lowercase();
    NAMES.iter().position(|full| *full == name || full.get(..3) == Some(name.as_str()))
}

fn minutes(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !(1..=2).contains(&hour.len()) || minute.len() != 2 || !digits(hour) || !digits(minute) {
        return None;
    }
    let (hour, minute) = (hour.parse::<u16>().ok()?, minute.parse::<u16>().ok()?);
    let all = hour * 60 + minute;
    (minute < 60 && all <= DAY).then_some(all)
}
