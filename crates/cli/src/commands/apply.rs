//! `suimon apply`.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use suimon_apply::{End, Report, Stop};
use suimon_engine::{Moved, Planned, moved};
use suimon_gate::{CONFLICT as CONFLICT_RULE, Condition, State};
use suimon_ledger::Basis;
use suimon_model::{Outcome, ResourceId};
use suimon_plan::Plan;
use suimon_provider::Registry;
use suimon_view::{GateVerdict, GateView};

use crate::args::ApplyArgs;
use crate::deliver::{Delivered, Delivery, deliver, plan_failed};
use crate::failure::{CONFLICT, ERROR, Failure, HELD, INTERRUPTED, PARTIAL};
use crate::ground::{Asking, Depth, Ground, blocking};
use crate::session::{Scope, Session};
use crate::signals;

/// How long one object may take.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(600);

/// Code of the refusal of an object that belongs to something else.
const FOREIGN: &str = "owned-by-another";

pub(crate) async fn run(args: &ApplyArgs, session: &Session<'_>) -> Result<u8, Failure> {
    let mut stop = signals::listen(Arc::new(session.console.clone()))?;
    let subject = subject(args)?;
    let at_revision = subject.at_revision(session)?;
    let session = at_revision.as_ref().unwrap_or(session);
    let environment = subject.environment();
    let ground = open(session, environment)?;
    let basis = blocking(|| ground.basis(environment))?;
    let made = tokio::select! {
        made = make(args, session, &subject) => made,
        () = signals::stopped(&mut stop) => {
            session.console.note("Interrupted while planning; nothing was written.");
            return Err(Failure::said(INTERRUPTED));
        }
    };
    if let Err(failure) = &made
        && failure.code != CONFLICT
    {
        plan_failed(session, &ground, environment, failure);
    }
    let (planned, registry) = made?;
    apply(args, session, &ground, (&planned, &registry, basis), &subject, stop).await
}

/// The ground of a delivery. What is wrong with the project as a whole is said before that.
pub(crate) fn open(session: &Session<'_>, environment: &str) -> Result<Ground, Failure> {
    match Ground::open(session) {
        Ok(ground) => Ok(ground),
        Err(failure) => {
            session.render(environment)?;
            Err(failure)
        }
    }
}

async fn apply(
    args: &ApplyArgs,
    session: &Session<'_>,
    ground: &Ground,
    (planned, registry, basis): (&Planned, &Registry, Basis),
    subject: &Subject,
    stop: Stop,
) -> Result<u8, Failure> {
    show(session, args, &planned.plan)?;
    let mut scope = Scope::new(&args.scope, false);
    scope.targets.clone_from(&planned.plan.targeted);
    let delivery = Delivery {
        session,
        ground,
        planned,
        registry,
        scope: &scope,
        basis,
        asking: Asking {
            confirmed_deletes: args.confirm_deletes.clone(),
            force_conflicts: args.scope.force_conflicts,
            break_glass: args.run.break_glass.clone(),
            ..Asking::new(Depth::Apply)
        },
        options: options(args),
        take_over: args.run.take_over,
        ask: matches!(subject, Subject::Environment(_)) && !args.run.auto_approve,
        first: None,
    };
    let delivered = Box::pin(deliver(&delivery, stop)).await?;
    end(session, args.json, &planned.plan, delivered)
}

/// Says how a delivery ended; the exit code.
pub(crate) fn end(
    session: &Session<'_>,
    json: bool,
    plan: &Plan,
    delivered: Delivered,
) -> Result<u8, Failure> {
    match delivered {
        Delivered::Closed(conditions) => Err(closed(session, &conditions)),
        Delivered::Nothing => finish_empty(session, json, plan),
        Delivered::Followed { report, left: None } => {
            if report.end != End::Complete || json {
                print_report(session, json, &report)?;
            }
            exit_code(&report)
        }
        Delivered::Followed { report, left: Some(left) } => {
            if json {
                print_report(session, json, &report)?;
            }
            session.console.note(&suimon_view::text::plan(&left, &session.console.note_style()));
            let what = "what an earlier run began did not last: the plan above says what is left";
            Err(Failure::new(what))
        }
        Delivered::Applied(report) => {
            print_report(session, json, &report)?;
            exit_code(&report)
        }
        Delivered::TakenOver(report, why) => {
            print_report(session, json, &report)?;
            Err(Failure::new(format!("the run was taken over {why}")).code(CONFLICT))
        }
    }
}

/// What to apply.
enum Subject {
    Environment(String),
    /// A saved plan, and its file.
    Saved(Box<Plan>, String),
}

impl Subject {
    fn environment(&self) -> &str {
        match self {
            Self::Environment(name) => name,
            Self::Saved(plan, _) => &plan.environment,
        }
    }

    /// The session at the commit of a saved plan, where that is another one.
    fn at_revision<'a>(&self, session: &Session<'a>) -> Result<Option<Session<'a>>, Failure> {
        let Self::Saved(saved, path) = self else { return Ok(None) };
        match &saved.revision {
            Some(revision) if session.snapshot.revision() != Some(revision) => {
                session
                    .console
                    .note(&format!("{path} was planned at commit {revision}: reading that"));
                session.at(revision).map(Some)
            }
            _ => Ok(None),
        }
    }
}

