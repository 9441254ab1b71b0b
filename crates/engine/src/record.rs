//! What the ledger is told about a plan and about how it ended.

use std::collections::BTreeSet;
use std::time::Duration;

use suimon_apply::{Report, poll};
use suimon_gate::{BreakGlass, Condition, Mode, SignedApproval};
use suimon_ledger::{Attempt, HealthSummary};
use suimon_model::{HealthStatus, Inventory, InventoryEntry, Manifest, Outcome, ResourceId};
use suimon_plan::Action;
use suimon_provider::{Observation, Registry, Scope};

use crate::Planned;

/// What a run is about to do, as the ledger keeps it.
pub fn attempt(
    planned: &Planned,
    mode: Mode,
    conditions: Vec<Condition>,
    approvals: Vec<SignedApproval>,
    break_glass: Option<BreakGlass>,
) -> Attempt {
    let (plan, release) = (&planned.plan, &planned.release);
    Attempt {
        revision: plan.revision.clone(),
        release: plan.release.clone(),
        release_id: plan.release_id.clone(),
        modules: release.modules.clone().or_else(|| plan.revision.clone()),
        artifacts: release.artifacts.clone(),
        digest: plan.digest(),
        mode,
        targeted: plan.targeted.clone(),
        conditions,
        approvals,
        break_glass,
    }
}

/// How everything that the environment declares is now, in batches; with `--target` only what was looked at.
///
/// What could not be read is not healthy.
pub async fn health(planned: &Planned, registry: &Registry) -> HealthSummary {
    let targeted: BTreeSet<&ResourceId> =
        planned.plan.changes.iter().map(|change| &change.id).collect();
    let looked_at = |id: &&Manifest| planned.plan.targeted.is_empty() || targeted.contains(&id.id);
    let declared: Vec<(ResourceId, String)> = planned
        .manifests
        .values()
        .filter(looked_at)
        .map(|manifest| (manifest.id.clone(), manifest.api_version.to_string()))
        .collect();
    let asked = declared.iter().enumerate();
    let asked = asked.map(|(number, (id, version))| (number, id.clone(), version.clone()));
    let mut answers = poll(registry, asked.collect(), Duration::ZERO).await;
    answers.sort_by_key(|(number, _)| *number);
    let mut summary = HealthSummary::default();
    for (number, health) in answers {
        summary.status = Some(match summary.status {
            Some(status) if worse(status) >= worse(health.status) => status,
            _ => health.status,
        });
        if health.status != HealthStatus::Current
            && let Some((id, _)) = declared.get(number)
        {
            summary.not_current.push((id.clone(), health.status, health.message));
        }
    }
    summary
}

/// How bad a status is.
fn worse(status: HealthStatus) -> u8 {
    match status {
        HealthStatus::Current => 0,
        HealthStatus::InProgress => 1,
        HealthStatus::Terminating => 2,
        HealthStatus::Unknown => 3,
        HealthStatus::NotFound => 4,
        HealthStatus::Failed => 5,
    }
}

/// What the environment owns after a run; `before` is what it owned, for what `--target` left out.
///
/// # Caveats
/// The UID of an object that was made, and could not be read afterwards, is empty.
pub async fn inventory(
    planned: &Planned,
    report: &Report,
    registry: &Registry,
    before: Option<&Inventory>,
) -> Inventory {
    let mut inventory = match before {
        Some(before) if !planned.plan.targeted.is_empty() => before.clone(),
        _ => Inventory::default(),
    };
    let seen = planned.seen.iter();
    let owned = seen.filter(|(_, (_, owned))| *owned).map(|(id, (entry, _))| (id, entry));
    inventory.entries.extend(owned.map(|(id, entry)| (id.clone(), entry.clone())));
    let mut made: Vec<Manifest> = Vec::new();
    for entry in &report.entries {
        match entry.outcome {
            Outcome::Deleted => drop(inventory.entries.remove(&entry.id)),
            Outcome::Configured if entry.action == Action::Forget => {
                drop(inventory.entries.remove(&entry.id));
            }
            Outcome::Created => made.extend(planned.manifests.get(&entry.id).cloned()),
            Outcome::Configured => drop(own(planned, &entry.id, &mut inventory)),
            // It was written, and failed afterwards.
            Outcome::Failed if entry.health.is_some() => {
                let known = own(planned, &entry.id, &mut inventory);
                let made_anew = (!known || entry.action == Action::Replace).then_some(&entry.id);
                made.extend(made_anew.and_then(|id| planned.manifests.get(id)).cloned());
            }
            _ => {}
        }
    }
    read(&made, registry, &mut inventory).await;
    inventory
}

/// Takes an object that was live before into the inventory; whether it was.
fn own(planned: &Planned, id: &ResourceId, inventory: &mut Inventory) -> bool {
    let Some((entry, _)) = planned.seen.get(id) else { return false };
    inventory.entries.insert(id.clone(), entry.clone());
    true
}

/// Objects that are new, with the identities that they were given.
async fn read(made: &[Manifest], registry: &Registry, inventory: &mut Inventory) {
    let unread = |manifest: &Manifest| InventoryEntry {
        api_version: manifest.api_version.to_string(),
        uid: String::new(),
    };
    let new = made.iter().map(|manifest| (manifest.id.clone(), unread(manifest)));
    inventory.entries.extend(new);
    for provider in registry.iter() {
        let served =
            |m: &&Manifest| registry.provider(&m.id).is_some_and(|p| p.name() == provider.name());
        let own: Vec<Manifest> = made.iter().filter(served).cloned().collect();
        if own.is_empty() {
            continue;
        }
        let mut sink = |observation| {
            if let Observation::Live(live) = observation
                && let Some(entry) = inventory.entries.get_mut(&live.id)
            {
                *entry = InventoryEntry { api_version: live.api_version, uid: live.uid };
            }
        };
        // What was written is known; only its identity is not, and that is said by an empty one.
        let scope = Scope { manifests: &own, targeted: true };
        drop(provider.observe(scope, &mut sink).await);
    }
}
