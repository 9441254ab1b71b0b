//! `suimon plan`.

use suimon_gate::{Facts, authorize};
use suimon_view::{GateView, MarkdownOptions};

use crate::args::{PlanArgs, PlanFormat};
use crate::failure::{CHANGES, ERROR, Failure};
use crate::session::{Scope, Session};

pub(crate) async fn run(args: &PlanArgs, session: &Session<'_>) -> Result<u8, Failure> {
    let scope = Scope::new(&args.scope, args.drift_only);
    let (planned, _registry) = session.plan(&args.environment, &scope).await?;
    let plan = &planned.plan;
    let facts = Facts { force_conflicts: args.scope.force_conflicts, ..planned.facts.clone() };
    let verdict = authorize(plan.clone(), &facts);
    let gate = GateView::from(&verdict);
    let format = if args.json { PlanFormat::Json } else { args.format };
    match format {
        PlanFormat::Text => {
            let style = session.console.style();
            if args.drift_only {
                session.console.data(&suimon_view::text::drift(plan, &style))?;
            } else {
                session.console.pieces(suimon_view::text::plan_parts(plan, &style))?;
            }
            let findings = suimon_view::text::findings(&gate, &style);
            session.console.pieces(std::iter::once(findings))?;
        }
        PlanFormat::Json => {
            session.console.data(&suimon_view::json::plan(plan, &gate).to_string())?;
        }
        PlanFormat::Markdown => {
            session
                .console
                .data(&suimon_view::markdown::plan(plan, &MarkdownOptions::default()))?;
        }
    }
    if let Some(path) = &args.out {
        write_new_file(path, &plan.to_file())?;
        session.console.note(&format!(
            "Saved the plan to {path}; apply exactly it with: suimon apply {path}",
            path = path.display()
        ));
    }
    let broken = !plan.unknown.is_empty() || !plan.refused.is_empty();
    Ok(match (broken, plan.is_empty()) {
        (true, _) => ERROR,
        (false, false) if args.detailed_exitcode => CHANGES,
        _ => 0,
    })
}

/// Writes the whole file or none of it.
fn write_new_file(path: &std::path::Path, content: &str) -> Result<(), Failure> {
    let cannot =
        |e: &dyn std::fmt::Display| Failure::new(format!("cannot write {}: {e}", path.display()));
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => std::path::Path::new("."),
    };
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(|e| cannot(&e))?;
    std::io::Write::write_all(&mut file, content.as_bytes()).map_err(|e| cannot(&e))?;
    file.persist(path).map_err(|e| cannot(&e))?;
    Ok(())
}
