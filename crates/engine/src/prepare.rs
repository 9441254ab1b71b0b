//! Declarations as the providers want them.

use std::collections::{BTreeSet, HashMap};

use suimon_model::{DeferredRef, Diagnostic, Diagnostics, Manifest, ResourceId, TargetIdentity};
use suimon_provider::Registry;

use crate::{Error, Result};

/// Connects to every target that something declared lives on, before anything is read.
pub(crate) async fn connect(registry: &Registry) -> Result<Vec<TargetIdentity>> {
    let mut targets = Vec::new();
    for provider in registry.iter() {
        let identity = provider
            .connect()
            .await
            .map_err(|error| Error::Target { provider: provider.name(), error })?;
        targets.push(identity);
    }
    Ok(targets)
}

/// Adds ownership marks and what the APIs imply.
///
/// All objects that nobody serves or that a provider refuses are reported at once.
pub(crate) fn prepare(manifests: Vec<Manifest>, registry: &Registry) -> Result<Vec<Manifest>> {
    let mut problems = Diagnostics::new();
    let mut prepared = Vec::with_capacity(manifests.len());
    for manifest in manifests {
        let Some(provider) = registry.provider(&manifest.id) else {
            problems.push(nobody_serves(&manifest));
            continue;
        };
        let found = provider.check(&manifest);
        if !found.is_empty() {
            problems.extend(found);
            continue;
        }
        match provider.prepare(&manifest) {
            Ok(manifest) => prepared.push(manifest),
            Err(error) => problems.push(refused(&manifest, &error)),
        }
    }
    problems.extend(twice(&prepared));
    if problems.has_errors() { Err(problems.sorted().into()) } else { Ok(prepared) }
}

fn refused(manifest: &Manifest, error: &suimon_provider::Error) -> Diagnostic {
    let (id, what) = (manifest.id.to_string(), error.to_string());
    let summary = if what.starts_with(&id) { what } else { format!("{id}: {what}") };
    Diagnostic::error("invalid-object", summary).at(manifest.origin.location())
}

fn nobody_serves(manifest: &Manifest) -> Diagnostic {
    let (what, help) = if manifest.id.is_aws() {
        (
            "the environment declares no AWS target",
            "add `targets: {aws: {region: REGION, accountId: \"TWELVE DIGITS\"}}` to the environment's \
             `spec`",
        )
    } else {
        (
            "the environment declares no Kubernetes target",
            "add `targets: {kubernetes: {context: NAME}}` to the environment's `spec`",
        )
    };
    Diagnostic::error("no-target", format!("{} cannot be planned: {what}", manifest.id))
        .at(manifest.origin.location())
        .help(help)
}

/// Fills in the values of references that the declarations themselves tell, such as names; a value may tell
/// the next one (a service's address needs the name of its cluster).
pub(crate) fn foretell(manifests: &mut [Manifest], registry: &Registry) {
    let open = |manifests: &[Manifest]| manifests.iter().map(|m| m.refs.len()).sum::<usize>();
    let mut before = usize::MAX;
    while open(manifests) < before {
        before = open(manifests);
        foretell_once(manifests, registry);
    }
}

fn foretell_once(manifests: &mut [Manifest], registry: &Registry) {
    let wanted: BTreeSet<DeferredRef> =
        manifests.iter().flat_map(|manifest| &manifest.refs).cloned().collect();
    let declared: HashMap<&ResourceId, &Manifest> =
        manifests.iter().map(|manifest| (&manifest.id, manifest)).collect();
    let mut told: HashMap<(ResourceId, String), String> = HashMap::new();
    for reference in wanted {
        if let (Some(manifest), Some(provider)) =
            (declared.get(&reference.target), registry.provider(&reference.target))
            && let Some(value) = provider.declared_attribute(manifest, &reference)
        {
            told.insert((reference.target, reference.attribute), value);
        }
    }
    for manifest in manifests.iter_mut().filter(|manifest| !manifest.refs.is_empty()) {
        *manifest =
            manifest.resolve(|target, name| told.get(&(target.clone(), name.to_owned())).cloned());
    }
}

/// Two declarations of one thing would undo each other for ever.
pub(crate) fn check_twins(manifests: &[Manifest], registry: &Registry) -> Result<()> {
    let mut seen: HashMap<String, &Manifest> = HashMap::new();
    let mut problems = Diagnostics::new();
    for manifest in manifests {
        let provider = registry.provider(&manifest.id);
        let Some(name) = provider.and_then(|provider| provider.stands_for(manifest)) else {
            continue;
        };
        match seen.get(&name) {
            Some(first) => {
                let what = format!("{} and {} are the same resource", first.id, manifest.id);
                problems.push(
                    Diagnostic::error("duplicate-object", what)
                        .at(manifest.origin.location())
                        .related(first.origin.location(), "first declared here"),
                );
            }
            None => drop(seen.insert(name, manifest)),
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(problems.sorted().into()) }
}

/// Filling in the default namespace may make two ids equal.
fn twice(prepared: &[Manifest]) -> Vec<Diagnostic> {
    let mut seen: BTreeSet<&ResourceId> = BTreeSet::new();
    let repeated = prepared.iter().filter(|manifest| !seen.insert(&manifest.id));
    repeated
        .map(|manifest| {
            let mut diagnostic =
                Diagnostic::error("duplicate-object", format!("{} is declared twice", manifest.id))
                    .at(manifest.origin.location());
            if let Some(first) = prepared.iter().find(|first| first.id == manifest.id) {
                diagnostic = diagnostic.related(first.origin.location(), "first declared here");
            }
            diagnostic.detail("a namespaced object without `metadata.namespace` is in `default`")
        })
        .collect()
}

/// Every `--target` must name something declared.
pub(crate) fn check_targets(targets: &[ResourceId], manifests: &[Manifest]) -> Result<()> {
    let known: BTreeSet<&ResourceId> = manifests.iter().map(|manifest| &manifest.id).collect();
    let problems: Diagnostics = targets
        .iter()
        .filter(|target| !known.contains(target))
        .map(|target| {
            let near = known.iter().filter(|id| id.name == target.name).take(3);
            let near: Vec<String> = near.map(ToString::to_string).collect();
            let diagnostic = Diagnostic::error(
                "unknown-target",
                format!("`--target {target}` names nothing that is declared"),
            );
            if near.is_empty() {
                diagnostic.help(
                    "ids are written `Kind[.group]/[namespace/]name`; `suimon graph` lists them",
                )
            } else {
                diagnostic.help(format!("did you mean {}?", near.join(" or ")))
            }
        })
        .collect();
    if problems.is_empty() { Ok(()) } else { Err(problems.into()) }
}
