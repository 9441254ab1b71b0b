//! `suimon ci`.

mod change;
mod report;
mod uses;

use suimon_forge::{Status, StatusState};
use suimon_gate::Mode;
use suimon_promote::{Touch, short_commit, touched};
use suimon_view::{GateVerdict, escape};

use super::promote::{self, Door};
use crate::delivery_args::CiArgs;
use crate::failure::{ERROR, Failure};
use crate::ground::{Asking, Depth, Ground, blocking};
use crate::session::{Scope, Session};
use change::{Change, change};
use report::{Looked, Result as Looks};

/// What a change means for one environment, and what was found.
pub(crate) struct Checked {
    environment: String,
    looked: Looked,
}

pub(crate) async fn run(args: &CiArgs, session: &Session<'_>) -> Result<u8, Failure> {
    let change = change(args, session).await?;
    let head = session.at(&change.head)?;
    let ground = blocking(|| Ground::open(&head))?;
    let door = &change.door;
    let names = suimon_render::environment_names(head.snapshot.as_ref())
        .map_err(|found| Failure::from(found).quoting(&head.snapshot))?;
    let paths = blocking(|| change.paths())?;
    let uses = uses::uses(&names, &head, change.start.as_ref());
    let touches = touched(&paths, &uses);
    let mut checked = Vec::new();
    for environment in names {
        let looked = match touches.get(&environment) {
            Some(Touch::Changed) => {
                let asking = Asking::new(Depth::Look);
                let look = promote::look(&head, &ground, &environment, &asking, args.parallelism);
                match look.await {
                    // Nothing was promoted to it yet, so what it will run is not there yet.
                    Err(failure) if is_unreleased(&head, &ground, &environment) => {
                        let look =
                            impact(&head, door, &ground, &change, &environment, args.parallelism);
                        // What is wrong with a promotion too is wrong with the change.
                        match look.await {
                            Ok(judged) => Looked::Later(Ok(judged)),
                            Err(_) => Looked::Changed(Err(failure)),
                        }
                    }
                    looked => Looked::Changed(looked.map(Box::new)),
                }
            }
            Some(Touch::Later) => {
                let look = impact(&head, door, &ground, &change, &environment, args.parallelism);
                Looked::Later(look.await)
            }
            _ => Looked::Untouched,
        };
        checked.push(Checked { environment, looked });
    }
    for one in &checked {
        session.console.data(&escape(&one.line()))?;
    }
    if args.dry_run {
        return print(session, &checked);
    }
    let Some(told) = tell(session, &change, &checked).await else {
        return Ok(if checked.iter().any(Checked::is_failed) { ERROR } else { 0 });
    };
    let advanced = advance(args, session, &change, &ground).await;
    for failure in told.iter().chain(&advanced) {
        session.console.fail(failure);
    }
    let failed = checked.iter().any(|one| one.is_failed()) || !told.is_empty();
    Ok(if failed { ERROR } else { 0 })
}

/// What promoting the modules of the change would do to an environment that pins older ones.
async fn impact(
    head: &Session<'_>,
    door: &Door,
    ground: &Ground,
    change: &Change,
    environment: &str,
    parallelism: u16,
) -> Looks {
    let promoted = blocking(|| {
        let snapshot = head.snapshot.as_ref();
        let (mut release, before, _) = promote::present(snapshot, environment)?;
        release.modules = Some(change.head.clone());
        if before.is_none() {
            release.name = Some("impact".to_owned());
            release.artifacts = promote::upstream_artifacts(snapshot, &ground.project, environment);
        }
        let text = suimon_render::edit_release(before.as_deref(), &release)?;
        let path = promote::release_path(&door.repository, environment);
        let message = format!("What promoting the modules would do to {environment}\n");
        promote::commit_on(&door.repository, ground, &change.head, (path, text), &message)
    })?;
    let scope = Scope { adopt: false, drift_only: false, targets: Vec::new(), parallelism };
    let (planned, _) = Box::pin(head.at(&promoted)?.plan(environment, &scope)).await?;
    Ok(Box::new(promote::Judged {
        plan: planned.plan,
        mode: Mode::Forward,
        conditions: Vec::new(),
    }))
}

/// Whether an environment takes its release by promotion, and has not got any.
fn is_unreleased(head: &Session<'_>, ground: &Ground, environment: &str) -> bool {
    let path = format!("envs/{environment}/release.yaml");
    ground.project.upstream_of(environment).is_some()
        && matches!(head.snapshot.read(&path), Ok(None))
}

