//! `suimon history`.

use std::cell::OnceCell;

use jiff::Timestamp;
use suimon_ledger::{Error, History, Outside, Verification, verify};
use suimon_model::{Diagnostic, Gate, GateFiles, Project};
use suimon_source::Repository;
use suimon_view::text::HistoryOptions;

use crate::delivery_args::HistoryArgs;
use crate::failure::{ERROR, Failure};
use crate::ground::Ground;
use crate::session::Session;

pub(crate) fn run(args: &HistoryArgs, verbose: bool, session: &Session<'_>) -> Result<u8, Failure> {
    let ground = Ground::open(session)?;
    ground.repository()?;
    if args.verify {
        return print_verification(args, session, &ground);
    }
    let history = match ground.ledger(&args.environment)?.read() {
        Ok(history) => history,
        Err(error @ Error::Damaged { .. }) => {
            let verify = format!("suimon history {} --verify", args.environment);
            return Err(
                Failure::from(error).hint(format!("see everything that is wrong: {verify}"))
            );
        }
        Err(error) => return Err(error.into()),
    };
    known(args, session, &ground, history.records.is_empty())?;
    print(args, verbose, session, &ground, &history)
}

fn print(
    args: &HistoryArgs,
    verbose: bool,
    session: &Session<'_>,
    ground: &Ground,
    history: &History,
) -> Result<u8, Failure> {
    let text = if args.json {
        let (project, environment) = (&ground.project.name, &args.environment);
        suimon_view::json::history(project, environment, history, args.limit).to_string()
    } else {
        let options = HistoryOptions { now: Timestamp::now(), limit: args.limit, verbose };
        suimon_view::text::history(&args.environment, history, &options, &session.console.style())
    };
    session.console.data(&text)?;
    Ok(0)
}

/// An environment that has no record must at least be declared: a typing error is not an answer.
fn known(
    args: &HistoryArgs,
    session: &Session<'_>,
    ground: &Ground,
    is_empty: bool,
) -> Result<(), Failure> {
    if is_empty && !ground.project.pipeline.contains(&args.environment) {
        suimon_render::load_environment(
            session.snapshot.as_ref(),
            &ground.project,
            &args.environment,
        )
        .map_err(|found| Failure::from(found).quoting(&session.snapshot))?;
    }
    Ok(())
}

fn print_verification(
    args: &HistoryArgs,
    session: &Session<'_>,
    ground: &Ground,
) -> Result<u8, Failure> {
    let found = verified(&args.environment, session, ground)?;
    known(args, session, ground, found.records == 0 && found.problems.is_empty())?;
    let text = if args.json {
        let (project, environment) = (&ground.project.name, &args.environment);
        suimon_view::json::verification(project, environment, &found).to_string()
    } else {
        suimon_view::text::verification(&args.environment, &found, &session.console.style())
    };
    session.console.data(&text)?;
    if found.problems.is_empty() { Ok(0) } else { Err(Failure::said(ERROR)) }
}

fn verified(
    environment: &str,
    session: &Session<'_>,
    ground: &Ground,
) -> Result<Verification, Failure> {
    let repository = ground.repository()?;
    let signers = match &ground.project.ledger.allowed_signers {
        None => None,
        // A file that is not there lists nobody: no signature is believed.
        Some(path) => {
            let content = session.snapshot.read(path)?;
            Some(
                content
                    .map(|content| String::from_utf8_lossy(&content).into_owned())
                    .unwrap_or_default(),
            )
        }
    };
    let brought = OnceCell::new();
    let has_commit = |id: &str| {
        let here = || repository.info(id).map_err(|error| error.summary).map(|info| info.is_some());
        if here()? {
            return Ok(true);
        }
        brought.get_or_init(|| bring(repository, &ground.project)).clone()?;
        here()
    };
    let gate = |revision: &str| gate_at(session, environment, revision);
    let outside = Outside { signers: signers.as_deref(), has_commit: &has_commit, gate: &gate };
    let store = ground.store()?;
    verify(store.as_ref(), &ground.project.name, environment, &outside).map_err(Failure::from)
}

/// Brings the branches that commits are applied from: what a colleague has applied may not be here yet.
fn bring(repository: &Repository, project: &Project) -> Result<(), String> {
    let bring = || {
        let default = match &project.branch {
            Some(branch) => Some(branch.clone()),
            None => repository.default_branch()?,
        };
        let mut names: Vec<String> =
            default.into_iter().map(|branch| format!("refs/heads/{branch}")).collect();
        let own = repository.shared_refs("refs/heads/suimon/")?;
        names.extend(own.into_iter().map(|(name, _)| name));
        names.iter().try_for_each(|name| repository.shared_ref(name).map(drop))
    };
    bring().map_err(|error: Diagnostic| error.summary)
}

/// The gate of an environment at a commit, and its files.
fn gate_at(
    session: &Session<'_>,
    environment: &str,
    revision: &str,
) -> Result<(Option<Gate>, GateFiles), String> {
    let snapshot = session.snapshot.at(revision).map_err(|error| error.summary)?;
    let (environment, files) = suimon_render::load_gate(snapshot.as_ref(), environment)
        .map_err(|found| found.to_string())?;
    Ok((environment.gate, files))
}
