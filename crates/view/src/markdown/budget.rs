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
///
/// Where not even all lines fit, a third of the room is kept for blocks: what is drifted or
/// destroyed is worth more than the names of some of many creates.
pub(super) fn shortened(items: &[Item<'_>], room: usize) -> Layout {
    let mut order: Vec<usize> = (0..items.len()).collect();
    order.sort_by_key(|index| items[*index].class);
    let all_lines: usize = items.iter().map(|item| size(&item.listed())).sum();
    let reserve = if all_lines > room { room / 3 } else { 0 };
    let mut shown = vec![Shown::Omitted; items.len()];
    let left = lines(items, &order, &mut shown, room - reserve);
    let left = blocks(items, &order, &mut shown, left + reserve);
    lines(items, &order, &mut shown, left);
    let count = |such: fn(&Shown) -> bool| {
        let mut counts = BTreeMap::new();
        for (item, _) in items.iter().zip(&shown).filter(|(_, shown)| such(shown)) {
            *counts.entry(item.class).or_default() += 1;
        }
        counts
    };
    let omitted = count(|shown| *shown == Shown::Omitted);
    let without_fields = count(|shown| *shown == Shown::Line);
    let listed_only = [Class::Unknown, Class::Refused, Class::Conflict, Class::Forget];
    let without_fields =
        without_fields.into_iter().filter(|(class, _)| !listed_only.contains(class)).collect();
    Layout { shown, without_fields, omitted }
}

/// Lists what is not on the page yet; what is left of the room.
fn lines(items: &[Item<'_>], order: &[usize], shown: &mut [Shown], mut room: usize) -> usize {
    for &index in order {
        if shown[index] == Shown::Omitted
            && let Some(rest) = room.checked_sub(size(&items[index].listed()))
        {
            room = rest;
            shown[index] = Shown::Line;
        }
    }
    room
}

/// Turns lines into blocks; what is left of the room.
fn blocks(items: &[Item<'_>], order: &[usize], shown: &mut [Shown], mut room: usize) -> usize {
    for &index in order {
        let item = &items[index];
        if shown[index] != Shown::Line || !item.has_body() {
            continue;
        }
        let line = size(&item.listed());
        let cut = item.class.may_be_cut();
        // Half of what is left, so that one huge object does not take the place of all others.
        let allowed = line + if cut { room / 2 } else { room };
        if let Some(block) = item.block(allowed, cut) {
            room = (room + line).saturating_sub(size(&block));
            shown[index] = Shown::Block(block);
        }
    }
    room
}
