//! `suimon compare`: whether two environments run the same, whatever their platforms.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;
use suimon_plan::{Workload, WorkloadDifference, compare_workloads, workloads};

use crate::args::CompareArgs;
use crate::failure::{CHANGES, Failure};
use crate::session::Session;
use crate::worker::ChildRunner;

pub(crate) fn run(args: &CompareArgs, session: &Session<'_>) -> Result<u8, Failure> {
    let left = workloads(&session.render(&args.left)?.manifests);
    let right = workloads(&session.render(&args.right)?.manifests);
    let all = compare_workloads(&left, &right);
    let found = if args.all { all.clone() } else { unexplained(args, session, &left, &all) };
    let explained = all.len() - found.len();
    let count = left.keys().chain(right.keys()).collect::<BTreeSet<_>>().len();
    if args.json {
        session.console.data(&to_json(args, count, &found, explained).to_string())?;
    } else {
        let names = (args.left.as_str(), args.right.as_str());
        let style = session.console.style();
        session
            .console
            .data(&suimon_view::text::comparison(names, count, &found, explained, &style))?;
    }
    Ok(if args.detailed_exitcode && !found.is_empty() { CHANGES } else { 0 })
}

/// What differs also when both environments have the inputs of the first: platforms, templates, artifacts and
/// patches make it differ, not values.
fn unexplained(
    args: &CompareArgs,
    session: &Session<'_>,
    left: &BTreeMap<String, Workload>,
    all: &[WorkloadDifference],
) -> Vec<WorkloadDifference> {
    let same_inputs = suimon_render::render_with_values_of(
        session.snapshot.as_ref(),
        &args.right,
        &args.left,
        &ChildRunner,
    );
    let Ok(right) = same_inputs else {
        session.console.note(&format!(
            "note: {} cannot be rendered with the inputs of {}, so every difference is shown",
            args.right, args.left
        ));
        return all.to_vec();
    };
    let beyond = compare_workloads(left, &workloads(&right.state.manifests));
    let key = |d: &WorkloadDifference| (d.workload.clone(), d.container.clone(), d.field);
    let beyond: BTreeSet<_> = beyond.iter().map(key).collect();
    all.iter().filter(|difference| beyond.contains(&key(difference))).cloned().collect()
}

fn to_json(
    args: &CompareArgs,
    workloads: usize,
    found: &[WorkloadDifference],
    explained: usize,
) -> serde_json::Value {
    let differences: Vec<_> = found
        .iter()
        .map(|d| {
            json!({
                "workload": d.workload, "container": d.container, "field": d.field.name(),
                "left": d.left, "right": d.right,
            })
        })
        .collect();
    json!({
        "format_version": "1.0", "left": args.left, "right": args.right, "workload_count": workloads,
        "explained_by_inputs": explained, "differences": differences,
    })
}
