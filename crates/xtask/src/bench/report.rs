//! [`Report`]: lines with goals, and how many were met.

use crate::step::say;

use super::measure::Sample;
use super::stats::{median, quotients};
use super::{Error, Result};

/// What a number should be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Goal {
    AtMost(f64),
    AtLeast(f64),
    /// Printed for the reader.
    None,
}

impl Goal {
    fn met(self, value: f64) -> bool {
        match self {
            Self::AtMost(most) => value <= most,
            Self::AtLeast(least) => value >= least,
            Self::None => true,
        }
    }

    /// The number that is furthest on the wrong side.
    fn worst(self, values: &[f64]) -> f64 {
        match self {
            Self::AtLeast(_) => values.iter().copied().fold(f64::INFINITY, f64::min),
            Self::AtMost(_) | Self::None => values.iter().copied().fold(0.0, f64::max),
        }
    }
}

/// What was measured so far.
#[derive(Debug, Default)]
pub(crate) struct Report {
    goals: usize,
    missed: usize,
}

impl Report {
    /// One number with its goal; of several, the median counts and the worst is shown.
    pub(crate) fn number(
        &mut self,
        what: &str,
        values: &[f64],
        unit: &str,
        goal: Goal,
    ) -> Result<()> {
        Ok(say(&self.line(what, values, unit, goal))?)
    }

    fn line(&mut self, what: &str, values: &[f64], unit: &str, goal: Goal) -> String {
        let middle = median(values);
        let mut line = format!("  {what:<58} {:>10}", format!("{}{unit}", short(middle)));
        if values.len() > 1 && goal != Goal::None {
            line.push_str(&format!(
                "  worst {:>9}",
                format!("{}{unit}", short(goal.worst(values)))
            ));
        }
        let (sign, limit) = match goal {
            Goal::AtMost(limit) => ("<=", limit),
            Goal::AtLeast(limit) => (">=", limit),
            Goal::None => return line,
        };
        self.goals += 1;
        let verdict = if goal.met(middle) { "pass" } else { "MISS" };
        self.missed += usize::from(!goal.met(middle));
        line.push_str(&format!("  goal {sign} {}{unit}  {verdict}", short(limit)));
        line
    }

    /// What was run, and what it took.
    pub(crate) fn contender(
        &mut self,
        name: &str,
        command: &str,
        samples: &[Sample],
    ) -> Result<()> {
        let part = |part: fn(&Sample) -> f64| median(&samples.iter().map(part).collect::<Vec<_>>());
        let (wall, cpu) = (part(|s| s.wall), part(|s| s.cpu));
        let name = if name.is_empty() { String::new() } else { format!("  ({name})") };
        say(&format!("  {wall:>8.3} s wall {cpu:>8.3} s CPU  $ {command}{name}"))?;
        Ok(())
    }

    /// How many times as long one contender took as another, in pairs.
    pub(crate) fn ratio(
        &mut self,
        what: &str,
        above: &[Sample],
        below: &[Sample],
        part: fn(&Sample) -> f64,
        goal: Goal,
    ) -> Result<()> {
        let of = |samples: &[Sample]| samples.iter().map(part).collect::<Vec<_>>();
        self.number(what, &quotients(&of(above), &of(below)), "x", goal)
    }

    /// A remark.
    pub(crate) fn note(&mut self, text: &str) -> Result<()> {
        Ok(say(&format!("  {text}"))?)
    }

    /// The last line.
    ///
    /// # Errors
    /// Goals were missed.
    pub(crate) fn end(&self) -> Result<()> {
        if self.missed > 0 {
            return Err(Error::Missed { missed: self.missed, all: self.goals });
        }
        Ok(say(&format!("\nall {} goals met", self.goals))?)
    }
}

/// Three digits that matter.
fn short(value: f64) -> String {
    match value.abs() {
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        size if size >= 1.0 => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_decides_and_the_worst_is_shown() {
        let mut report = Report::default();
        let mut line = |values: &[f64], goal| report.line("a", values, "x", goal);
        for (values, goal, shown) in [
            (
                &[9.0, 12.0, 80.0][..],
                Goal::AtLeast(10.0),
                "12.0x  worst     9.00x  goal >= 10.0x  pass",
            ),
            (&[9.0, 9.5, 80.0], Goal::AtLeast(10.0), "9.50x  worst     9.00x  goal >= 10.0x  MISS"),
            (&[1.0, 1.04, 2.0], Goal::AtMost(1.1), "1.04x  worst     2.00x  goal <= 1.10x  pass"),
            (&[123.4], Goal::AtMost(100.0), "123x  goal <= 100x  MISS"),
            (&[0.0123], Goal::None, "0.012x"),
        ] {
            let line = line(values, goal);
            assert!(line.ends_with(shown), "{line}");
        }
        assert_eq!((report.goals, report.missed), (4, 2));
        assert_eq!(report.end().unwrap_err().to_string(), "2 of 4 goals missed");
    }

    #[test]
    fn ratios_are_taken_in_pairs() {
        let sample = |wall| Sample { wall, cpu: wall / 2.0, ..Sample::default() };
        let mut report = Report::default();
        let (above, below) = ([sample(10.0), sample(40.0)], [sample(1.0), sample(2.0)]);
        report.ratio("a", &above, &below, |s| s.wall, Goal::AtLeast(15.0)).unwrap();
        assert_eq!((report.goals, report.missed), (1, 0));
    }
}
