//! Strings of several lines, line by line.

use super::lines::{At, Printer, Sign};
use super::list::{Step, align};
use crate::escape;

/// Unchanged lines that are kept around a change.
const CONTEXT: usize = 3;

impl Printer {
    /// A text that appears or disappears.
    pub(crate) fn whole_text(&mut self, sign: Sign, at: &At, text: &str) {
        self.push(sign, at.depth, format!("{} {}", at.head, indicator(text)));
        for line in text.split_inclusive('\n') {
            self.push(sign, at.depth + 1, shown(line));
        }
    }

    /// A text that changes: unchanged lines far from any change are counted.
    pub(crate) fn changed_text(&mut self, at: &At, old: &str, new: &str) {
        self.push(Sign::Same, at.depth, format!("{} {}", at.head, indicator(new)));
        let old: Vec<&str> = old.split_inclusive('\n').collect();
        let new: Vec<&str> = new.split_inclusive('\n').collect();
        let ends_differ = ends(&old) != ends(&new);
        let depth = at.depth + 1;
        let steps = align(&old, &new);
        for (index, step) in steps.iter().enumerate() {
            match step {
                Step::Same(range) => {
                    let head = if index == 0 { 0 } else { CONTEXT };
                    let tail = if index + 1 == steps.len() { 0 } else { CONTEXT };
                    self.context(depth, &old[range.clone()], head, tail);
                }
                Step::Remove(range) => {
                    self.side(Sign::Remove, depth, &old[range.clone()], ends_differ);
                }
                Step::Add(range) => self.side(Sign::Add, depth, &new[range.clone()], ends_differ),
            }
        }
    }

    fn context(&mut self, depth: usize, lines: &[&str], head: usize, tail: usize) {
        let hidden = lines.len().saturating_sub(head + tail);
        if hidden <= 1 {
            return lines.iter().for_each(|line| self.push(Sign::Same, depth, shown(line)));
        }
        lines[..head].iter().for_each(|line| self.push(Sign::Same, depth, shown(line)));
        self.unchanged(depth, hidden, "line");
        lines[lines.len() - tail..]
            .iter()
            .for_each(|line| self.push(Sign::Same, depth, shown(line)));
    }

    fn side(&mut self, sign: Sign, depth: usize, lines: &[&str], mark_end: bool) {
        for line in lines {
            self.push(sign, depth, shown(line));
            if mark_end
                && !line.ends_with('\n')
                && let Some(last) = self.lines.last_mut()
            {
                last.add_note("no newline at end");
            }
        }
    }
}

fn ends(lines: &[&str]) -> bool {
    lines.last().is_none_or(|line| line.ends_with('\n'))
}

/// YAML's block indicator.
fn indicator(text: &str) -> &'static str {
    if text.ends_with("\n\n") {
        "|+"
    } else if text.ends_with('\n') {
        "|"
    } else {
        "|-"
    }
}

fn shown(line: &str) -> String {
    let line = line.strip_suffix('\n').unwrap_or(line).replace('\t', "    ");
    escape::line(&line).into_owned()
}
