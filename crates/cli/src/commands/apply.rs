//! `suimon apply`.

use std::io::{BufRead, IsTerminal};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use suimon_apply::{End, Report};
use suimon_engine::{Moved, Planned, moved};
use suimon_gate::{ApprovedPlan, CONFLICT as CONFLICT_RULE, Facts, Finding, Verdict, authorize};
use suimon_model::{Outcome, ResourceId};
use suimon_plan::Plan;
use suimon_provider::Registry;
use suimon_view::GateView;

use crate::args::ApplyArgs;
use crate::failure::{CONFLICT, ERROR, Failure, HELD, INTERRUPTED, PARTIAL};
use crate::progress::Progress;
use crate::session::{Scope, Session};
use crate::signals;

/// How long one object may take.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(600);

/// Code of the refusal of an object that belongs to something else.
const FOREIGN: &str = "owned-by-another";

pub(crate) async fn run(args: &ApplyArgs, session: &Session<'_>) -> Result<u8, Failure> {
    let mut stop = signals::listen(Arc::new(session.console.clone()))?;
    let made = tokio::select! {
        made = make(args, session) => made?,
        () = signals::stopped(&mut stop) => {
            session.console.note("Interrupted while planning; nothing was written.");
            return Err(Failure::said(INTERRUPTED));
        }
    };
    let Made { planned, registry, saved } = made;
    show(session, args, &planned.plan)?;
    let facts = Facts {
        confirmed_deletes: args.confirm_deletes.clone(),
        force_conflicts: args.scope.force_conflicts,
        ..planned.facts.clone()
    };
    let approved = match authorize(planned.plan.clone(), &facts) {
        Verdict::Open(approved) => *approved,
        refused => return Err(closed(session, &refused)),
    };
    if planned.plan.is_empty() {
        if planned.is_in_progress() && !args.no_wait {
            return Box::pin(follow(session, args, &planned, &registry, stop)).await;
        }
        return finish_empty(session, args, &planned);
    }
    if !saved && !args.run.auto_approve {
        tokio::select! {
            answer = ask() => answer?,
            () = signals::stopped(&mut stop) => {
                session.console.note("Interrupted; nothing was written.");
                return Err(Failure::said(INTERRUPTED));
            }
        }
    }
    let report = execute(args, session, &planned, &approved, &registry, stop).await;
    print_report(session, args, &report)?;
    exit_code(&report)
}

struct Made {
    planned: Planned,
    registry: Registry,
    saved: bool,
}

