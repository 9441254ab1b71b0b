//! `--record`: the health that was seen, written into the ledgers.

use jiff::Timestamp;
use suimon_gate::Known;
use suimon_ledger::{Entry, Event, HealthSummary, History};
use suimon_model::{HealthStatus, Inventory};

use super::Book;
use super::look::{Looked, Seen};
use crate::failure::{ERROR, Failure};
use crate::ground::Ground;
use crate::session::Session;

/// Writes what was seen of each environment into its ledger. What cannot be recorded is said, and the
/// others are recorded all the same.
pub(super) fn record(
    session: &Session<'_>,
    ground: &Ground,
    names: &[String],
    looked: &[Looked],
    ledgers: &mut [Book],
) -> Result<(), Failure> {
    ground.repository()?;
    let mut failed = false;
    for ((name, looked), book) in names.iter().zip(looked).zip(ledgers) {
        let (Some(seen), Book::Read(history)) = (&looked.seen, &*book) else { continue };
        match event(&looked.declared, seen, history) {
            Err(why) => session.console.note(&format!(
                "{name}: its health is not recorded: {}",
                suimon_view::escape(&why)
            )),
            Ok(event) => match append(ground, name, event) {
                Ok(after) => *book = Book::Read(after),
                Err(failure) => {
                    failed = true;
                    session.console.fail(&failure);
                }
            },
        }
    }
    if failed { Err(Failure::said(ERROR)) } else { Ok(()) }
}

fn append(ground: &Ground, name: &str, event: Event) -> Result<History, Failure> {
    let entry = Entry {
        actor: ground.actor.clone(),
        trigger: ground.trigger,
        time: Timestamp::now(),
        event,
    };
    let ledger = ground.ledger(name)?;
    ledger.append(entry)?;
    Ok(ledger.read()?)
}

/// What to record; an error where the look says nothing about what is applied.
fn event(
    declared: &Known<suimon_view::status::Declared>,
    seen: &Result<Seen, String>,
    history: &History,
) -> Result<Event, String> {
    let seen = seen.as_ref().map_err(Clone::clone)?;
    let held = history.holds().ok_or("nothing was applied yet")?;
    if history.open_run().is_some() {
        return Err("it is being applied".to_owned());
    }
    let same = |one: &suimon_view::status::Declared| one.release_id == held.attempt.release_id;
    if !declared.known().is_some_and(same) {
        return Err(
            "another release is declared than is applied; look at the commit that is applied \
                    with --revision"
                .to_owned(),
        );
    }
    let health = of_applied(&seen.health, history.inventory());
    Ok(Event::Checked { release_id: held.attempt.release_id.clone(), health })
}

/// The health of what was applied: what is declared since and not applied yet is nobody's failure.
fn of_applied(health: &HealthSummary, inventory: Option<&Inventory>) -> HealthSummary {
    let Some(inventory) = inventory else { return health.clone() };
    let mut not_current = health.not_current.clone();
    not_current.retain(|(id, status, _)| {
        *status != HealthStatus::NotFound || inventory.entries.contains_key(id)
    });
    if not_current.len() == health.not_current.len() {
        return health.clone();
    }
    let worst =
        not_current.iter().map(|(_, status, _)| *status).max_by_key(|status| match status {
            HealthStatus::Current => 0,
            HealthStatus::InProgress => 1,
            HealthStatus::Terminating => 2,
            HealthStatus::Unknown => 3,
            HealthStatus::NotFound => 4,
            HealthStatus::Failed => 5,
        });
    HealthSummary { status: Some(worst.unwrap_or(HealthStatus::Current)), not_current }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use suimon_model::{InventoryEntry, ResourceId};

    use super::*;

    #[test]
    fn what_was_never_applied_is_nobodys_failure() {
        let id = |name: &str| -> ResourceId { format!("ConfigMap/web/{name}").parse().unwrap() };
        let of = |found: &[(&str, HealthStatus)]| HealthSummary {
            status: found.last().map(|(_, status)| *status),
            not_current: found
                .iter()
                .map(|(name, status)| (id(name), *status, String::new()))
                .collect(),
        };
        let entry = InventoryEntry { api_version: "v1".into(), uid: "u".into() };
        let inventory = Inventory { entries: [(id("owned"), entry)].into() };
        let (gone, new) = (("owned", HealthStatus::NotFound), ("new", HealthStatus::NotFound));
        let coming = ("x", HealthStatus::InProgress);
        let healthy = HealthSummary { status: Some(HealthStatus::Current), not_current: vec![] };
        for (seen, expected) in [
            (of(&[new]), healthy),
            (of(&[gone]), of(&[gone])),
            (of(&[coming, new]), of(&[coming])),
            (of(&[coming, new, gone]), of(&[coming, gone])),
            (of(&[]), of(&[])),
        ] {
            assert_eq!(of_applied(&seen, Some(&inventory)), expected, "{seen:?}");
        }
        assert_eq!(of_applied(&of(&[new]), None), of(&[new]));
    }
}
