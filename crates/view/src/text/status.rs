//! `suimon status`: the pipeline at a glance.

use jiff::Timestamp;
use suimon_apply::End;
use suimon_gate::{Known, Proof, State};
use suimon_ledger::HealthSummary;

use super::history::{release_text, short_id, status_word};
use super::table::{Cell, table};
use crate::status::{Facts, Ledger, Live, Pipeline, health_word, next};
use crate::style::{Color, Style};
use crate::{GateVerdict, GateView, escape, time, words};

/// Most columns of each column; with the gaps they fit into 100.
const TITLES: [(&str, usize); 7] = [
    ("ENV", 18),
    ("RELEASE", 34),
    ("REVISION", 8),
    ("AGE", 5),
    ("HEALTH", 11),
    ("DRIFT", 5),
    ("GATE", 6),
];

/// Objects and reasons that are listed for one environment.
const FEW: usize = 3;

/// The environments as a table, then what is to be said about each, then what to do next.
///
/// # Guarantees
/// As the crate's; no line of the table is wider than 100 columns. Colour only repeats what the words
/// say.
pub fn status(pipeline: &Pipeline<'_>, style: &Style) -> String {
    let shown: Vec<(usize, Facts<'_>)> =
        pipeline.shown().map(|(place, one)| (place, Facts::of(one))).collect();
    let mut out =
        format!("Pipeline of {} at {}\n", escape::line(pipeline.project), time::utc(pipeline.now));
    if shown.iter().all(|(_, one)| matches!(one.seen.live, Live::NotAsked)) {
        out.push_str("Nothing live was read: health is what was recorded last.\n");
    }
    let rows: Vec<_> = shown.iter().map(|(_, one)| row(one, pipeline.now)).collect();
    out.push_str(&format!("\n{}", table(&TITLES, &rows, style)));
    for (_, one) in &shown {
        let remarks = remarks(one, pipeline.now);
        if remarks.is_empty() {
            continue;
        }
        out.push_str(&format!("\n{}\n", style.paint(Color::Heading, &escape::line(one.name))));
        for (color, remark) in remarks {
            out.push_str(&format!("  {}\n", style.paint(color, &remark)));
        }
    }
    out.push_str(&format!("\n{}\n", style.paint(Color::Heading, "Next")));
    for (place, one) in &shown {
        let what = match next(pipeline, *place) {
            Some(next) => match next.command {
                Some(command) => {
                    format!("{}  ({})", escape::line(&command), escape::line(&next.why))
                }
                None => format!("waits: {}", escape::line(&next.why)),
            },
            None => "nothing to do".to_owned(),
        };
        out.push_str(&format!("  {}: {what}\n", escape::line(one.name)));
    }
    out
}

fn row(one: &Facts<'_>, now: Timestamp) -> Vec<Cell> {
    let nothing = || Cell::new("-");
    let name = Cell::new(escape::line(one.name));
    let (release, revision, age) = match &one.holds {
        Some(holds) => (
            Cell::new(release_text(holds.attempt.release.as_deref(), &holds.attempt.release_id)),
            match &holds.attempt.revision {
                Some(revision) => Cell::new(short_id(revision).chars().take(8).collect::<String>()),
                None => nothing(),
            },
            Cell::new(time::age(now, holds.at)),
        ),
        None => {
            let what = match one.seen.ledger {
                Ledger::Read(_) => "never applied",
                Ledger::None => "not recorded",
                Ledger::Unreadable(_) => "ledger unreadable",
                Ledger::Damaged(_) => "LEDGER DAMAGED",
            };
            (Cell::new(what), nothing(), nothing())
        }
    };
    let health = match (&one.seen.live, one.health()) {
        (Live::Unreachable(_), _) => Cell::new("unreachable").paint(Color::Error),
        (_, Some(health)) => Cell::new(health_word(health)).paint(health_color(health)),
        (_, None) => nothing(),
    };
    let drift = one.drift().map_or_else(nothing, |drift| {
        let color = if drift > 0 { Color::Warning } else { Color::Plain };
        Cell::new(drift.to_string()).paint(color)
    });
    let gate = one.verdict().map_or_else(nothing, |verdict| {
        let color = match verdict {
            GateVerdict::Open => Color::Plain,
            GateVerdict::Held => Color::Warning,
            GateVerdict::Denied => Color::Error,
        };
        Cell::new(verdict.as_str()).paint(color)
    });
    vec![name, release, revision, age, health, drift, gate]
}

fn health_color(health: &HealthSummary) -> Color {
    match health_word(health) {
        "healthy" => Color::Add,
        "in progress" => Color::Warning,
        _ => Color::Error,
    }
}

/// What does not fit into a cell: what is wrong, loudest first, and what is going on.
fn remarks(one: &Facts<'_>, now: Timestamp) -> Vec<(Color, String)> {
    let mut out = Vec::new();
    match &one.seen.ledger {
        Ledger::Damaged(why) => {
            out.push((Color::Error, format!("damaged ledger: {}", escape::line(why))));
        }
        Ledger::Unreadable(why) => {
            out.push((Color::Error, format!("unreadable ledger: {}", escape::line(why))));
        }
        Ledger::None => {
            out.push((Color::Plain, "in no repository: nothing is recorded".to_owned()));
        }
        Ledger::Read(_) => {}
    }
    if let Known::Unknown(why) = &one.seen.declared {
        out.push((Color::Error, format!("wrong files: {}", escape::line(why))));
    }
    if let Live::Unreachable(why) = &one.seen.live {
        out.push((Color::Error, format!("unreachable: {}", escape::line(why))));
    }
    recorded(one, now, &mut out);
    health(one, &mut out);
    live(one, &mut out);
    out
}

/// What the ledger has to say.
fn recorded(one: &Facts<'_>, now: Timestamp, out: &mut Vec<(Color, String)>) {
    for glass in &one.broken_glass {
        let (by, why) = (escape::line(&glass.by), escape::line(&glass.reason));
        let ago = time::age(now, glass.at);
        out.push((Color::Error, format!("BREAK-GLASS by {by} {ago} ago, not acknowledged: {why}")));
    }
    if let Some(run) = one.running {
        let record = &run.record.record;
        let by = escape::line(&record.actor.email).into_owned();
        let host = escape::line(&run.lease.host).into_owned();
        let ago = time::age(now, record.time);
        let lock = format!("locked by {by} for {ago}: process {} on {host}", run.lease.pid);
        let gone =
            one.seen.holder_gone.as_ref().map(|why| format!("; gone: {}", escape::line(why)));
        out.push((Color::Warning, lock + &gone.unwrap_or_default()));
    }
    if let Some(pin) = one.pin {
        let to = release_text(pin.release, pin.release_id);
        let by = escape::line(&pin.by.email).into_owned();
        let (ago, why) = (time::age(now, pin.at), escape::line(pin.reason).into_owned());
        out.push((Color::Warning, format!("pinned to {to} by {by} {ago} ago: {why}")));
    }
    let Some(holds) = &one.holds else { return };
    let end = match holds.end {
        Some(End::Complete) if !holds.attempt.targeted.is_empty() => {
            Some("the last apply was limited by --target")
        }
        Some(End::Complete) => None,
        Some(End::Partial) => Some("the last apply failed in part"),
        Some(End::Interrupted) => Some("the last apply was interrupted"),
        None if one.running.is_some() => None,
        None => Some("the last apply did not come to its end"),
    };
    out.extend(end.map(|end| (Color::Error, end.to_owned())));
    if let Proof::Revoked { at, why } = &holds.proof {
        let why = escape::line(why);
        out.push((Color::Error, format!("not proved any more since {}: {why}", time::utc(*at))));
    }
    if let Some(declared) = one.declared().filter(|d| d.release_id != holds.attempt.release_id) {
        let what = release_text(declared.release.as_deref(), &declared.release_id);
        out.push((Color::Plain, format!("declared and not applied: release {what}")));
    }
}

fn health(one: &Facts<'_>, out: &mut Vec<(Color, String)>) {
    let Some(health) = one.health().filter(|health| !health.is_healthy()) else { return };
    let color = health_color(health);
    let all = &health.not_current;
    for (id, status, message) in all.iter().take(FEW) {
        let (id, message) = (id.to_string(), escape::line(message));
        let line = format!("{}: {}: {message}", escape::line(&id), status_word(*status));
        out.push((color, line));
    }
    if all.len() > FEW {
        let more = words::count(all.len() - FEW, "object");
        out.push((color, format!("and {more} more not healthy")));
    }
}

/// What a plan and its gate have to say.
fn live(one: &Facts<'_>, out: &mut Vec<(Color, String)>) {
    let Live::Seen { plan, conditions, .. } = &one.seen.live else { return };
    for drift in plan.drift.iter().take(FEW) {
        let id = drift.id.to_string();
        out.push((Color::Warning, format!("drift: {}", escape::line(&id))));
    }
    if plan.drift.len() > FEW {
        let more = words::count(plan.drift.len() - FEW, "object");
        out.push((Color::Warning, format!("drift: and {more} more")));
    }
    for read in plan.unknown.iter().take(FEW) {
        let why = escape::line(&read.reason);
        out.push((Color::Error, format!("not read: {}: {why}", super::subject(read))));
    }
    for refusal in plan.refused.iter().take(FEW) {
        let (id, why) = (refusal.id.to_string(), escape::line(&refusal.message));
        out.push((Color::Error, format!("refused: {}: {why}", escape::line(&id))));
    }
    if !plan.is_empty() {
        out.push((Color::Plain, super::summary(plan)));
    }
    let gate = GateView::judged(conditions);
    for (color, word, state) in
        [(Color::Error, "denied", State::Denied), (Color::Warning, "held", State::Held)]
    {
        for condition in gate.in_state(state) {
            let (message, rule) = (escape::line(&condition.message), escape::line(&condition.rule));
            out.push((color, format!("{word}: {message} ({rule})")));
        }
    }
}
