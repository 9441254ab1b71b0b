//! The order of rendering.

use std::sync::Arc;

use suimon_model::{
    DesiredState, Diagnostic, Diagnostics, Environment, GateFiles, Location, Project,
    ProjectPolicy, Release, Snapshot,
};

use crate::config;
use crate::jobs::{Input, Modules, Scope, Work, collect};
use crate::limits;
use crate::object::Collector;
use crate::template::{Marked, TemplateRunner};
use crate::text::Places;
use crate::{finish, patch};

/// What an environment declares.
#[derive(Debug)]
pub struct Rendered {
    /// The objects and what they belong to.
    pub state: DesiredState,
    /// What the user should look at; never an error.
    pub warnings: Diagnostics,
}

/// Reads `suimon.yaml`.
///
/// # Errors
/// Everything that is wrong with it, also environments of the pipeline that have no folder.
pub fn load_project(snapshot: &dyn Snapshot) -> Result<Project, Diagnostics> {
    config::project_file(snapshot).map_err(sorted)
}

/// The environments: those of the pipeline in its order, then other folders under `envs/` that hold
/// an `environment.yaml`, by name.
///
/// # Errors
/// As for [`load_project`].
pub fn environment_names(snapshot: &dyn Snapshot) -> Result<Vec<String>, Diagnostics> {
    config::environment_names(snapshot).map_err(sorted)
}

/// The environments that have a folder, by name, whatever `suimon.yaml` says.
///
/// # Errors
/// When the folders cannot be listed.
pub fn environment_folders(snapshot: &dyn Snapshot) -> Result<Vec<String>, Diagnostics> {
    config::folders_with_environment(snapshot).map_err(|error| sorted(vec![error]))
}

/// Reads `envs/<env>/environment.yaml` without rendering anything.
///
/// # Errors
/// Everything that is wrong with it; for an unknown environment the known ones.
pub fn load_environment(
    snapshot: &dyn Snapshot,
    project: &Project,
    env: &str,
) -> Result<Environment, Diagnostics> {
    match config::environment_file(snapshot, env) {
        Ok(file) => match config::missing_upstream(project, &file) {
            None => Ok(file.environment),
            Some(error) => Err(error.into()),
        },
        Err(mut broken) => {
            let file = broken.rest.as_deref();
            broken.errors.extend(file.and_then(|file| config::missing_upstream(project, file)));
            Err(sorted(broken.errors))
        }
    }
}

/// A mistake that two files show is told once, at the more exact place.
fn once(problems: Diagnostics) -> Diagnostics {
    let all: Vec<Diagnostic> = problems.into_iter().collect();
    let line = |of: &Diagnostic| of.location.as_ref().map_or(0, |location| location.line);
    let better = |one: &Diagnostic| {
        all.iter().any(|other| {
            line(one) == 0
                && line(other) > 0
                && (one.code, &one.summary) == (other.code, &other.summary)
        })
    };
    all.iter().filter(|one| !better(one)).cloned().collect()
}

/// Renders an environment.
///
/// # Guarantees
/// The same snapshot gives the same bytes. Every independent error is reported in one run.
///
/// # Errors
/// Everything that is wrong with the project's files, the templates, what they render, and the
/// patches, each with its place in the file as its author wrote it.
pub fn render(
    snapshot: &dyn Snapshot,
    env: &str,
    runner: &dyn TemplateRunner,
) -> Result<Rendered, Diagnostics> {
    render_file(snapshot, env, None, runner)
}

/// Renders an environment with the values of another one: what it would declare if the inputs of both were the same.
///
/// The environment's own values stay where the other one has none, and so do instances that the other one does
/// not have, or has of another module.
///
/// # Errors
/// As for [`render`].
pub fn render_with_values_of(
    snapshot: &dyn Snapshot,
    env: &str,
    values_of: &str,
    runner: &dyn TemplateRunner,
) -> Result<Rendered, Diagnostics> {
    let other = config::environment_file(snapshot, values_of).map_err(|b| sorted(b.errors))?;
    render_file(snapshot, env, Some(&other), runner)
}

fn render_file(
    snapshot: &dyn Snapshot,
    env: &str,
    values_of: Option<&config::EnvironmentFile>,
    runner: &dyn TemplateRunner,
) -> Result<Rendered, Diagnostics> {
    let mut problems = Diagnostics::new();
    let mut take = |errors: Vec<Diagnostic>| problems.extend(errors);
    let project = config::project_file(snapshot).map_err(&mut take).ok();
    let mut whole = true;
    let file = config::environment_file(snapshot, env).or_else(|broken| {
        whole = false;
        take(broken.errors);
        broken.rest.map(|file| *file).ok_or(())
    });
    let release = config::release_file(snapshot, env).map_err(&mut take).ok();
    let pinned = release.as_ref().and_then(|(release, at)| {
        modules(snapshot, release, at).map_err(|error| take(vec![error])).ok()
    });
    let Ok(mut file) = file else { return Err(once(problems).sorted()) };
    if let Some(other) = values_of {
        file.take_values(other);
    }
    let upstream = project.as_ref().and_then(|project| config::missing_upstream(project, &file));
    take(upstream.into_iter().collect());
    let gate_files =
        gate_files(snapshot, &file, project.as_ref()).map_err(&mut take).unwrap_or_default();
    if pinned.is_none() {
        // Nobody knows which modules these would be.
        file.instances.clear();
        whole = false;
    }
    let project = project.map_or_else(|| "project".to_owned(), |project| project.name);
    let release = release.map_or_else(Release::default, |(release, _)| release);
    let pinned = pinned.flatten();
    let from: &dyn Snapshot = pinned.as_deref().unwrap_or(snapshot);
    let suffix = release.modules.as_ref().map(|id| format!("@{}", id.get(..7).unwrap_or(id)));
    let modules = Modules { snapshot: from, suffix: suffix.unwrap_or_default() };
    let scope = Scope { snapshot, modules, project: &project, file: &file, release: &release };
    let mut collector = declared(&scope, runner);
    if problems.has_errors() {
        let found = collector.problems.into_iter();
        problems.extend(found.filter(|found| whole || !FOLLOWS.contains(&found.code)));
        return Err(problems.sorted());
    }
    let modules_tree = match from.tree_id("modules") {
        Ok(tree) => tree.unwrap_or_default(),
        Err(error) => {
            collector.problems.push(error);
            String::new()
        }
    };
    let warnings = collector.problems.sorted();
    if warnings.has_errors() {
        return Err(warnings);
    }
    let state = DesiredState {
        project,
        environment: file.environment,
        revision: snapshot.revision().map(str::to_owned),
        release,
        modules_tree,
        manifests: collector.read.into_iter().map(|read| read.manifest).collect(),
        gate_files,
    };
    Ok(Rendered { state, warnings })
}

