//! `suimon import`: declarations for what is live, and the marks of ownership on it.

mod ecspresso;
mod files;

use std::path::Path;

use serde_json::Value;
use suimon_model::{Manifest, ResourceId};
use suimon_plan::{Action, Reason};
use suimon_provider::Registry;

use crate::args::ImportArgs;
use crate::deliver::{Delivered, Delivery, deliver};
use crate::failure::Failure;
use crate::ground::{Asking, Depth, Ground, blocking};
use crate::session::{Scope, Session};

/// Manifests to write, and what to say about them.
#[derive(Default)]
pub(crate) struct Found {
    pub(crate) manifests: Vec<Value>,
    pub(crate) left_out: Vec<String>,
}

pub(crate) async fn run(
    args: &ImportArgs,
    session: &Session<'_>,
    folder: &Path,
) -> Result<u8, Failure> {
    let state = session.render(&args.environment)?;
    let declared = state.manifests.clone();
    let (_, registry) = session.connect(&state, args.parallelism).await?;
    let found = match &args.ecspresso {
        Some(path) => ecspresso::read(path)?,
        None => live(&args.names, &registry).await?,
    };
    for line in &found.left_out {
        session.console.note(&format!("left out: {line}"));
    }
    if found.manifests.is_empty() {
        return Err(Failure::new("there is nothing to import"));
    }
    refuse_declared(&found.manifests, &declared)?;
    let text = files::text(&found.manifests);
    if args.dry_run {
        session.console.data(&text)?;
        return Ok(0);
    }
    let name = args.name.clone().unwrap_or_else(|| files::name(&found.manifests));
    let path = folder.join("envs").join(&args.environment).join("manifests");
    let path = files::write(&path, &name, &text)?;
    session.console.data(&format!(
        "Wrote {} with {}.",
        path.display(),
        files::count(found.manifests.len(), "manifest")
    ))?;
    if args.no_mark {
        return Ok(0);
    }
    mark(args, session, &found.manifests).await
}

/// What the providers say is live under the given names.
async fn live(names: &[String], registry: &Registry) -> Result<Found, Failure> {
    let mut found = Found::default();
    for provider in registry.iter() {
        provider
            .connect()
            .await
            .map_err(|error| suimon_engine::Error::Target { provider: provider.name(), error })?;
    }
    for name in names {
        let mut known = false;
        for provider in registry.iter() {
            let exported = provider.export(name).await.map_err(Failure::new)?;
            if let Some(exported) = exported {
                known = true;
                found.manifests.extend(exported.manifests);
                found.left_out.extend(exported.left_out);
                break;
            }
        }
        if !known {
            return Err(Failure::new(format!("`{name}` is nothing that can be imported here"))
                .hint("ids are written `Kind[.group]/[namespace/]name`, such as Service.ecs.services.k8s.aws/CLUSTER/NAME or Namespace/web; ARNs are understood too")
                .hint("the environment needs the target that serves it: targets.aws or targets.kubernetes"));
        }
    }
    let mut seen = std::collections::BTreeSet::new();
    found.manifests.retain(|manifest| seen.insert(files::id(manifest)));
    Ok(found)
}

/// What is declared already is not imported again.
fn refuse_declared(manifests: &[Value], declared: &[Manifest]) -> Result<(), Failure> {
    let taken: Vec<String> = manifests
        .iter()
        .map(files::id)
        .filter(|id| declared.iter().any(|manifest| manifest.id == *id))
        .map(|id| id.to_string())
        .collect();
    if taken.is_empty() {
        return Ok(());
    }
    Err(Failure::new(format!("declared already: {}; nothing was written", taken.join(", ")))
        .hint("import another name, or take the declaration out first"))
}

/// Puts the marks of ownership on what was imported, through a plan and its gate like any other write; only when
/// the plan has nothing else to do.
async fn mark(
    args: &ImportArgs,
    session: &Session<'_>,
    manifests: &[Value],
) -> Result<u8, Failure> {
    let environment = &args.environment;
    let session = session.again()?;
    // With namespaces filled in as the plan has them.
    let ids: Vec<ResourceId> = manifests.iter().map(files::id).collect();
    let scope =
        Scope { adopt: false, drift_only: false, targets: ids, parallelism: args.parallelism };
    let ground = Ground::open(&session)?;
    let basis = blocking(|| ground.basis(environment))?;
    let (planned, registry) = session.plan(environment, &scope).await?;
    let plan = &planned.plan;
    let only_marks = plan.changes.iter().all(|change| {
        change.action == Action::NoOp
            || (change.action == Action::Update
                && change.reason == Reason::Adopted
                && change.fields.is_empty())
    });
    if !only_marks || !plan.unknown.is_empty() || !plan.refused.is_empty() {
        let style = session.console.style();
        session.console.data(&suimon_view::text::plan(plan, &style))?;
        return Err(Failure::new(
            "the manifests are written, and they are not what is live: the plan above says where; \
             nothing was marked",
        ));
    }
    if plan.is_empty() {
        return Ok(0);
    }
    let delivery = Delivery {
        session: &session,
        ground: &ground,
        planned: &planned,
        registry: &registry,
        scope: &scope,
        basis,
        asking: Asking::new(Depth::Apply),
        options: suimon_apply::Options { wait: false, ..suimon_apply::Options::default() },
        take_over: false,
        ask: false,
        first: None,
    };
    let (_keep, stop) = suimon_apply::stop_channel();
    let report = match Box::pin(deliver(&delivery, stop)).await? {
        Delivered::Closed(_) => {
            session.console.note(&format!(
                "The gate of {environment} is closed, so nothing was marked as suimon's: \
                 `suimon apply {environment}` does that once it opens."
            ));
            return Ok(0);
        }
        Delivered::Nothing => return Ok(0),
        Delivered::Applied(report)
        | Delivered::TakenOver(report, _)
        | Delivered::Followed { report, .. } => report,
    };
    if report.end != suimon_apply::End::Complete {
        let style = session.console.style();
        session.console.data(&suimon_view::text::report(&report, &style))?;
        return Err(Failure::new("the manifests are written, and not everything was marked"));
    }
    session.console.data(&format!(
        "Marked {} as managed by this environment. `suimon plan {environment}` finds nothing to do.",
        files::count(report.entries.len(), "object")
    ))?;
    Ok(0)
}
