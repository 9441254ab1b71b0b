//! [`Item`]: one thing that a comment has to account for.

use suimon_model::ResourceId;
use suimon_plan::{Action, Change, Conflict, Drift, Plan};

use super::safe::{code, fence, html_code, shorten, size};
use crate::diff::{self, Line, Sign};
use crate::{escape, text, words};

/// Characters of one value or message in a list.
const LONGEST_TEXT: usize = 1_500;

/// What an item is; the order is the order in which things are kept when room is short.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Class {
    Unknown,
    Refused,
    Conflict,
    Drift,
    Delete,
    Replace,
    Update,
    Forget,
    Create,
}

impl Class {
    pub(super) const ALL: [Self; 9] = [
        Self::Unknown,
        Self::Refused,
        Self::Conflict,
        Self::Drift,
        Self::Delete,
        Self::Replace,
        Self::Update,
        Self::Forget,
        Self::Create,
    ];

    pub(super) fn noun(self) -> &'static str {
        match self {
            Self::Unknown => "unknown read",
            Self::Refused => "refusal",
            Self::Conflict => "conflict",
            Self::Drift => "drifted object",
            Self::Delete => words::noun(Action::Delete),
            Self::Replace => words::noun(Action::Replace),
            Self::Update => words::noun(Action::Update),
            Self::Forget => words::noun(Action::Forget),
            Self::Create => words::noun(Action::Create),
        }
    }

    /// Whether part of a body is better than none.
    pub(super) fn may_be_cut(self) -> bool {
        self <= Self::Replace
    }

    fn of(action: Action) -> Option<Self> {
        match action {
            Action::Create => Some(Self::Create),
            Action::Update => Some(Self::Update),
            Action::Replace => Some(Self::Replace),
            Action::Delete => Some(Self::Delete),
            Action::Forget => Some(Self::Forget),
            Action::NoOp => None,
        }
    }
}

enum Subject<'a> {
    Listed,
    Drift(&'a Drift),
    Change(&'a Change),
}

/// One thing that a comment has to account for: a line of a list, or a foldable block.
pub(super) struct Item<'a> {
    pub(super) class: Class,
    /// The line of a list, without `- `.
    pub(super) line: String,
    summary: String,
    subject: Subject<'a>,
}

impl<'a> Item<'a> {
    /// Everything that a plan says, in the order of the page.
    pub(super) fn all(plan: &'a Plan) -> Vec<Self> {
        let listed =
            |class, line| Self { class, line, summary: String::new(), subject: Subject::Listed };
        let mut items = Vec::new();
        for read in &plan.unknown {
            let line = format!("{}: {}", code(&text::subject(read)), value(&read.reason));
            items.push(listed(Class::Unknown, line));
        }
        for refusal in &plan.refused {
            let place = refusal.location.as_ref().map(|l| format!(" at {}", code(&l.to_string())));
            let help = refusal.help.as_ref().map(|help| format!(". Help: {}", value(help)));
            let line = format!(
                "{} ({}){}: {}{}",
                id(&refusal.id),
                code(&refusal.code),
                place.unwrap_or_default(),
                value(&refusal.message),
                help.unwrap_or_default()
            );
            items.push(listed(Class::Refused, line));
        }
        for change in &plan.changes {
            for conflict in &change.conflicts {
                items.push(listed(Class::Conflict, conflict_line(&change.id, conflict)));
            }
        }
        let gone = text::gone(plan);
        items.extend(plan.drift.iter().map(|drift| Self::drift(drift, gone.contains(&drift.id))));
        items.extend(plan.changes.iter().filter_map(Self::change));
        items
    }

    fn drift(drift: &'a Drift, declared_again: bool) -> Self {
        let deleted = drift.fields.is_empty() && declared_again;
        let fate = if deleted { "has been deleted" } else { "has changed" };
        let name = drift.id.to_string();
        Self {
            class: Class::Drift,
            line: format!("{} {fate} outside of suimon", id(&drift.id)),
            summary: format!("{} {fate} outside of suimon", html_code(&name)),
            subject: Subject::Drift(drift),
        }
    }