/// The files of an environment's gate; none where it has no gate.
pub(crate) fn gate_files(
    snapshot: &dyn Snapshot,
    file: &config::EnvironmentFile,
    project: Option<&Project>,
) -> Result<GateFiles, Vec<Diagnostic>> {
    let Some(gate) = &file.environment.gate else { return Ok(GateFiles::default()) };
    let mut files = config::gate_files(snapshot, gate, &file.gate)?;
    if let Some(project) = project {
        files.project = ProjectPolicy::of(project, &file.environment.name);
    }
    Ok(files)
}

/// Codes of errors that a value causes which a broken file would have given.
const FOLLOWS: [&str; 6] = [
    "missing-value",
    "undefined-variable",
    "null-in-output",
    "template-error",
    "patch-target",
    "ref-target",
];

/// Reads all objects, patches them, and checks what can be checked when all are known.
fn declared(scope: &Scope<'_>, runner: &dyn TemplateRunner) -> Collector {
    let file = scope.file;
    let mut collector = read(collect(scope), runner);
    finish::custom_scopes(&mut collector.read, &mut collector.problems);
    let complete = !collector.problems.has_errors();
    let (places, patches) = (&file.places, &file.patches);
    collector.problems.extend(file.warnings.iter().cloned());
    patch::apply(patches, places, &mut collector.read, complete, &mut collector.problems);
    finish::duplicates(&collector.read, &mut collector.problems);
    if complete {
        finish::dangling(&collector.read, &mut collector.problems);
    }
    collector
}

pub(crate) fn sorted(errors: Vec<Diagnostic>) -> Diagnostics {
    errors.into_iter().collect::<Diagnostics>().sorted()
}

/// The snapshot that a release pins `modules/` to; `None` where it follows the environment's own.
fn modules(
    snapshot: &dyn Snapshot,
    release: &Release,
    at: &Location,
) -> Result<Option<Arc<dyn Snapshot>>, Diagnostic> {
    let Some(commit) = &release.modules else { return Ok(None) };
    let pinned = snapshot.at(commit).map_err(|mut error| {
        error.location = Some(at.clone());
        error.help.get_or_insert_with(|| "fetch the commit, or pin one that is here".to_owned());
        error
    })?;
    Ok(Some(pinned))
}

/// Runs the templates and reads all objects.
fn read(work: Work, runner: &dyn TemplateRunner) -> Collector {
    let Work { batch, inputs, lines, problems } = work;
    let mut collector = Collector::new(problems);
    let mut answers: Vec<Option<Result<String, Vec<Diagnostic>>>> =
        if batch.jobs.is_empty() { Vec::new() } else { runner.run(&batch) }
            .into_iter()
            .map(Some)
            .collect();
    let marks = Marked::new(&batch);
    let mut left = limits::TOTAL_OUTPUT;
    for input in inputs {
        match input {
            Input::Plain { file, text, instance } => {
                left = left.saturating_sub(text.len());
                collector.text(&text, &Places::file(file), instance.as_ref());
            }
            Input::Job { job, set, instance } => {
                let answer = answers.get_mut(job).and_then(Option::take);
                let source = batch.jobs.get(job).and_then(|job| {
                    Some((batch.sets.get(set)?.sources.get(job.source)?, lines.get(set)?))
                });
                match (answer, source) {
                    (Some(Ok(marked)), Some((source, lines))) => {
                        left = left.saturating_sub(marked.len());
                        let keeps = !batch.jobs.get(job).is_some_and(|job| marks.job(*job));
                        let (text, map) = lines.strip(&marked, keeps);
                        let places = Places::rendered(source.file.clone(), map);
                        collector.text(&text, &places, instance.as_ref());
                    }
                    (Some(Err(errors)), _) => collector.problems.extend(errors),
                    _ => collector.problems.push(Diagnostic::error(
                        "worker",
                        "the template runner gave fewer answers than there were templates",
                    )),
                }
            }
        }
        if left == 0 {
            let limit = limits::mebibytes(limits::TOTAL_OUTPUT);
            let summary = format!("this environment renders more than {limit}");
            collector.problems.push(Diagnostic::error("limit-output", summary));
            break;
        }
    }
    collector
}