fn subject(args: &ApplyArgs) -> Result<Subject, Failure> {
    let name = &args.subject;
    if Path::new(name).is_file() {
        return Ok(Subject::Saved(Box::new(read(name)?), name.clone()));
    }
    if name.contains(['.', '/']) {
        return Err(Failure::new(format!("there is no plan file {name}"))
            .hint("make one with: suimon plan ENV --out FILE")
            .hint("an environment is named without its folder: suimon apply dev"));
    }
    Ok(Subject::Environment(name.clone()))
}

/// The plan as it is now; of a saved one, only when it still holds.
async fn make(
    args: &ApplyArgs,
    session: &Session<'_>,
    subject: &Subject,
) -> Result<(Planned, Registry), Failure> {
    let scope = Scope::new(&args.scope, false);
    let saved = match subject {
        Subject::Environment(name) => return session.plan(name, &scope).await,
        Subject::Saved(saved, _) => saved,
    };
    let scope = Scope { targets: saved.targeted.clone(), ..scope };
    let plan =
        async |adopt| session.plan(&saved.environment, &Scope { adopt, ..scope.clone() }).await;
    let (mut planned, mut registry) = plan(false).await?;
    let refused = planned.plan.refused.iter().filter(|refusal| refusal.code == FOREIGN);
    let foreign: Vec<ResourceId> = refused.map(|refusal| refusal.id.clone()).collect();
    if !foreign.is_empty() {
        (planned, registry) = plan(true).await?;
    }
    let moved = moved(saved, &planned.plan, &foreign);
    if moved.is_empty() {
        return Ok((planned, registry));
    }
    Err(stale(saved, &moved))
}

fn stale(saved: &Plan, moved: &[Moved]) -> Failure {
    let mut text = String::from("saved plan is stale: nothing was written");
    for moved in moved.iter().take(50) {
        let id = moved.id.as_ref().map_or(String::new(), |id| format!("{id}: "));
        text.push_str(&format!("\n  {id}{}", moved.message));
    }
    if moved.len() > 50 {
        text.push_str(&format!("\n  and {} more", moved.len() - 50));
    }
    Failure::new(text)
        .code(CONFLICT)
        .hint(format!("plan again: suimon plan {} --out FILE", saved.environment))
}

fn read(path: &str) -> Result<Plan, Failure> {
    let text = std::fs::read_to_string(path)
        .map_err(|e| Failure::new(format!("cannot read {path}: {e}")))?;
    Plan::from_file(&text).map_err(|error| {
        Failure::new(format!("{path}: {error}"))
            .code(if matches!(error, suimon_plan::InvalidPlan::Malformed(_)) {
                ERROR
            } else {
                CONFLICT
            })
            .hint("make a plan file with: suimon plan ENV --out FILE")
    })
}

fn show(session: &Session<'_>, args: &ApplyArgs, plan: &Plan) -> Result<(), Failure> {
    if args.json {
        session
            .console
            .note(suimon_view::text::plan(plan, &session.console.note_style()).trim_end());
        Ok(())
    } else {
        session.console.pieces(suimon_view::text::plan_parts(plan, &session.console.style()))
    }
}

/// Says why the gate is closed.
pub(crate) fn closed(session: &Session<'_>, conditions: &[Condition]) -> Failure {
    let gate = GateView::judged(conditions);
    let text = suimon_view::text::findings(&gate, &session.console.note_style());
    session.console.note(text.trim_end());
    let mut denied = conditions.iter().filter(|one| one.state == State::Denied);
    Failure::said(match GateVerdict::of(conditions) {
        GateVerdict::Held => HELD,
        GateVerdict::Denied if denied.all(|one| one.rule == CONFLICT_RULE) => CONFLICT,
        _ => ERROR,
    })
}

fn finish_empty(session: &Session<'_>, json: bool, plan: &Plan) -> Result<u8, Failure> {
    if json {
        let report = Report {
            environment: plan.environment.clone(),
            digest: plan.digest(),
            end: End::Complete,
            entries: Vec::new(),
            problems: Vec::new(),
        };
        session.console.data(&suimon_view::json::report(&report).to_string())?;
    }
    Ok(0)
}

fn options(args: &ApplyArgs) -> suimon_apply::Options {
    suimon_apply::Options {
        wait: !args.no_wait,
        timeout: args.timeout.unwrap_or(DEFAULT_TIMEOUT),
        patient: args.timeout.is_none(),
        parallelism: usize::from(args.scope.parallelism),
        force_conflicts: args.scope.force_conflicts,
    }
}

fn print_report(session: &Session<'_>, json: bool, report: &Report) -> Result<(), Failure> {
    if json {
        session.console.data(&suimon_view::json::report(report).to_string())
    } else {
        session.console.data(&suimon_view::text::report(report, &session.console.style()))
    }
}

fn exit_code(report: &Report) -> Result<u8, Failure> {
    let conflicts_only = report
        .entries
        .iter()
        .filter(|entry| entry.outcome == Outcome::Failed)
        .all(|entry| !entry.conflicts.is_empty());
    match report.end {
        End::Complete => Ok(0),
        End::Interrupted => Err(Failure::said(INTERRUPTED)),
        End::Partial if report.wrote() => Err(Failure::said(PARTIAL)),
        End::Partial if report.count(Outcome::Failed) > 0 && conflicts_only => {
            Err(Failure::said(CONFLICT))
        }
        End::Partial => Err(Failure::said(ERROR)),
    }
}
