//! What an environment has proved.

use std::collections::BTreeMap;

use jiff::Timestamp;
use suimon_ledger::{Applied, Attempt, History};
use suimon_model::{Artifact, Project, Release, Snapshot};
use suimon_promote::{dated_name, release_identity, short_commit};
use suimon_source::Repository;

use super::base::Base;
use crate::failure::Failure;
use crate::ground::Ground;
use crate::session::Session;

/// How many commits of the base are looked through for the same modules.
const LOOKED_AT: usize = 500;

/// A release that an environment has proved, as its ledger has it.
#[derive(Debug, Clone)]
pub(crate) struct Candidate {
    pub(crate) environment: String,
    pub(crate) release: Release,
    pub(crate) id: String,
    /// The record that says so.
    pub(crate) record: String,
    pub(crate) number: u64,
    pub(crate) proved: Timestamp,
}

impl Candidate {
    /// What an environment holds, applied whole and healthy.
    pub(crate) fn eligible(
        ground: &Ground,
        session: &Session<'_>,
        environment: &str,
    ) -> Result<Self, Failure> {
        let history = ground.history(environment)?;
        let applied = eligible(&history, environment)?;
        Self::of(session, environment, &applied)
    }

    /// What a record says, compared with the commit that it names.
    pub(crate) fn of(
        session: &Session<'_>,
        environment: &str,
        applied: &Applied<'_>,
    ) -> Result<Self, Failure> {
        let attempt = applied.attempt;
        let (Some(_), Some(modules)) = (&attempt.revision, &attempt.modules) else {
            return Err(Failure::new(format!(
                "{} was applied to {environment} from files that are not committed",
                told(attempt)
            ))
            .hint(format!("commit them, then: suimon apply {environment}")));
        };
        let release = Release {
            name: attempt.release.clone(),
            modules: Some(modules.clone()),
            artifacts: attempt.artifacts.clone(),
        };
        let id = release_identity(session.snapshot.as_ref(), &release)?;
        if id != attempt.release_id {
            return Err(Failure::new(format!(
                "the ledger of {environment} says {} of commit {}, which is another release",
                attempt.release_id,
                short_commit(modules)
            ))
            .hint(format!("see: suimon history {environment} --verify")));
        }
        let (record, one) = (applied.record.id.clone(), &applied.record.record);
        Ok(Self {
            environment: environment.to_owned(),
            release,
            id,
            record,
            number: one.number,
            proved: one.time,
        })
    }

    /// The release as it is written for an environment whose release is `present`, with identity `held`.
    ///
    /// The name is kept, unless it means another release there, or there is none.
    pub(crate) fn named(&self, present: &Release, held: &str) -> Release {
        let dated = || dated_name(self.proved, self.number);
        let taken = present.name.is_some() && present.name == self.release.name && held != self.id;
        let name = self.release.name.clone().filter(|_| !taken).unwrap_or_else(dated);
        Release { name: Some(name), ..self.release.clone() }
    }

    /// The same release with modules of a commit that the base has.
    pub(crate) fn on(
        &self,
        session: &Session<'_>,
        repository: &Repository,
        base: &Base,
    ) -> Result<Self, Failure> {
        let Some(modules) = &self.release.modules else { return Ok(self.clone()) };
        if repository.is_ancestor(modules, &base.tip)? {
            return Ok(self.clone());
        }
        // The change was squashed or made anew on its way: the content is what counts.
        let tree = session.snapshot.at(modules)?.tree_id("modules")?;
        for commit in repository.first_parents(&base.tip, LOOKED_AT).unwrap_or_default() {
            if base.snapshot.at(&commit.id)?.tree_id("modules")? == tree {
                let release = Release { modules: Some(commit.id), ..self.release.clone() };
                return Ok(Self { release, ..self.clone() });
            }
        }
        Err(Failure::new(format!(
            "{} has applied modules of commit {}, which is not on {}",
            self.environment,
            short_commit(modules),
            base.branch
        ))
        .hint("push it, or merge it, so that others can read it; then promote again"))
    }
}

fn eligible<'a>(history: &'a History, environment: &str) -> Result<Applied<'a>, Failure> {
    history.eligible().map_err(|why| {
        Failure::new(format!("{environment} has nothing to promote: {why}"))
            .hint(format!("see: suimon status {environment}; suimon history {environment}"))
    })
}

fn told(attempt: &Attempt) -> &str {
    attempt.release.as_deref().unwrap_or(&attempt.release_id)
}

/// The release of an environment at a snapshot, its text, and its identity.
pub(crate) fn present(
    snapshot: &dyn Snapshot,
    environment: &str,
) -> Result<(Release, Option<String>, String), Failure> {
    let release = suimon_render::load_release(snapshot, environment)?;
    let release = release.map(|(release, _)| release).unwrap_or_default();
    let path = format!("envs/{environment}/release.yaml");
    let text = match snapshot.read(&path)? {
        Some(content) => Some(
            String::from_utf8(content.to_vec())
                .map_err(|_| Failure::new(format!("{path} is not UTF-8")))?,
        ),
        None => None,
    };
    let id = release_identity(snapshot, &release)?;
    Ok((release, text, id))
}

/// The artifacts of the nearest environment before this one that has a release; none where they cannot be read.
pub(crate) fn upstream_artifacts(
    snapshot: &dyn Snapshot,
    project: &Project,
    environment: &str,
) -> BTreeMap<String, Artifact> {
    let mut at = project.upstream_of(environment);
    while let Some(before) = at {
        if let Ok(Some((release, _))) = suimon_render::load_release(snapshot, before) {
            return release.artifacts;
        }
        at = project.upstream_of(before);
    }
    BTreeMap::new()
}
