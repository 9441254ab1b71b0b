//! What is said about each environment: a line, a comment, two statuses.

use suimon_forge::StatusState;
use suimon_plan::Plan;
use suimon_promote::short_commit;
use suimon_view::{GateVerdict, GateView, MarkdownOptions, escape};

use crate::commands::promote::{Judged, problem, unmarked};
use crate::failure::Failure;

/// What was found about a plan.
pub(super) type Result = std::result::Result<Box<Judged>, Failure>;

/// The longest comment: less than forges take, so that a mark fits in later.
const LIMIT: usize = 60_000;

/// The longest description of a status that GitHub takes, in characters.
const LONGEST_DESCRIPTION: usize = 140;

/// How a comment begins that is about an environment which the change does not touch any more.
const STALE: &str = "> **Stale:**";

/// What a change means for an environment, and what was found.
pub(super) enum Looked {
    /// Nothing.
    Untouched,
    /// It is changed.
    Changed(Result),
    /// A later promotion would change it.
    Later(Result),
}

impl Looked {
    /// One line for people.
    pub(super) fn line(&self, environment: &str) -> String {
        match self {
            Self::Untouched => format!("{environment}: not touched"),
            Self::Changed(Ok(judged)) => {
                format!("{environment}: {}; gate {}", counts(&judged.plan), gate(judged))
            }
            Self::Changed(Err(failure)) => format!("{environment}: no plan: {}", failure.line()),
            Self::Later(Ok(judged)) => {
                let counts = counts(&judged.plan);
                format!(
                    "{environment}: not changed by this; promoting the modules would do: {counts}"
                )
            }
            Self::Later(Err(failure)) => format!(
                "{environment}: not changed by this; promoting the modules would fail: {}",
                failure.line()
            ),
        }
    }

    /// The status `suimon/plan: ENV`.
    pub(super) fn plan_status(&self) -> (StatusState, String) {
        let (state, text) = match self {
            Self::Untouched => (StatusState::Success, "not touched".to_owned()),
            Self::Changed(Ok(judged)) | Self::Later(Ok(judged)) => {
                let state = if is_broken(&judged.plan) {
                    StatusState::Failure
                } else {
                    StatusState::Success
                };
                let when = if matches!(self, Self::Later(_)) { "if promoted: " } else { "" };
                (state, format!("{when}{}", counts(&judged.plan)))
            }
            Self::Changed(Err(failure)) => (StatusState::Failure, failure.line()),
            Self::Later(Err(failure)) => {
                (StatusState::Failure, format!("if promoted: {}", failure.line()))
            }
        };
        (state, described(&text))
    }

    /// The status `suimon/gate: ENV`.
    pub(super) fn gate_status(&self) -> (StatusState, String) {
        let (state, text) = match self {
            Self::Untouched => (StatusState::Success, "not touched".to_owned()),
            Self::Later(_) => (StatusState::Success, "not changed by this".to_owned()),
            Self::Changed(Ok(judged)) => {
                let state = match judged.verdict() {
                    GateVerdict::Open => StatusState::Success,
                    GateVerdict::Held => StatusState::Pending,
                    GateVerdict::Denied => StatusState::Failure,
                };
                (state, gate(judged))
            }
            Self::Changed(Err(_)) => (StatusState::Error, "there is no plan to judge".to_owned()),
        };
        (state, described(&text))
    }

    /// The comment; `None` where there is nothing to say.
    pub(super) fn comment(&self, environment: &str) -> Option<String> {
        match self {
            Self::Untouched => None,
            Self::Changed(Ok(judged)) => {
                let options = MarkdownOptions { limit: LIMIT, ..MarkdownOptions::default() };
                let gate = GateView::judged(&judged.conditions);
                let page = suimon_view::markdown::plan_with_gate(&judged.plan, &gate, &options);
                Some(unmarked(&page).to_owned())
            }
            Self::Later(Ok(judged)) => {
                let title = format!("suimon impact: {environment}");
                let options = MarkdownOptions {
                    limit: LIMIT,
                    title: Some(title),
                    full_plan_hint: Some("suimon ci --dry-run".to_owned()),
                };
                let page = suimon_view::markdown::plan(&judged.plan, &options);
                let lead = "This does not change what the environment runs: its release is older, or not there yet. \
                            Promoting the modules of this change would do:";
                Some(format!("{lead}\n\n{}", unmarked(&page)))
            }
            Self::Changed(Err(failure)) => Some(format!(
                "### suimon plan: {environment}\n\n**There is no plan.**\n\n{}",
                lines(failure)
            )),
            Self::Later(Err(failure)) => Some(format!(
                "### suimon impact: {environment}\n\nThis does not change what the environment runs: its \
                 release is older, or not there yet. **Promoting the modules of this change would fail:**\n\n{}",
                lines(failure)
            )),
        }
    }
}

