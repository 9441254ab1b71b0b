//! The whole plan.

use std::collections::HashSet;

use suimon_model::ResourceId;
use suimon_plan::{Action, Plan};

use super::{object, problems};
use crate::style::{Color, Style};
use crate::{escape, words};

/// A plan as text.
///
/// # Guarantees
/// As the crate's; every change, drift, unknown, refusal and conflict of the plan is in it.
pub fn plan(plan: &Plan, style: &Style) -> String {
    plan_parts(plan, style).collect()
}

/// A plan as pieces of text to be written one after the other: drift, the head, one piece for each
/// object, the summary. Only one piece is in memory at a time, however large the plan is.
pub fn plan_parts<'a>(plan: &'a Plan, style: &'a Style) -> impl Iterator<Item = String> + 'a {
    let shown = plan.changes.iter().filter(|change| change.action != Action::NoOp);
    drift_parts(plan, style)
        .chain(std::iter::once_with(move || head(plan, style)))
        .chain(shown.map(move |change| format!("{}\n", object::change(change, style))))
        .chain(std::iter::once_with(move || tail(plan, style)))
}

/// Only what something else wrote, for `--drift-only`.
pub fn drift(plan: &Plan, style: &Style) -> String {
    let mut out: String = drift_parts(plan, style).collect();
    if plan.drift.is_empty() && plan.unknown.is_empty() {
        out.push_str("No drift. Nothing has changed outside of suimon.\n");
    } else if plan.drift.is_empty() {
        out.push_str("No drift was seen in what could be read.\n");
    } else {
        out.push_str(&format!("Drift: {} changed.\n", words::count(plan.drift.len(), "object")));
    }
    out.insert_str(0, &problems::unknown(plan, style));
    out
}

fn drift_parts<'a>(plan: &'a Plan, style: &'a Style) -> impl Iterator<Item = String> + 'a {
    let created = gone(plan);
    let any = !plan.drift.is_empty();
    let head = any.then(|| {
        let title = "Note: Objects have changed outside of suimon";
        format!(
            "{}\n\nsuimon found the following changes that it did not make:\n\n",
            style.paint(Color::Heading, title)
        )
    });
    let objects = plan.drift.iter().map(move |drift| {
        let deleted = drift.fields.is_empty() && created.contains(&drift.id);
        format!("{}\n", object::drift(drift, deleted, style))
    });
    let foot = any.then(|| {
        let prose =
            "Unless the declaration now says the same, the plan below undoes these changes.";
        let prose = if plan.changes.is_empty() {
            String::new()
        } else {
            format!("{}\n\n", style.wrap(prose, ""))
        };
        format!("{prose}{}\n\n", style.rule())
    });
    head.into_iter().chain(objects).chain(foot)
}

/// Objects that are drifted as a whole and to be made again.
pub(crate) fn gone(plan: &Plan) -> HashSet<&ResourceId> {
    if plan.drift.iter().all(|drift| !drift.fields.is_empty()) {
        return HashSet::new();
    }
    let creates = plan.changes.iter().filter(|change| change.action == Action::Create);
    creates.map(|change| &change.id).collect()
}

fn head(plan: &Plan, style: &Style) -> String {
    let mut out = problems::unknown(plan, style);
    out.push_str(&problems::refused(plan, style));
    out.push_str(&problems::conflicts(plan, style));
    let used = used_actions(plan);
    if used.is_empty() {
        return out;
    }
    let prose = "suimon compared the declaration with the live state. Actions are indicated with the \
                 following symbols:";
    out.push_str(&style.wrap(prose, ""));
    out.push('\n');
    for action in used {
        out.push_str(&format!("{} {}\n", object::symbol(action, style), words::legend(action)));
    }
    out.push_str("\nsuimon will perform the following actions:\n\n");
    out
}

fn used_actions(plan: &Plan) -> Vec<Action> {
    let order = [Action::Create, Action::Update, Action::Replace, Action::Delete, Action::Forget];
    let used: HashSet<Action> = plan.changes.iter().map(|change| change.action).collect();
    order.into_iter().filter(|action| used.contains(action)).collect()
}

fn tail(plan: &Plan, style: &Style) -> String {
    let mut out = style.paint(Color::Heading, &summary(plan)).into_owned();
    out.push('\n');
    if !plan.targeted.is_empty() {
        let prose = format!(
            "The plan is limited to {} by --target, with what they depend on; the rest was not looked at.",
            words::count(plan.targeted.len(), "object")
        );
        out.push_str(&format!("{}\n", style.wrap(&prose, "")));
    }
    if has_actions(plan) {
        out.push_str(&format!("\nPlan digest: {}\n", escape::line(&plan.digest())));
    }
    out
}

fn has_actions(plan: &Plan) -> bool {
    plan.changes.iter().any(|change| change.action != Action::NoOp)
}

/// One line: what would be done, or why there is nothing to do.
pub(crate) fn summary(plan: &Plan) -> String {
    let incomplete = if plan.unknown.is_empty() {
        ""
    } else {
        " The plan is incomplete: nothing will be deleted."
    };
    if has_actions(plan) {
        let counts = plan.summary();
        let forget = if counts.forget > 0 {
            format!(", {} to forget", counts.forget)
        } else {
            String::new()
        };
        return format!(
            "Plan: {} to add, {} to change, {} to destroy{forget}.{incomplete}",
            counts.add, counts.change, counts.destroy
        );
    }
    if !plan.unknown.is_empty() {
        return format!("No changes in what could be read.{incomplete}");
    }
    if !plan.refused.is_empty() {
        return "No changes apart from what is refused.".to_owned();
    }
    if !plan.drift.is_empty() {
        return "No changes. The plan leaves the drift as it is.".to_owned();
    }
    if !plan.targeted.is_empty() {
        return "No changes. Live state of the targets matches the configuration.".to_owned();
    }
    "No changes. Live state matches the configuration.".to_owned()
}
