//! `suimon gate`.

use jiff::Timestamp;
use suimon_gate::{Condition, Mode, judge};
use suimon_ledger::{Entry, Event, History};
use suimon_plan::Plan;
use suimon_view::{BrokenGlass, GateSheet, GateVerdict};

use super::apply::open;
use crate::delivery_args::GateArgs;
use crate::failure::{ERROR, Failure, HELD};
use crate::ground::{Asking, Depth, Gathered, Ground, blocking};
use crate::session::{Scope, Session};

pub(crate) async fn run(args: &GateArgs, session: &Session<'_>) -> Result<u8, Failure> {
    let ground = open(session, &args.environment)?;
    if let Some(record) = &args.acknowledge {
        return blocking(|| acknowledge(session, &ground, &args.environment, record));
    }
    let scope = Scope::new(&args.scope, false);
    let (planned, _registry) = session.plan(&args.environment, &scope).await?;
    let mode = if args.rollback { Mode::Rollback } else { Mode::Forward };
    let force_conflicts = args.scope.force_conflicts;
    let asking = Asking { mode, force_conflicts, ..Asking::new(Depth::Explain) };
    let gathered = ground.facts(&planned, &asking).await?;
    for line in &gathered.said {
        session.console.note(&suimon_view::escape(line));
    }
    let conditions = judge(&planned.plan, &gathered.facts);
    print(session, args.json, &planned.plan, mode, &conditions, &gathered)?;
    match GateVerdict::of(&conditions) {
        GateVerdict::Open => Ok(0),
        GateVerdict::Held => Err(Failure::said(HELD)),
        GateVerdict::Denied => Err(Failure::said(ERROR)),
    }
}

/// Prints a gate as `suimon gate` does.
pub(crate) fn print(
    session: &Session<'_>,
    json: bool,
    plan: &Plan,
    mode: Mode,
    conditions: &[Condition],
    gathered: &Gathered,
) -> Result<(), Failure> {
    let glass = gathered.history.as_ref().map(broken_glass).unwrap_or_default();
    let sheet = GateSheet { plan, mode, conditions, broken_glass: &glass };
    if json {
        session.console.data(&suimon_view::json::gate(&sheet).to_string())
    } else {
        session.console.data(&suimon_view::text::gate(&sheet, &session.console.style()))
    }
}

/// The applies that went through a closed gate and that nobody has acknowledged.
pub(crate) fn broken_glass(history: &History) -> Vec<BrokenGlass> {
    let one = |recorded: &&suimon_ledger::Recorded| {
        let glass = recorded.record.event.attempt()?.break_glass.clone()?;
        let (record, at) = (recorded.id.clone(), recorded.record.time);
        Some(BrokenGlass { record, by: glass.by, reason: glass.reason, at })
    };
    history.unacknowledged().iter().filter_map(one).collect()
}

fn acknowledge(
    session: &Session<'_>,
    ground: &Ground,
    environment: &str,
    record: &str,
) -> Result<u8, Failure> {
    suimon_render::load_environment(session.snapshot.as_ref(), &ground.project, environment)
        .map_err(|found| Failure::from(found).quoting(&session.snapshot))?;
    let ledger = ground.ledger(environment)?;
    let history = ledger.read()?;
    let open = broken_glass(&history);
    let mut named =
        open.iter().filter(|glass| record.len() >= 7 && glass.record.starts_with(record));
    let (Some(glass), None) = (named.next(), named.next()) else {
        let what = format!("`{record}` is no record of {environment} that waits to be seen");
        let failure = Failure::new(what);
        let commands = open
            .iter()
            .map(|glass| format!("suimon gate {environment} --acknowledge {}", glass.record));
        return Err(commands.fold(failure, Failure::hint));
    };
    let entry = Entry {
        actor: ground.actor.clone(),
        trigger: ground.trigger,
        time: Timestamp::now(),
        event: Event::Acknowledged { record: glass.record.clone() },
    };
    ledger.append(entry)?;
    session.console.data(&format!(
        "Recorded that {} saw how {} went through the gate of {environment}: {}",
        ground.actor.name,
        suimon_view::escape(&glass.by),
        suimon_view::escape(&glass.reason)
    ))?;
    Ok(0)
}