/// Whether a plan has parts that could not be read, or are refused.
pub(super) fn is_broken(plan: &Plan) -> bool {
    !plan.unknown.is_empty() || !plan.refused.is_empty()
}

/// A comment about an environment that the change does not touch any more; `None` when it says so already.
pub(super) fn stale(body: &str, head: &str) -> Option<String> {
    if body.trim_start().starts_with(STALE) {
        return None;
    }
    Some(format!(
        "{STALE} the change does not touch this environment any more, since commit `{}`.\n\n<details>\
         <summary>What was here before</summary>\n\n{body}\n\n</details>\n",
        short_commit(head)
    ))
}

/// A failure as a list of code spans.
fn lines(failure: &Failure) -> String {
    let text = problem(failure);
    let mut out = String::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()).take(60) {
        let line: String = escape(line).chars().take(400).collect();
        let fence = "`".repeat(line.split(|c| c != '`').map(str::len).max().unwrap_or(0) + 1);
        out.push_str(&format!("- {fence} {} {fence}\n", line.trim_end()));
    }
    out
}

fn counts(plan: &Plan) -> String {
    let summary = plan.summary();
    let mut text = if plan.is_empty() {
        "no changes".to_owned()
    } else {
        format!(
            "{} to add, {} to change, {} to destroy",
            summary.add, summary.change, summary.destroy
        )
    };
    if !plan.unknown.is_empty() {
        text.push_str(&format!("; {} could not be read", plan.unknown.len()));
    }
    if !plan.refused.is_empty() {
        text.push_str(&format!("; {} refused", plan.refused.len()));
    }
    text
}

/// The verdict, and what is missing.
fn gate(judged: &Judged) -> String {
    use suimon_gate::State;
    let (word, state) = match judged.verdict() {
        GateVerdict::Open => return "open".to_owned(),
        GateVerdict::Held => ("held", State::Held),
        GateVerdict::Denied => ("denied", State::Denied),
    };
    let reasons = judged.conditions.iter().filter(|one| one.state == state);
    let reasons: Vec<&str> = reasons.map(|one| one.message.as_str()).collect();
    format!("{word}: {}", reasons.join("; "))
}

/// One line that a forge takes whole.
fn described(text: &str) -> String {
    let line = escape(&text.replace(['\n', '\r'], " "));
    if line.chars().count() <= LONGEST_DESCRIPTION {
        return line;
    }
    let kept: String = line.chars().take(LONGEST_DESCRIPTION - 1).collect();
    format!("{kept}…")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_stale_comment_is_marked_once_and_keeps_what_it_said() {
        let stale_once = stale("### suimon plan: `stg`\n", &"a".repeat(40)).unwrap();
        assert!(stale_once.starts_with("> **Stale:** the change does not touch"), "{stale_once}");
        assert!(stale_once.contains("### suimon plan: `stg`"));
        assert_eq!(stale(&stale_once, "b"), None);
    }

    #[test]
    fn descriptions_are_one_line_of_what_a_forge_takes() {
        assert_eq!(described("a\nb"), "a b");
        assert_eq!(described("a\u{1b}"), "a\\u{1b}");
        let long = described(&"水".repeat(500));
        assert_eq!((long.chars().count(), long.ends_with('…')), (140, true));
    }

    #[test]
    fn what_failed_is_told_in_code_spans() {
        let failure = Failure::new("no `x` @all").hint("try");
        assert_eq!(lines(&failure), "- `` no `x` @all ``\n- ` help: try `\n");
        let looked = Looked::Changed(Err(Failure::new("cluster: no answer")));
        assert_eq!(looked.line("stg"), "stg: no plan: cluster: no answer");
        assert_eq!(looked.plan_status(), (StatusState::Failure, "cluster: no answer".to_owned()));
        assert_eq!(looked.gate_status().0, StatusState::Error);
        let later = Looked::Later(Err(Failure::new("x")));
        assert_eq!(later.gate_status(), (StatusState::Success, "not changed by this".to_owned()));
        assert_eq!(
            Looked::Untouched.plan_status(),
            (StatusState::Success, "not touched".to_owned())
        );
        assert_eq!(Looked::Untouched.comment("stg"), None);
    }
}