/// Prints the comments and statuses.
fn print(session: &Session<'_>, checked: &[Checked]) -> Result<u8, Failure> {
    for one in checked {
        if let Some(body) = one.comment() {
            session.console.data(&format!("\n--- comment {}\n{body}", one.environment))?;
        }
    }
    for status in checked.iter().flat_map(Checked::statuses) {
        let line =
            format!("--- status {}: {:?}: {}", status.context, status.state, status.description);
        session.console.data(&escape(&line))?;
    }
    Ok(if checked.iter().any(Checked::is_failed) { ERROR } else { 0 })
}

/// Writes comments and statuses; what could not be written. `None` where the token may not write, as in a pipeline of
/// a fork: the plans are made all the same.
async fn tell(session: &Session<'_>, change: &Change, checked: &[Checked]) -> Option<Vec<Failure>> {
    let forge = change.door.forge.as_ref();
    let mut failures = Vec::new();
    for status in checked.iter().flat_map(Checked::statuses) {
        match forge.put_status(&change.head, &status).await {
            Ok(()) => {}
            Err(error @ suimon_forge::Error::Forbidden { .. }) => {
                let error = escape(&error.to_string());
                session.console.note(&format!(
                    "warning: no comment and no status was written, the token may not: {error}"
                ));
                return None;
            }
            Err(error) => failures.push(promote::refused(error)),
        }
    }
    failures.extend(comment(session, change, checked).await);
    Some(failures)
}

/// Writes one comment for each environment, and marks those that are about an older state.
async fn comment(session: &Session<'_>, change: &Change, checked: &[Checked]) -> Vec<Failure> {
    let forge = change.door.forge.as_ref();
    let mut failures = Vec::new();
    let Some(number) = change.number else {
        let head = short_commit(&change.head);
        session
            .console
            .note(&format!("There is no open change of commit {head}: no comment is written."));
        return failures;
    };
    let own = match forge.own_comments(number).await {
        Ok(own) => own,
        Err(error) => {
            failures.push(promote::refused(error));
            return failures;
        }
    };
    for one in checked {
        if let Some(body) = one.comment() {
            let put = forge.put_comment(number, &change.marker(&one.environment), &body).await;
            failures.extend(put.map_err(promote::refused).err());
        }
    }
    let current: Vec<String> = checked
        .iter()
        .filter(|one| one.comment().is_some())
        .map(|one| change.marker(&one.environment))
        .collect();
    for (marker, body) in own {
        let is_plan =
            marker.strip_prefix(&change.marker("")).is_some_and(|rest| !rest.contains('/'));
        if !is_plan || current.contains(&marker) {
            continue;
        }
        if let Some(stale) = report::stale(&body, &change.head) {
            let put = forge.put_comment(number, &marker, &stale).await;
            failures.extend(put.map_err(promote::refused).err());
        }
    }
    failures
}

/// Opens promotions that have waited for one that was merged or closed; what went wrong.
async fn advance(
    args: &CiArgs,
    session: &Session<'_>,
    change: &Change,
    ground: &Ground,
) -> Vec<Failure> {
    let mut failures = Vec::new();
    let base = match change.door.base(session).await {
        Ok(base) => base,
        Err(failure) => return vec![failure],
    };
    for steps in ground.project.pipeline.windows(2) {
        if let [from, to] = steps {
            let steps = (from.as_str(), to.as_str());
            let done =
                promote::advance(session, ground, &change.door, &base, steps, args.parallelism);
            failures.extend(done.await.err());
        }
    }
    failures
}

impl Checked {
    fn is_failed(&self) -> bool {
        match &self.looked {
            Looked::Changed(Ok(judged)) => {
                report::is_broken(&judged.plan) || judged.verdict() == GateVerdict::Denied
            }
            Looked::Later(Ok(judged)) => report::is_broken(&judged.plan),
            Looked::Changed(Err(_)) | Looked::Later(Err(_)) => true,
            Looked::Untouched => false,
        }
    }

    fn statuses(&self) -> [Status; 2] {
        let status = |what: &str, (state, description): (StatusState, String)| Status {
            context: format!("suimon/{what}: {}", self.environment),
            state,
            description,
            url: None,
        };
        [status("plan", self.looked.plan_status()), status("gate", self.looked.gate_status())]
    }

    fn line(&self) -> String {
        self.looked.line(&self.environment)
    }

    fn comment(&self) -> Option<String> {
        self.looked.comment(&self.environment)
    }
}
