//! `suimon plan`.

use suimon_gate::judge;
use suimon_plan::Plan;
use suimon_view::{GateVerdict, GateView, MarkdownOptions};

use crate::args::{PlanArgs, PlanFormat};
use crate::failure::{CHANGES, ERROR, Failure};
use crate::ground::{Asking, Depth, Ground};
use crate::session::{Scope, Session};

pub(crate) async fn run(args: &PlanArgs, session: &Session<'_>) -> Result<u8, Failure> {
    let scope = Scope::new(&args.scope, args.drift_only);
    let (planned, _registry) = session.plan(&args.environment, &scope).await?;
    let plan = &planned.plan;
    let ground = Ground::open(session)?;
    let force_conflicts = args.scope.force_conflicts;
    let asking = Asking { force_conflicts, ..Asking::new(Depth::Look) };
    let facts = ground.facts(&planned, &asking).await?.facts;
    let conditions = judge(plan, &facts);
    let gate = GateView::judged(&conditions);
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
            if facts.gate.is_some() && !args.drift_only {
                session.console.data(&gate_line(plan, &gate))?;
            }
        }
        PlanFormat::Json => {
            session.console.data(&suimon_view::json::plan(plan, &gate).to_string())?;
        }
        PlanFormat::Markdown => {
            let options = MarkdownOptions::default();
            let text = if facts.gate.is_some() {
                suimon_view::markdown::plan_with_gate(plan, &gate, &options)
            } else {
                suimon_view::markdown::plan(plan, &options)
            };
            session.console.data(&text)?;
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

/// Where the gate of a plan is explained.
fn gate_line(plan: &Plan, gate: &GateView<'_>) -> String {
    let environment = suimon_view::escape(&plan.environment);
    match gate.verdict {
        GateVerdict::Open => format!("\nThe gate of {environment} is open."),
        GateVerdict::Held | GateVerdict::Denied => {
            format!("\nEvery condition, and who can settle it: suimon gate {environment}")
        }
    }
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
