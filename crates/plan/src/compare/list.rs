//! Lists, aligned as managed fields tell.

use std::collections::HashMap;

use serde_json::Value;

use super::removed::owned;
use super::{At, Walk};
use crate::keys::Alignment;
use crate::path::Step;

type Index = HashMap<String, usize>;

impl<'a> Walk<'a> {
    /// Compares two lists.
    pub(super) fn list(&mut self, declared: &'a [Value], live: &'a [Value], at: At<'a>) {
        let alignment = Alignment::told_by(at.node);
        match (alignment.index(declared), alignment.index(live)) {
            (Some(wanted), Some(there)) => {
                self.aligned(&alignment, (declared, &wanted), (live, &there), at);
            }
            _ => self.positional(declared, live, at.whole()),
        }
    }

    /// Notes every item of a declared list that is not live.
    pub(super) fn missing_items(&mut self, items: &'a [Value], at: At<'a>) {
        let alignment = match Alignment::told_by(at.node) {
            Alignment::Positional => Alignment::guessed(self.path.last_key(), items, &[]),
            told => told,
        };
        for (place, item) in items.iter().enumerate() {
            self.path.push(alignment.step(item, place));
            self.missing(item, at);
            self.path.pop();
        }
    }

    fn aligned(
        &mut self,
        alignment: &Alignment,
        (declared, wanted): (&'a [Value], &Index),
        (live, there): (&'a [Value], &Index),
        at: At<'a>,
    ) {
        let mut order = Vec::with_capacity(declared.len());
        for item in declared {
            let Some(element) = alignment.element(item) else { continue };
            let found = there.get(&element).copied();
            order.extend(found);
            self.path.push(alignment.step(item, 0));
            match (found.map(|found| &live[found]), item) {
                (Some(Value::Object(live)), Value::Object(item)) => {
                    self.map(item, live, at.child(&element));
                }
                (Some(_), _) => {}
                (None, item) => self.missing(item, at.unowned()),
            }
            self.path.pop();
        }
        if !order.is_sorted() {
            let as_live: Vec<Value> =
                sorted(&order).iter().map(|place| alignment.key_of(&live[*place])).collect();
            let as_declared: Vec<Value> =
                order.iter().map(|place| alignment.key_of(&live[*place])).collect();
            self.differs(Some(&as_declared.into()), Some(&as_live.into()), at);
        }
        let Some(node) = at.node else { return };
        for (element, child) in owned(node, self.fields) {
            if let (None, Some(found)) = (wanted.get(element), there.get(element)) {
                self.path.push(alignment.step(&live[*found], *found));
                self.removed(child, &live[*found], at.child(element));
                self.path.pop();
            }
        }
    }

    fn positional(&mut self, declared: &'a [Value], live: &'a [Value], at: At<'a>) {
        if declared.len() != live.len() {
            let (declared, live) = (Value::from(declared), Value::from(live));
            return self.differs(Some(&declared), Some(&live), at);
        }
        for (place, (declared, live)) in declared.iter().zip(live).enumerate() {
            self.path.push(Step::Index(place));
            self.value(declared, Some(live), at);
            self.path.pop();
        }
    }
}

fn sorted(places: &[usize]) -> Vec<usize> {
    let mut sorted = places.to_vec();
    sorted.sort_unstable();
    sorted
}
