//! `suimon release`.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;

use jiff::Timestamp;
use suimon_model::{Project, Release};
use suimon_promote::{Refusal, check_known, next_name, parse_artifact, short_commit};
use suimon_source::Repository;
use suimon_view::escape;

use super::promote::{head, present, release_path};
use crate::delivery_args::{ReleaseArgs, ReleaseCommand, ReleaseSetArgs};
use crate::failure::Failure;
use crate::session::Session;

pub(crate) fn run(args: &ReleaseArgs, session: &Session<'_>) -> Result<u8, Failure> {
    match &args.command {
        ReleaseCommand::Set(args) => set(args, session),
    }
}

/// Pins artifacts in the release of the first environment.
fn set(args: &ReleaseSetArgs, session: &Session<'_>) -> Result<u8, Failure> {
    let artifacts = artifacts(&args.artifacts)?;
    let project = suimon_render::load_project(session.snapshot.as_ref())
        .map_err(|found| Failure::from(found).quoting(&session.snapshot))?;
    let environment = first(&project, args.environment.as_deref())?;
    let folder = match session.folder() {
        Some(folder) if session.request().revision.is_none() => folder,
        _ => {
            return Err(Failure::new(
                "release set writes a file, so it works in a folder: leave --repo and --revision out",
            ));
        }
    };
    let repository = Repository::open(session.request())?;
    let base = match (&repository, args.commit) {
        (Some(repository), true) => Some(head(session, repository)?),
        (None, true) => return Err(Failure::new("the project is in no Git repository")),
        _ => None,
    };
    let snapshot = base.as_ref().map_or(&session.snapshot, |base| &base.snapshot);
    let (old, before, _) = present(snapshot.as_ref(), environment)?;
    let mut release = old.clone();
    for (name, image) in &artifacts {
        let artifact = release.artifacts.entry(name.clone()).or_default();
        artifact.insert("image".to_owned(), image.clone());
    }
    if release.artifacts == old.artifacts {
        session
            .console
            .data(&format!("Nothing to change: {environment} has these artifacts already."))?;
        return Ok(0);
    }
    release.name = Some(next_name(Timestamp::now(), old.name.as_deref()));
    if old.modules.is_some() {
        release.modules = Some(committed(repository.as_ref())?);
    }
    let text = suimon_render::edit_release(before.as_deref(), &release)?;
    let done = match (&repository, base) {
        (Some(repository), Some(base)) => {
            let files = [(release_path(repository, environment), Some(text.into_bytes()))].into();
            let made =
                repository.commit_here(&files, &message(environment, &release, &artifacts))?;
            format!("commit {} on {}", short_commit(&made), escape(&base.branch))
        }
        _ => {
            let path = format!("envs/{environment}/release.yaml");
            write(&folder.join(&path), &text)?;
            format!("written to {path}")
        }
    };
    for (name, image) in &artifacts {
        session.console.data(&format!("{environment}: {name} is {image}"))?;
    }
    let name = escape(release.name.as_deref().unwrap_or_default());
    session.console.data(&format!("Release {name} of {environment}: {done}"))?;
    Ok(0)
}

/// Every artifact, or everything that is wrong with them.
fn artifacts(given: &[String]) -> Result<Vec<(String, String)>, Failure> {
    let mut found = Vec::new();
    let mut wrong: Vec<Refusal> = Vec::new();
    let mut names = BTreeSet::new();
    for text in given {
        match parse_artifact(text) {
            Ok((name, _)) if !names.insert(name.clone()) => {
                wrong.push(Refusal::new(format!("the artifact `{name}` is given twice")));
            }
            Ok(artifact) => found.push(artifact),
            Err(refusal) => wrong.push(refusal),
        }
    }
    if wrong.is_empty() {
        return Ok(found);
    }
    let all: Vec<&str> = wrong.iter().map(|refusal| refusal.why.as_str()).collect();
    let helps = wrong.iter().filter_map(|refusal| refusal.help.clone());
    Err(helps.fold(Failure::new(all.join("\n")), Failure::hint))
}

