//! `suimon status`: the pipeline at a glance.

mod check;
mod look;

use jiff::Timestamp;
use suimon_ledger::{Error as LedgerError, History, Liveness};
use suimon_promote::{RELEASE_TRAILER, is_merged, promotion_branch, trailer};
use suimon_view::status::{Declared, Environment, Ledger, Pipeline};

use super::promote::release_path;
use crate::delivery_args::StatusArgs;
use crate::failure::{ERROR, Failure};
use crate::ground::{Ground, blocking, liveness};
use crate::session::Session;
use look::{Looked, look};

pub(crate) async fn run(args: &StatusArgs, session: &Session<'_>) -> Result<u8, Failure> {
    let ground = Ground::open(session)?;
    let names = suimon_render::environment_names(session.snapshot.as_ref())
        .map_err(|found| Failure::from(found).quoting(&session.snapshot))?;
    if let Some(name) = args.environment.as_ref().filter(|name| !names.contains(name)) {
        suimon_render::load_environment(session.snapshot.as_ref(), &ground.project, name)
            .map_err(|found| Failure::from(found).quoting(&session.snapshot))?;
    }
    let mut ledgers: Vec<Book> =
        blocking(|| names.iter().map(|name| Book::read(&ground, name)).collect());
    let looked = look(args, session, &ground, &names).await;
    let recorded = if args.record {
        blocking(|| check::record(session, &ground, &names, &looked, &mut ledgers))
    } else {
        Ok(())
    };
    let seen = names.iter().zip(&ledgers).zip(&looked);
    let environments = blocking(|| {
        seen.map(|((name, book), looked)| environment(&ground, name, book, looked)).collect()
    });
    let pipeline = Pipeline {
        project: &ground.project.name,
        now: Timestamp::now(),
        environments,
        only: args.environment.as_deref(),
    };
    let text = if args.json {
        suimon_view::json::status(&pipeline).to_string()
    } else {
        suimon_view::text::status(&pipeline, &session.console.style())
    };
    session.console.data(&text)?;
    recorded?;
    let damaged = ledgers.iter().any(|book| matches!(book, Book::Damaged(_)));
    if damaged { Err(Failure::said(ERROR)) } else { Ok(0) }
}

/// A ledger, as far as it could be read.
enum Book {
    Read(History),
    None,
    Unreadable(String),
    Damaged(String),
}

impl Book {
    fn read(ground: &Ground, environment: &str) -> Self {
        if !ground.has_repository() {
            return Self::None;
        }
        let ledger = match ground.ledger(environment) {
            Ok(ledger) => ledger,
            Err(failure) => return Self::Unreadable(failure.line()),
        };
        match ledger.read() {
            Ok(history) => Self::Read(history),
            Err(LedgerError::Damaged { why, .. }) => Self::Damaged(why),
            Err(error) => Self::Unreadable(error.to_string()),
        }
    }

    fn history(&self) -> Option<&History> {
        match self {
            Self::Read(history) => Some(history),
            _ => None,
        }
    }
}

fn environment<'a>(
    ground: &Ground,
    name: &'a str,
    book: &'a Book,
    looked: &'a Looked,
) -> Environment<'a> {
    let ledger = match book {
        Book::Read(history) => Ledger::Read(history),
        Book::None => Ledger::None,
        Book::Unreadable(why) => Ledger::Unreadable(why.clone()),
        Book::Damaged(why) => Ledger::Damaged(why.clone()),
    };
    let history = book.history();
    let holder_gone =
        history.and_then(History::open_run).and_then(|run| match liveness(run.lease) {
            Liveness::Gone(why) => Some(why),
            _ => None,
        });
    let declared = looked.declared.known();
    Environment {
        name,
        in_pipeline: ground.project.pipeline.iter().any(|one| one == name),
        ledger,
        declared: looked.declared.clone(),
        live: looked.live(),
        holder_gone,
        revert_merged: history
            .zip(declared)
            .is_some_and(|(history, declared)| revert_is_merged(ground, history, declared)),
        proposed: proposed(ground, name),
    }
}

/// Whether what is declared has the revert that a pin waits for; a squashed one is another commit with
/// the same release.
fn revert_is_merged(ground: &Ground, history: &History, declared: &Declared) -> bool {
    let Some(pin) = history.pin() else { return false };
    let contains = || {
        let (repository, revision) = (ground.repository().ok()?, declared.revision.as_deref()?);
        repository.is_ancestor(pin.revision, revision).ok()
    };
    pin.release_id == declared.release_id || contains().unwrap_or(false)
}

/// The release on the branch of a promotion that is not merged; whoever cannot be asked proposes nothing.
fn proposed(ground: &Ground, environment: &str) -> Option<String> {
    let repository = ground.repository().ok()?;
    let branch = format!("refs/heads/{}", promotion_branch(environment));
    let tip = repository.shared_ref(&branch).ok()??;
    let info = repository.info(&tip).ok()??;
    if let Some(revision) = ground.snapshot.revision() {
        let file = release_path(repository, environment);
        // Branches that were merged are often left where they are.
        let merged = repository.is_ancestor(&tip, revision).ok()?
            || is_merged(repository, &tip, revision, &file).ok()?;
        if merged {
            return None;
        }
    }
    trailer(&info.message, RELEASE_TRAILER).map(str::to_owned)
}
