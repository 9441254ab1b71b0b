//! What was to be applied, and why it was let through or not.

use serde_json::Value;
use suimon_gate::{Mode, SignedApproval, State};
use suimon_ledger::Attempt;

use super::{Body, Teller, release_text, revision_text, short_id};
use crate::style::Color;
use crate::{escape, words};

impl Teller<'_> {
    /// Release, revision and plan; `seen` is whether somebody has acknowledged broken glass.
    pub(super) fn attempt(&self, attempt: &Attempt, seen: Option<&str>, body: &mut Body) {
        let release = release_text(attempt.release.as_deref(), &attempt.release_id);
        let revision = revision_text(attempt.revision.as_deref());
        body.push("what", format!("release {release}, {revision}"));
        if !attempt.targeted.is_empty() {
            let objects = words::count(attempt.targeted.len(), "object");
            body.push("", format!("limited to {objects} by --target"));
        }
        if self.options.verbose {
            for (name, artifact) in &attempt.artifacts {
                for (key, value) in artifact {
                    let line = format!("{name}: {key} {value}");
                    body.push("artifact", escape::line(&line));
                }
            }
            body.push("plan", escape::line(&attempt.digest));
        } else {
            body.push("plan", short_id(&attempt.digest));
        }
        let approvals: Vec<String> = attempt.approvals.iter().map(approval).collect();
        if !approvals.is_empty() {
            body.push("approved", format!("by {}", approvals.join(", ")));
        }
        if let Some(glass) = &attempt.break_glass {
            let text = format!("by {}: {}", escape::line(&glass.by), escape::line(&glass.reason));
            let loud = self.style.paint(Color::Error, "BREAK-GLASS").into_owned();
            body.lines.push(format!("    {loud} {text}\n"));
            body.lines.extend(seen.map(|seen| format!("      {seen}\n")));
        }
        let shown: &[State] = if self.options.verbose {
            &[State::Passed, State::Waived, State::Warned]
        } else if attempt.break_glass.is_some() {
            &[State::Waived, State::Warned]
        } else {
            &[State::Warned]
        };
        self.conditions(&attempt.conditions, shown, body);
    }

    /// An apply that its gate did not let through.
    pub(super) fn refused(&self, attempt: &Attempt, body: &mut Body) -> (Color, String) {
        self.attempt(attempt, None, body);
        self.conditions(&attempt.conditions, &[State::Denied, State::Held], body);
        let denied = attempt.conditions.iter().any(|one| one.state == State::Denied);
        let back = if attempt.mode == Mode::Rollback { "rollback " } else { "" };
        if denied {
            (Color::Error, format!("{back}denied"))
        } else {
            (Color::Warning, format!("{back}held"))
        }
    }
}

/// `aiko@example.com (peer)`: what the statement says; the record was made after it was verified.
fn approval(signed: &SignedApproval) -> String {
    let statement: Option<Value> = serde_json::from_str(&signed.statement).ok();
    let part = |name: &str| statement.as_ref()?.get(name)?.as_str().map(str::to_owned);
    match (part("principal"), part("role")) {
        (Some(who), Some(role)) => {
            format!("{} ({})", escape::line(&who), escape::line(&role))
        }
        _ => "a statement that cannot be read".to_owned(),
    }
}
