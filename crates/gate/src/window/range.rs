//! [`Range`]: when one part of a window is, on the time line.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{Span, Timestamp, ToSpan};

use super::spec::{DAY, Moment, Part};

/// Days that are looked at after a time: one, where that tells, else two weeks: an hour of one day a
/// week may be skipped once.
const NEAR_AND_FAR: [i32; 2] = [1, 15];

/// One part of a window in its zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Range {
    Weekly { days: [bool; 7], start: u16, end: u16 },
    Once { start: Timestamp, end: Timestamp },
}

impl Range {
    /// `None` where it ends before it begins.
    pub(super) fn new(part: &Part, freeze: bool, zone: &TimeZone) -> Option<Self> {
        match part {
            Part::Weekly { days, start, end } => {
                Some(Self::Weekly { days: *days, start: *start, end: *end })
            }
            Part::Once { start, end } => {
                // Of two readings, a freeze takes the longer one and open hours the shorter one.
                let start = instant(*start, freeze, zone)?;
                let end = instant(*end, !freeze, zone)?;
                (start < end).then_some(Self::Once { start, end })
            }
        }
    }

    pub(super) fn has(&self, at: Timestamp, zone: &TimeZone) -> bool {
        match self {
            Self::Once { start, end } => *start <= at && at < *end,
            Self::Weekly { days, start, end } => {
                let clock = zone.to_datetime(at);
                let minute = minute_of(clock.time());
                let today = day_of(clock.date());
                if start < end {
                    days[today] && *start <= minute && minute < *end
                } else {
                    days[today] && *start <= minute || days[(today + 6) % 7] && minute < *end
                }
            }
        }
    }

    /// The first time after `at` from which [`has`](Self::has) is another than at `at`.
    pub(super) fn changes_after(&self, at: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        match self {
            Self::Once { start, end } => [*start, *end].into_iter().find(|edge| *edge > at),
            Self::Weekly { start, end, .. } => {
                let now = self.has(at, zone);
                NEAR_AND_FAR.into_iter().find_map(|days| {
                    let mut edges = edges(at, [*start, *end], days, zone);
                    edges.sort_unstable();
                    edges.into_iter().find(|edge| *edge > at && self.has(*edge, zone) != now)
                })
            }
        }
    }
}

/// Every time of the next days at which the clock shows one of two minutes, or is put forward or back.
fn edges(at: Timestamp, minutes: [u16; 2], days: i32, zone: &TimeZone) -> Vec<Timestamp> {
    let mut edges = Vec::new();
    let first = zone.to_datetime(at).date();
    for day in -1..=days {
        let Ok(date) = first.checked_add(Span::new().days(day)) else { continue };
        for minute in minutes {
            let Some(clock) = clock(date, minute) else { continue };
            let reading = zone.to_ambiguous_timestamp(clock);
            edges.extend([reading.earlier(), reading.later()].into_iter().flatten());
        }
    }
    // Not beyond the last of these days, however short one is: an earlier edge would be missed.
    let Ok(last) = at.checked_add((i64::from(days) * 24 - 2).hours()) else { return edges };
    edges
        .extend(zone.following(at).map(|change| change.timestamp()).take_while(|one| *one <= last));
    edges
}

fn clock(date: Date, minute: u16) -> Option<DateTime> {
    let (date, minute) = if minute == DAY { (date.tomorrow().ok()?, 0) } else { (date, minute) };
    let (hour, minute) = (i8::try_from(minute / 60).ok()?, i8::try_from(minute % 60).ok()?);
    Some(date.to_datetime(Time::new(hour, minute, 0, 0).ok()?))
}

fn minute_of(time: Time) -> u16 {
    u16::try_from(i16::from(time.hour()) * 60 + i16::from(time.minute())).unwrap_or(0)
}

fn day_of(date: Date) -> usize {
    usize::try_from(date.weekday().to_monday_zero_offset()).unwrap_or(0)
}

fn instant(moment: Moment, earlier: bool, zone: &TimeZone) -> Option<Timestamp> {
    let clock = match moment {
        Moment::Exact(at) => return Some(at),
        Moment::Civil(clock) => clock,
    };
    let reading = zone.to_ambiguous_timestamp(clock);
    match reading.offset() {
        // The clock skips it: the time at which it does so.
        AmbiguousOffset::Gap { .. } => {
            let before = reading.earlier().ok()?;
            Some(zone.following(before).next()?.timestamp())
        }
        _ if earlier => reading.earlier().ok(),
        _ => reading.later().ok(),
    }
}