/// The first environment of the pipeline, which nothing else may be.
fn first<'a>(project: &'a Project, wanted: Option<&str>) -> Result<&'a str, Failure> {
    let first = project.pipeline.first().map(String::as_str).ok_or_else(|| {
        Failure::new("the pipeline has no environment")
            .hint("name one: `spec.pipeline` in suimon.yaml")
    })?;
    match wanted {
        Some(wanted) if wanted != first => {
            check_known(project, wanted)?;
            let before = project.upstream_of(wanted).unwrap_or(first);
            Err(Failure::new(format!(
                "artifacts enter the pipeline in {first}; {wanted} gets them by promotion alone"
            ))
            .hint(format!(
                "set them in {first} and prove them there, then: suimon promote {before} {wanted}"
            )))
        }
        _ => Ok(first),
    }
}

/// The commit that is checked out, which modules are pinned to.
fn committed(repository: Option<&Repository>) -> Result<String, Failure> {
    let found = match repository {
        Some(repository) => repository.resolve("HEAD")?,
        None => None,
    };
    found.ok_or_else(|| {
        Failure::new("the release pins its modules to a commit, and there is no commit here")
            .hint("commit the project first, or take `modules` out of release.yaml to follow HEAD")
    })
}

fn message(environment: &str, release: &Release, artifacts: &[(String, String)]) -> String {
    let names: Vec<&str> = artifacts.iter().map(|(name, _)| name.as_str()).collect();
    let images: String =
        artifacts.iter().map(|(name, image)| format!("{name}: {image}\n")).collect();
    let name = release.name.as_deref().unwrap_or_default();
    format!("Pin {} in {environment} ({name})\n\n{images}", names.join(", "))
}

/// Writes the whole file or none of it.
fn write(path: &Path, content: &str) -> Result<(), Failure> {
    let cannot =
        |e: &dyn std::fmt::Display| Failure::new(format!("cannot write {}: {e}", path.display()));
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(|e| cannot(&e))?;
    file.write_all(content.as_bytes()).map_err(|e| cannot(&e))?;
    let permissions = match std::fs::metadata(path) {
        Ok(metadata) => metadata.permissions(),
        Err(_) => std::os::unix::fs::PermissionsExt::from_mode(0o644),
    };
    file.as_file().set_permissions(permissions).map_err(|e| cannot(&e))?;
    file.persist(path).map_err(|e| cannot(&e))?;
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::failure::Message;

    #[test]
    fn everything_that_is_wrong_is_said_in_one_run() {
        let hex = "a".repeat(64);
        let good = format!("api=r.example.com/api@sha256:{hex}");
        let given = [good.clone(), good, "web=r.example.com/web:v1".to_owned(), "x".to_owned()];
        let Message::Text { error, hints } = artifacts(&given).unwrap_err().message else {
            unreachable!()
        };
        assert_eq!(
            error,
            "the artifact `api` is given twice\n`r.example.com/web:v1` has no digest: a tag can come to mean \
             another image\n`x` names no artifact"
        );
        assert_eq!(hints.len(), 2);
        assert_eq!(artifacts(&given[..1]).unwrap().len(), 1);
    }

    #[test]
    fn only_the_first_environment_takes_artifacts() {
        let project = Project {
            name: "p".into(),
            pipeline: vec!["dev".into(), "stg".into(), "prod".into()],
            branch: None,
            forge: None,
            ledger: <_>::default(),
        };
        assert_eq!(first(&project, None).unwrap(), "dev");
        assert_eq!(first(&project, Some("dev")).unwrap(), "dev");
        for (wanted, said) in [
            ("prod", "artifacts enter the pipeline in dev; prod gets them by promotion alone"),
            ("prd", "there is no environment `prd` in the pipeline"),
        ] {
            assert_eq!(first(&project, Some(wanted)).unwrap_err().line(), said);
        }
        assert!(first(&Project { pipeline: Vec::new(), ..project }, None).is_err());
    }
}
