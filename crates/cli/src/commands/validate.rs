//! `suimon validate`.

use suimon_model::{DesiredState, Diagnostic, Diagnostics, Snapshot};

use crate::args::ValidateArgs;
use crate::failure::{ERROR, Failure};
use crate::session::Session;
use crate::wiring;
use crate::worker::ChildRunner;

pub(crate) fn run(args: &ValidateArgs, session: &Session<'_>) -> Result<u8, Failure> {
    let snapshot = session.snapshot.as_ref();
    let mut problems = Diagnostics::new();
    let environments = if args.environments.is_empty() {
        all(snapshot, &mut problems)
    } else {
        args.environments.clone()
    };
    let mut valid = Vec::new();
    for environment in &environments {
        match suimon_render::render(snapshot, environment, &ChildRunner) {
            Err(found) => problems.extend(found),
            Ok(rendered) => {
                problems.extend(rendered.warnings);
                let found: Vec<_> =
                    rendered.state.manifests.iter().flat_map(wiring::check).collect();
                let state = &rendered.state;
                let found: Vec<_> = found.into_iter().chain(gate(snapshot, state)).collect();
                let refused = !found.is_empty();
                problems.extend(found);
                let live_on = state.environment.targets.kubernetes.as_ref();
                match suimon_graph::order_for(&state.manifests, live_on) {
                    Ok(_) if refused => {}
                    Ok(order) => {
                        valid.push(format!("{environment}: valid, {} objects", order.len()));
                    }
                    Err(found) => problems.extend(found),
                }
            }
        }
    }
    let problems = problems.sorted();
    if args.json {
        session.console.data(&suimon_view::json::diagnostics(&problems).to_string())?;
        return if problems.has_errors() { Err(Failure::said(ERROR)) } else { Ok(0) };
    }
    if !valid.is_empty() {
        session.console.data(&valid.join("\n"))?;
    }
    if problems.has_errors() {
        return Err(Failure::from(problems).quoting(&session.snapshot));
    }
    if !problems.is_empty() {
        let text = session.console.diagnostics(&problems, Some(&session.snapshot));
        session.console.note(text.trim_end());
    }
    Ok(0)
}

/// What is wrong with what a gate says: windows, rules and their settings, signers, policies.
fn gate(snapshot: &dyn Snapshot, state: &DesiredState) -> Vec<Diagnostic> {
    let Some(gate) = &state.environment.gate else { return Vec::new() };
    let problems = suimon_gate::check(gate, &state.gate_files);
    let diagnostic = |problem: suimon_gate::Problem| {
        let at = suimon_render::locate_gate(snapshot, &state.environment.name, &problem.pointer);
        let mut found = Diagnostic::error("wrong-gate", problem.message).at(at);
        found.help = problem.help;
        found
    };
    problems.into_iter().map(diagnostic).collect()
}

/// Every environment, also when `suimon.yaml` does not say which there are.
fn all(snapshot: &dyn Snapshot, problems: &mut Diagnostics) -> Vec<String> {
    suimon_render::environment_names(snapshot).unwrap_or_else(|found| {
        problems.extend(found);
        suimon_render::environment_folders(snapshot).unwrap_or_else(|found| {
            problems.extend(found);
            Vec::new()
        })
    })
}
