//! The change that is checked.

use std::sync::Arc;

use suimon_model::Snapshot;
use suimon_promote::{Pipeline, pipeline, short_commit};
use suimon_source::Repository;

use crate::commands::promote::{Door, refused};
use crate::delivery_args::CiArgs;
use crate::failure::Failure;
use crate::ground::{Ground, blocking};
use crate::session::Session;

/// The most that the event of a pipeline may have, in bytes; GitHub's limit for one is 25 MB.
const LARGEST_EVENT: u64 = 32 * 1024 * 1024;

/// A change: from where to where, and its number.
pub(super) struct Change {
    pub(super) door: Door,
    /// The commit that it starts from; `None` when it has no history in common with its base.
    pub(super) base: Option<String>,
    /// The project there.
    pub(super) start: Option<Arc<dyn Snapshot>>,
    pub(super) head: String,
    pub(super) number: Option<u64>,
    project: String,
}

/// Finds the change by the options, by what the pipeline tells, or by the branch that is checked out.
pub(super) async fn change(args: &CiArgs, session: &Session<'_>) -> Result<Change, Failure> {
    let repository = blocking(|| Repository::open(session.request()))?;
    let repository =
        repository.ok_or_else(|| Failure::new("the project is in no Git repository"))?;
    let told = told()?;
    let named = args.base.clone().or_else(|| told.as_ref()?.base.clone());
    let base = match &named {
        Some(name) => Some(blocking(|| commit(&repository, name, "base"))?),
        None => None,
    };
    // What a change says about the forge is not believed before it is merged: the token goes there.
    let trusted = match &base {
        Some(base) => Some(session.at(base)?).filter(has_project),
        None => None,
    };
    let trusted = trusted.as_ref().unwrap_or(session);
    let ground = blocking(|| Ground::open(trusted))?;
    let door = Door::open(trusted, &ground)?;
    let mut number = args.change.or_else(|| told.as_ref()?.change);
    let head = args.head.clone().or_else(|| told.as_ref()?.head.clone());
    let head = match (head, number) {
        (Some(head), _) => head,
        (None, Some(number)) => {
            let found = door.forge.change(number).await.map_err(refused)?;
            let found =
                found.ok_or_else(|| Failure::new(format!("there is no change {number}")))?;
            found.head_commit
        }
        (None, None) => "HEAD".to_owned(),
    };
    let head = blocking(|| commit(&repository, &head, "head"))?;
    if number.is_none() {
        number = by_branch(&door, &repository, &head).await?;
    }
    let base = match base {
        Some(base) => base,
        None => match number {
            Some(number) => of_change(&door, &repository, number).await?,
            None => of_branch(&door, session, &repository, &head).await?,
        },
    };
    let base = blocking(|| repository.merge_base(&base, &head))?;
    let from = base.as_deref().map_or("nothing", short_commit);
    session.console.note(&format!("Checking what {} changes since {from}", short_commit(&head)));
    let start = base.as_deref().map(|base| session.snapshot.at(base)).transpose()?;
    Ok(Change { door, base, start, head, number, project: ground.project.name.clone() })
}

impl Change {
    /// Files of the project that differ, from its root.
    pub(super) fn paths(&self) -> Result<Vec<String>, Failure> {
        let repository = &self.door.repository;
        let Some(base) = &self.base else {
            // All of it is new.
            return Ok(vec!["suimon.yaml".to_owned()]);
        };
        let prefix = repository.in_project("");
        let touched = repository.touched(base, &self.head)?;
        let own =
            touched.into_iter().filter_map(|path| path.strip_prefix(&prefix).map(str::to_owned));
        Ok(own.collect())
    }

    /// Name of the comment about an environment. A project that is not alone in its repository is named too.
    pub(super) fn marker(&self, environment: &str) -> String {
        match self.door.repository.prefix() {
            "" => format!("plan:{environment}"),
            _ => format!("plan:{}/{environment}", self.project),
        }
    }
}

fn has_project(session: &Session<'_>) -> bool {
    matches!(session.snapshot.read("suimon.yaml"), Ok(Some(_)))
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.trim().is_empty())
}

/// What the pipeline tells.
fn told() -> Result<Option<Pipeline>, Failure> {
    let path =
        variable("GITHUB_ACTIONS").or(variable("GITEA_ACTIONS")).and(variable("GITHUB_EVENT_PATH"));
    let event = match path {
        Some(path) => {
            let cannot = |e: String| Failure::new(format!("cannot read the event {path}: {e}"));
            let size = std::fs::metadata(&path).map_err(|e| cannot(e.to_string()))?.len();
            if size > LARGEST_EVENT {
                return Err(cannot(format!("it has {size} bytes, more than {LARGEST_EVENT}")));
            }
            let text = std::fs::read(&path).map_err(|e| cannot(e.to_string()))?;
            Some(serde_json::from_slice(&text).map_err(|e| cannot(e.to_string()))?)
        }
        None => None,
    };
    Ok(pipeline(&variable, event.as_ref()))
}

fn commit(repository: &Repository, revision: &str, what: &str) -> Result<String, Failure> {
    repository.resolve(revision)?.ok_or_else(|| {
        Failure::new(format!("the {what} of the change, {revision}, is not in this repository"))
            .hint("fetch the whole history: `fetch-depth: 0` for actions/checkout, GIT_DEPTH=0 in GitLab CI")
            .hint(format!("or name another commit: --{what} REF"))
    })
}

/// The open change of the branch that is checked out, when the head is that of the branch.
async fn by_branch(
    door: &Door,
    repository: &Repository,
    head: &str,
) -> Result<Option<u64>, Failure> {
    let branch = blocking(|| -> Result<_, Failure> {
        let here = repository.resolve("HEAD")?;
        if here.as_deref() == Some(head) { Ok(repository.head_branch()?) } else { Ok(None) }
    })?;
    let Some(branch) = branch else { return Ok(None) };
    let open = door.forge.open_change(&branch).await.map_err(refused)?;
    Ok(open.map(|change| change.number))
}

/// What the head is compared with where nothing tells: the branch that changes go into. Where that is the branch
/// itself, as in a repository without a remote, another one with a usual name, else the commit before.
async fn of_branch(
    door: &Door,
    session: &Session<'_>,
    repository: &Repository,
    head: &str,
) -> Result<String, Failure> {
    let base = door.base(session).await?;
    if base.tip != head {
        return Ok(base.tip);
    }
    blocking(|| {
        for name in ["main", "master", "trunk"] {
            let tip = repository.local_ref(&format!("refs/heads/{name}"))?;
            if let Some(tip) = tip.filter(|tip| tip != head) {
                return Ok(tip);
            }
        }
        let before = repository.info(head)?.and_then(|info| info.parents.into_iter().next());
        Ok(before.unwrap_or_else(|| head.to_owned()))
    })
}

/// The last commit of the branch that a change goes into.
async fn of_change(door: &Door, repository: &Repository, number: u64) -> Result<String, Failure> {
    let found = door.forge.change(number).await.map_err(refused)?;
    let found = found.ok_or_else(|| Failure::new(format!("there is no change {number}")))?;
    blocking(|| {
        let name = format!("refs/heads/{}", found.base);
        match door.repository.shared_ref(&name)? {
            Some(tip) => Ok(tip),
            None => commit(repository, &found.base, "base"),
        }
    })
}
