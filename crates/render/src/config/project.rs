//! `suimon.yaml`, and which environments there are.

use std::collections::HashMap;

use suimon_model::{Diagnostic, Location, Project, Snapshot};

use super::{EnvironmentFile, folders, project_settings, reader::Reader};
use crate::suggest::did_you_mean;
use crate::yaml::Pos;

const FILE: &str = "suimon.yaml";

/// Reads `suimon.yaml`.
pub(crate) fn project_file(snapshot: &dyn Snapshot) -> Result<Project, Vec<Diagnostic>> {
    let mut reader = Reader::new(FILE);
    let Some(root) = reader.load(snapshot, FILE) else {
        if reader.errors.is_empty() {
            reader.errors.push(
                Diagnostic::error("no-project", "there is no `suimon.yaml` here")
                    .at(Location::file(FILE))
                    .help("run `suimon init`, or `-C DIR` with the folder that has it"),
            );
        }
        return Err(reader.errors);
    };
    let header = reader.header(&root, "Project", true);
    let mut pipeline = Vec::new();
    let mut settings = project_settings::Settings::default();
    if let Some(spec) = header.spec
        && reader.mapping(spec, "`spec`", &["pipeline", "branch", "forge", "ledger"])
    {
        settings = project_settings::settings(&mut reader, spec, snapshot);
        reader.required(spec, "pipeline");
        let known = match folders_with_environment(snapshot) {
            Ok(known) => Some(known),
            Err(error) => {
                reader.errors.push(error);
                None
            }
        };
        let mut seen: HashMap<String, Pos> = HashMap::new();
        for item in reader.items(spec, "pipeline") {
            let Some(name) = reader.label(item, "pipeline") else { continue };
            if let Some(first) = seen.insert(name.clone(), item.pos) {
                let error = Diagnostic::error(
                    "duplicate-environment",
                    format!("environment `{name}` is in the pipeline twice"),
                )
                .at(reader.at(item))
                .related(reader.places.at(first), "first here");
                reader.errors.push(error);
                continue;
            }
            if let Some(known) = known.as_ref().filter(|known| !known.contains(&name)) {
                let error = missing_environment(&name, known).at(reader.at(item));
                reader.errors.push(error);
            }
            pipeline.push(name);
        }
    }
    let name = header.name;
    let project_settings::Settings { branch, forge, ledger } = settings;
    reader.finish(Some(Project { name, pipeline, branch, forge, ledger }))
}

/// The error for an environment that has no folder.
pub(crate) fn missing_environment(name: &str, known: &[String]) -> Diagnostic {
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    let mut error = Diagnostic::error(
        "no-environment",
        format!("there is no environment `{name}`: no `envs/{name}/environment.yaml`"),
    );
    if !known.is_empty() {
        error = error.detail(format!("environments here: {}", crate::suggest::list(&known)));
    }
    if crate::suggest::nearest(name, known.iter().copied()).is_some() {
        error.help = did_you_mean(name, &known);
    }
    error
}

/// The error for a gate that asks for an environment before it where there is none.
pub(crate) fn missing_upstream(project: &Project, file: &EnvironmentFile) -> Option<Diagnostic> {
    let name = &file.environment.name;
    file.environment.gate.as_ref()?.upstream?;
    if project.upstream_of(name).is_some() {
        return None;
    }
    let known: Vec<&str> = project.pipeline.iter().map(String::as_str).collect();
    let why = if project.pipeline.contains(name) {
        format!("the pipeline is {}", known.join(" → "))
    } else {
        "it is not in the pipeline of `suimon.yaml`".to_owned()
    };
    let at = file.gate.upstream.clone().unwrap_or_else(|| file.environment.location.clone());
    Some(
        Diagnostic::error("no-upstream", format!("there is no environment before `{name}`"))
            .at(at)
            .detail(why)
            .help("remove `upstream` from its gate"),
    )
}

/// Folders under `envs/` that hold an `environment.yaml`, sorted.
pub(crate) fn folders_with_environment(snapshot: &dyn Snapshot) -> Result<Vec<String>, Diagnostic> {
    let mut found = Vec::new();
    for name in folders(snapshot, "envs")? {
        let files = snapshot.list(&format!("envs/{name}"))?.unwrap_or_default();
        if files.iter().any(|entry| entry.name == "environment.yaml") {
            found.push(name);
        }
    }
    Ok(found)
}

/// The environments: those of the pipeline in its order, then the others by name.
pub(crate) fn environment_names(snapshot: &dyn Snapshot) -> Result<Vec<String>, Vec<Diagnostic>> {
    let project = project_file(snapshot)?;
    let mut names = project.pipeline;
    let all = folders_with_environment(snapshot).map_err(|error| vec![error])?;
    names.extend(all.into_iter().filter(|name| !names.contains(name)).collect::<Vec<_>>());
    Ok(names)
}
