//! What is kept when not everything fits.

use std::collections::BTreeMap;

use super::item::{Class, Item};
use super::safe::size;

/// How an item appears on the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Shown {
    /// With everything, or with as much as its block says.
    Block(String),
    /// As a line of a list.
    Line,
    /// Only counted.
    Omitted,
}

/// What became of every item.
pub(super) struct Layout {
    pub(super) shown: Vec<Shown>,
    /// Items that are listed without their fields.
    pub(super) without_fields: BTreeMap<Class, usize>,
    /// Items that are not listed.
    pub(super) omitted: BTreeMap<Class, usize>,
}

/// Everything in full, if it fits.
pub(super) fn full(items: &[Item<'_>], mut room: usize) -> Option<Layout> {
    let mut shown = Vec::with_capacity(items.len());
    for item in items {
        let (cost, how) = if item.has_body() {
            let block = item.block(room, false)?;
            (size(&block), Shown::Block(block))
        } else {
            (size(&item.listed()), Shown::Line)
        };
        room = room.checked_sub(cost)?;
        shown.push(how);
    }
    Some(Layout { shown, without_fields: BTreeMap::new(), omitted: BTreeMap::new() })
}

/// The lines of the most important items first, then their blocks, as far as the room goes.
pub(super) fn shortened(items: &[Item<'_>], mut room: usize) -> Layout {
    let mut order: Vec<usize> = (0..items.len()).collect();
    order.sort_by_key(|index| items[*index].class);
    let mut layout = Layout {
        shown: vec![Shown::Omitted; items.len()],
        without_fields: BTreeMap::new(),
        omitted: BTreeMap::new(),
    };
    for &index in &order {
        let item = &items[index];
        match room.checked_sub(size(&item.listed())) {
            Some(rest) => {
                room = rest;
                layout.shown[index] = Shown::Line;
            }
            None => *layout.omitted.entry(item.class).or_default() += 1,
        }
    }
    for &index in &order {
        let item = &items[index];
        if layout.shown[index] != Shown::Line || !item.has_body() {
            continue;
        }
        let line = size(&item.listed());
        let cut = item.class.may_be_cut();
        // Half of what is left, so that one huge object does not take the place of all others.
        let allowed = line + if cut { room / 2 } else { room };
        match item.block(allowed, cut) {
            Some(block) => {
                room = (room + line).saturating_sub(size(&block));
                layout.shown[index] = Shown::Block(block);
            }
            None => *layout.without_fields.entry(item.class).or_default() += 1,
        }
    }
    layout
}
