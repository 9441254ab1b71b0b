//! The project that the demo plays with: a copy, so that the story can edit it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::Value;
use suimon_model::{Gate, Manifest, Release, Snapshot};

use crate::args::Global;
use crate::commands::init;
use crate::failure::Failure;
use crate::worker::ChildRunner;

/// A copy of the project at hand, or a first one made for the demo.
pub(super) fn copy(global: &Global, scratch: &Path) -> Result<PathBuf, Failure> {
    let here = global.directory.clone().unwrap_or_else(|| PathBuf::from("."));
    let made = scratch.join("project");
    std::fs::create_dir(&made).map_err(Failure::new)?;
    if !here.join("suimon.yaml").is_file() {
        init::write(&made, "demo", "dev")?;
        return Ok(made);
    }
    std::fs::copy(here.join("suimon.yaml"), made.join("suimon.yaml")).map_err(Failure::new)?;
    for folder in ["envs", "modules"] {
        if here.join(folder).is_dir() {
            copy_folder(&here.join(folder), &made.join(folder)).map_err(Failure::new)?;
        }
    }
    Ok(made)
}

fn copy_folder(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

fn open(project: &Path) -> Result<suimon_source::Opened, Failure> {
    let request = suimon_source::Request {
        place: suimon_source::Place::Folder(project.to_path_buf()),
        revision: None,
        cache_dir: None,
        limits: suimon_source::Limits::default(),
    };
    Ok(suimon_source::open(&request)?)
}

/// What the story needs to know of the project.
#[derive(Debug, Default)]
pub(super) struct Cast {
    pub(super) pipeline: Vec<String>,
    /// Environment variables that secrets take their values from.
    pub(super) variables: BTreeSet<String>,
    /// Name of an ECS cluster and of a service in it, in the first environment.
    pub(super) service: Option<(String, String)>,
    /// What a build would make next, as `suimon release set` takes it.
    pub(super) next_artifact: Option<String>,
}

/// Reads the project.
pub(super) fn cast(project: &Path) -> Result<Cast, Failure> {
    let opened = open(project)?;
    let snapshot: &dyn Snapshot = opened.snapshot.as_ref();
    let pipeline = suimon_render::load_project(snapshot)?.pipeline;
    let mut cast = Cast { pipeline, ..Cast::default() };
    for (place, environment) in cast.pipeline.clone().iter().enumerate() {
        let state = suimon_render::render(snapshot, environment, &ChildRunner)?.state;
        let manifests = state.manifests;
        for manifest in manifests.iter().filter(|m| m.id.is_aws() && m.id.kind == "Secret") {
            variables(&manifest.body.value(), &mut cast.variables);
        }
        if place == 0 {
            cast.service = service(&manifests);
            cast.next_artifact = next_artifact(&state.release);
        }
    }
    Ok(cast)
}

/// Every `valueFrom: {env: NAME}`.
fn variables(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            let name = map.get("valueFrom").and_then(|from| from.get("env")?.as_str());
            found.extend(name.map(str::to_owned));
            map.values().for_each(|value| variables(value, found));
        }
        Value::Array(items) => items.iter().for_each(|item| variables(item, found)),
        _ => {}
    }
}

fn service(manifests: &[Manifest]) -> Option<(String, String)> {
    let of = |kind: &str| {
        let found =
            manifests.iter().find(|m| m.id.group == "ecs.services.k8s.aws" && m.id.kind == kind)?;
        let body = found.body.value();
        let name = body.pointer("/spec/name").and_then(Value::as_str).map(str::to_owned);
        Some(name.unwrap_or_else(|| found.id.name.clone()))
    };
    of("Cluster").zip(of("Service"))
}

/// Renames every image of an environment's release to one that the sandbox takes for an image that crashes; what the file
/// held before, when there was any.
pub(super) fn break_images(project: &Path, environment: &str) -> Result<Option<String>, Failure> {
    let path = release_file(project, environment);
    let Ok(before) = std::fs::read_to_string(&path) else { return Ok(None) };
    let after = before.replace("@sha256:", "-fail@sha256:");
    if after == before {
        return Ok(None);
    }
    std::fs::write(&path, after).map_err(Failure::new)?;
    Ok(Some(before))
}

fn release_file(project: &Path, environment: &str) -> PathBuf {
    project.join("envs").join(environment).join("release.yaml")
}

/// The gate of an environment.
pub(super) fn gate(project: &Path, environment: &str) -> Result<Option<Gate>, Failure> {
    let opened = open(project)?;
    let (environment, _) = suimon_render::load_gate(opened.snapshot.as_ref(), environment)?;
    Ok(environment.gate)
}

/// Takes out of a gate what needs time to pass: a demo does not wait.
pub(super) fn shorten_gate(project: &Path, environment: &str) -> Result<(), Failure> {
    let path = project.join("envs").join(environment).join("environment.yaml");
    let text = std::fs::read_to_string(&path).map_err(Failure::new)?;
    let lines = text.lines().filter(|line| !line.trim_start().starts_with("windows: ["));
    let lines = lines.map(|line| match line.split_once("{healthyFor:") {
        Some((before, _)) => format!("{before}{{healthyFor: 0s}}"),
        None => line.to_owned(),
    });
    let text: String = lines.map(|line| line + "\n").collect();
    std::fs::write(&path, text).map_err(Failure::new)
}

/// What a build would have made next: `NAME=IMAGE@sha256:…` for an artifact of a release.
fn next_artifact(release: &Release) -> Option<String> {
    let images = release.artifacts.iter().filter_map(|(name, a)| Some((name, a.get("image")?)));
    let next = images.filter_map(|(name, image)| {
        let (repository, _) = image.split_once('@')?;
        Some(format!("{name}={repository}@sha256:{}", "5".repeat(64)))
    });
    next.min()
}

/// Puts an environment's release back.
pub(super) fn restore(project: &Path, environment: &str, text: &str) -> Result<(), Failure> {
    std::fs::write(release_file(project, environment), text).map_err(Failure::new)
}
