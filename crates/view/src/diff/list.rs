//! Lists that are given as a whole, and the alignment of two sequences.

use std::collections::BTreeMap;
use std::ops::Range;

use serde_json::Value;
use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::lines::{At, Printer, Sign};

/// Myers' algorithm is quadratic in what differs; beyond this many elements on either side, what is
/// between the common head and tail is shown as replaced.
const MAX_ALIGNED: usize = 2_000;

/// One step from the old sequence to the new one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    /// Elements of both; the range is of the old sequence.
    Same(Range<usize>),
    /// Elements of the old sequence only.
    Remove(Range<usize>),
    /// Elements of the new sequence only.
    Add(Range<usize>),
}

/// How two sequences differ.
pub(crate) fn align<T: std::hash::Hash + Eq + Ord>(old: &[T], new: &[T]) -> Vec<Step> {
    let head = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let (old_rest, new_rest) = (&old[head..], &new[head..]);
    let tail = old_rest.iter().rev().zip(new_rest.iter().rev()).take_while(|(a, b)| a == b).count();
    let old_end = old.len() - tail;
    let new_end = new.len() - tail;
    let mut steps = Vec::new();
    if head > 0 {
        steps.push(Step::Same(0..head));
    }
    if old_end - head > MAX_ALIGNED || new_end - head > MAX_ALIGNED {
        steps.push(Step::Remove(head..old_end));
        steps.push(Step::Add(head..new_end));
    } else {
        let ops = capture_diff_slices(Algorithm::Myers, &old[head..old_end], &new[head..new_end]);
        for op in ops {
            let (removed, added) = (shift(op.old_range(), head), shift(op.new_range(), head));
            match op {
                DiffOp::Equal { .. } => steps.push(Step::Same(removed)),
                _ => {
                    steps.push(Step::Remove(removed));
                    steps.push(Step::Add(added));
                }
            }
        }
    }
    if tail > 0 {
        steps.push(Step::Same(old_end..old.len()));
    }
    steps.retain(|step| match step {
        Step::Same(range) | Step::Remove(range) | Step::Add(range) => !range.is_empty(),
    });
    steps
}

fn shift(range: Range<usize>, by: usize) -> Range<usize> {
    range.start + by..range.end + by
}

impl Printer {
    /// A list that is given as a whole: by name where every item has one, else by content.
    pub(crate) fn changed_list(&mut self, depth: usize, old: &[Value], new: &[Value]) {
        match (by_name(old), by_name(new)) {
            (Some(old), Some(new)) => self.named(depth, &old, &new),
            _ => self.ordered(depth, old, new),
        }
    }

    fn named(&mut self, depth: usize, old: &BTreeMap<&str, &Value>, new: &BTreeMap<&str, &Value>) {
        let names: std::collections::BTreeSet<&str> =
            old.keys().chain(new.keys()).copied().collect();
        let mut same = 0;
        for name in names {
            match (old.get(name), new.get(name)) {
                (Some(before), Some(after)) if before == after => same += 1,
                (Some(Value::Object(before)), Some(Value::Object(after))) => {
                    let shown = crate::scalar::key(name);
                    self.push(Sign::Same, depth, format!("- name: {shown}"));
                    self.changed_map(depth + 1, before, after, &["name"]);
                }
                (before, after) => {
                    let sides = (before.copied(), after.copied());
                    self.difference(&At::item(depth), sides, false);
                }
            }
        }
        if same == old.len() && same == new.len() {
            self.comment(depth, "(the order changes)");
        }
        self.unchanged(depth, same, "item");
    }

    fn ordered(&mut self, depth: usize, old: &[Value], new: &[Value]) {
        let texts = |list: &[Value]| list.iter().map(Value::to_string).collect::<Vec<_>>();
        let mut same = 0;
        for step in align(&texts(old), &texts(new)) {
            let (sign, items) = match step {
                Step::Same(range) => {
                    same += range.len();
                    continue;
                }
                Step::Remove(range) => (Sign::Remove, &old[range]),
                Step::Add(range) => (Sign::Add, &new[range]),
            };
            for item in items {
                self.block(sign, &At::item(depth), item, None);
            }
        }
        self.unchanged(depth, same, "item");
    }
}

/// Items by their `name`; `None` unless every item is a map with its own.
fn by_name(list: &[Value]) -> Option<BTreeMap<&str, &Value>> {
    let names: BTreeMap<&str, &Value> =
        list.iter().map(|item| Some((item.get("name")?.as_str()?, item))).collect::<Option<_>>()?;
    (names.len() == list.len()).then_some(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_lead_from_old_to_new_even_where_they_are_too_long_to_align() {
        let long: Vec<usize> = (0..MAX_ALIGNED * 2).collect();
        let shuffled: Vec<usize> = long.iter().rev().copied().collect();
        for (old, new) in [
            (vec![1, 2, 3], vec![1, 4, 3]),
            (vec![], vec![1]),
            (vec![1, 1, 2], vec![2, 1, 1]),
            (vec![1, 2], vec![1, 2]),
            (long, shuffled),
        ] {
            let mut result = Vec::new();
            for step in align(&old, &new) {
                match step {
                    Step::Same(range) => result.extend_from_slice(&old[range]),
                    Step::Add(range) => result.extend_from_slice(&new[range]),
                    Step::Remove(_) => {}
                }
            }
            assert_eq!(result, new);
        }
    }
}
