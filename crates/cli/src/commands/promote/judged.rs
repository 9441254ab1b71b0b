//! A plan and what its gate says, for a change that is proposed.

use suimon_engine::Planned;
use suimon_gate::{Condition, Mode, judge};
use suimon_plan::Plan;
use suimon_promote::PLAN_LIMIT;
use suimon_view::{GateSheet, GateVerdict, MarkdownOptions};

use crate::failure::{Failure, Message};
use crate::ground::{Asking, Depth, Ground};
use crate::session::{Scope, Session};

/// A plan and every condition of its gate.
pub(crate) struct Judged {
    pub(crate) plan: Plan,
    pub(crate) mode: Mode,
    pub(crate) conditions: Vec<Condition>,
}

/// Plans an environment at the session's revision, and judges it; nothing is written.
pub(crate) async fn judged(
    session: &Session<'_>,
    ground: &Ground,
    environment: &str,
    mode: Mode,
    parallelism: u16,
) -> Result<Judged, Failure> {
    let asking = Asking { mode, ..Asking::new(Depth::Explain) };
    look(session, ground, environment, &asking, parallelism).await
}

/// As [`judged`], with what is asked.
pub(crate) async fn look(
    session: &Session<'_>,
    ground: &Ground,
    environment: &str,
    asking: &Asking,
    parallelism: u16,
) -> Result<Judged, Failure> {
    let scope = Scope { adopt: false, drift_only: false, targets: Vec::new(), parallelism };
    let (planned, _) = Box::pin(session.plan(environment, &scope)).await?;
    judged_plan(&planned, ground, asking).await
}

/// Judges a plan.
pub(crate) async fn judged_plan(
    planned: &Planned,
    ground: &Ground,
    asking: &Asking,
) -> Result<Judged, Failure> {
    let mut gathered = Box::pin(ground.facts(planned, asking)).await?;
    // What is proposed is on the protected branch once it is merged, which may wait for this very answer.
    gathered.facts.on_branch = None;
    let conditions = judge(&planned.plan, &gathered.facts);
    Ok(Judged { plan: planned.plan.clone(), mode: asking.mode, conditions })
}

impl Judged {
    pub(crate) fn verdict(&self) -> GateVerdict {
        GateVerdict::of(&self.conditions)
    }

    fn sheet(&self) -> GateSheet<'_> {
        GateSheet {
            plan: &self.plan,
            mode: self.mode,
            conditions: &self.conditions,
            broken_glass: &[],
        }
    }

    /// The gate as Markdown.
    pub(crate) fn gate_markdown(&self) -> String {
        suimon_view::markdown::gate(&self.sheet(), PLAN_LIMIT / 2)
    }

    /// The plan as Markdown, without the line that marks a comment.
    pub(crate) fn plan_markdown(&self) -> String {
        let options = MarkdownOptions { limit: PLAN_LIMIT, ..MarkdownOptions::default() };
        unmarked(&suimon_view::markdown::plan(&self.plan, &options)).to_owned()
    }

    /// Prints the plan and the gate.
    pub(crate) fn print(&self, session: &Session<'_>) -> Result<(), Failure> {
        let style = session.console.style();
        session.console.pieces(suimon_view::text::plan_parts(&self.plan, &style))?;
        session.console.data(&suimon_view::text::gate(&self.sheet(), &style))
    }
}

/// A comment without the hidden line that marks it.
pub(crate) fn unmarked(comment: &str) -> &str {
    match comment.split_once('\n') {
        Some((first, rest)) if first.starts_with("<!-- suimon:") => rest,
        _ => comment,
    }
}

/// A failure as lines for people.
pub(crate) fn problem(failure: &Failure) -> String {
    match &failure.message {
        Message::Diagnostics(diagnostics) => diagnostics.to_string(),
        Message::Text { error, hints } => {
            let hints: String = hints.iter().map(|hint| format!("\nhelp: {hint}")).collect();
            format!("{error}{hints}")
        }
        Message::Said => failure.line(),
    }
}