async fn make(args: &ApplyArgs, session: &Session<'_>) -> Result<Made, Failure> {
    let scope = Scope::new(&args.scope, false);
    if !Path::new(&args.subject).is_file() {
        if args.subject.contains(['.', '/']) {
            return Err(Failure::new(format!("there is no plan file {}", args.subject))
                .hint("make one with: suimon plan ENV --out FILE")
                .hint("an environment is named without its folder: suimon apply dev"));
        }
        let (planned, registry) = session.plan(&args.subject, &scope).await?;
        return Ok(Made { planned, registry, saved: false });
    }
    let saved = read(&args.subject)?;
    let at_revision = match &saved.revision {
        Some(revision) if session.snapshot.revision() != Some(revision) => {
            session
                .console
                .note(&format!("{} was planned at commit {revision}: reading that", args.subject));
            Some(session.at(revision)?)
        }
        _ => None,
    };
    let session = at_revision.as_ref().unwrap_or(session);
    let scope = Scope { targets: saved.targeted.clone(), ..scope };
    let plan =
        async |adopt| session.plan(&saved.environment, &Scope { adopt, ..scope.clone() }).await;
    let (mut planned, mut registry) = plan(false).await?;
    let refused = planned.plan.refused.iter().filter(|refusal| refusal.code == FOREIGN);
    let foreign: Vec<ResourceId> = refused.map(|refusal| refusal.id.clone()).collect();
    if !foreign.is_empty() {
        (planned, registry) = plan(true).await?;
    }
    let moved = moved(&saved, &planned.plan, &foreign);
    if moved.is_empty() {
        return Ok(Made { planned, registry, saved: true });
    }
    Err(stale(&saved, &moved))
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

fn closed(session: &Session<'_>, verdict: &Verdict) -> Failure {
    let gate = GateView::from(verdict);
    let text = suimon_view::text::findings(&gate, &session.console.note_style());
    session.console.note(text.trim_end());
    let conflict = |finding: &Finding| finding.rule == CONFLICT_RULE;
    Failure::said(match verdict {
        Verdict::Held(_) => HELD,
        Verdict::Denied(findings) if findings.iter().all(conflict) => CONFLICT,
        _ => ERROR,
    })
}

fn finish_empty(session: &Session<'_>, args: &ApplyArgs, planned: &Planned) -> Result<u8, Failure> {
    if args.json {
        let report = Report {
            environment: planned.plan.environment.clone(),
            digest: planned.plan.digest(),
            end: End::Complete,
            entries: Vec::new(),
            problems: Vec::new(),
        };
        session.console.data(&suimon_view::json::report(&report).to_string())?;
    }
    Ok(0)
}

/// Nothing to write, and an earlier run's deployment is under way: how that ends is how this ends.
async fn follow(
    session: &Session<'_>,
    args: &ApplyArgs,
    planned: &Planned,
    registry: &Registry,
    stop: suimon_apply::Stop,
) -> Result<u8, Failure> {
    let progress = Progress::new(session.console);
    let events = |event| progress.show(&event);
    let options = options(args);
    let report = suimon_engine::follow(planned, registry, &options, stop, &events).await;
    if report.end != End::Complete || args.json {
        print_report(session, args, &report)?;
    }
    if report.end != End::Complete {
        return exit_code(&report);
    }
    // ECS may have gone back to what ran before: healthy, and not what is declared.
    let targets = planned.plan.targeted.clone();
    let scope = Scope { targets, ..Scope::new(&args.scope, false) };
    let plan = session.plan(&planned.plan.environment, &scope).await?.0.plan;
    if plan.is_empty() && plan.refused.is_empty() && plan.unknown.is_empty() {
        return Ok(0);
    }
    session.console.note(&suimon_view::text::plan(&plan, &session.console.note_style()));
    Err(Failure::new("what an earlier run began did not last: the plan above says what is left"))
}

/// Terraform's question. Without a terminal nobody can answer, so it fails rather than hangs.
async fn ask() -> Result<(), Failure> {
    if !std::io::stdin().is_terminal() {
        return Err(Failure::new("standard input is not a terminal, so nobody can approve the plan")
            .hint("save a plan with `suimon plan ENV --out FILE` and apply the file, or use --auto-approve"));
    }
    let question = "\nDo you want to perform these actions?\n  suimon will perform the actions \
                    described above.\n  Only 'yes' will be accepted to approve.\n\n  Enter a value: ";
    let answer = tokio::task::spawn_blocking(move || {
        use std::io::Write;
        let mut err = std::io::stderr().lock();
        write!(err, "{question}")?;
        err.flush()?;
        let mut line = String::new();
        std::io::stdin().lock().read_line(&mut line)?;
        std::io::Result::Ok(line)
    });
    let answer = answer.await.map_err(Failure::new)?.map_err(Failure::new)?;
    if answer.trim() == "yes" {
        Ok(())
    } else {
        Err(Failure::new("apply cancelled; nothing was written"))
    }
}

async fn execute(
    args: &ApplyArgs,
    session: &Session<'_>,
    planned: &Planned,
    approved: &ApprovedPlan,
    registry: &Registry,
    stop: suimon_apply::Stop,
) -> Report {
    let options = options(args);
    let progress = Progress::new(session.console);
    let events = |event| progress.show(&event);
    suimon_engine::apply(planned, approved, registry, &options, stop, &events).await
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

fn print_report(session: &Session<'_>, args: &ApplyArgs, report: &Report) -> Result<(), Failure> {
    if args.json {
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