    fn change(change: &'a Change) -> Option<Self> {
        let class = Class::of(change.action)?;
        let fate = words::fate(change.action);
        let symbol = change.action.symbol();
        let name = format!("{symbol} {}", change.id);
        Some(Self {
            class,
            line: format!("`{symbol}` {} {fate}", id(&change.id)),
            summary: format!("{} {fate}", html_code(&name)),
            subject: Subject::Change(change),
        })
    }

    /// The line of a list.
    pub(super) fn listed(&self) -> String {
        format!("- {}\n", self.line)
    }

    /// Whether there is more to it than its line.
    pub(super) fn has_body(&self) -> bool {
        match &self.subject {
            Subject::Listed => false,
            Subject::Drift(drift) => !drift.fields.is_empty(),
            Subject::Change(change) => change.action != Action::Forget,
        }
    }

    /// The foldable block, not longer than `room`; `None` where it does not fit.
    ///
    /// A block that may be cut keeps its first lines and says how many are missing.
    pub(super) fn block(&self, room: usize, cut: bool) -> Option<String> {
        let (intro, lines) = self.content()?;
        let lines: Vec<String> = lines.iter().map(gutter).collect();
        let (fence, lines) = fence(&lines);
        let frame = |body: &str| {
            let summary = &self.summary;
            format!(
                "\n<details><summary>{summary}</summary>\n\n{intro}{fence}diff\n{body}{fence}\n\n</details>\n\n"
            )
        };
        let mut left = room.checked_sub(size(&frame("")))?;
        let total: usize = lines.iter().map(|line| size(line) + 1).sum();
        if total <= left {
            return Some(frame(&lines.iter().map(|line| format!("{line}\n")).collect::<String>()));
        }
        left = left.checked_sub(NOTE).filter(|_| cut)?;
        let mut body = String::new();
        let mut shown = 0;
        for line in &lines {
            let Some(rest) = left.checked_sub(size(line) + 1) else { break };
            left = rest;
            shown += 1;
            body.push_str(line);
            body.push('\n');
        }
        let missing = lines.len() - shown;
        body.push_str(&format!("# ({} not shown here)\n", words::count(missing, "more line")));
        (shown > 0).then(|| frame(&body))
    }

    fn content(&self) -> Option<(String, Vec<Line>)> {
        match &self.subject {
            Subject::Listed => None,
            Subject::Drift(drift) => {
                let fields = drift.fields.iter();
                Some((String::new(), fields.flat_map(|f| diff::drifted(&drift.id, f)).collect()))
            }
            Subject::Change(change) => {
                let place = change.location.as_ref();
                let place =
                    place.map(|l| format!(", declared at {}", code(&shorten(&l.to_string(), 300))));
                let because = words::because(change.reason);
                let intro = format!("Because {because}{}.\n\n", place.unwrap_or_default());
                Some((intro, diff::change(change)))
            }
        }
    }
}

/// Room for the remark on missing lines.
const NOTE: usize = 60;

/// A line with its sign in the first column, where the forge's highlighter looks for it.
fn gutter(line: &Line) -> String {
    let mark = match line.sign {
        Sign::Same => ' ',
        Sign::Add => '+',
        Sign::Remove => '-',
        Sign::Change => '!',
    };
    let note = line.note.as_ref().map(|note| format!("   # {note}")).unwrap_or_default();
    format!("{mark} {}{}{note}", "  ".repeat(line.depth), line.text)
}

fn id(id: &ResourceId) -> String {
    code(&shorten(&id.to_string(), 600))
}

fn value(text: &str) -> String {
    code(&shorten(&escape::line(text), LONGEST_TEXT))
}

fn conflict_line(object: &ResourceId, conflict: &Conflict) -> String {
    let (ours, theirs) = diff::sides(object, conflict);
    let end = if conflict.repairs_drift {
        "apply takes it back, because that repairs drift"
    } else {
        "apply refuses without `--force-conflicts`"
    };
    format!(
        "{}: {} is managed by {}; declared {}, live {}: {end}",
        id(object),
        value(&conflict.field),
        value(&conflict.manager),
        value(&ours),
        value(&theirs)
    )
}
