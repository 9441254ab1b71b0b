//! The whole engine on one screen.

use std::collections::BTreeMap;

use serde_json::Value;
use suimon_apply::{Attributes, Event, Job, Report, Stop};
use suimon_gate::{ApprovedPlan, Facts, Inspected};
use suimon_graph::Order;
use suimon_model::{DesiredState, Environment, Manifest, Release, ResourceId};
use suimon_plan::{Declared, Inputs, Plan, candidates};
use suimon_provider::{Membership, Registry};

use crate::Result;
use crate::observe::observe;
use crate::owned::{Seen, keep_known, membership, seen};
use crate::prepare::{check_targets, check_twins, connect, foretell, prepare};
use crate::preview::preview;
use crate::settle::{Later, Settling, keep_scale, scaled_to, settle};

/// What to plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Take over objects that another engine owns.
    pub adopt: bool,
    /// Only what something else wrote.
    pub drift_only: bool,
    /// Only these and what they depend on; empty for everything.
    pub targets: Vec<ResourceId>,
    /// Most requests in flight at once.
    pub parallelism: usize,
}

/// A plan, and what apply needs to do it.
pub struct Planned {
    /// The plan.
    pub plan: Plan,
    /// The order of everything declared.
    pub order: Order,
    /// What the gate needs to know, as far as the declaration says it; what ledgers, approvers and a
    /// person say is added by the caller.
    pub facts: Facts,
    /// The release that is declared.
    pub release: Release,
    /// Declared objects that an earlier run, or something else, set on their way.
    pub(crate) in_progress: Vec<(ResourceId, String)>,
    pub(crate) manifests: BTreeMap<ResourceId, Manifest>,
    /// The identities of what was live.
    pub(crate) seen: Seen,
    attributes: Attributes,
    superset: Membership,
    members: Membership,
}

impl Planned {
    /// Whether anything declared is on its way: see [`follow`](crate::follow).
    pub fn is_in_progress(&self) -> bool {
        !self.in_progress.is_empty()
    }
}

/// Compares what is declared with what is live. Reads only.
///
/// # Errors
/// The files are wrong, or a target could not be read at all. Parts that could not be read are in
/// [`Plan::unknown`].
pub async fn plan(
    mut desired: DesiredState,
    registry: &Registry,
    options: &Options,
) -> Result<Planned> {
    let targets = connect(registry).await?;
    let mut manifests = prepare(std::mem::take(&mut desired.manifests), registry)?;
    let live_on = desired.environment.targets.kubernetes.as_ref();
    let order = suimon_graph::order_for(&manifests, live_on)?;
    check_targets(&options.targets, &manifests)?;
    foretell(&mut manifests, registry);
    check_twins(&manifests, registry)?;

    let later = Later::of(&manifests);
    let targeted = !options.targets.is_empty();
    let reading = observe(&manifests, &later.ids, registry, targeted).await?;
    let (mut observed, mut attributes) = (reading.observed, reading.attributes);
    let in_progress = reading.in_progress;
    observed.targets = targets;

    let scaled_to = scaled_to(&later, &observed);
    let settling = Settling { order: &order, later: &later, registry, adopt: options.adopt };
    let resolved = settle(&mut manifests, &settling, &mut attributes, &mut observed);
    let mut manifests: BTreeMap<ResourceId, Manifest> =
        manifests.into_iter().map(|manifest| (manifest.id.clone(), manifest)).collect();
    let as_known = |id: &ResourceId| resolved.get(id).or_else(|| manifests.get(id));
    let declared = |id: &ResourceId| {
        let manifest = as_known(id)?;
        let masked = registry.provider(id)?.mask(manifest);
        Some(Declared { manifest, masked })
    };
    let policy = policy(&desired);
    let release_id = desired.release.id(&desired.modules_tree).to_string();
    let mut inputs = Inputs {
        project: &desired.project,
        environment: &desired.environment.name,
        revision: desired.revision.as_deref(),
        release: desired.release.name.as_deref(),
        release_id: &release_id,
        order: &order,
        declared: &declared,
        observed: &observed,
        previews: &BTreeMap::new(),
        policy: &policy,
        adopt: options.adopt,
        targets: &options.targets,
        drift_only: options.drift_only,
    };
    let wanted = candidates(&inputs);
    let previews = preview(wanted.iter().filter_map(as_known), registry, options.parallelism).await;
    inputs.previews = &previews;
    let plan = suimon_plan::plan(&inputs);
    let objects = manifests.keys().filter_map(declared).map(|one| inspected(&one));
    let facts = facts(&desired, objects);
    let (superset, members) = membership(&plan, &observed, &manifests);
    let seen = seen(&observed, &manifests);
    keep_scale(&mut manifests, &scaled_to, &plan);
    let attributes = keep_known(&attributes, &plan, &manifests);
    let release = desired.release;
    Ok(Planned {
        plan,
        order,
        facts,
        release,
        in_progress,
        manifests,
        seen,
        attributes,
        superset,
        members,
    })
}

/// What the gate needs to know and the declaration says.
fn facts(desired: &DesiredState, objects: impl Iterator<Item = Inspected>) -> Facts {
    let environment = &desired.environment;
    let (gate, files) = (environment.gate.clone(), desired.gate_files.clone());
    let inspected = match &gate {
        Some(gate) => suimon_gate::inspect(gate, &files, &objects.collect::<Vec<_>>()),
        None => Vec::new(),
    };
    let protect = environment.protect.clone();
    Facts { protect, gate, files, inspected, ..Facts::default() }
}

fn inspected(declared: &Declared<'_>) -> Inspected {
    let location = declared.manifest.origin.location();
    Inspected {
        id: declared.manifest.id.clone(),
        body: declared.masked.value(),
        location: location.to_string(),
    }
}

/// What the digest binds besides the changes: the rules that the plan is judged by.
fn policy(desired: &DesiredState) -> Value {
    let Environment { protect, gate, .. } = &desired.environment;
    suimon_gate::policy_value(protect, gate.as_ref(), &desired.gate_files)
}

/// Does what an approved plan says.
pub async fn apply(
    planned: &Planned,
    approved: &ApprovedPlan,
    registry: &Registry,
    options: &suimon_apply::Options,
    stop: Stop,
    events: &(dyn Fn(Event) + Send + Sync),
) -> Report {
    let job = Job {
        approved,
        order: &planned.order,
        manifests: &planned.manifests,
        registry,
        attributes: planned.attributes.clone(),
        superset: planned.superset.clone(),
        members: planned.members.clone(),
        events,
    };
    suimon_apply::apply(job, options, stop).await
}
