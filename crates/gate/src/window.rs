//! Change windows and freezes: when an environment may be changed.
//!
//! A time of day is what a clock on the wall of that zone shows: an hour that the clock skips never
//! comes, and an hour that it shows twice counts twice.

mod range;
mod spec;
mod zone;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use suimon_model::{Window, WindowTimes};

use range::Range;

/// How far ahead an opening is looked for.
const HORIZON_SECONDS: i64 = 3 * 366 * 86_400;
/// How many changes ahead an opening is looked for.
const MAX_STEPS: usize = 600;
/// How many changes ahead an end is looked for: it is only told.
const MAX_STEPS_TO_END: usize = 40;

/// Why a window cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unreadable {
    /// The field of the window: `allow`, `freeze` or `timezone`.
    pub(crate) field: &'static str,
    /// Why, in one line.
    pub(crate) message: String,
    /// What to write.
    pub(crate) help: String,
}

/// One window, read.
#[derive(Debug, Clone)]
struct Times {
    freeze: bool,
    ranges: Vec<Range>,
    zone: TimeZone,
    /// For people: the text, the zone and the reason.
    label: String,
    zone_name: String,
}

/// All windows of a gate, read.
#[derive(Debug, Clone)]
pub(crate) struct Windows {
    all: Vec<Times>,
}

/// How the windows stand at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Changes may be made.
    Open {
        /// Until when, for people; `None` where no end is in sight.
        until: Option<String>,
    },
    /// They may not.
    Closed {
        /// By what, for people.
        by: String,
        /// When it opens next, for people; `None` where that is not in sight.
        opens: Option<String>,
    },
}

/// Reads one window.
pub(crate) fn problem(window: &Window) -> Option<Unreadable> {
    Times::read(window).err()
}

impl Windows {
    /// Reads the windows of a gate.
    ///
    /// # Errors
    /// One cannot be read: its index and why.
    pub(crate) fn read(windows: &[Window]) -> Result<Self, (usize, Unreadable)> {
        let read = windows.iter().enumerate();
        let all = read.map(|(at, one)| Times::read(one).map_err(|why| (at, why)));
        Ok(Self { all: all.collect::<Result<_, _>>()? })
    }

    /// How they stand at a time.
    pub(crate) fn at(&self, now: Timestamp) -> Standing {
        match self.closed_by(now) {
            None => Standing::Open { until: self.closes(now).map(|at| self.show(at)) },
            Some(by) => Standing::Closed { by, opens: self.opens(now).map(|at| self.show(at)) },
        }
    }

    fn closed_by(&self, at: Timestamp) -> Option<String> {
        if let Some(freeze) = self.freezes().find(|one| one.has(at)) {
            return Some(format!("frozen by {}", freeze.label));
        }
        let allows: Vec<&Times> = self.allows().collect();
        if allows.is_empty() || allows.iter().any(|one| one.has(at)) {
            return None;
        }
        let labels: Vec<&str> = allows.iter().map(|one| one.label.as_str()).collect();
        Some(format!("outside {}", labels.join(" and ")))
    }

    fn opens(&self, now: Timestamp) -> Option<Timestamp> {
        let mut at = now;
        for _ in 0..MAX_STEPS {
            at = match self.freezes().find(|one| one.has(at)) {
                Some(freeze) => freeze.changes_after(at)?,
                None if self.closed_by(at).is_none() => return Some(at),
                None => self.allows().filter_map(|one| one.changes_after(at)).min()?,
            };
            if at.as_second().saturating_sub(now.as_second()) > HORIZON_SECONDS {
                return None;
            }
        }
        None
    }

    fn closes(&self, now: Timestamp) -> Option<Timestamp> {
        let mut at = now;
        for _ in 0..MAX_STEPS_TO_END {
            at = self.all.iter().filter_map(|one| one.changes_after(at)).min()?;
            if self.closed_by(at).is_some() {
                return Some(at);
            }
        }
        None
    }

    fn freezes(&self) -> impl Iterator<Item = &Times> {
        self.all.iter().filter(|one| one.freeze)
    }

    fn allows(&self) -> impl Iterator<Item = &Times> {
        self.all.iter().filter(|one| !one.freeze)
    }

    /// A time in the zone of the first open hours, else of the first freeze.
    fn show(&self, at: Timestamp) -> String {
        let Some(times) = self.allows().chain(self.freezes()).next() else {
            return at.to_string();
        };
        format!("{} {}", times.zone.to_datetime(at).strftime("%a %Y-%m-%d %H:%M"), times.zone_name)
    }
}

impl Times {
    fn read(window: &Window) -> Result<Self, Unreadable> {
        let (freeze, text) = match &window.when {
            WindowTimes::Allow(text) => (false, text),
            WindowTimes::Freeze(text) => (true, text),
        };
        let (zone_name, zone) = zone::find(&window.timezone)
            .map_err(|(message, help)| Unreadable { field: "timezone", message, help })?;
        let field = if freeze { "freeze" } else { "allow" };
        let parts = spec::parse(text).map_err(|message| Unreadable {
            field,
            message,
            help: "write `Mon-Thu 10:00-16:00`, `Mon,Wed 22:00-02:00`, `Sat-Sun`, \
                   `2026-12-24..2027-01-04` or several of these with `;` between them"
                .to_owned(),
        })?;
        let ranges = parts.iter().map(|part| Range::new(part, freeze, &zone));
        let ranges: Option<Vec<Range>> = ranges.collect();
        let ranges = ranges.ok_or_else(|| Unreadable {
            field,
            message: format!("`{text}` ends before it begins, or is out of the calendar"),
            help: "the end of a range is after its beginning".to_owned(),
        })?;
        let reason = window.reason.as_ref().map_or_else(String::new, |why| format!(" ({why})"));
        let label = format!("`{text}` {zone_name}{reason}");
        Ok(Self { freeze, ranges, zone, label, zone_name })
    }

    fn has(&self, at: Timestamp) -> bool {
        self.ranges.iter().any(|range| range.has(at, &self.zone))
    }

    /// The next time at which one of the ranges begins or ends.
    fn changes_after(&self, at: Timestamp) -> Option<Timestamp> {
        self.ranges.iter().filter_map(|range| range.changes_after(at, &self.zone)).min()
    }
}

#[cfg(test)]
mod tests;
